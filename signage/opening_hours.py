"""Opening hours as people write them: ``08:00-12:00, 14:00-20:00``, ``closed``, ``all day``.

An interval whose end is not after its beginning ends on the next day; ``24:00`` is the midnight at
the end of a day.
"""

import re
from datetime import date
from itertools import pairwise
from typing import Literal

from signage.errors import FieldError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Hours = list[tuple[str, str]]
"""Times of day from which and until which a store is open, as ``HH:MM``; until may be ``24:00``."""

INTERVALS_A_DAY_MAX = 8
ALL_DAY: Hours = [("00:00", "24:00")]
MINUTES_A_DAY = 24 * 60

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_WRITTEN_TIME = re.compile(r"(\d{1,2})(?:[:.hH](\d{2})?)?")
_DASH = re.compile("\\s*[-\N{EN DASH}\N{EM DASH}]\\s*")
_CLOSED = frozenset({"closed", "shut", "-"})
_ALL_DAY = frozenset({"all day", "allday", "24h", "24 h", "24/24", "always"})


class WrittenWrong(ValueError):
    """The text names no hours or no day; the message says how to write them."""


def read(text: str) -> Hours:
    """Return the hours that a text means; WrittenWrong where it means none."""
    words = " ".join(text.strip().lower().split())
    if words in _CLOSED:
        return []
    if words in _ALL_DAY:
        return list(ALL_DAY)
    parts = [part.strip() for part in re.split(r"[,;+]|\band\b", words)]
    hours = [_interval(part) for part in parts if part]
    wrong = wrong_with(hours)
    if wrong or not hours:
        raise WrittenWrong(wrong or _how())
    return hours


def write(hours: Hours) -> str:
    """Return hours as people write them; ``read`` gives them back."""
    if not hours:
        return "closed"
    if [tuple(pair) for pair in hours] == ALL_DAY:
        return "all day"
    return ", ".join(f"{opens}-{closes}" for opens, closes in hours)


def read_special_day(text: str) -> tuple[date, Hours]:
    """Return the day and hours of ``2026-12-24 08:00-17:00``; WrittenWrong if it is not that."""
    day, _, hours = text.strip().partition(" ")
    return read_day(day), read(hours)


def read_day(text: str) -> date:
    """Return the date of ``2026-12-24``; WrittenWrong if it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        detail = f"{text.strip()[:40]} is no day. Write it as 2026-12-24."
        raise WrittenWrong(detail) from None


def check(pointer: str, hours: Hours) -> list[FieldError]:
    """Return what is wrong with the hours of one day, as an error for this pointer."""
    detail = wrong_with(hours)
    return [FieldError(pointer, "invalid_hours", detail)] if detail else []


def wrong_with(hours: Hours) -> str:
    """Return the sentence that says what is wrong with a day's hours, "" where nothing is."""
    if len(hours) > INTERVALS_A_DAY_MAX:
        return f"At most {INTERVALS_A_DAY_MAX} intervals a day."
    for opens, closes in hours:
        if not (_TIME.fullmatch(opens) and _TIME.fullmatch(closes)) or opens in (closes, "24:00"):
            return "Opening hours are from one time to another, such as 08:00 to 20:00."
    spans = sorted(_minutes(opens, closes) for opens, closes in hours)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            return "Two of these intervals overlap. Write them as one."
    return ""


def _minutes(opens: str, closes: str) -> tuple[int, int]:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (opens, closes))
    return start, end if end > start else end + MINUTES_A_DAY


def _interval(text: str) -> tuple[str, str]:
    ends = _DASH.split(text)
    if len(ends) != 2:
        raise WrittenWrong(_how())
    return _time(ends[0]), _time(ends[1])


def _time(text: str) -> str:
    found = _WRITTEN_TIME.fullmatch(text)
    if not found:
        raise WrittenWrong(_how())
    time = f"{int(found[1]):02d}:{found[2] or '00'}"
    if not _TIME.fullmatch(time):
        raise WrittenWrong(f"{time} is no time of day. {_how()}")
    return time


def _how() -> str:
    return "Write hours such as 08:00-12:00, 14:00-20:00, or closed, or all day."
