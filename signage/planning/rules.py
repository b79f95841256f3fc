"""Recurrence rules: the part of RFC 5545's RRULE that a schedule may use, read and checked.

DAILY, WEEKLY, MONTHLY and YEARLY with INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, WKST, and
COUNT or UNTIL. Everything else is refused with a reason that a person can act on.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal, get_args

Freq = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
Weekday = tuple[int, int]
"""An ordinal (0: every one; -1: the last) and a day of the week (0: Monday)."""

RULE_MAX_CHARS: Final = 500
INTERVAL_MAX: Final = 1000
COUNT_MAX: Final = 10_000
EARLIEST_YEAR: Final = 1970
LATEST_YEAR: Final = 2199
WEEKDAYS_IN_MONTH_MAX: Final = 5
WEEKDAYS_IN_YEAR_MAX: Final = 53


class RuleError(ValueError):
    """A refusal: ``code`` for programs, ``detail`` for people, ``field`` says which value it is."""

    def __init__(self, code: str, detail: str, *, field: str = "rrule") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was understood. ``until`` is a date, a local date-time or a UTC date-time."""

    freq: Freq
    interval: int = 1
    byday: tuple[Weekday, ...] = ()
    bymonthday: tuple[int, ...] = ()
    bymonth: tuple[int, ...] = ()
    bysetpos: tuple[int, ...] = ()
    wkst: int = 0
    count: int | None = None
    until: date | datetime | None = None


@lru_cache(maxsize=4096)
def parse(text: str) -> Rule:
    """Return the rule, or raise RuleError. Case does not matter (RFC 5545 section 3.3.10)."""
    if len(text) > RULE_MAX_CHARS:
        raise RuleError("rule_too_long", f"A rule has at most {RULE_MAX_CHARS} characters.")
    parts = _parts(text.strip().upper())
    if "FREQ" not in parts:
        raise RuleError("rule_freq", "A rule begins with how often: FREQ=DAILY, WEEKLY, ...")
    values: dict[str, Any] = {}
    for name, value in parts.items():
        values[name.lower()] = _reader(name)(name, value)
    rule = Rule(**values)
    _check_combination(rule)
    return rule


def _parts(text: str) -> dict[str, str]:
    if text.startswith("RRULE:"):
        raise RuleError("rule_syntax", "Leave out RRULE: and begin with FREQ=.")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            detail = "A rule is parts such as FREQ=WEEKLY;BYDAY=MO,FR with a semicolon between."
            raise RuleError("rule_syntax", detail)
        if name in parts:
            raise RuleError("rule_part_repeated", f"{name} stands in the rule twice.")
        parts[name] = value
    return parts


def _reader(name: str) -> Callable[[str, str], object]:
    reader = _READERS.get(name)
    if reader is not None:
        return reader
    if name in _UNSUPPORTED:
        detail = f"{name} is not supported: {_UNSUPPORTED[name]}"
        raise RuleError("rule_part_unsupported", detail)
    raise RuleError("rule_part_unknown", f"{name[:40]} is no part of a recurrence rule.")


