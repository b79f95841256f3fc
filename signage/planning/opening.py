"""Opening hours: when a store is open, from its weekly hours, closures and special days.

A weekday missing from the hours is closed; no hours at all means always open. A special day's
hours take the place of its weekday's, a closure beats both. Hours past midnight belong to the day
they begin on, also where the next day is a closure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from signage.planning import intervals
from signage.planning.intervals import Interval
from signage.planning.placing import DAY, MIDNIGHT, dates_around, place, zone

Hours = tuple[tuple[time, time], ...]
"""From and until, in local time; one that is not after its beginning ends on the next day."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAY: Final[Hours] = ((MIDNIGHT, MIDNIGHT),)


@dataclass(frozen=True, slots=True)
class Store:
    """A store's zone and hours. ``opening_hours`` has seven days from Monday, or is None."""

    timezone: str
    opening_hours: tuple[Hours, ...] | None = None
    closures: frozenset[date] = frozenset()
    special_days: tuple[tuple[date, Hours], ...] = ()


def read_store(
    timezone: str,
    opening_hours: Mapping[str, Sequence[Sequence[str]]] | None = None,
    closures: Iterable[date] = (),
    special_days: Mapping[date, Sequence[Sequence[str]]] | None = None,
) -> Store:
    """Return the store from its fields as they are kept: ``{"mon": [["08:00", "20:00"]]}``.

    ``24:00`` is the midnight at the end of the day.
    """
    week = opening_hours and tuple(_hours(opening_hours.get(day, ())) for day in WEEKDAYS)
    special = tuple((day, _hours(hours)) for day, hours in sorted((special_days or {}).items()))
    return Store(timezone, week or None, frozenset(closures), special)


@lru_cache(maxsize=4096)
def open_intervals(store: Store, since: datetime, until: datetime) -> tuple[Interval, ...]:
    """Return when it is open within [since, until), two aware UTC instants."""
    in_zone = zone(store.timezone)
    special = dict(store.special_days)
    opened: list[Interval] = []
    day, last = dates_around(in_zone, since, until)
    while day <= last:
        opened += _opened(store, special, day, in_zone)
        day += DAY
    return tuple(intervals.intersection(intervals.union(opened), [(since, until)]))


def _hours(pairs: Sequence[Sequence[str]]) -> Hours:
    return tuple((_time(opens), _time(closes)) for opens, closes in pairs)


def _time(text: str) -> time:
    return MIDNIGHT if text.startswith("24:") else time.fromisoformat(text)


def _opened(
    store: Store, special: dict[date, Hours], day: date, in_zone: ZoneInfo
) -> Iterable[Interval]:
    if day in store.closures:
        return []
    weekly = ALL_DAY if store.opening_hours is None else store.opening_hours[day.weekday()]
    return (place(day, opens, closes, in_zone) for opens, closes in special.get(day, weekly))
