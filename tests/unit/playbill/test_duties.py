"""Background duties: one process at a time does them, and another takes over when it is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import pytest

from db.roles import APPLICATION_ROLE
from playbill import duties as background
from playbill.duties import Duty
from playbill.upkeep import DUTIES
from signage import duties
from signage.media.storage import open_store
from web.services import Services

SOON_S = 10


@pytest.fixture
def services(pool, tmp_path) -> Services:
    return Services(
        pool=pool,
        media=open_store(tmp_path),
        secret=b"x" * 32,
        clock=lambda: datetime.now(UTC),
    )


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(background, "TAKE_OVER_INTERVAL_S", 0.02)
    monkeypatch.setattr(background, "LOCK_CHECK_INTERVAL_S", 0.02)


class Counter:
    """A duty that counts its runs and says when the next has happened."""

    def __init__(self) -> None:
        self.runs = 0
        self.ran = asyncio.Event()

    async def run(self, services: Services) -> int:
        self.runs += 1
        self.ran.set()
        return self.runs

    async def runs_again(self) -> None:
        self.ran.clear()
        await asyncio.wait_for(self.ran.wait(), SOON_S)


@pytest.fixture
def process(database, services):
    """Return what starts one more process that takes part in the duties."""

    @asynccontextmanager
    async def start(duty: Duty) -> AsyncIterator[None]:
        async with background.running(database, APPLICATION_ROLE, services, (duty,)):
            yield

    return start


async def test_one_of_two_processes_does_a_duty(process):
    first, second = Counter(), Counter()
    async with process(Duty("count", 0.01, first.run)):
        await first.runs_again()
        async with process(Duty("count", 0.01, second.run)):
            for _ in range(5):
                await first.runs_again()
            assert second.runs == 0


async def test_another_process_takes_over_when_the_first_is_gone(process):
    first, second = Counter(), Counter()
    async with AsyncExitStack() as later:
        async with process(Duty("count", 0.01, first.run)):
            await first.runs_again()
            await later.enter_async_context(process(Duty("count", 0.01, second.run)))
            await first.runs_again()
            assert second.runs == 0
        await second.runs_again()


async def test_who_loses_the_connection_of_the_lock_takes_part_again(process, database):
    counter = Counter()
    async with process(Duty("count", 0.01, counter.run)):
        await counter.runs_again()
        assert await _end_the_leader(database) == 1
        # What had begun under the lost lock may still run on for a moment.
        while await _end_the_leader(database) == 0:
            await counter.runs_again()


async def _end_the_leader(database: str) -> int:
    owner = await asyncpg.connect(database)
    try:
        return await owner.fetchval(
            """
            SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l
            WHERE l.locktype = 'advisory' AND l.granted AND l.objid = (
                hashtext($1)::bigint & 4294967295)::oid
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """,
            background.LOCK_NAME,
        )
    finally:
        await owner.close()


async def test_a_notification_begins_the_next_run_at_once(process, pool):
    counter = Counter()
    async with process(Duty("count", 3600, counter.run, wakes_on="told")):
        await counter.runs_again()
        for _ in range(3):
            counter.ran.clear()
            await pool.execute("SELECT pg_notify('told', '')")
            await asyncio.wait_for(counter.ran.wait(), SOON_S)


async def test_a_run_is_noted_with_what_it_did(services, conn, pool):
    counter = Counter()
    await background.run_once(Duty("count", 1, counter.run), services)

    async with pool.acquire() as connection:
        [noted] = await duties.list_all(connection)
    assert (noted.name, noted.done, noted.error) == ("count", 1, None)
    assert noted.finished_at >= noted.started_at


async def test_a_failure_is_noted_and_tried_again(process, pool):
    counter = Counter()

    async def fail_first(services: Services) -> int:
        await counter.run(services)
        if counter.runs == 1:
            raise ValueError("the moon is full")
        return counter.runs

    async with process(Duty("count", 0.01, fail_first)):
        await counter.runs_again()
        await counter.runs_again()
        await counter.runs_again()


async def test_the_reason_of_a_failure_can_be_read(services, pool):
    async def fail(services: Services) -> int:
        raise ValueError("the moon is full")

    await background.run_once(Duty("moon", 1, fail), services)

    async with pool.acquire() as connection:
        [noted] = await duties.list_all(connection)
    assert noted.error == "ValueError: the moon is full"


@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: duty.name)
async def test_every_duty_runs_on_an_empty_database(duty, services, pool):
    await background.run_once(duty, services)

    async with pool.acquire() as connection:
        [noted] = await duties.list_all(connection)
    assert (noted.name, noted.error) == (duty.name, None)
