"""When a schedule comes round: each rule of recurrence by its name."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from signage.planning import Pattern, RuleError, check, occurrences, recurrence, zone
from signage.planning.recurrence import DATES_MAX
from tests.unit.signage.planning.cast import at

BERLIN = ZoneInfo("Europe/Berlin")


def dates(
    rule: str | None, starts_on: date, *, since: date, until: date, **values: Any
) -> list[str]:
    """Return the nominal dates on which something begins in Berlin within [since, until)."""
    pattern = Pattern(starts_on, time(8), time(9), rrule=rule, **values)
    first = datetime.combine(since, time(), UTC)
    last = datetime.combine(until, time(), UTC)
    return [one.on.isoformat() for one in occurrences(pattern, BERLIN, first, last)]


def in_year(rule: str | None, starts_on: date, **values: Any) -> list[str]:
    """Return the dates of the year the start lies in, without the year."""
    year = starts_on.year
    found = dates(rule, starts_on, since=date(year, 1, 1), until=date(year + 1, 1, 1), **values)
    return [day[5:] for day in found]


def test_without_a_rule_there_is_one_occurrence_on_the_start_date() -> None:
    assert in_year(None, date(2026, 5, 4)) == ["05-04"]


def test_a_date_that_does_not_exist_is_skipped() -> None:
    days = in_year("FREQ=MONTHLY", date(2026, 1, 31))
    assert days == ["01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31"]


def test_the_29th_of_february_comes_every_four_years() -> None:
    found = dates("FREQ=YEARLY", date(2024, 2, 29), since=date(2024, 1, 1), until=date(2033, 1, 1))
    assert found == ["2024-02-29", "2028-02-29", "2032-02-29"]


def test_a_start_date_that_the_rule_does_not_match_is_no_occurrence() -> None:
    assert in_year("FREQ=WEEKLY;BYDAY=TU;COUNT=2", date(2026, 11, 23)) == ["11-24", "12-01"]


def test_count_counts_before_exception_dates_are_taken_out() -> None:
    without = in_year("FREQ=DAILY;COUNT=3", date(2026, 5, 4), exdates=(date(2026, 5, 5),))
    assert without == ["05-04", "05-06"]


def test_count_counts_a_start_that_falls_into_a_gap() -> None:
    # 02:30 does not exist on 29 March 2026 in Berlin.
    pattern = Pattern(date(2026, 3, 28), time(2, 30), time(4), rrule="FREQ=DAILY;COUNT=2")
    found = occurrences(pattern, BERLIN, at("2026-03-01 00:00"), at("2026-04-30 00:00"))
    assert [one.on for one in found] == [date(2026, 3, 28), date(2026, 3, 29)]


def test_further_dates_come_whatever_count_and_until_say() -> None:
    extra = (date(2026, 4, 1), date(2026, 6, 1))
    assert in_year("FREQ=DAILY;COUNT=1", date(2026, 5, 4), rdates=extra) == [
        "04-01",
        "05-04",
        "06-01",
    ]
    assert "06-01" in in_year("FREQ=DAILY;UNTIL=20260505", date(2026, 5, 4), rdates=extra)
    assert in_year(None, date(2026, 5, 4), rdates=extra) == ["04-01", "05-04", "06-01"]


def test_exception_dates_beat_further_dates() -> None:
    same = (date(2026, 6, 1),)
    assert in_year(None, date(2026, 5, 4), rdates=same, exdates=same) == ["05-04"]


def test_nothing_begins_after_the_end_date_not_even_a_further_date() -> None:
    days = in_year(
        "FREQ=DAILY",
        date(2026, 5, 4),
        ends_on=date(2026, 5, 6),
        rdates=(date(2026, 5, 6), date(2026, 5, 7)),
    )
    assert days == ["05-04", "05-05", "05-06"]


def test_until_as_a_date_includes_that_date() -> None:
    assert in_year("FREQ=DAILY;UNTIL=20260506", date(2026, 5, 4)) == ["05-04", "05-05", "05-06"]


def test_until_as_a_local_time_includes_a_start_at_that_time() -> None:
    assert in_year("FREQ=DAILY;UNTIL=20260505T080000", date(2026, 5, 4))[-1] == "05-05"
    assert in_year("FREQ=DAILY;UNTIL=20260505T075959", date(2026, 5, 4))[-1] == "05-04"


def test_until_in_utc_is_read_in_the_zone_of_the_occurrence() -> None:
    # 08:00 in Berlin is 06:00 UTC in May.
    assert in_year("FREQ=DAILY;UNTIL=20260505T060000Z", date(2026, 5, 4))[-1] == "05-05"
    assert in_year("FREQ=DAILY;UNTIL=20260505T055959Z", date(2026, 5, 4))[-1] == "05-04"


def test_until_in_utc_ends_on_different_dates_in_different_zones() -> None:
    pattern = Pattern(date(2026, 5, 1), time(8), time(9), rrule="FREQ=DAILY;UNTIL=20260505T000000Z")
    span = (at("2026-05-01 00:00"), at("2026-05-31 00:00"))
    last = {
        name: occurrences(pattern, ZoneInfo(name), *span)[-1].on.day
        for name in ("Pacific/Auckland", "Europe/Berlin", "America/New_York")
    }
    assert last == {"Pacific/Auckland": 5, "Europe/Berlin": 4, "America/New_York": 4}


def test_plain_and_numbered_weekdays_together_mean_either() -> None:
    days = in_year("FREQ=MONTHLY;BYDAY=MO,2SU;UNTIL=20260630", date(2026, 6, 1))
    assert days == ["06-01", "06-08", "06-14", "06-15", "06-22", "06-29"]


def test_plain_and_numbered_weekdays_within_a_year() -> None:
    days = in_year("FREQ=YEARLY;BYDAY=1MO,-1FR,SU;BYMONTH=2", date(2026, 1, 1))
    assert days == ["02-01", "02-02", "02-08", "02-15", "02-22", "02-27"]


def test_a_numbered_weekday_counts_within_the_year_unless_months_are_named() -> None:
    assert in_year("FREQ=YEARLY;BYDAY=20MO", date(2026, 1, 1)) == ["05-18"]
    assert in_year("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3,10", date(2026, 1, 1)) == ["03-29", "10-25"]


def test_a_position_chooses_within_the_whole_interval() -> None:
    last_workday = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"
    assert in_year(last_workday, date(2026, 10, 15)) == ["10-30", "11-30", "12-31"]
    # The week of Wednesday 25 November has a Monday before the start: the second of three is it.
    second = in_year("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2", date(2026, 11, 25))
    assert second == ["11-25", "12-02"]


def test_the_day_a_week_begins_on_matters_every_other_week() -> None:
    # RFC 5545 section 3.8.5.3, the example with WKST.
    rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST="
    assert in_year(rule + "MO", date(1997, 8, 5)) == ["08-05", "08-10", "08-19", "08-24"]
    assert in_year(rule + "SU", date(1997, 8, 5)) == ["08-05", "08-17", "08-19", "08-31"]


def test_every_other_month_and_every_third_day_keep_their_beat_over_the_years() -> None:
    assert in_year("FREQ=MONTHLY;INTERVAL=5", date(2026, 1, 15)) == ["01-15", "06-15", "11-15"]
    found = dates(
        "FREQ=DAILY;INTERVAL=3", date(2016, 1, 1), since=date(2026, 1, 1), until=date(2026, 1, 8)
    )
    assert found == ["2026-01-02", "2026-01-05"]


def test_days_counted_from_the_end_of_a_month() -> None:
    days = in_year("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", date(2026, 1, 1))
    assert days == ["01-31", "02-28", "03-31"]


def test_friday_the_13th() -> None:
    assert in_year("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", date(2026, 1, 1)) == [
        "02-13",
        "03-13",
        "11-13",
    ]


def test_a_rule_that_never_matches_ends_without_searching_for_ever() -> None:
    assert in_year("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", date(2026, 1, 1)) == []
    assert in_year("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", date(2026, 1, 1)) == []


def test_an_old_rule_is_not_walked_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[date] = []
    real = recurrence._matches
    monkeypatch.setattr(
        recurrence, "_matches", lambda rule, day: (asked.append(day), real(rule, day))[1]
    )
    found = dates(
        "FREQ=DAILY;UNTIL=21001231",
        date(1970, 1, 1),
        since=date(2026, 3, 1),
        until=date(2026, 3, 4),
    )
    assert found == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert len(asked) < 10


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"start_time": None}, "time_missing", "start_time"),
        ({"end_time": None}, "time_missing", "end_time"),
        ({"ends_on": date(2026, 6, 1)}, "ends_on_without_rule", "ends_on"),
        (
            {"ends_on": date(2026, 5, 3), "rrule": "FREQ=DAILY"},
            "ends_before_start",
            "ends_on",
        ),
        ({"rrule": "FREQ=HOURLY"}, "rule_freq", "rrule"),
        ({"starts_on": date(1969, 12, 31)}, "date_out_of_range", "starts_on"),
        ({"starts_on": date(2200, 1, 1)}, "date_out_of_range", "starts_on"),
        ({"rdates": (date(1, 1, 1),)}, "date_out_of_range", "rdates"),
        ({"exdates": (date(2026, 1, 1),) * (DATES_MAX + 1)}, "too_many_dates", "exdates"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(
    values: dict[str, Any], code: str, field: str
) -> None:
    pattern = {"starts_on": date(2026, 5, 4), "start_time": time(8), "end_time": time(9)} | values
    with pytest.raises(RuleError) as refusal:
        check(Pattern(**pattern))
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_an_end_date_without_a_rule_is_refused_with_the_hint_to_repeat_daily() -> None:
    with pytest.raises(RuleError, match="FREQ=DAILY"):
        check(Pattern(date(2026, 5, 4), time(8), time(9), ends_on=date(2026, 5, 6)))


def test_times_may_be_absent_where_it_is_all_day() -> None:
    check(Pattern(date(2026, 5, 4), all_day=True))


def test_as_many_dates_as_allowed_are_accepted() -> None:
    days = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(DATES_MAX))
    check(Pattern(date(2026, 5, 4), time(8), time(9), exdates=days, rdates=days))


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe", "Europe/Berlin\0"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(RuleError) as refusal:
        zone(name)
    assert (refusal.value.code, refusal.value.field) == ("unknown_timezone", "timezone")
