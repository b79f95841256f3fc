"""Stored media: which bytes something refers to, which nobody does, and whether they are whole.

Bytes are shared by every version that has them, so they are taken away only by ``collect``, under
a lock on their hash and after a last look.
"""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import msgspec

from signage import audit
from signage.actors import Actor
from signage.errors import NotFound
from signage.ids import new_id
from signage.media import storage
from signage.media.storage import MediaStore, Stored

GRACE_S = 24 * 3600
RESERVED_FOR_S = 3600
LOOKED_UP_AT_ONCE = 1000


class Collected(msgspec.Struct, frozen=True):
    """What a collection took away; ``size`` in bytes."""

    files: int
    size: int


class Problem(msgspec.Struct, frozen=True):
    """Stored bytes that are not what a version says they are."""

    sha256: str
    kind: str
    detail: str


async def reserve(conn: asyncpg.Connection, hashes: list[str], *, now: datetime) -> None:
    """Keep bytes of these hashes from collections for an hour: something will refer to them.

    It waits where a collection is just taking one of them away, and then finds it gone.
    """
    async with conn.transaction():
        for sha256 in sorted(set(hashes)):
            await _lock(conn, sha256)
        await conn.executemany(
            """
            /* stored_media.reserve */
            INSERT INTO media_reservations (id, sha256, reserved_until) VALUES ($1, $2, $3)
            """,
            [(new_id(), sha256, now + timedelta(seconds=RESERVED_FOR_S)) for sha256 in hashes],
        )


async def forget_reservations(conn: asyncpg.Connection, *, now: datetime) -> None:
    """Drop the reservations that are over."""
    await conn.execute(
        """
        /* stored_media.forget_reservations */
        DELETE FROM media_reservations WHERE reserved_until <= $1
        """,
        now,
    )


async def list_unused(
    conn: asyncpg.Connection, media: MediaStore, *, grace_s: float = GRACE_S, now: datetime
) -> list[Stored]:
    """Return the stored files that nothing refers to and that are older than the grace time."""
    old = now - timedelta(seconds=grace_s)
    unused: list[Stored] = []
    async for batch in _batches(storage.list_all(media)):
        known = await _referred_to(conn, [stored.sha256 for stored in batch], now)
        unused += [one for one in batch if one.sha256 not in known and one.stored_at <= old]
    return unused


async def collect(
    conn: asyncpg.Connection,
    actor: Actor,
    media: MediaStore,
    unused: list[Stored],
    *,
    now: datetime,
) -> Collected:
    """Take these files away, except what has come into use meanwhile. Forbidden to most."""
    actor.require("administer")
    taken = [stored for stored in unused if await _take_away(conn, media, stored.sha256, now)]
    collected = Collected(len(taken), sum(stored.size for stored in taken))
    if taken:
        await audit.record(
            conn,
            actor,
            action="media.collect",
            entity="media",
            entity_id="media",
            after=collected,
            now=now,
        )
    return collected


async def check(conn: asyncpg.Connection, media: MediaStore) -> AsyncIterator[Problem | None]:
    """Read every file that something refers to; yield what is wrong with it, None where nothing."""
    rows = await conn.fetch(
        """
        /* stored_media.check */
        SELECT r.sha256, max(v.bytes) AS size
        FROM media_references r LEFT JOIN content_versions v ON v.sha256 = r.sha256
        GROUP BY r.sha256 ORDER BY r.sha256
        """
    )
    for row in rows:
        yield await _problem(media, row["sha256"], row["size"])


async def _problem(media: MediaStore, sha256: str, size: int | None) -> Problem | None:
    hasher, found = hashlib.sha256(), 0
    try:
        async for chunk in storage.open_range(media, sha256):
            hasher.update(chunk)
            found += len(chunk)
    except NotFound:
        return Problem(sha256, "missing", "it is not in the store")
    if size is not None and found != size:
        return Problem(sha256, "damaged", f"it has {found:,} bytes instead of {size:,}")
    if hasher.hexdigest() != sha256:
        return Problem(sha256, "damaged", "its bytes have changed")
    return None


async def _take_away(
    conn: asyncpg.Connection, media: MediaStore, sha256: str, now: datetime
) -> bool:
    async with conn.transaction():
        await _lock(conn, sha256)
        if await _referred_to(conn, [sha256], now):
            return False
        await storage.delete(media, sha256)
    return True


async def _lock(conn: asyncpg.Connection, sha256: str) -> None:
    await conn.execute(
        "/* stored_media.lock */ SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", sha256
    )


async def _referred_to(conn: asyncpg.Connection, hashes: list[str], now: datetime) -> set[str]:
    rows = await conn.fetch(
        """
        /* stored_media.referred_to */
        SELECT sha256 FROM media_references WHERE sha256 = ANY ($1)
        UNION
        SELECT sha256 FROM media_reservations WHERE sha256 = ANY ($1) AND reserved_until > $2
        """,
        hashes,
        now,
    )
    return {row["sha256"] for row in rows}


async def _batches(found: AsyncIterator[Stored]) -> AsyncIterator[list[Stored]]:
    batch: list[Stored] = []
    async for stored in found:
        batch.append(stored)
        if len(batch) == LOOKED_UP_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
