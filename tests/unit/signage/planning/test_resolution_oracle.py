"""The sweep against a resolver that asks, minute by minute, what is active now and compares all.

``PROOF_SCALE=20`` resolves 20 times as many weeks.
"""

import os
import random
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from signage.planning import Schedule, Store, resolve
from tests.unit.signage.planning import oracles
from tests.unit.signage.planning.cast import LONG_AGO, inputs, schedule

SCALE = int(os.environ.get("PROOF_SCALE", "1"))
AROUND = timedelta(days=2)
SCHEDULES = 14


@pytest.mark.parametrize("name", oracles.ZONES)
def test_windows_equal_a_scan_of_every_minute(name: str) -> None:
    chance = random.Random(f"minutes {name}")
    zone = ZoneInfo(name)
    for _ in range(SCALE):
        middle = oracles.transition(zone, chance)
        clock = oracles.WallClock(zone, middle)
        schedules = [_random_schedule(chance, number, middle) for number in range(1, SCHEDULES)]
        since, until = middle - AROUND, middle + AROUND
        found = inputs(*schedules, store=Store(name))
        plays = {}
        for window in resolve(found, since, until):
            for minute in _minutes(window.start, window.end):
                plays[minute] = (window.source.id, window.anchor)
        active = {one.id: oracles.spans(one.pattern, clock, since, until) for one in schedules}
        for minute in _minutes(since, until):
            expected = oracles.winner(schedules, active, minute)
            assert plays.get(minute) == (expected and (expected[0].id, expected[1])), minute


def _minutes(since: datetime, until: datetime) -> list[datetime]:
    return [since + n * oracles.MINUTE for n in range(int((until - since) / oracles.MINUTE))]


def _random_schedule(chance: random.Random, number: int, middle: datetime) -> Schedule:
    pattern = oracles.random_pattern(chance, middle)
    return replace(
        schedule(number),
        starts_on=pattern.starts_on,
        start_time=pattern.start_time,
        end_time=pattern.end_time,
        all_day=pattern.all_day,
        ends_on=pattern.ends_on,
        rrule=pattern.rrule,
        exdates=pattern.exdates,
        rdates=pattern.rdates,
        layer=chance.choice(["device", "group", "store", "fleet"]),
        group_rank=chance.randint(1, 3),
        priority=chance.choice([40, 50, 50, 60]),
        takeover=chance.random() < 0.1,
        created_at=LONG_AGO + chance.randrange(3) * oracles.DAY,
    )
