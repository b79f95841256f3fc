"""iCalendar (RFC 5545): schedules written as events that any calendar program reads, and back.

An event has no layer, no priority and no opening hours, so a calendar shows when something is
scheduled, not what wins. What an event cannot say as a schedule is refused with the reason.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import msgspec

from signage import new_schedules, planning
from signage.errors import Invalid, Refused
from signage.new_schedules import NewSchedule
from signage.planning.inputs import Schedule
from signage.targets import Target
from signage.values import is_timezone

PRODUCT = "-//Playbill//Schedules//EN"
FILE_MAX_BYTES = 1024 * 1024
EVENTS_MAX = 1000
LOOK_AHEAD_DAYS = 3 * 366
DAY = timedelta(days=1)


class Line(msgspec.Struct, frozen=True):
    """One event of a file: the schedule it makes, or why it makes none."""

    number: int
    summary: str
    schedule: NewSchedule | None
    refused: str | None


def write(name: str, schedules: list[Schedule], timezone: str, *, now: datetime) -> bytes:
    """Return a calendar of these schedules; those without a zone are in ``timezone``.

    A series whose first date its rule does not match begins at its first occurrence, because
    calendar programs count DTSTART as one (RFC 5545 section 3.8.5.3). Disabled ones are left out.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", timezone)
    for schedule in schedules:
        event = _event(schedule, timezone, now) if schedule.enabled else None
        if event is not None:
            calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def read(data: bytes, *, playlist_id: UUID, target: Target) -> list[Line]:
    """Return what each event of a file becomes. Refused for what is no calendar or is too much."""
    if len(data) > FILE_MAX_BYTES:
        raise Refused("A calendar file has at most 1 MiB.", code="calendar_too_large")
    try:
        events = [
            event
            for calendar in icalendar.Calendar.from_ical(data, multiple=True)
            for event in calendar.walk("VEVENT")
            if isinstance(event, icalendar.Event)
        ]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise Refused("This file is no iCalendar file.", code="no_calendar") from error
    if not events:
        raise Refused("There is no event in this file.", code="no_events")
    if len(events) > EVENTS_MAX:
        raise Refused(f"At most {EVENTS_MAX} events at a time.", code="too_many_events")
    return [_line(n, event, playlist_id, target) for n, event in enumerate(events, start=1)]


def _event(schedule: Schedule, timezone: str, now: datetime) -> icalendar.Event | None:
    pattern = schedule.pattern
    first = _first_date(pattern)
    if first is None:
        return None
    zone = planning.zone(schedule.timezone or timezone)
    begins = pattern.start_time or time()
    event = icalendar.Event()
    event.add("uid", f"{schedule.id}@playbill")
    event.add("dtstamp", now)
    event.add("summary", schedule.name)
    event.add("dtstart", first if pattern.all_day else datetime.combine(first, begins, zone))
    event.add("dtend", _end(pattern, first, zone))
    if pattern.rrule is not None:
        event.add("rrule", _rule(pattern, pattern.rrule, first, zone))
    for name, days in (("exdate", pattern.exdates), ("rdate", pattern.rdates)):
        for day in days:
            event.add(name, day if pattern.all_day else datetime.combine(day, begins, zone))
    return event


def _first_date(pattern: planning.Pattern) -> date | None:
    if pattern.rrule is None:
        return pattern.starts_on
    days = (pattern.starts_on + n * DAY for n in range(LOOK_AHEAD_DAYS))
    bare = planning.Pattern(pattern.starts_on, rrule=pattern.rrule, ends_on=pattern.ends_on)
    return next((day for day in days if planning.falls_on(bare, day)), None)


def _end(pattern: planning.Pattern, first: date, zone: ZoneInfo) -> date | datetime:
    if pattern.all_day:
        return first + DAY
    begins, ends = pattern.start_time or time(), pattern.end_time or time()
    return datetime.combine(first + DAY if ends <= begins else first, ends, zone)


