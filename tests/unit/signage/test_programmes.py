"""Giving playlists out while others change what they hold: no screen keeps an outdated plan."""

import asyncio

import asyncpg
import pytest

from signage import assignments, playlists
from signage.actors import SYSTEM
from signage.errors import Invalid
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.signage import plays_cast

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype <> 'relation'"


async def until_it_waits(conn: asyncpg.Connection, task: asyncio.Task[object]) -> None:
    """Return once the task waits for a lock; fail where it ends without having waited."""
    while not await conn.fetchval(WAITING):
        assert not task.done(), "it did not wait"
        await asyncio.sleep(0)


async def wanted(conn: asyncpg.Connection, device_id: object) -> int:
    """How many times the device's plan was outdated."""
    count: int = await conn.fetchval("SELECT plan_wanted FROM devices WHERE id = $1", device_id)
    return count


async def test_a_screen_that_is_just_given_a_playlist_is_not_missed_by_its_publishing(pool, now):
    async with pool.acquire() as giving, pool.acquire() as publishing, pool.acquire() as looking:
        lisbon = await plays_cast.store(looking, "Lisbon", "Europe/Lisbon")
        screen = await plays_cast.screen(looking, lisbon)
        loop = await playlists.create(looking, SYSTEM, name="Loop", now=now)
        before = await wanted(looking, screen)

        transaction = giving.transaction()
        await transaction.start()
        await assignments.put(giving, SYSTEM, Target("device", screen), loop.id, now=now)
        task = asyncio.create_task(playlists.publish(publishing, SYSTEM, loop.id, now=now))
        await until_it_waits(looking, task)
        await transaction.commit()
        await task

        # Once for the assignment, and once more for what was published after it.
        assert await wanted(looking, screen) == before + 2


async def test_a_playlist_that_is_just_archived_is_not_nested(pool, now):
    async with pool.acquire() as archiving, pool.acquire() as nesting, pool.acquire() as looking:
        inner = await playlists.create(looking, SYSTEM, name="Inner", now=now)
        outer = await playlists.create(looking, SYSTEM, name="Outer", now=now)

        transaction = archiving.transaction()
        await transaction.start()
        await playlists.archive(archiving, SYSTEM, inner.id, now=now)
        item = NewItem(playlist_id=inner.id)
        task = asyncio.create_task(
            playlists.change(nesting, SYSTEM, outer.id, items=[item], now=now)
        )
        await until_it_waits(looking, task)
        await transaction.commit()

        with pytest.raises(Invalid) as refused:
            await task
        assert refused.value.errors[0].code == "unknown_playlist"
        assert (await playlists.find(looking, outer.id)).items == []
