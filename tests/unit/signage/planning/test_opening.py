"""When a store is open: weekly hours, closures, special days, clock changes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from signage.planning import Store, open_intervals, read_store
from tests.unit.signage.planning.cast import MONDAY, at, utc

WEEK = {day: [("08:00", "20:00")] for day in ("mon", "tue", "wed", "thu", "fri")}


def opened(store: Store, since: str, until: str) -> list[tuple[str, str]]:
    """Return the spans in the store's own wall-clock time."""
    zone = store.timezone
    spans = open_intervals(store, utc(zone, since), utc(zone, until))
    return [(_wall(start, zone), _wall(end, zone)) for start, end in spans]


def _wall(instant: datetime, zone: str) -> str:
    return instant.astimezone(ZoneInfo(zone)).strftime("%d %H:%M")


def test_no_hours_at_all_means_always_open() -> None:
    for hours in (None, {}):
        store = read_store("Europe/Berlin", hours)
        since, until = at("2026-11-23 03:17"), at("2026-11-27 00:00")
        assert open_intervals(store, since, until) == ((since, until),)


def test_a_weekday_that_is_missing_is_closed() -> None:
    store = read_store("Europe/Berlin", WEEK)
    assert opened(store, "2026-11-27 00:00", "2026-12-01 00:00") == [
        ("27 08:00", "27 20:00"),
        ("30 08:00", "30 20:00"),
    ]


def test_a_weekday_without_hours_is_closed() -> None:
    store = read_store("Europe/Berlin", {"mon": []})
    assert opened(store, "2026-11-23 00:00", "2026-11-30 00:00") == []


def test_a_day_may_have_several_spells() -> None:
    store = read_store("Europe/Berlin", {"mon": [("08:00", "12:30"), ("14:00", "18:00")]})
    assert opened(store, "2026-11-23 00:00", "2026-11-24 00:00") == [
        ("23 08:00", "23 12:30"),
        ("23 14:00", "23 18:00"),
    ]


def test_until_24_is_the_midnight_at_the_end_of_the_day() -> None:
    store = read_store("Europe/Berlin", {"mon": [("18:00", "24:00")], "tue": [("00:00", "02:00")]})
    assert opened(store, "2026-11-23 00:00", "2026-11-25 00:00") == [("23 18:00", "24 02:00")]


def test_hours_past_midnight_belong_to_the_day_they_begin_on() -> None:
    store = read_store("Europe/Berlin", {"mon": [("20:00", "02:00")]}, [date(2026, 11, 24)])
    assert opened(store, "2026-11-23 00:00", "2026-11-26 00:00") == [("23 20:00", "24 02:00")]


def test_a_closure_closes_the_day() -> None:
    store = read_store("Europe/Berlin", WEEK, [MONDAY])
    assert opened(store, "2026-11-23 00:00", "2026-11-25 00:00") == [("24 08:00", "24 20:00")]


def test_a_store_that_is_always_open_closes_for_a_closure_only() -> None:
    store = read_store("Europe/Berlin", None, [date(2026, 11, 24)])
    assert opened(store, "2026-11-23 12:00", "2026-11-26 00:00") == [
        ("23 12:00", "24 00:00"),
        ("25 00:00", "26 00:00"),
    ]


def test_a_special_day_has_hours_of_its_own() -> None:
    store = read_store("Europe/Berlin", WEEK, (), {date(2026, 11, 29): [("13:00", "18:00")]})
    assert opened(store, "2026-11-28 00:00", "2026-11-30 00:00") == [("29 13:00", "29 18:00")]


def test_a_special_day_without_hours_is_closed() -> None:
    store = read_store("Europe/Berlin", WEEK, (), {MONDAY: []})
    assert opened(store, "2026-11-23 00:00", "2026-11-24 00:00") == []


def test_a_closure_beats_a_special_day() -> None:
    store = read_store("Europe/Berlin", WEEK, [MONDAY], {MONDAY: [("10:00", "12:00")]})
    assert opened(store, "2026-11-23 00:00", "2026-11-24 00:00") == []


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_of_a_clock_change_is_open_as_long_as_it_lasts(day: str, hours: int) -> None:
    store = read_store("Europe/Berlin", {"sun": [("00:00", "24:00")]})
    noon = utc("Europe/Berlin", f"{day} 12:00")
    ((start, end),) = open_intervals(store, noon - timedelta(days=2), noon + timedelta(days=2))
    assert (start, end - start) == (utc("Europe/Berlin", f"{day} 00:00"), timedelta(hours=hours))