def _freq(_name: str, value: str) -> str:
    if value in {"HOURLY", "MINUTELY", "SECONDLY"}:
        detail = "A schedule begins at most once a day; use its times of day for shorter spells."
        raise RuleError("rule_freq", detail)
    if value not in get_args(Freq):
        raise RuleError("rule_freq", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY.")
    return value


def _number(name: str, value: str, *, most: int) -> int:
    number = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else 0
    if not 1 <= number <= most:
        raise RuleError("rule_value", f"{name} is a whole number from 1 to {most}.")
    return number


def _interval(name: str, value: str) -> int:
    return _number(name, value, most=INTERVAL_MAX)


def _count(name: str, value: str) -> int:
    return _number(name, value, most=COUNT_MAX)


def _signed(name: str, value: str, *, most: int) -> tuple[int, ...]:
    numbers = set()
    for item in value.split(","):
        number = int(item) if re.fullmatch(r"[+-]?[0-9]{1,3}", item) else 0
        if not 1 <= abs(number) <= most:
            detail = f"{name} is numbers from 1 to {most}, or -1 to -{most} counted from the end."
            raise RuleError("rule_value", detail)
        numbers.add(number)
    return tuple(sorted(numbers))


def _bymonthday(name: str, value: str) -> tuple[int, ...]:
    return _signed(name, value, most=31)


def _bysetpos(name: str, value: str) -> tuple[int, ...]:
    return _signed(name, value, most=366)


def _bymonth(name: str, value: str) -> tuple[int, ...]:
    return tuple(sorted({_number(name, item, most=12) for item in value.split(",")}))


def _byday(_name: str, value: str) -> tuple[Weekday, ...]:
    days = set()
    for item in value.split(","):
        found = re.fullmatch(r"([+-]?[0-9]{1,2})?([A-Z]{2})", item)
        if (
            found is None
            or found[2] not in _DAYS
            or (found[1] and not 1 <= abs(int(found[1])) < 54)
        ):
            detail = "BYDAY is days such as MO,FR or, within a month or year, 2TU or -1SU."
            raise RuleError("rule_value", detail)
        days.add((int(found[1] or 0), _DAYS.index(found[2])))
    return tuple(sorted(days))


def _ordinal_exists(ordinal: str | None) -> bool:
    return ordinal is None or 1 <= abs(int(ordinal)) <= WEEKDAYS_IN_YEAR_MAX


def _wkst(_name: str, value: str) -> int:
    if value not in _DAYS:
        raise RuleError("rule_value", "WKST is the day a week begins on, such as MO or SU.")
    return _DAYS.index(value)


def _until(_name: str, value: str) -> date | datetime:
    reader = _until_reader(value)
    try:
        until = reader(value)
    except ValueError:
        raise RuleError("rule_value", "UNTIL names a date that does not exist.") from None
    if not EARLIEST_YEAR <= until.year <= LATEST_YEAR:
        detail = (
            f"UNTIL lies between {EARLIEST_YEAR} and {LATEST_YEAR}; without it there is no end."
        )
        raise RuleError("rule_value", detail)
    return until


def _until_reader(value: str) -> Callable[[str], date | datetime]:
    if re.fullmatch(r"[0-9]{8}", value):
        return date.fromisoformat
    if re.fullmatch(r"[0-9]{8}T[0-9]{6}Z?", value):
        return datetime.fromisoformat
    detail = "UNTIL is a date such as 20261231, or 20261231T180000, with a Z for UTC."
    raise RuleError("rule_value", detail)


def _check_combination(rule: Rule) -> None:
    ordinal = max((abs(number) for number, _ in rule.byday), default=0)
    by_month = rule.freq == "MONTHLY" or bool(rule.bymonth)
    refusals = {
        "COUNT and UNTIL exclude each other; keep one.": rule.count and rule.until,
        "BYMONTHDAY says nothing in a WEEKLY rule; use MONTHLY.": (
            rule.freq == "WEEKLY" and rule.bymonthday
        ),
        "A numbered weekday such as 2TU needs MONTHLY or YEARLY.": (
            ordinal and rule.freq in {"DAILY", "WEEKLY"}
        ),
        "A month has at most five of each weekday.": (ordinal > WEEKDAYS_IN_MONTH_MAX and by_month),
        "BYSETPOS chooses among days; it needs BYDAY, BYMONTHDAY or BYMONTH.": (
            rule.bysetpos and not (rule.byday or rule.bymonthday or rule.bymonth)
        ),
    }
    for detail, refused in refusals.items():
        if refused:
            raise RuleError("rule_combination", detail)


_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_READERS: Final[dict[str, Callable[[str, str], object]]] = {
    "FREQ": _freq,
    "INTERVAL": _interval,
    "COUNT": _count,
    "UNTIL": _until,
    "BYDAY": _byday,
    "BYMONTHDAY": _bymonthday,
    "BYMONTH": _bymonth,
    "BYSETPOS": _bysetpos,
    "WKST": _wkst,
}

_UNSUPPORTED: Final = {
    "BYWEEKNO": "name the months with BYMONTH, or the dates themselves.",
    "BYYEARDAY": "name the days with BYMONTH and BYMONTHDAY.",
    "BYHOUR": "the times of day stand in the schedule.",
    "BYMINUTE": "the times of day stand in the schedule.",
    "BYSECOND": "the times of day stand in the schedule.",
    "BYEASTER": "name the dates themselves.",
    "RSCALE": "only the Gregorian calendar is known here.",
    "SKIP": "dates that do not exist are left out.",
}
