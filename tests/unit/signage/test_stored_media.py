"""Stored media: what may go, what stays, and whether what stays is whole."""

import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from db.pool import SCHEMA
from signage import content, stored_media
from signage.actors import SYSTEM
from signage.errors import Forbidden
from signage.media import intake, storage
from signage.media.facts import Probe
from signage.media.storage import MediaStore
from tests.unit.signage.media import files

PICTURE = files.picture("PNG")
DAY_S = 24 * 3600


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return storage.open_store(tmp_path)


async def put(media: MediaStore, data: bytes, now: datetime, *, age_s: float) -> str:
    """Store bytes so long ago."""
    sha256 = await storage.keep_bytes(media, data)
    path = storage.local_path(media, sha256)
    assert path is not None
    stored = now.timestamp() - age_s
    os.utime(path, (stored, stored))
    return sha256


def accepted(sha256: str, poster_sha256: str, size: int) -> intake.Accepted:
    probe = Probe("image", "image/png", 320, 240, None, None, None, b"", [])
    return intake.Accepted(sha256, size, poster_sha256, "poster.png", probe)


async def refer(
    conn: asyncpg.Connection, sha256: str, poster: str, size: int, now: datetime
) -> None:
    await content.create_from_file(
        conn, SYSTEM, content.Details(name="Poster"), accepted(sha256, poster, size), now=now
    )


async def unused(conn: asyncpg.Connection, media: MediaStore, now: datetime) -> set[str]:
    return {stored.sha256 for stored in await stored_media.list_unused(conn, media, now=now)}


async def test_only_old_bytes_that_nothing_names_are_unused(conn, media, now):
    old = await put(media, b"old", now, age_s=DAY_S + 1)
    young = await put(media, b"young", now, age_s=DAY_S - 60)
    live = await put(media, b"live", now, age_s=10 * DAY_S)
    poster = await put(media, b"poster", now, age_s=10 * DAY_S)
    await refer(conn, live, poster, 4, now)

    assert await unused(conn, media, now) == {old}
    assert await unused(conn, media, now + timedelta(days=1)) == {old, young}


async def test_saying_what_may_go_deletes_nothing(conn, media, now):
    old = await put(media, b"old", now, age_s=2 * DAY_S)

    await unused(conn, media, now)

    assert await storage.exists(media, old)


async def test_a_collection_takes_them_away_and_is_audited(conn, media, now):
    old = await put(media, b"old bytes", now, age_s=2 * DAY_S)
    listed = await stored_media.list_unused(conn, media, now=now)

    collected = await stored_media.collect(conn, SYSTEM, media, listed, now=now)

    assert (collected.files, collected.size) == (1, 9)
    assert not await storage.exists(media, old)
    entry = await conn.fetchrow("SELECT after FROM audit_log WHERE action = 'media.collect'")
    assert entry["after"] == {"files": 1, "size": 9}


async def test_only_administrators_collect(conn, media, manager, now):
    with pytest.raises(Forbidden):
        await stored_media.collect(conn, manager, media, [], now=now)


async def test_what_has_come_into_use_since_it_was_listed_stays(conn, media, now):
    old = await put(media, b"old", now, age_s=2 * DAY_S)
    listed = await stored_media.list_unused(conn, media, now=now)
    await refer(conn, old, old, 3, now)

    collected = await stored_media.collect(conn, SYSTEM, media, listed, now=now)

    assert collected.files == 0
    assert await storage.exists(media, old)


async def test_reserved_bytes_stay_for_an_hour(conn, media, now):
    old = await put(media, b"old", now, age_s=2 * DAY_S)
    await stored_media.reserve(conn, [old], now=now)

    assert await unused(conn, media, now) == set()
    assert await unused(conn, media, now + timedelta(hours=1)) == {old}


async def test_an_upload_of_bytes_that_are_being_collected_stores_them_again(pool, media, now):
    taken = await intake.accept(media, files.pieces(PICTURE), file_name="poster.png")
    later = datetime.now(now.tzinfo) + timedelta(days=2)

    async def collect() -> None:
        async with pool.acquire() as conn:
            listed = await stored_media.list_unused(conn, media, now=later)
            await stored_media.collect(conn, SYSTEM, media, listed, now=later)

    async def upload() -> None:
        async def reserve(hashes: list[str]) -> None:
            async with pool.acquire() as conn:
                await stored_media.reserve(conn, hashes, now=later)

        again = await intake.accept(
            media, files.pieces(PICTURE), file_name="again.png", reserve=reserve
        )
        async with pool.acquire() as conn:
            await content.create_from_file(
                conn, SYSTEM, content.Details(name="Again"), again, now=later
            )

    await asyncio.gather(upload(), *(collect() for _ in range(5)))
    await collect()

    assert await storage.exists(media, taken.sha256)
    assert await storage.exists(media, taken.poster_sha256)
    async with pool.acquire() as conn:
        assert [one async for one in stored_media.check(conn, media)] == [None, None]


async def test_a_reservation_waits_for_a_deletion_of_the_same_bytes(pool, media, now):
    old = await put(media, b"old", now, age_s=2 * DAY_S)
    async with pool.acquire() as collecting, pool.acquire() as reserving:
        async with collecting.transaction():
            await stored_media._lock(collecting, old)
            waiting = asyncio.create_task(stored_media.reserve(reserving, [old], now=now))
            done, _ = await asyncio.wait([waiting], timeout=0.05)
            assert not done
        await waiting


async def test_whole_files_are_no_problem(conn, media, now):
    sha256 = await put(media, b"bytes", now, age_s=0)
    await refer(conn, sha256, sha256, 5, now)

    assert [one async for one in stored_media.check(conn, media)] == [None]


@pytest.mark.parametrize(
    ("left", "kind", "words"),
    [(None, "missing", "not in the store"), (b"byt", "damaged", "3 bytes instead of 5"),
     (b"BYTES", "damaged", "have changed")],
)  # fmt: skip
async def test_what_is_wrong_with_a_stored_file_is_told(conn, media, now, left, kind, words):
    sha256 = await put(media, b"bytes", now, age_s=0)
    await refer(conn, sha256, sha256, 5, now)
    path = storage.local_path(media, sha256)
    path.unlink()
    if left is not None:
        path.write_bytes(left)

    [problem] = [one async for one in stored_media.check(conn, media)]

    assert (problem.sha256, problem.kind) == (sha256, kind)
    assert words in problem.detail


async def test_every_column_that_names_bytes_is_among_the_references(conn):
    naming = await conn.fetch(
        """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = $1 AND column_name LIKE '%sha256' AND data_type = 'text'
              AND table_name NOT IN ('media_references', 'media_reservations')
        """,
        SCHEMA,
    )
    view = await conn.fetchval("SELECT pg_get_viewdef('media_references'::regclass)")

    assert naming
    for row in naming:
        assert f"{row['table_name']}.{row['column_name']}" in view, dict(row)
