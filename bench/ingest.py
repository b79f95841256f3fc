"""Events taken in, every promise kept: against COPY of the very same rows into the same table.

The baseline's table is in a second database of the same server, with the same indexes and
partitions, so both grow alike; its rows come from ours, as one COPY on one connection.
"""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec

from bench import http_load, servers, shop
from bench.figures import ROUNDS, Figure
from db.migrate import migrate
from db.pool import connect
from signage import partitions, plays
from signage.ids import new_id

SCREENS = 60
BATCH_EVENTS = 50
BATCHES = 120
GATHERED_BATCHES = 20

COLUMNS = [
    "device_id", "event_id", "play_day", "event_type", "result", "outcome", "started_at",
    "device_started_at", "clock_offset_ms", "duration_ms", "device_duration_ms",
    "planned_duration_ms", "item_id", "schedule_id", "playlist_id", "content_id",
    "content_version", "campaign_id", "store_id", "report_day", "report_hour", "late",
    "seq", "plan_etag", "player_version", "error", "payload_hash", "rule_version",
    "received_at",
]  # fmt: skip
TABLE = "proof_of_play_events"

Batches = list[tuple[shop.Screen, list[dict[str, Any]]]]


async def measure() -> list[Figure]:
    """Send batches of 50 one by one, gathered by 20, and over HTTP on 16 connections."""
    async with shop.opened(SCREENS) as chain, _second_database(chain.dsn) as second:
        with servers.playbill(chain.dsn, chain.data_dir) as port:
            ways = {
                "Events in batches of 50, over HTTP": partial(_over_http, port),
                "Events in batches of 50, the domain alone": partial(_directly, chain, 1),
                "The same, 20 batches a transaction": partial(_directly, chain, GATHERED_BATCHES),
            }
            figures = []
            for name, send in ways.items():
                turns = [await _turn(chain, second, send) for _ in range(ROUNDS + 1)][1:]
                figures.append(
                    Figure(
                        name=name,
                        against="COPY of the same rows, one connection",
                        unit="/s",
                        ours=[ours for ours, _ in turns],
                        baseline=[copied for _, copied in turns],
                        at_least=0.5,
                    )
                )
    return figures


async def _turn(chain: shop.Shop, second: asyncpg.Connection, send: Any) -> tuple[float, float]:
    """Return rows per second of ours, then of COPY."""
    sent = BATCHES * BATCH_EVENTS
    before = datetime.now(UTC)
    took_s = await send(list(islice(_batches(chain), BATCHES)))
    rows = io.BytesIO()
    async with chain.pool.acquire() as conn:
        query = f"SELECT {', '.join(COLUMNS)} FROM {TABLE} WHERE received_at >= $1"
        await conn.copy_from_query(query, before, output=rows, format="binary")
    rows.seek(0)
    started = perf_counter()
    done = await second.copy_to_table(
        TABLE, schema_name="playbill", source=rows, columns=COLUMNS, format="binary"
    )
    copied_s = perf_counter() - started
    assert done == f"COPY {sent}", f"{done}, but {sent} were sent"
    return sent / took_s, sent / copied_s


async def _over_http(port: int, batches: Batches) -> float:
    requests = [
        http_load.request(
            "POST",
            "/v1/device/events",
            body=msgspec.json.encode({"sent_at": datetime.now(UTC), "events": events}),
            Authorization=f"Bearer {screen.token}",
        )
        for screen, events in batches
    ]
    return len(requests) / http_load.drive(port, iter(requests), status=200).per_second


async def _directly(chain: shop.Shop, together: int, batches: Batches) -> float:
    waiting = [plays.Batch(screen.id, events) for screen, events in batches]
    started = perf_counter()
    async with chain.pool.acquire() as conn:
        for at in range(0, len(waiting), together):
            await plays.ingest(conn, waiting[at : at + together], now=datetime.now(UTC))
    return perf_counter() - started


def _batches(chain: shop.Shop) -> Iterator[tuple[shop.Screen, list[dict[str, Any]]]]:
    """Yield what each screen in turn played in the last minutes, without end."""
    while True:
        for screen in chain.screens:
            ended = datetime.now(UTC)
            yield (
                screen,
                [
                    _event(chain.item_ids[number % shop.ITEMS], ended, number)
                    for number in range(BATCH_EVENTS)
                ],
            )


def _event(item_id: str, ended: datetime, number: int) -> dict[str, Any]:
    started_at = ended - timedelta(seconds=10 * (BATCH_EVENTS - number))
    return {
        "event_id": str(new_id()),
        "event_type": "play",
        "result": "completed",
        "started_at": started_at.isoformat(),
        "duration_ms": 10_000,
        "item_id": item_id,
        "seq": number,
        "player_version": "1.0.0",
    }


@asynccontextmanager
async def _second_database(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    owner = await connect(dsn)
    try:
        await owner.execute("CREATE DATABASE copied TEMPLATE template0")
    finally:
        await owner.close()
    copied = urlunsplit(urlsplit(dsn)._replace(path="/copied"))
    await migrate(copied)
    conn = await connect(copied)
    try:
        await partitions.ensure(conn, now=datetime.now(UTC))
        yield conn
    finally:
        await conn.close()
