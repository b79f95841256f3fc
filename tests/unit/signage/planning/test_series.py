"""Series: a date taken out, and a series cut in two, leave every other occurrence where it was."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signage.planning import Pattern, RuleError, falls_on, occurrences, split, without, zone
from tests.unit.signage.planning.cast import MONDAY, at

UTC_ZONE = zone("UTC")
RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;COUNT=9",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO;COUNT=7",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYMONTHDAY=15,-1;UNTIL=20270401",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=3,11;BYDAY=MO",
]
SPAN = (at("2026-11-01"), at("2028-01-01"))


def dates(pattern: Pattern) -> list[date]:
    return [occurrence.on for occurrence in occurrences(pattern, UTC_ZONE, *SPAN)]


def daily(**values: object) -> Pattern:
    return Pattern(MONDAY, time(9), time(10), rrule="FREQ=DAILY", **values)


def test_an_occurrence_falls_on_its_dates_only():
    pattern = daily(exdates=(date(2026, 11, 25),), rdates=(date(2026, 11, 20),))
    assert falls_on(pattern, date(2026, 11, 24))
    assert falls_on(pattern, date(2026, 11, 20))
    assert not falls_on(pattern, date(2026, 11, 25))
    assert not falls_on(pattern, date(2026, 11, 22))


def test_nothing_falls_after_the_end():
    assert not falls_on(daily(ends_on=date(2026, 11, 30)), date(2026, 12, 1))


def test_a_date_taken_out_leaves_the_others():
    rest = without(daily(), date(2026, 11, 25))
    assert set(dates(daily())) - set(dates(rest)) == {date(2026, 11, 25)}


def test_a_date_on_which_nothing_begins_cannot_be_taken_out():
    with pytest.raises(RuleError) as refused:
        without(daily(), date(2026, 11, 22))
    assert (refused.value.code, refused.value.field) == ("no_occurrence", "on")


@settings(max_examples=150, deadline=None)
@given(
    rule=st.sampled_from(RULES),
    at_index=st.integers(1, 40),
    out=st.sets(st.integers(0, 40), max_size=3),
    more=st.sets(st.integers(1, 300), max_size=3),
)
def test_the_two_parts_of_a_series_together_are_the_series(rule, at_index, out, more):
    plain = dates(Pattern(MONDAY, time(9), time(10), rrule=rule))
    pattern = Pattern(
        MONDAY,
        time(9),
        time(10),
        rrule=rule,
        exdates=tuple(plain[n] for n in sorted(out) if n < len(plain)),
        rdates=tuple(MONDAY + timedelta(days=n) for n in sorted(more)),
    )
    ruled = [day for day in plain if day not in pattern.exdates and day > MONDAY]
    if not ruled:
        return
    day = ruled[at_index % len(ruled)]

    before, following = split(pattern, day)

    assert dates(before) == [one for one in dates(pattern) if one < day]
    assert dates(following) == [one for one in dates(pattern) if one >= day]


def test_the_first_date_is_no_place_to_cut():
    with pytest.raises(RuleError) as refused:
        split(daily(), MONDAY)
    assert refused.value.code == "first_occurrence"


@pytest.mark.parametrize(
    "pattern",
    [
        Pattern(MONDAY, time(9), time(10)),
        daily(rdates=(date(2026, 11, 20),)),
        daily(exdates=(date(2026, 11, 20),)),
    ],
    ids=["no series", "a date added by hand", "a date left out"],
)
def test_a_date_that_the_rule_does_not_give_is_no_place_to_cut(pattern):
    with pytest.raises(RuleError) as refused:
        split(pattern, date(2026, 11, 20))
    assert refused.value.code == "no_occurrence"
