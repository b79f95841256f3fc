"""The calendar's geometry: quarter hours, lanes, and days of 23 and 25 hours."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal import calendar_grid
from signage.calendars import Base, Calendar, Day, Entry
from signage.ids import new_id

LISBON = ZoneInfo("Europe/Lisbon")
MONDAY = date(2026, 11, 23)


def at(text: str, on: date = MONDAY) -> datetime:
    return datetime.fromisoformat(f"{on}T{text}").replace(tzinfo=LISBON)


def entry(name, start, end, *, layer="store", priority=50, takeover=False) -> Entry:
    return Entry(
        new_id(), name, new_id(), "Menu", start.date(), start, end, layer, priority, takeover,
        True, False, [], [],
    )  # fmt: skip


def grid(*entries, base=(), opens=(), on=MONDAY, days=1):
    shown = [Day(on + timedelta(days=n), 24, list(opens)) for n in range(days)]
    calendar = Calendar("Europe/Lisbon", new_id(), "Lisbon", shown, list(entries), list(base))
    return calendar_grid.columns(calendar, at("10:20"))


def pieces(column) -> dict[str, str]:
    return {piece.entry.name: piece.classes for piece in column.pieces}


def test_an_occurrence_stands_at_its_quarter_hours():
    [column] = grid(entry("Lunch", at("12:15"), at("14:00")))
    assert pieces(column) == {"Lunch": "h12 q1 sh1 sq3 l0 n1 lane-2"}
    assert column.now.classes == "h10 q1 sh0 sq1"


def test_what_is_in_between_quarters_is_drawn_around_and_never_too_small():
    [column] = grid(
        entry("Odd", at("08:07"), at("08:52")),
        entry("Blink", at("09:00"), at("09:05")),
        entry("Last", at("23:50"), at("23:55")),
    )
    places = {piece.entry.name: piece.place for piece in column.pieces}
    assert (places["Odd"].first, places["Odd"].length) == (32, 4)
    assert (places["Blink"].first, places["Blink"].length) == (36, 2)
    assert (places["Last"].first, places["Last"].length) == (94, 2)


def test_what_overlaps_stands_in_lanes_and_what_wins_to_the_left():
    [column] = grid(
        entry("Fleet", at("09:00"), at("12:00"), layer="fleet"),
        entry("Store", at("10:00"), at("11:00")),
        entry("Now", at("10:30"), at("10:45"), layer="fleet", takeover=True),
        entry("Alone", at("12:00"), at("13:00")),
    )
    lanes = {piece.entry.name: (piece.lane, piece.of, piece.tone) for piece in column.pieces}
    assert lanes == {"Now": (0, 3, 4), "Store": (1, 3, 2), "Fleet": (2, 3, 1), "Alone": (0, 1, 2)}


def test_a_lane_is_taken_again_as_soon_as_it_is_free():
    [column] = grid(
        entry("First", at("09:00"), at("10:00"), priority=90),
        entry("Long", at("09:30"), at("12:00"), priority=80),
        entry("Next", at("10:30"), at("11:00"), priority=70),
    )
    lanes = {piece.entry.name: (piece.lane, piece.of) for piece in column.pieces}
    assert lanes == {"First": (0, 2), "Long": (1, 2), "Next": (0, 2)}


def test_more_lanes_than_there_are_share_the_last():
    [column] = grid(*(entry(f"{n}", at("09:00"), at("10:00"), priority=90 - n) for n in range(8)))
    assert max(piece.lane for piece in column.pieces) == calendar_grid.LANES_MAX - 1
    assert {piece.of for piece in column.pieces} == {calendar_grid.LANES_MAX}


def test_a_night_is_in_two_days_and_a_whole_day_in_its_head():
    tuesday = MONDAY + timedelta(days=1)
    first, second = grid(
        entry("Night", at("22:00"), at("02:00", tuesday)),
        entry("Fair", at("00:00", tuesday), at("00:00", tuesday + timedelta(days=1))),
        days=2,
    )
    [evening], [morning] = first.pieces, second.pieces
    assert (evening.begins, evening.ends, evening.place.length) == (True, False, 8)
    assert (morning.begins, morning.ends, morning.place.first) == (False, True, 0)
    assert [one.name for one in second.all_day] == ["Fair"]
    assert first.all_day == []


def test_closed_doors_and_the_base_lie_behind():
    tomorrow = at("00:00", MONDAY + timedelta(days=1))
    [column] = grid(
        base=[Base(at("00:00"), tomorrow, new_id(), "Always on")],
        opens=[(at("09:00"), at("13:00")), (at("15:00"), at("20:30"))],
    )
    shut = [(block.place.first // 4, block.place.length) for block in column.shut]
    assert shut == [(0, 36), (13, 8), (20, 14)]
    assert [(one.label, one.place.length) for one in column.base] == [("Always on", 96)]


@pytest.mark.parametrize("on", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_on_which_clocks_change_keeps_its_wall_clock(on):
    [column] = grid(entry("Breakfast", at("08:00", on), at("10:00", on)), on=on)
    assert pieces(column) == {"Breakfast": "h8 q0 sh2 sq0 l0 n1 lane-2"}
