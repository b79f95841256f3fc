"""A connection that ends while a COPY waits for room in it: noticed, where the driver hangs."""

import asyncio

import asyncpg
import pytest

from db import losses
from db.pool import connect

ROWS = [(n, "x" * 1000) for n in range(20_000)]


@pytest.fixture
async def copying(database: str):
    """Yield a connection that has copied into a table before, and another one."""
    conns = [await connect(database), await connect(database)]
    await conns[0].execute("CREATE TABLE waiting (id int, text text)")
    await conns[0].copy_records_to_table("waiting", records=ROWS[:1])
    yield conns
    for conn in conns:
        conn.terminate()


async def until_it_waits(other: asyncpg.Connection, pid: int) -> None:
    waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1"
    while not await other.fetchval(waits, pid):
        pass


async def test_a_copy_ends_when_its_connection_does(copying: list[asyncpg.Connection]) -> None:
    conn, other = copying
    pid = conn.get_server_pid()

    async def copy() -> None:
        async with losses.noticed(conn):
            await conn.copy_records_to_table("waiting", records=ROWS)

    async with other.transaction():
        await other.execute("LOCK TABLE waiting IN ACCESS EXCLUSIVE MODE")
        task = asyncio.create_task(copy())
        await until_it_waits(other, pid)
        await other.execute("SELECT pg_terminate_backend($1)", pid)

    await asyncio.wait({task}, timeout=20)
    assert task.done(), "it waits for ever"
    with pytest.raises((TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        task.result()
    assert conn.is_closed()


async def test_a_block_that_is_done_leaves_nothing_behind(
    copying: list[asyncpg.Connection],
) -> None:
    conn, _ = copying
    async with losses.noticed(conn):
        await conn.copy_records_to_table("waiting", records=ROWS)

    assert await conn.fetchval("SELECT count(*) FROM waiting") == len(ROWS) + 1
    await conn.close()
