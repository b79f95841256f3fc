"""From wall-clock times to instants: clock changes, midnights that are missing, days left out."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from signage.planning import Pattern, occurrences, zone
from tests.unit.signage.planning.cast import at, utc

HOUR = timedelta(hours=1)


def placed(name: str, on: date, start: time, end: time) -> tuple[Any, Any]:
    """Return the instants of the one occurrence on a date."""
    pattern = Pattern(on, start, end)
    noon = utc(name, f"{on} 12:00")
    around = occurrences(pattern, zone(name), noon - 72 * HOUR, noon + 72 * HOUR)
    (found,) = around
    return found.start, found.end


def all_days(name: str, first: date, days: int) -> list[tuple[Any, Any]]:
    """Return the instants of every all-day occurrence that begins on one of the days."""
    pattern = Pattern(first, all_day=True, rrule=f"FREQ=DAILY;COUNT={days}")
    noon = utc(name, f"{first} 12:00")
    span = (noon - 72 * HOUR, noon + (days + 3) * 24 * HOUR)
    return [(one.start, one.end) for one in occurrences(pattern, zone(name), *span)]


def test_an_end_that_is_not_after_the_start_is_on_the_next_day() -> None:
    start, end = placed("Europe/Berlin", date(2026, 11, 23), time(22), time(6))
    assert (start, end) == (at("2026-11-23 21:00"), at("2026-11-24 05:00"))
    start, end = placed("Europe/Berlin", date(2026, 11, 23), time(8), time(8))
    assert end - start == 24 * HOUR


def test_an_overnight_window_belongs_to_the_day_it_starts_on() -> None:
    pattern = Pattern(date(2026, 11, 23), time(22), time(6), rrule="FREQ=WEEKLY;BYDAY=MO")
    found = occurrences(
        pattern, zone("Europe/Berlin"), at("2026-11-24 04:00"), at("2026-11-24 04:01")
    )
    assert [one.on for one in found] == [date(2026, 11, 23)]


def test_all_day_is_from_midnight_to_midnight_whatever_the_times_say() -> None:
    pattern = Pattern(date(2026, 11, 23), time(8), time(9), all_day=True)
    (found,) = occurrences(
        pattern, zone("Europe/Berlin"), at("2026-11-20 00:00"), at("2026-11-30 00:00")
    )
    assert (found.start, found.end) == (at("2026-11-22 23:00"), at("2026-11-23 23:00"))


@pytest.mark.parametrize(
    ("name", "on", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Tehran", date(2022, 3, 22), 23),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Asia/Kathmandu", date(1986, 1, 1), 23.75),
        ("Africa/Casablanca", date(2026, 2, 15), 25),
        ("Africa/Casablanca", date(2026, 3, 22), 23),
    ],
)
def test_a_day_is_as_long_as_its_clock_changes_make_it(name: str, on: date, hours: float) -> None:
    ((start, end),) = all_days(name, on, 1)
    assert (end - start) / HOUR == hours


def test_a_time_that_does_not_exist_is_read_with_the_offset_before_the_gap() -> None:
    start, end = placed("Europe/Berlin", date(2026, 3, 29), time(2, 30), time(4))
    assert (start, end) == (at("2026-03-29 01:30"), at("2026-03-29 02:00"))


def test_a_time_that_occurs_twice_means_the_first() -> None:
    start, end = placed("Europe/Berlin", date(2026, 10, 25), time(2, 30), time(4))
    assert (start, end) == (at("2026-10-25 00:30"), at("2026-10-25 03:00"))


def test_start_and_end_are_placed_independently() -> None:
    start, end = placed("Europe/Berlin", date(2026, 10, 25), time(1), time(2, 30))
    assert end - start == 1.5 * HOUR
    start, end = placed("Europe/Berlin", date(2026, 3, 29), time(1), time(3))
    assert end - start == HOUR


def test_where_nothing_is_left_the_nominal_length_counts() -> None:
    # 02:15 is read as 03:15, after an end at 03:00: three quarters of an hour from there.
    start, end = placed("Europe/Berlin", date(2026, 3, 29), time(2, 15), time(3))
    assert (start, end) == (at("2026-03-29 01:15"), at("2026-03-29 02:00"))


def test_a_start_that_is_read_as_its_end_keeps_the_nominal_length() -> None:
    start, end = placed("Europe/Berlin", date(2026, 3, 29), time(2), time(3))
    assert (start, end) == (at("2026-03-29 01:00"), at("2026-03-29 02:00"))


def test_a_gap_of_half_an_hour_on_lord_howe() -> None:
    start, end = placed("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), time(2, 20))
    assert (start, end) == (at("2026-10-03 15:45"), at("2026-10-03 15:50"))
    start, _ = placed("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), time(5))
    assert start == at("2026-04-04 14:45")


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4)),
        ("Asia/Tehran", date(2022, 3, 22)),
        ("Africa/Cairo", date(2026, 4, 24)),
    ],
)
def test_a_midnight_that_does_not_exist_is_an_hour_later_on_the_wall(name: str, on: date) -> None:
    start, _ = placed(name, on, time(), time(12))
    shown = start.astimezone(zone(name))
    assert (shown.date(), shown.time()) == (on, time(1))


def test_a_schedule_that_ends_at_a_missing_midnight_plays_until_the_gap() -> None:
    on = date(2018, 11, 3)
    start, end = placed("America/Sao_Paulo", on, time(20), time())
    assert end - start == 4 * HOUR


def test_two_local_days_that_fall_on_one_instant_count_once() -> None:
    # Apia left out 30 December 2011: that day is placed on the 31st.
    days = all_days("Pacific/Apia", date(2011, 12, 28), 6)
    assert days == [
        (at("2011-12-28 10:00"), at("2011-12-29 10:00")),
        (at("2011-12-29 10:00"), at("2011-12-30 10:00")),
        (at("2011-12-30 10:00"), at("2011-12-31 10:00")),
        (at("2011-12-31 10:00"), at("2012-01-01 10:00")),
        (at("2012-01-01 10:00"), at("2012-01-02 10:00")),
    ]


def test_the_day_that_counts_once_is_the_one_that_was_lived() -> None:
    pattern = Pattern(date(2011, 12, 28), time(8), time(20), rrule="FREQ=DAILY")
    found = occurrences(
        pattern, zone("Pacific/Apia"), at("2011-12-28 00:00"), at("2012-01-01 00:00")
    )
    assert [one.on.day for one in found] == [28, 29, 31, 1]


def test_a_night_that_began_on_the_day_left_out_is_found_on_the_second_day_after() -> None:
    nights = Pattern(date(2011, 12, 30), time(22), time(6), rrule="FREQ=WEEKLY;BYDAY=FR")
    new_year = utc("Pacific/Apia", "2012-01-01 03:00")
    found = occurrences(nights, zone("Pacific/Apia"), new_year, new_year + HOUR)
    assert [(one.on.day, one.end) for one in found] == [(30, new_year + 3 * HOUR)]


def test_something_that_began_on_a_date_the_clocks_went_back_from_is_found() -> None:
    # In St. John's clocks went back from 00:01 on Sunday to 23:01 on Saturday.
    pattern = Pattern(date(2010, 11, 7), time(), time(0, 30))
    saturday_again = utc("America/St_Johns", "2010-11-06 23:30", fold=1)
    found = occurrences(
        pattern, zone("America/St_Johns"), saturday_again, saturday_again + HOUR / 60
    )
    assert [one.on for one in found] == [date(2010, 11, 7)]


def test_a_span_is_half_open_at_both_ends() -> None:
    pattern = Pattern(date(2026, 11, 23), time(8), time(9))
    berlin = zone("Europe/Berlin")
    assert not occurrences(pattern, berlin, at("2026-11-23 08:00"), at("2026-11-23 09:00"))
    assert not occurrences(pattern, berlin, at("2026-11-23 06:00"), at("2026-11-23 07:00"))
    assert occurrences(pattern, berlin, at("2026-11-23 07:59"), at("2026-11-23 08:00"))
