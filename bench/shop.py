"""A scratch chain of one store: an embedded PostgreSQL that promises what it does in production,
and screens paired, programmed and given their plans by the domain's own verbs.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from db.embedded import EmbeddedServer
from db.migrate import migrate
from db.pool import create_pool
from playbill.config import from_environment
from signage import (
    assignments,
    claims,
    content,
    new_claims,
    pairing,
    partitions,
    plans,
    playlists,
    stores,
)
from signage.actors import SYSTEM
from signage.playlist_items import NewItem
from signage.targets import Target

ITEMS = 20
POOL_CONNECTIONS_MAX = 60
DEVICE_INFO = {"model": "Bench", "serial": "B-1", "player_version": "1.0.0"}


class Screen(msgspec.Struct, frozen=True):
    """A paired screen: its token, its refresh token, and the tag of the plan it is due."""

    id: UUID
    token: str
    refresh_token: str
    etag: str


class Shop(msgspec.Struct, frozen=True):
    """The scratch server's address, a pool on it, the server's secret, and who is there."""

    dsn: str
    data_dir: Path
    pool: asyncpg.Pool
    secret: bytes
    store_id: UUID
    screens: list[Screen]
    item_ids: list[str]


@asynccontextmanager
async def scratch() -> AsyncIterator[tuple[str, Path, str | None]]:
    """Lend an empty, migrated database: its address, its data directory, the role to act as."""
    with tempfile.TemporaryDirectory(prefix="playbill-bench-") as directory:
        data_dir = Path(directory)
        with EmbeddedServer(data_dir) as server:
            migrated = await migrate(server.dsn)
            yield server.dsn, data_dir, migrated.application_role


@asynccontextmanager
async def opened(screens: int) -> AsyncIterator[Shop]:
    """Open the shop with so many screens; everything is gone at the end."""
    now = datetime.now(UTC)
    async with scratch() as (dsn, data_dir, role):
        secret = from_environment({"PLAYBILL_DATA_DIR": str(data_dir)}).secret
        async with await create_pool(dsn, role=role, max_size=POOL_CONNECTIONS_MAX) as pool:
            async with pool.acquire() as conn:
                await partitions.ensure(conn, now=now)
                store = stores.NewStore(code="B-1", name="Bench", timezone="Europe/Lisbon")
                store_id = (await stores.create(conn, SYSTEM, store, now=now)).id
                await _program(conn, now)
                paired = [
                    await pair(conn, store_id, f"Screen {number}", secret, now)
                    for number in range(screens)
                ]
                items = await conn.fetch("SELECT item_id FROM plan_items ORDER BY item_id")
            item_ids = [row["item_id"] for row in items]
            yield Shop(dsn, data_dir, pool, secret, store_id, paired, item_ids)


async def pair(
    conn: asyncpg.Connection, store_id: UUID, name: str, secret: bytes, now: datetime
) -> Screen:
    """Pair a screen by a typed code and resolve its plan."""
    approval = claims.Approval(store_id, name)
    claim = await new_claims.open_for_console(conn, SYSTEM, approval, secret=secret, now=now)
    paired = await pairing.redeem(
        conn,
        claim.claim_code,
        device_info=DEVICE_INFO,
        address="127.0.0.1",
        secret=secret,
        now=now,
    )
    etag = await plans.due(conn, paired.device_id, now=now)
    tokens = paired.tokens
    return Screen(paired.device_id, tokens.device_token, tokens.refresh_token, etag)


async def _program(conn: asyncpg.Connection, now: datetime) -> None:
    items = []
    for number in range(ITEMS):
        details = content.Details(name=f"Spot {number}")
        url = f"https://example.com/{number}"
        spot = await content.create_url(conn, SYSTEM, details, url=url, now=now)
        items.append(NewItem(content_id=spot.id, duration_ms=10_000))
    loop = await playlists.create(conn, SYSTEM, name="Always on", items=items, now=now)
    await assignments.put(conn, SYSTEM, Target("fleet"), loop.id, now=now)
