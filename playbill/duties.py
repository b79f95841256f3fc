"""Background duties: of all processes that share a database, one does them at a time.

The one holds an advisory lock on a connection of its own. A killed process loses the connection and
with it the lock, and another takes over within ``TAKE_OVER_INTERVAL_S``. A duty that fails is noted
and tried again at its next turn; it never ends the others.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import msgspec
import structlog

from db.pool import CONNECT_ERRORS, connect
from db.problems import Unreachable
from signage import duties
from web.services import Services

TAKE_OVER_INTERVAL_S = 2.0
LOCK_CHECK_INTERVAL_S = 1.0
LOCK_NAME = "playbill.duties"

LOST = (*CONNECT_ERRORS, asyncpg.InterfaceError, asyncpg.InternalClientError, Unreachable)
"""How a connection ends that the server or the network closed."""

log = structlog.get_logger()


class Duty(msgspec.Struct, frozen=True):
    """What to do, and how many seconds from the end of one run to the start of the next.

    A notification on the channel ``wakes_on`` begins the next run at once.
    """

    name: str
    every_s: float
    run: Callable[[Services], Awaitable[int | None]]
    wakes_on: str | None = None


@asynccontextmanager
async def running(
    dsn: str, role: str | None, services: Services, todo: tuple[Duty, ...]
) -> AsyncIterator[None]:
    """Take part in the duties while the block runs; whoever has the lock does them."""
    task = asyncio.create_task(_take_turns(dsn, role, services, todo))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _take_turns(
    dsn: str, role: str | None, services: Services, todo: tuple[Duty, ...]
) -> None:
    while True:
        try:
            await _lead(dsn, role, services, todo)
        except LOST as error:
            log.warning("duties.lost", reason=str(error) or type(error).__name__)
        # A fault nobody foresaw must not leave this process without duties until it is restarted.
        except Exception:
            log.exception("duties.broken")
        await asyncio.sleep(TAKE_OVER_INTERVAL_S)


async def _lead(dsn: str, role: str | None, services: Services, todo: tuple[Duty, ...]) -> None:
    """Do the duties if nobody else does, until the connection that holds the lock is lost."""
    conn = await connect(dsn, role=role)
    try:
        if not await conn.fetchval(
            "/* duties.lock */ SELECT pg_try_advisory_lock(hashtext($1))", LOCK_NAME
        ):
            return
        log.info("duties.leading", pid=os.getpid())
        bells = {duty.name: await _bell(conn, duty) for duty in todo}
        async with asyncio.TaskGroup() as tasks:
            workers = [
                tasks.create_task(_repeat(duty, services, bells[duty.name])) for duty in todo
            ]
            await _until_lost(conn)
            for worker in workers:
                worker.cancel()
    finally:
        conn.terminate()


async def _until_lost(conn: asyncpg.Connection) -> None:
    with suppress(*LOST, asyncpg.PostgresError):
        while True:
            await asyncio.sleep(LOCK_CHECK_INTERVAL_S)
            await conn.fetchval("/* duties.hold */ SELECT 1", timeout=5)


async def _bell(conn: asyncpg.Connection, duty: Duty) -> asyncio.Event:
    bell = asyncio.Event()
    if duty.wakes_on is not None:
        await conn.add_listener(duty.wakes_on, lambda *_: bell.set())
    return bell


async def _repeat(duty: Duty, services: Services, bell: asyncio.Event) -> None:
    while True:
        bell.clear()
        await run_once(duty, services)
        with suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), duty.every_s)


async def run_once(duty: Duty, services: Services) -> None:
    """Run a duty and note when it was done, how much, or why not."""
    done: int | None = None
    error: str | None = None
    try:
        async with services.pool.acquire() as conn:
            await duties.start(conn, duty.name, now=services.clock())
        done = await duty.run(services)
    # Whatever went wrong, the next turn tries again, and the page of duties shows it.
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
        log.exception("duties.failed", duty=duty.name)
    with suppress(*LOST, asyncpg.PostgresError):
        async with services.pool.acquire() as conn:
            await duties.finish(conn, duty.name, done=done or 0, error=error, now=services.clock())
