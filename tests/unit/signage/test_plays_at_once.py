"""The same events over several connections, in any order: one row each, and sums that agree."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signage import plays
from signage.play_events import Batch
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import Cast, ago, event

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEYS = ["device_id", "report_day", "store_id", "campaign_id", "content_id", "result"]
SUMS = ["plays", "partial", "failed", "skipped", "duration_ms", "partial_ms", "late"]
COLUMNS = [*KEYS, *SUMS, "first_played_at", "last_played_at"]


async def assert_sums_agree(conn: asyncpg.Connection) -> None:
    kept = await conn.fetch(
        f"SELECT {', '.join(COLUMNS)} FROM proof_of_play_aggregate_daily"
        " ORDER BY device_id, report_day, store_id, campaign_id, content_id, result"
    )
    counted = await plays_cast.sums_of_events(conn)
    assert [dict(row) for row in kept] == [dict(row) for row in counted]


async def test_two_connections_at_once_count_an_event_once(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        cast = await plays_cast.assemble(conn)
    batch = Batch(cast.device, [event(cast, ago(NOW, minutes=n)) for n in range(50)])

    async def deliver() -> plays.BatchResult:
        async with pool.acquire() as conn:
            [result] = await plays.ingest(conn, [batch], now=NOW)
            return result

    results = await asyncio.gather(*(deliver() for _ in range(8)))

    assert [result.accepted for result in results] == [50] * 8
    assert sum(result.duplicates for result in results) == 7 * 50
    async with pool.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM proof_of_play_events") == 50
        await assert_sums_agree(conn)


async def test_the_same_id_with_two_starts_at_once_is_counted_once(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        cast = await plays_cast.assemble(conn)
    november = event(cast, datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC))
    october = november | {"started_at": "2026-10-31T23:59:59Z"}

    async def deliver(sent: dict[str, Any]) -> plays.BatchResult:
        async with pool.acquire() as conn:
            [result] = await plays.ingest(conn, [Batch(cast.device, [sent])], now=NOW)
            return result

    results = await asyncio.gather(*(deliver(sent) for sent in (november, october)))

    assert sorted(result.accepted for result in results) == [0, 1]
    async with pool.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM proof_of_play_events") == 1


async def test_rounds_of_many_screens_in_any_order_never_wait_for_each_other_in_a_circle(
    pool: asyncpg.Pool,
) -> None:
    async with pool.acquire() as conn:
        cast = await plays_cast.assemble(conn)
        screens = [await plays_cast.screen(conn, cast.porto) for _ in range(12)]
        await plays_cast.give(conn, screens, [cast.spot_item])
    chance = random.Random(7)
    batches = [
        Batch(screen, [event(cast, ago(NOW, minutes=n)) for n in range(10)]) for screen in screens
    ]

    async def deliver() -> None:
        shuffled = chance.sample(batches, k=len(batches))
        async with pool.acquire() as conn:
            await plays.ingest(conn, shuffled, now=NOW)

    await asyncio.gather(*(deliver() for _ in range(12)))

    async with pool.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM proof_of_play_events") == 120
        await assert_sums_agree(conn)


async def test_a_round_that_fails_leaves_nothing_and_can_be_sent_again(
    pool: asyncpg.Pool,
) -> None:
    async with pool.acquire() as conn:
        cast = await plays_cast.assemble(conn)
        batch = Batch(cast.device, [event(cast, NOW), None])
        with pytest.raises(ZeroDivisionError):
            async with conn.transaction():
                await plays.ingest(conn, [batch], now=NOW)
                raise ZeroDivisionError
        tables = ("events", "aggregate_daily", "quarantine")
        for table in tables:
            assert await conn.fetchval(f"SELECT count(*) FROM proof_of_play_{table}") == 0
        await plays.ingest(conn, [batch], now=NOW)
        for table in tables:
            assert await conn.fetchval(f"SELECT count(*) FROM proof_of_play_{table}") == 1


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_whatever_is_sent_and_resent_the_sums_are_those_of_the_rows(
    cast: Cast, data: st.DataObject
) -> None:
    example = cast.conn.transaction()
    await example.start()
    try:
        await _send_and_resend(cast, data)
    finally:
        await example.rollback()


async def _send_and_resend(cast: Cast, data: st.DataObject) -> None:
    events = data.draw(st.lists(_events(cast), min_size=1, max_size=12))
    accepted: dict[str, dict[str, Any]] = {}
    for _ in range(data.draw(st.integers(1, 4))):
        sent = data.draw(st.lists(st.sampled_from(events), min_size=1, max_size=12))
        result = await plays_cast.send(cast, *sent, now=NOW)
        refused = {told.index for told in result.results if told.status == "rejected"}
        for index, one in enumerate(sent):
            if index in refused:
                assert accepted.get(one["event_id"]) != one
            else:
                assert accepted.setdefault(one["event_id"], one) == one
    rows = await plays_cast.rows(cast.conn)
    assert {str(row["event_id"]) for row in rows} == set(accepted)
    assert len(rows) == len(accepted)
    await assert_sums_agree(cast.conn)


def _events(cast: Cast) -> st.SearchStrategy[dict[str, Any]]:
    ids = st.integers(1, 5).map(lambda n: f"00000000-0000-7000-8000-{n:012d}")
    starts = st.timedeltas(timedelta(days=-36), timedelta(minutes=6)).map(
        lambda distance: (NOW + distance).isoformat()
    )
    return st.fixed_dictionaries(
        {
            "event_id": ids,
            "event_type": st.sampled_from(["play", "play", "play", "fallback", "test", "x"]),
            "result": st.sampled_from(["completed", "completed", "interrupted", "skipped"]),
            "started_at": starts,
            "duration_ms": st.sampled_from([-1, 0, 9_499, 9_500, 10_000, 10**9]),
            "item_id": st.sampled_from([cast.spot_item, cast.notice_item, "unknown"]),
        }
    )
