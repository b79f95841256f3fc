from portal import charts, ui


def test_overlaid_bars_stand_on_the_foot_of_the_plot():
    chart = charts.bars(
        ["00", "01"],
        [charts.Series("Planned", [40, 20], "muted"), charts.Series("Played", [30, 0])],
    )
    assert [mark.tone for mark in chart.marks] == ["muted", "muted", "accent"]
    assert all(round(mark.y + mark.height, 3) == 100 for mark in chart.marks)
    assert chart.marks[0].height == 2 * chart.marks[1].height


def test_stacked_bars_stand_on_one_another():
    chart = charts.stacked(
        ["Mon"], [charts.Series("Played", [30]), charts.Series("Failed", [10], "crit")]
    )
    played, failed = chart.marks
    assert failed.y + failed.height == played.y
    assert played.y + played.height == 100


def test_nothing_rises_above_the_highest_tick():
    for most in (1, 3, 7, 9.5, 46210, 10**9):
        chart = charts.bars(["x"], [charts.Series("Plays", [most])])
        assert 0 <= chart.marks[0].y < 50
        assert chart.y_ticks[0].label == "0"
        assert chart.y_ticks[-1].at == 100
        assert len(chart.y_ticks) <= 7


def test_a_chart_without_figures_is_empty_but_whole():
    chart = charts.stacked(["Mon", "Tue"], [charts.Series("Played", [0, None])])
    assert chart.marks == []
    assert chart.rows == [["Mon", "0"], ["Tue", ui.NOTHING]]
    assert charts.bars([], []).marks == []


def test_long_axes_label_only_some_places():
    chart = charts.bars([str(n) for n in range(24)], [charts.Series("Plays", [1] * 24)])
    assert [tick.label for tick in chart.x_ticks] == ["0", "3", "6", "9", "12", "15", "18", "21"]


def test_the_table_holds_every_figure():
    chart = charts.bars(
        ["00"], [charts.Series("Planned", [42910]), charts.Series("Played", [None])]
    )
    assert chart.heads == ["Planned", "Played"]
    assert chart.rows == [["00", "42,910", ui.NOTHING]]


def test_a_spark_reaches_from_edge_to_edge():
    assert charts.spark([1, 2]).points == "0.0,98.0 100.0,2.0"
    assert charts.spark([5]).points == "0.0,98.0 100.0,98.0"
    assert charts.spark([]).points == ""


def test_heat_has_no_shade_for_nothing_and_the_last_for_the_most():
    chart = charts.heatmap([[0, 1, None, 100]], ["Mon"], ["00", "01", "02", "03"])
    label, cells = chart.rows[0]
    assert label == "Mon"
    assert [cell.level for cell in cells] == [0, 1, 0, 5]
    assert cells[3].title == "Mon 03: 100"


def test_heat_of_nothing_at_all_is_cold():
    chart = charts.heatmap([[0, None]], ["Mon"], ["00", "01"])
    assert [cell.level for cell in chart.rows[0][1]] == [0, 0]
