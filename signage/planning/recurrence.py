"""Recurrence: from a schedule's dates and wall-clock times to occurrences with instants.

The rule is expanded on naive local dates, then each date's start and end are placed in the zone.
Whether an occurrence begins on a day is decided for that day alone (RFC 5545 section 3.3.10), so a
rule that began ten years ago costs as much as one that began today.
"""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, assert_never
from zoneinfo import ZoneInfo

from signage.planning.placing import DAY, MIDNIGHT, dates_around, place
from signage.planning.rules import EARLIEST_YEAR, LATEST_YEAR, Rule, RuleError, parse

EARLIEST: Final = date(EARLIEST_YEAR, 1, 1)
LATEST: Final = date(LATEST_YEAR, 12, 31)
DATES_MAX: Final = 1000
COUNTED_DAYS_MAX: Final = 100 * 366
"""A rule with COUNT is counted this many days ahead; it ends there if the count was not reached."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """When a schedule plays, in wall-clock terms; the meaning of each field is in ``check``."""

    starts_on: date
    start_time: time | None = None
    end_time: time | None = None
    all_day: bool = False
    ends_on: date | None = None
    rrule: str | None = None
    exdates: tuple[date, ...] = ()
    rdates: tuple[date, ...] = ()


class Occurrence(NamedTuple):
    """One time a pattern comes round: its nominal local date, and its instants in UTC."""

    on: date
    start: datetime
    end: datetime


def check(pattern: Pattern) -> None:
    """Raise RuleError for the first thing in it that cannot be meant.

    The times are needed unless it is all day; ``ends_on`` needs a rule, because without one there
    is a single occurrence, on ``starts_on``.
    """
    if not pattern.all_day and (pattern.start_time is None or pattern.end_time is None):
        field = "start_time" if pattern.start_time is None else "end_time"
        raise RuleError("time_missing", "Give a time, or make it all day.", field=field)
    if not EARLIEST <= pattern.starts_on <= LATEST:
        detail = f"A schedule starts between {EARLIEST} and {LATEST}."
        raise RuleError("date_out_of_range", detail, field="starts_on")
    _check_dates(pattern)
    if pattern.rrule is not None:
        parse(pattern.rrule)


@lru_cache(maxsize=8192)
def occurrences(
    pattern: Pattern, in_zone: ZoneInfo, since: datetime, until: datetime
) -> tuple[Occurrence, ...]:
    """Return those that cover any of [since, until), two aware UTC instants, by their start.

    Two local days that fall on one instant count once, as the later: the one that was lived.
    """
    found: list[Occurrence] = []
    first, last = dates_around(in_zone, since, until)
    begins, ends = _times(pattern)
    for day in _dates(pattern, in_zone, first, last):
        start, end = place(day, begins, ends, in_zone)
        if found and found[-1].start == start:
            found.pop()
        if start < until and end > since:
            found.append(Occurrence(day, start, end))
    return tuple(found)


def _check_dates(pattern: Pattern) -> None:
    if pattern.ends_on is not None and pattern.rrule is None:
        detail = "Without a rule it plays once, on its first date. To play every day until then,"
        raise RuleError(
            "ends_on_without_rule", f"{detail} repeat it daily: FREQ=DAILY.", field="ends_on"
        )
    if pattern.ends_on is not None and pattern.ends_on < pattern.starts_on:
        raise RuleError("ends_before_start", "It would end before it starts.", field="ends_on")
    for field, days in (("exdates", pattern.exdates), ("rdates", pattern.rdates)):
        if len(days) > DATES_MAX:
            raise RuleError("too_many_dates", f"At most {DATES_MAX} dates.", field=field)
        if any(not EARLIEST <= day <= LATEST for day in days):
            detail = f"A date lies between {EARLIEST} and {LATEST}."
            raise RuleError("date_out_of_range", detail, field=field)


def _times(pattern: Pattern) -> tuple[time, time]:
    if pattern.all_day:
        return MIDNIGHT, MIDNIGHT
    return pattern.start_time or MIDNIGHT, pattern.end_time or MIDNIGHT


def _dates(pattern: Pattern, in_zone: ZoneInfo, first: date, last: date) -> Sequence[date]:
    if pattern.ends_on is not None:
        last = min(last, pattern.ends_on)
    days = ruled_dates(pattern, in_zone, first, last)
    if pattern.rdates or pattern.exdates:
        listed = {*days, *pattern.rdates}.difference(pattern.exdates)
        return sorted(day for day in listed if first <= day <= last)
    return days


def ruled_dates(pattern: Pattern, in_zone: ZoneInfo, first: date, last: date) -> Sequence[date]:
    """Return the dates in [first, last] that the rule gives, before rdates, exdates and ends_on."""
    if pattern.rrule is None:
        return [pattern.starts_on] if first <= pattern.starts_on <= last else []
    rule = parse(pattern.rrule)
    days = rule_dates(rule, pattern.starts_on, first, last)
    if rule.until is None:
        return days
    begins, _ = _times(pattern)
    return [day for day in days if _within(rule.until, datetime.combine(day, begins), in_zone)]


def _within(until: date | datetime, starts: datetime, in_zone: ZoneInfo) -> bool:
    if not isinstance(until, datetime):
        return starts.date() <= until
    if until.tzinfo is not None:
        until = until.astimezone(in_zone).replace(tzinfo=None)
    return starts <= until


@lru_cache(maxsize=8192)
def rule_dates(rule: Rule, start: date, first: date, last: date) -> tuple[date, ...]:
    """Return the dates in [first, last] of a rule that starts on ``start``, whatever its UNTIL."""
    rule = _completed(rule, start)
    if rule.count is not None:
        last = min(last, _last_counted(rule, start))
    return tuple(_matching(rule, start, max(first, start), last))


@lru_cache(maxsize=8192)
def _last_counted(rule: Rule, start: date) -> date:
    left = rule.count or 0
    last = start + timedelta(days=COUNTED_DAYS_MAX)
    for day in _matching(rule, start, start, last):
        left -= 1
        if left == 0:
            return day
    return last


def _matching(rule: Rule, start: date, first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        if _on_beat(rule, start, day) and _matches(rule, day) and _chosen(rule, day):
            yield day
        day += DAY


def _completed(rule: Rule, start: date) -> Rule:
    # What a rule leaves open it takes from its start date (RFC 5545 section 3.3.10).
    if rule.freq == "DAILY" or rule.byday or rule.bymonthday:
        return rule
    if rule.freq == "WEEKLY":
        return replace(rule, byday=((0, start.weekday()),))
    if rule.freq == "YEARLY" and not rule.bymonth:
        return replace(rule, bymonth=(start.month,), bymonthday=(start.day,))
    return replace(rule, bymonthday=(start.day,))


def _on_beat(rule: Rule, start: date, day: date) -> bool:
    if rule.interval == 1:
        return True
    match rule.freq:
        case "DAILY":
            apart = (day - start).days
        case "WEEKLY":
            apart = (_week(rule, day) - _week(rule, start)).days // 7
        case "MONTHLY":
            apart = (day.year - start.year) * 12 + day.month - start.month
        case "YEARLY":
            apart = day.year - start.year
        case _:
            assert_never(rule.freq)
    return apart % rule.interval == 0


def _week(rule: Rule, day: date) -> date:
    return day - timedelta(days=(day.weekday() - rule.wkst) % 7)


def _matches(rule: Rule, day: date) -> bool:
    return (
        (not rule.bymonth or day.month in rule.bymonth)
        and (not rule.bymonthday or _on_monthday(rule, day))
        and (not rule.byday or _on_weekday(rule, day))
    )


def _on_monthday(rule: Rule, day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    return day.day in rule.bymonthday or day.day - length - 1 in rule.bymonthday


def _on_weekday(rule: Rule, day: date) -> bool:
    weekday = day.weekday()
    if (0, weekday) in rule.byday:
        return True
    if rule.byday[0][0] == 0 and rule.byday[-1][0] == 0:
        return False
    within_month = rule.freq == "MONTHLY" or bool(rule.bymonth)
    before, after = _days_around(day) if within_month else _days_around_in_year(day)
    return (before // 7 + 1, weekday) in rule.byday or (-(after // 7) - 1, weekday) in rule.byday


def _days_around(day: date) -> tuple[int, int]:
    return day.day - 1, calendar.monthrange(day.year, day.month)[1] - day.day


def _days_around_in_year(day: date) -> tuple[int, int]:
    return (day - date(day.year, 1, 1)).days, (date(day.year, 12, 31) - day).days


def _chosen(rule: Rule, day: date) -> bool:
    return not rule.bysetpos or day in _positions(rule, *_period(rule, day))


def _period(rule: Rule, day: date) -> tuple[date, date]:
    match rule.freq:
        case "DAILY":
            return day, day
        case "WEEKLY":
            monday = _week(rule, day)
            return monday, monday + 6 * DAY
        case "MONTHLY":
            return day.replace(day=1), day + timedelta(days=_days_around(day)[1])
        case "YEARLY":
            return date(day.year, 1, 1), date(day.year, 12, 31)
        case _:
            assert_never(rule.freq)


@lru_cache(maxsize=1024)
def _positions(rule: Rule, first: date, last: date) -> frozenset[date]:
    # The whole period counts, the days before the start date too: the set is the interval's.
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days = [day for day in days if _matches(rule, day)]
    chosen = (n - 1 if n > 0 else n for n in rule.bysetpos)
    return frozenset(days[n] for n in chosen if -len(days) <= n < len(days))
