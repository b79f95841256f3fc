"""Placing: from a local date and wall-clock times to instants, whatever the clocks do that day."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from signage.planning.rules import RuleError

DAY: Final = timedelta(days=1)
MIDNIGHT: Final = time()

# An occurrence that covers an instant began on its local date or the one before, and a date that
# a zone left out (Apia 2011) is placed on the one after it. Where clocks go back over midnight
# (St. John's until 2011) something may have begun on the date after the local one.
_DAYS_BEFORE: Final = timedelta(days=2)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the IANA zone, or raise RuleError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        detail = f"{name[:64]} is no IANA time zone, such as Europe/Lisbon."
        raise RuleError("unknown_timezone", detail, field="timezone") from None


@lru_cache(maxsize=1024)
def dates_around(in_zone: ZoneInfo, since: datetime, until: datetime) -> tuple[date, date]:
    """Return the first and last local date on which something may begin that touches the span."""
    first = since.astimezone(in_zone).date() - _DAYS_BEFORE
    return first, until.astimezone(in_zone).date() + DAY


def place(day: date, begins: time, ends: time, in_zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants of a local date's start and end; an end not after the start is a day on.

    A local time that occurs twice means the first, one that does not exist is read with the offset
    in force before the gap (RFC 5545 section 3.3.5, erratum 4271); if nothing is left between the
    two, the nominal length counts.
    """
    last = day if ends > begins else day + DAY
    offset = _steady_offset(in_zone, day)
    if offset is not None:
        start = datetime.combine(day, begins, UTC) - offset
        return start, datetime.combine(last, ends, UTC) - offset
    local_start = datetime.combine(day, begins, in_zone)
    local_end = datetime.combine(last, ends, in_zone)
    start, end = local_start.astimezone(UTC), local_end.astimezone(UTC)
    # Python subtracts two times of one zone as they read on the wall: that is the nominal length.
    return start, end if end > start else start + (local_end - local_start)


@lru_cache(maxsize=8192)
def _steady_offset(in_zone: ZoneInfo, day: date) -> timedelta | None:
    # The offset that holds all through a date and the next, None where clocks change. Looking every
    # six hours is enough: since 1970 no zone has changed its clocks twice within six days.
    first = datetime.combine(day, MIDNIGHT, UTC) - DAY
    moments = (first + timedelta(hours=hours) for hours in range(0, 97, 6))
    offsets = {moment.astimezone(in_zone).utcoffset() for moment in moments}
    return offsets.pop() if len(offsets) == 1 else None
