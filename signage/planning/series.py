"""Series: one date of a recurring pattern, and a pattern cut in two at a date.

Dates are local dates, as in the pattern; no zone decides anything here, so an UNTIL in UTC is read
as it stands.
"""

import re
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from signage.planning.placing import DAY
from signage.planning.recurrence import Pattern, rule_dates, ruled_dates
from signage.planning.rules import RuleError, parse

_ANY_ZONE = ZoneInfo("UTC")


def falls_on(pattern: Pattern, day: date) -> bool:
    """Return whether an occurrence begins on this date."""
    listed = {*_ruled(pattern, day), *pattern.rdates}.difference(pattern.exdates)
    return day in listed and (pattern.ends_on is None or day <= pattern.ends_on)


def without(pattern: Pattern, day: date) -> Pattern:
    """Return the pattern with one date taken out. Raises RuleError where nothing begins on it."""
    if not falls_on(pattern, day):
        raise RuleError("no_occurrence", f"Nothing begins on {day}.", field="on")
    return replace(pattern, exdates=tuple(sorted({*pattern.exdates, day})))


def split(pattern: Pattern, day: date) -> tuple[Pattern, Pattern]:
    """Return what comes before the date and what begins with it; together they are the pattern.

    Raises RuleError where the rule itself has no occurrence on the date, or none before it.
    """
    if pattern.rrule is None or day not in _ruled(pattern, day) or day in pattern.exdates:
        detail = f"No occurrence of the repetition begins on {day}."
        raise RuleError("no_occurrence", detail, field="on")
    if day <= pattern.starts_on:
        detail = "This is the first occurrence: change the whole series instead."
        raise RuleError("first_occurrence", detail, field="on")
    before = replace(
        pattern,
        ends_on=day - timedelta(days=1),
        exdates=tuple(one for one in pattern.exdates if one < day),
        rdates=tuple(one for one in pattern.rdates if one < day),
    )
    following = replace(
        pattern,
        starts_on=day,
        rrule=_counted_from(pattern, pattern.rrule, day),
        exdates=tuple(one for one in pattern.exdates if one >= day),
        rdates=tuple(one for one in pattern.rdates if one >= day),
    )
    return before, following


def _ruled(pattern: Pattern, day: date) -> list[date]:
    return list(ruled_dates(pattern, _ANY_ZONE, day, day))


def _counted_from(pattern: Pattern, text: str, day: date) -> str:
    rule = parse(text)
    if rule.count is None:
        return text
    gone = len(rule_dates(rule, pattern.starts_on, pattern.starts_on, day - DAY))
    return re.sub(r"(?i)\bCOUNT=\d+", f"COUNT={rule.count - gone}", text)