def _rule(pattern: planning.Pattern, text: str, first: date, zone: ZoneInfo) -> dict[str, Any]:
    rule: dict[str, Any] = icalendar.vRecur.from_ical(text.upper())
    begins = pattern.start_time or time()
    lasts = [_last_date(until, begins, zone) for until in rule.get("UNTIL", [])]
    lasts += [pattern.ends_on] if pattern.ends_on else []
    if not lasts:
        return rule
    # COUNT and UNTIL exclude each other, so the count is what is left of it until the end.
    if "COUNT" in rule:
        days = (first + n * DAY for n in range((min(lasts) - first).days + 1))
        bare = planning.Pattern(pattern.starts_on, rrule=text, ends_on=min(lasts))
        rule["COUNT"] = [sum(planning.falls_on(bare, day) for day in days)]
        return rule
    # UNTIL is of the kind of DTSTART: a date with a date, in UTC with a time (section 3.3.10).
    last = datetime.combine(min(lasts), begins, zone)
    rule["UNTIL"] = [min(lasts) if pattern.all_day else last.astimezone(UTC)]
    return rule


def _last_date(until: date | datetime, begins: time, zone: ZoneInfo) -> date:
    if not isinstance(until, datetime):
        return until
    local = until if until.tzinfo is None else until.astimezone(zone).replace(tzinfo=None)
    return local.date() if begins <= local.time() else local.date() - DAY


def _line(number: int, event: icalendar.Event, playlist_id: UUID, target: Target) -> Line:
    summary = str(event.get("summary", "")).strip()[: new_schedules.NAME_MAX_CHARS]
    try:
        new = _schedule(event, summary, playlist_id, target)
        new_schedules.check(new)
    except _Unfit as unfit:
        return Line(number, summary, None, str(unfit))
    except Invalid as error:
        return Line(number, summary, None, error.detail)
    return Line(number, summary, new, None)


class _Unfit(Exception):
    """An event that no schedule can say; ``str()`` of it is the reason."""


def _schedule(
    event: icalendar.Event, summary: str, playlist_id: UUID, target: Target
) -> NewSchedule:
    if "RECURRENCE-ID" in event:
        raise _Unfit("It changes one date of a series: change that date here after the import.")
    if str(event.get("status", "")).upper() == "CANCELLED":
        raise _Unfit("It is cancelled.")
    start, end = _span(event)
    all_day = not isinstance(start, datetime)
    rule = event.get("rrule")
    if isinstance(rule, list):
        raise _Unfit("It has more than one rule of repetition.")
    values: dict[str, Any] = {"all_day": True}
    if isinstance(start, datetime) and isinstance(end, datetime):
        values = {
            "start_time": start.time().isoformat("seconds"),
            "end_time": end.time().isoformat("seconds"),
            "timezone": _zone(start),
        }
    return NewSchedule(
        name=summary or "Imported",
        playlist_id=playlist_id,
        target=target,
        starts_on=start.date() if isinstance(start, datetime) else start,
        rrule=None if rule is None else rule.to_ical().decode(),
        exdates=_dates(event, "exdate"),
        rdates=_dates(event, "rdate"),
        **({"all_day": all_day} | values),
    )


def _span(event: icalendar.Event) -> tuple[date | datetime, date | datetime]:
    try:
        start, end = event.start, event.end
    except (icalendar.InvalidCalendar, icalendar.IncompleteComponent, ValueError, TypeError):
        raise _Unfit("It has no start, or no end after it.") from None
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise _Unfit("It begins at a time and ends on a date, or the other way round.")
    if not timedelta() < end - start <= DAY:
        raise _Unfit("It lasts longer than 24 hours, or no time at all. Repeat it daily instead.")
    return start, end


def _zone(start: datetime) -> str | None:
    if start.tzinfo is None:
        return None
    name = str(getattr(start.tzinfo, "key", "") or start.tzname() or "")
    if not is_timezone(name):
        raise _Unfit(f"Its time zone {name[:64]} is none of the IANA's.")
    return name


def _dates(event: icalendar.Event, name: str) -> list[date]:
    found = event.get(name)
    lists = found if isinstance(found, list) else [] if found is None else [found]
    values = [value.dt for one in lists for value in one.dts]
    if any(isinstance(value, tuple) for value in values):
        raise _Unfit("It has periods as dates, which last different times.")
    return [value.date() if isinstance(value, datetime) else value for value in values]
