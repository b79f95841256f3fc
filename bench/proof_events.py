"""Every event sent ten times, shuffled, by two processes at once: each is counted once."""

import asyncio
import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from bench import proof_planning, shop
from bench.proof_report import Report, Say, must
from db.pool import create_pool
from signage import plays

SCREENS, EVENTS_A_SCREEN, TIMES = 100, 1_000, 10
EVENTS = SCREENS * EVENTS_A_SCREEN
PROCESSES, CONNECTIONS_A_PROCESS = 2, 4
LINES = PROCESSES * CONNECTIONS_A_PROCESS
BATCH_EVENTS = 100
TOGETHER_MAX = 4
SAY_EVERY_S = 10
STATES_SCALE, RUNS_A_SCALE = 167, 12

SUMS_DIFFER = """
SELECT count(*) FROM (
    SELECT device_id, report_day, content_id, count(*) AS plays, sum(duration_ms) AS duration_ms
    FROM proof_of_play_events WHERE outcome = 'played' GROUP BY 1, 2, 3
) e FULL JOIN (
    SELECT device_id, report_day, content_id, sum(plays) AS plays, sum(duration_ms) AS duration_ms
    FROM proof_of_play_aggregate_daily GROUP BY 1, 2, 3
) d USING (device_id, report_day, content_id)
WHERE e.plays IS DISTINCT FROM d.plays OR e.duration_ms IS DISTINCT FROM d.duration_ms"""


async def idempotency(say: Say) -> Report:
    """Send 100,000 events 10 times each over 8 connections of 2 processes."""
    async with shop.opened(SCREENS) as chain:
        screens = [screen.id for screen in chain.screens]
        began = datetime.now(UTC)
        loop = asyncio.get_running_loop()
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as processes:
            shares = [
                loop.run_in_executor(
                    processes, _send_share, chain.dsn, screens, chain.item_ids, began, share
                )
                for share in range(PROCESSES)
            ]
            await _watch(chain.pool, asyncio.gather(*shares), say)
            counts = [sum(count) for count in zip(*[await share for share in shares], strict=True)]
        async with chain.pool.acquire() as conn:
            rows = await conn.fetchval("SELECT count(*) FROM proof_of_play_events")
            summed = await conn.fetchval(
                "SELECT sum(plays)::bigint FROM proof_of_play_aggregate_daily"
            )
            differing = await conn.fetchval(SUMS_DIFFER)
    accepted, rejected, duplicates = counts
    must(rows == summed == EVENTS, f"{rows:,} rows and {summed:,} plays of {EVENTS:,}")
    must(differing == 0, f"{differing} days' sums differ from their events")
    must((accepted, rejected) == (EVENTS * TIMES, 0), f"{accepted:,} accepted, {rejected} refused")
    must(duplicates == EVENTS * (TIMES - 1), f"{duplicates:,} were called duplicates")
    return Report(
        title="Events sent ten times",
        how=f"{SCREENS} screens, {EVENTS_A_SCREEN:,} events each over some days. Every event is"
        f" sent {TIMES} times, in batches of up to {BATCH_EVENTS} shuffled within the screen (an"
        " event may stand twice in one batch), the batches shuffled among"
        f" {CONNECTIONS_A_PROCESS} connections of each of {PROCESSES} processes,"
        f" 1 to {TOGETHER_MAX} batches in a transaction.",
        seen={
            "Events": f"{EVENTS:,}",
            "Times that an event was sent": f"{accepted:,} in all",
            "Rows": f"{rows:,}",
            "Plays in the daily sums": f"{summed:,}",
            "Answered as duplicates": f"{duplicates:,}",
            "Days whose sums differ from their events": "0",
        },
    )


async def states(say: Say) -> Report:
    """Compare a screen in every state with the model, 2,000 runs of 50 steps."""
    await proof_planning.run_tests("tests/unit/signage/test_plays_states.py", STATES_SCALE, say)
    return Report(
        title="A screen in any state against a model",
        how="Hypothesis drives a screen that sends, sends again, says otherwise under the same id,"
        " crashes before the commit, moves between stores in three time zones, waits, and whose"
        " clock jumps. After every step the rows and the daily sums are those of a plain dict that"
        " knows the rules. The test is that of `make test`, with"
        f" PROOF_SCALE={STATES_SCALE}.",
        seen={
            "Runs": f"{STATES_SCALE * RUNS_A_SCALE:,}",
            "Steps in each, at most": "50",
            "Differences": "0",
        },
    )


async def _watch(pool: asyncpg.Pool, work: "asyncio.Future[Any]", say: Say) -> None:
    while not work.done():
        await asyncio.wait([work], timeout=SAY_EVERY_S)
        rows = await pool.fetchval("SELECT count(*) FROM proof_of_play_events")
        say(f"{rows:,} rows")
    work.result()


def _send_share(
    dsn: str, screens: list[UUID], item_ids: list[str], began: datetime, share: int
) -> tuple[int, int, int]:
    """Send this process's share; return what was accepted, rejected and called a duplicate."""
    lines = _lines(screens, item_ids, began)[share * CONNECTIONS_A_PROCESS :]
    return asyncio.run(_send(dsn, lines[:CONNECTIONS_A_PROCESS]))


async def _send(dsn: str, lines: list[list[plays.Batch]]) -> tuple[int, int, int]:
    results: list[plays.BatchResult] = []

    async def send(line: list[plays.Batch], chance: random.Random) -> None:
        waiting = list(line)
        async with pool.acquire() as conn:
            while waiting:
                together = chance.randint(1, TOGETHER_MAX)
                batches, waiting = waiting[:together], waiting[together:]
                results.extend(await plays.ingest(conn, batches, now=datetime.now(UTC)))

    async with await create_pool(dsn, max_size=CONNECTIONS_A_PROCESS) as pool:
        await asyncio.gather(*(send(line, random.Random(n)) for n, line in enumerate(lines)))
    return (
        sum(result.accepted for result in results),
        sum(result.rejected for result in results),
        sum(result.duplicates for result in results),
    )


def _lines(screens: list[UUID], item_ids: list[str], began: datetime) -> list[list[plays.Batch]]:
    """Return the batches of each connection, the same in every process."""
    chance = random.Random(10)
    batches = []
    for screen in screens:
        sent = [_event(chance, item_ids, began, n) for n in range(EVENTS_A_SCREEN)] * TIMES
        chance.shuffle(sent)
        batches += [
            plays.Batch(screen, sent[at : at + BATCH_EVENTS])
            for at in range(0, len(sent), BATCH_EVENTS)
        ]
    chance.shuffle(batches)
    return [batches[line::LINES] for line in range(LINES)]


def _event(
    chance: random.Random, item_ids: list[str], began: datetime, number: int
) -> dict[str, Any]:
    return {
        "event_id": str(UUID(int=chance.getrandbits(128), version=4)),
        "event_type": "play",
        "result": "completed",
        "started_at": (began - timedelta(minutes=5 * (number + 1))).isoformat(),
        "duration_ms": 10_000,
        "item_id": item_ids[number % len(item_ids)],
        "seq": number,
    }
