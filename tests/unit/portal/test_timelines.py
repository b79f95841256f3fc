from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from portal import timelines
from portal.timelines import Block

LISBON = ZoneInfo("Europe/Lisbon")
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)


def lay_out(*blocks: Block, start=MIDNIGHT, tz=LISBON, now=MIDNIGHT, hours=72, **more):
    return timelines.lay_out(list(blocks), start=start, tz=tz, now=now, hours=hours, **more)


def block(start: float, end: float, label="Breakfast AM", **more) -> Block:
    return Block(MIDNIGHT + timedelta(hours=start), MIDNIGHT + timedelta(hours=end), label, **more)


def test_a_block_stands_where_its_hours_are():
    (_, spans), *_ = lay_out(block(18, 36)).rows
    assert (spans[0].x, spans[0].width) == (25, 25)
    assert spans[0].title == "Breakfast AM, Mon 23 Nov 18:00 to Tue 24 Nov 12:00"


def test_a_block_is_cut_to_the_stretch_and_one_outside_is_left_out():
    plan = lay_out(block(-6, 36), block(60, 90), block(72, 80), block(-2, 0))
    spans = plan.rows[0][1]
    assert [(span.x, span.width) for span in spans] == [(0, 50), (83.333, 16.667)]
    assert len(plan.table) == 2


def test_rows_keep_the_order_in_which_they_appear():
    plan = lay_out(block(0, 1, row="Fleet"), block(1, 2, row="Group"), block(2, 3, row="Fleet"))
    assert [(name, len(spans)) for name, spans in plan.rows] == [("Fleet", 2), ("Group", 1)]


def test_a_label_is_cut_to_what_fits():
    spans = lay_out(block(0, 24), block(24, 26), block(26, 26.5)).rows[0][1]
    assert [span.label for span in spans] == ["Breakfast AM", "Bre…", ""]


def test_now_is_marked_only_inside_the_stretch():
    assert lay_out(now=MIDNIGHT + timedelta(hours=36)).now == 50
    assert lay_out(now=MIDNIGHT + timedelta(hours=72)).now is None
    assert lay_out(now=MIDNIGHT - timedelta(seconds=1)).now is None


def test_days_begin_at_local_midnight():
    plan = lay_out(tz=ZoneInfo("Asia/Kathmandu"))
    assert [tick.label for tick in plan.days][:2] == ["Mon 23 Nov", "Tue 24 Nov"]
    assert plan.days[1].at == round(18.25 / 72 * 100, 3)
    assert plan.zone == "UTC+05:45"


def test_hours_are_elapsed_across_the_end_of_summer_time():
    start = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    plan = lay_out(start=start, now=start, hours=25)
    assert [tick.label for tick in plan.hours[:4]] == ["00", "02", "04", "06"]
    assert [tick.at for tick in plan.hours[:4]] == [0, 12, 20, 28]


def test_rows_that_are_named_first_stand_also_without_blocks():
    plan = lay_out(block(0, 1, row="Store"), rows=["On screen", "Store"])
    assert [(name, len(spans)) for name, spans in plan.rows] == [("On screen", 0), ("Store", 1)]
    assert plan.table[0][3] == "Store"


def test_the_moment_looked_at_is_marked_and_hours_lead_to_theirs():
    chosen = MIDNIGHT + timedelta(hours=18)
    plan = lay_out(chosen=chosen, hour_href=lambda at: f"?at={at:%d%H}")
    assert plan.chosen == 25
    assert plan.hour_hrefs[:2] == ["?at=2300", "?at=2306"]
    assert lay_out(chosen=MIDNIGHT - timedelta(hours=1)).chosen is None


def test_a_day_without_midnight_still_gets_its_name():
    start = datetime(2018, 11, 3, 12, 0, tzinfo=UTC)
    plan = lay_out(start=start, now=start, tz=ZoneInfo("America/Sao_Paulo"))
    assert [tick.label for tick in plan.days] == [
        "Sat 3 Nov", "Sun 4 Nov", "Mon 5 Nov", "Tue 6 Nov",
    ]  # fmt: skip


def test_the_table_says_from_when_to_when_what_and_why():
    plan = lay_out(block(6, 11, detail="Priority 20"))
    assert plan.table == [("Mon 23 Nov 06:00", "Mon 23 Nov 11:00", "Breakfast AM", "Priority 20")]
