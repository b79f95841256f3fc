"""Months of events: made ahead, dropped when their time is over, none in the default partition."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from signage import partitions, settings
from signage.actors import Actor
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import Cast, ago, event, send

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ADMIN = Actor(kind="user", id=None, name="Ana", role="admin")


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


async def months(conn: asyncpg.Connection) -> set[str]:
    rows = await conn.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
        " WHERE inhparent = 'proof_of_play_events'::regclass"
    )
    return {row["name"].rpartition("_")[2] for row in rows}


async def play_at(cast: Cast, *instants: datetime) -> None:
    for instant in instants:
        result = await send(cast, event(cast, instant), now=instant + timedelta(minutes=1))
        assert result.accepted == 1


async def test_events_are_kept_for_thirteen_months_and_their_sums_for_good(cast: Cast) -> None:
    await play_at(
        cast,
        datetime(2025, 9, 30, 23, 59, tzinfo=UTC),
        datetime(2025, 10, 1, tzinfo=UTC),
        ago(NOW, hours=1),
    )

    assert await partitions.drop_old(cast.conn, now=NOW) == 1

    assert "202509" not in await months(cast.conn)
    kept = [row["started_at"] for row in await plays_cast.rows(cast.conn)]
    assert kept == [datetime(2025, 10, 1, tzinfo=UTC), ago(NOW, hours=1)]
    assert sum(day["plays"] for day in await plays_cast.days(cast.conn)) == 3
    assert await partitions.drop_old(cast.conn, now=NOW) == 0


async def test_how_long_they_are_kept_is_a_setting(cast: Cast) -> None:
    await play_at(cast, datetime(2026, 7, 31, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC))
    changes = settings.Changes(events_kept_months=3)
    await settings.change(cast.conn, ADMIN, changes, now=NOW)

    await partitions.drop_old(cast.conn, now=NOW)

    assert {"202607", "202608"} & await months(cast.conn) == {"202608"}


async def test_what_went_astray_moves_into_a_month_of_its_own(cast: Cast) -> None:
    await play_at(cast, NOW)
    columns = (
        "device_id, event_id, play_day, event_type, result, outcome, started_at,"
        " device_started_at, clock_offset_ms, duration_ms, device_duration_ms, content_id,"
        " campaign_id, store_id, report_day, report_hour, late, payload_hash, rule_version,"
        " received_at"
    )
    await cast.conn.execute(
        f"INSERT INTO proof_of_play_events ({columns}) SELECT"
        f" {columns.replace('play_day', 'date $$2031-05-17$$', 1)} FROM proof_of_play_events"
    )
    assert await partitions.count_strays(cast.conn) == 1

    assert await partitions.ensure(cast.conn, now=NOW) >= 1

    assert await partitions.count_strays(cast.conn) == 0
    assert "203105" in await months(cast.conn)
    assert await cast.conn.fetchval("SELECT count(*) FROM proof_of_play_events_203105") == 1
    assert len(await plays_cast.rows(cast.conn)) == 2
