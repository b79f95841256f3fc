"""Occurrences against three independent oracles, on random rules around clock changes.

``PROOF_SCALE=20`` runs 10,000 pairs of rule and zone instead of 500.
"""

import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrulestr

from signage.planning import Pattern, occurrences
from tests.unit.signage.planning import oracles

SCALE = int(os.environ.get("PROOF_SCALE", "1"))
PAIRS = 500 * SCALE
AROUND = timedelta(days=4)


@pytest.mark.parametrize("name", oracles.ZONES)
def test_occurrences_equal_dateutil_placed_by_a_scan_of_the_wall_clock(name: str) -> None:
    chance = random.Random(f"scan {name}")
    zone = ZoneInfo(name)
    for _ in range(-(-PAIRS // len(oracles.ZONES) // 12)):
        middle = oracles.transition(zone, chance)
        clock = oracles.WallClock(zone, middle)
        for _ in range(12):
            pattern = oracles.random_pattern(chance, middle)
            since, until = middle - AROUND, middle + AROUND
            found = occurrences(pattern, zone, since, until)
            expected = oracles.spans(pattern, clock, since, until)
            assert [(one.start, one.end) for one in found] == expected, (name, middle, pattern)


@pytest.mark.parametrize("name", oracles.ZONES)
def test_starts_equal_recurring_ical_events(name: str) -> None:
    chance = random.Random(f"ical {name}")
    zone = ZoneInfo(name)
    for _ in range(-(-PAIRS // len(oracles.ZONES))):
        middle = oracles.transition(zone, chance)
        pattern = _that_starts_on_a_match(chance, middle)
        since, until = middle - AROUND, middle + AROUND
        found = {one.start for one in occurrences(pattern, zone, since, until)}
        assert found == _ical_starts(pattern, zone, since, until), (name, middle, pattern)


def test_the_pairs_compared_are_not_idle() -> None:
    chance = random.Random("idle")
    middles = [
        (zone, oracles.transition(zone, chance)) for zone in map(ZoneInfo, oracles.ZONES[:10])
    ]
    busy = [
        bool(occurrences(oracles.random_pattern(chance, at), zone, at - AROUND, at + AROUND))
        for zone, at in middles * 20
    ]
    assert sum(busy) > len(busy) // 2


def _that_starts_on_a_match(chance: random.Random, middle: datetime) -> Pattern:
    # The library counts a start that the rule does not match, and reads UNTIL its own way.
    while True:
        pattern = oracles.random_pattern(chance, middle)
        if pattern.rrule and "UNTIL" not in pattern.rrule and not pattern.all_day:
            start = datetime.combine(pattern.starts_on, pattern.start_time)
            first = next(iter(rrulestr(pattern.rrule, dtstart=start)), None)
            if first is not None:
                return replace(pattern, starts_on=first.date(), ends_on=None, exdates=(), rdates=())


def _ical_starts(
    pattern: Pattern, zone: ZoneInfo, since: datetime, until: datetime
) -> set[datetime]:
    event = icalendar.Event()
    start = datetime.combine(pattern.starts_on, pattern.start_time, zone)
    event.add("uid", "one")
    event.add("dtstart", start)
    event.add("duration", timedelta(minutes=1))
    event.add("rrule", icalendar.vRecur.from_ical(pattern.rrule))
    calendar = icalendar.Calendar()
    calendar.add_component(event)
    events = recurring_ical_events.of(calendar).between(
        since - timedelta(days=3), until + timedelta(days=1)
    )
    starts = {one["DTSTART"].dt.astimezone(UTC) for one in events}
    near = {one.start for one in occurrences(pattern, zone, since, until)}
    return {one for one in starts if since <= one < until} | {one for one in near if one < since}
