"""The list of devices at 10,000 screens in 1,000 stores: the server's time for a page.

The application answers in this process, so that no network and no browser is in the figure. What
counts is the 95th percentile of each round; beside it stands what any answer costs here.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from statistics import quantiles
from time import perf_counter

import asyncpg
from quart.typing import TestClientProtocol

from bench import shop
from bench.figures import Figure, Measure, take_turns
from db.pool import connect, create_pool
from playbill.app import create_app
from playbill.config import Config
from signage import sessions, users
from signage.actors import SYSTEM

SCREENS, STORES = 10_000, 1_000
REQUESTS = 40
LIMIT_MS = 50.0
PAGE_MAX_BYTES = 120_000
SECRET = bytes(32)

PAGES = {
    "by name": "/devices",
    "searched": "/devices?q=counter+77",
    "offline, longest silent first": "/devices?health=offline&sort=last_seen_at",
    "of a tag, by store backwards": "/devices?tag=4k&sort=-store",
    "by storage": "/devices?sort=-storage",
    "by version": "/devices?sort=player_version",
}


async def measure() -> list[Figure]:
    """Ask for the first page under several filters and orders, as somebody who is signed in."""
    async with shop.scratch() as (dsn, data_dir, role):
        await _fill(dsn)
        config = Config(data_dir=data_dir, secret=SECRET, database_url=dsn)
        async with (
            await create_pool(dsn, role=role) as pool,
            _signed_in(config, pool) as client,
        ):
            return [await _figure(client, name, path) for name, path in PAGES.items()]


async def _figure(client: TestClientProtocol, name: str, path: str) -> Figure:
    size = await _size(client, path)
    assert size <= PAGE_MAX_BYTES, f"{path} has {size:,} bytes"
    ours, least = await take_turns(_percentile(client, path), _percentile(client, "/healthz"))
    return Figure(
        name=f"Devices {name}, {SCREENS:,} screens, p95",
        against="any answer of the same program",
        unit="ms",
        ours=ours,
        baseline=least,
        limit=LIMIT_MS,
        note=f"{path}: {size:,} bytes.",
    )


def _percentile(client: TestClientProtocol, path: str) -> Measure:
    async def measure_round() -> float:
        took = []
        for _ in range(REQUESTS):
            started = perf_counter()
            await _size(client, path)
            took.append((perf_counter() - started) * 1000)
        return quantiles(took, n=20)[-1]

    return measure_round


async def _size(client: TestClientProtocol, path: str) -> int:
    answer = await client.get(path)
    body = await answer.get_data(as_text=False)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return len(body)


@asynccontextmanager
async def _signed_in(config: Config, pool: asyncpg.Pool) -> AsyncIterator[TestClientProtocol]:
    app = create_app(config, pool=pool)
    now = datetime.now(UTC)
    async with pool.acquire() as conn:
        user = await users.add(
            conn,
            SYSTEM,
            email="bench@example.com",
            name="Bench",
            role="admin",
            password=secrets.token_hex(),
            now=now,
        )
        session = await sessions.begin(conn, user, address="", user_agent="", now=now)
    async with app.test_app():
        client = app.test_client()
        cookie = app.extensions["QUART_AUTH"][0].dump_token(session.token, app)
        client.set_cookie("localhost", "playbill", cookie)
        yield client


async def _fill(dsn: str) -> None:
    conn = await connect(dsn)
    try:
        await conn.execute(_STORES, STORES)
        await conn.execute(_SCREENS, SCREENS, STORES)
        await conn.execute("VACUUM ANALYZE stores")
        await conn.execute("VACUUM ANALYZE devices")
    finally:
        await conn.close()


_STORES = """
/* bench.fill_stores */
INSERT INTO stores (id, code, name, timezone, created_at, updated_at)
SELECT md5('store' || n)::uuid, 'S-' || n, 'Store of the ' || n || '. street', 'Europe/Lisbon',
       now(), now()
FROM generate_series(0, $1::int - 1) n
"""

# One in fifty is offline, one in a hundred was never seen; what they say of themselves is as long
# as what a player says.
_SCREENS = """
/* bench.fill_screens */
INSERT INTO devices (id, name, store_id, tags, device_info_json, player_version, last_seen_at,
                     last_address, now_playing, plan_etag, plan_etag_reported, disk_used_bytes,
                     disk_total_bytes, clock_offset_ms, counters, created_at, updated_at)
SELECT md5('screen' || n)::uuid, 'Screen over the counter ' || n, md5('store' || n % $2)::uuid,
       CASE WHEN n % 10 = 0 THEN ARRAY['4k', 'food'] ELSE ARRAY['food'] END,
       jsonb_build_object('model', 'BrightSign XT1145', 'serial', 'L8D25A' || n,
           'os', 'BrightSignOS 9.0.145', 'player_version', '1.4.0', 'user_agent', repeat('x', 200),
           'screens', jsonb_build_array(jsonb_build_object('width', 1920, 'height', 1080))),
       '1.4.' || n % 5,
       CASE WHEN n % 100 = 1 THEN NULL WHEN n % 50 = 0 THEN now() - interval '1 hour' * n
            ELSE now() + interval '1 hour' END,
       '192.0.2.7', jsonb_build_object('item_id', md5('item' || n % 20)), 'plan', 'plan',
       n::bigint * 1000000, 16000000000, 0, '{"plays": 360, "stalls": 0}', now(), now()
FROM generate_series(1, $1::int) n
"""
