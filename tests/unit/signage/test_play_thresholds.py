"""The thresholds by which plays count: settings, and each row says by which it was counted."""

from datetime import UTC, datetime

import asyncpg
import pytest

from signage import play_thresholds, settings
from signage.actors import Actor
from signage.play_rules import RULES
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import Cast, event, send

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ADMIN = Actor(kind="user", id=None, name="Ana", role="admin")
HOUR_MS = 3_600_000


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


async def decide(conn: asyncpg.Connection, **changes: int | None) -> None:
    await settings.change(conn, ADMIN, settings.Changes(**changes), now=NOW)


async def test_without_a_setting_it_is_the_first_version(cast: Cast) -> None:
    assert await play_thresholds.in_force(cast.conn, now=NOW) == RULES
    await send(cast, event(cast, NOW), now=NOW)

    assert [row["rule_version"] for row in await plays_cast.rows(cast.conn)] == [1]


async def test_a_threshold_counts_from_when_it_is_set_and_rewrites_nothing(cast: Cast) -> None:
    short = event(cast, NOW, duration_ms=8_000)
    await send(cast, short, now=NOW)
    await decide(cast.conn, play_tolerance_percent=20)
    await send(cast, short, event(cast, NOW, duration_ms=8_000), now=NOW)
    await send(cast, event(cast, NOW, duration_ms=7_999), now=NOW)

    counted = {(row["outcome"], row["rule_version"]) for row in await plays_cast.rows(cast.conn)}
    assert counted == {("partial", 1), ("played", 2), ("partial", 2)}


async def test_setting_it_back_gives_the_version_back(cast: Cast) -> None:
    await decide(cast.conn, play_counted_min_ms=2_000)
    assert (await play_thresholds.in_force(cast.conn, now=NOW)).version == 2
    await decide(cast.conn, play_counted_min_ms=3_000)
    assert (await play_thresholds.in_force(cast.conn, now=NOW)).version == 3
    await decide(cast.conn, play_counted_min_ms=1_000)
    assert (await play_thresholds.in_force(cast.conn, now=NOW)) == RULES
    await decide(cast.conn, play_counted_min_ms=None)
    assert (await play_thresholds.in_force(cast.conn, now=NOW)) == RULES


async def test_each_setting_is_its_threshold(cast: Cast) -> None:
    await decide(
        cast.conn,
        play_counted_min_ms=7,
        play_tolerance_ms=8,
        play_tolerance_percent=9,
        play_duration_max_h=10,
        play_late_after_h=11,
    )

    rules = await play_thresholds.in_force(cast.conn, now=NOW)

    assert (rules.counted_min_ms, rules.tolerance_ms, rules.tolerance_percent) == (7, 8, 9)
    assert (rules.duration_max_ms, rules.late_after_ms) == (10 * HOUR_MS, 11 * HOUR_MS)


async def test_the_defaults_of_the_settings_are_the_first_version(conn: asyncpg.Connection) -> None:
    defaults = settings.Settings()
    for name, (threshold, times) in play_thresholds.SETTINGS.items():
        assert getattr(defaults, name) * times == getattr(RULES, threshold)
    first = await conn.fetchval("SELECT thresholds FROM play_rule_versions WHERE version = 1")
    assert first == {name: getattr(RULES, name) for name, _ in play_thresholds.SETTINGS.values()}


async def test_the_longest_play_is_set(cast: Cast) -> None:
    await decide(cast.conn, play_duration_max_h=1)
    result = await send(
        cast,
        event(cast, NOW, duration_ms=HOUR_MS),
        event(cast, NOW, duration_ms=HOUR_MS + 1),
        now=NOW,
    )

    assert [(told.index, told.code) for told in result.results] == [(1, "capped")]
