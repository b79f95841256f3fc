"""Store weeks: seven days of a store as its doors have it, in its own time, and whether it is open.

Pure: what the store's row says is enough. A day is 23 or 25 hours long where its clocks change.
"""

from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from signage import planning
from signage.opening_hours import ALL_DAY, Hours, Weekday
from signage.planning.placing import DAY, MIDNIGHT, place
from signage.stores import Store

LOOK_AHEAD = timedelta(days=15)
WEEKDAYS = get_args(Weekday)


class Span(msgspec.Struct, frozen=True):
    """When it is open within a day, as shares of the day's own length."""

    start: float
    end: float


class Day(msgspec.Struct, frozen=True):
    """One day: its hours as they are written, and the time its doors are open on it.

    Hours that reach past midnight are written on the day they begin, and their rest is among the
    spans of the next. ``clocks_ms`` is by how much the day is longer than 24 hours.
    """

    day: date
    kind: Literal["usual", "special", "closure"]
    hours: Hours
    spans: list[Span]
    clocks_ms: int


class State(msgspec.Struct, frozen=True):
    """Whether the doors are open, and when that changes; None where it does not within 15 days."""

    is_open: bool
    until: datetime | None


def week(store: Store, monday: date) -> list[Day]:
    """Return seven days from a date on."""
    return [_day(store, monday + n * DAY) for n in range(7)]


def state(store: Store, now: datetime) -> State:
    """Return whether the store is open now."""
    end = now + LOOK_AHEAD
    opened = planning.open_intervals(_planned(store), now, end)
    if not opened:
        return State(False, None)
    first = opened[0]
    if first[0] > now:
        return State(False, first[0])
    return State(True, first[1] if first[1] < end else None)


def today(store: Store, now: datetime) -> date:
    """Return the date in the store."""
    return now.astimezone(ZoneInfo(store.timezone)).date()


def ahead(store: Store, now: datetime) -> list[date]:
    """Return the closures and special days that are not over, the next one first."""
    first = today(store, now)
    return sorted(day for day in {*store.closures, *store.special_days} if day >= first)


def hours_on(store: Store, day: date) -> tuple[Literal["usual", "special", "closure"], Hours]:
    """Return the hours that begin on a date, and by which rule."""
    if day in store.closures:
        return "closure", []
    if day in store.special_days:
        return "special", store.special_days[day]
    if store.opening_hours is None:
        return "usual", list(ALL_DAY)
    return "usual", store.opening_hours.get(WEEKDAYS[day.weekday()], [])


def _day(store: Store, day: date) -> Day:
    kind, hours = hours_on(store, day)
    start, end = place(day, MIDNIGHT, MIDNIGHT, ZoneInfo(store.timezone))
    opened = planning.open_intervals(_planned(store), start, end)
    length = end - start
    return Day(
        day=day,
        kind=kind,
        hours=hours,
        spans=[Span((opens - start) / length, (shuts - start) / length) for opens, shuts in opened],
        clocks_ms=round((length - DAY) / timedelta(milliseconds=1)),
    )


def _planned(store: Store) -> planning.opening.Store:
    hours = store.opening_hours
    by_name = None if hours is None else {str(day): hours[day] for day in hours}
    return planning.read_store(store.timezone, by_name, store.closures, store.special_days)
