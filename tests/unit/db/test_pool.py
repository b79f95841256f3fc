"""Connections: JSON as Python objects, one schema, UTC, and an end to everything that hangs."""

from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from db.pool import STATEMENT_TIMEOUT_MS, connect, create_pool, transaction
from db.problems import Unreachable
from db.roles import APPLICATION_ROLE


@pytest.mark.parametrize("kind", ["json", "jsonb"])
@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, True]}, [], "text", 0, {"snow": "☃"}])
async def test_json_goes_in_and_out_as_python(
    conn: asyncpg.Connection, kind: str, value: object
) -> None:
    assert await conn.fetchval(f"SELECT $1::{kind}", value) == value


async def test_sql_null_and_json_null_are_both_none(conn: asyncpg.Connection) -> None:
    row = await conn.fetchrow("SELECT NULL::jsonb AS absent, 'null'::jsonb AS nothing")
    assert (row["absent"], row["nothing"]) == (None, None)


async def test_names_are_found_in_playbill_and_nowhere_else(conn: asyncpg.Connection) -> None:
    assert await conn.fetchval("SHOW search_path") == "playbill"
    assert await conn.fetchval("SHOW timezone") == "UTC"


async def test_a_connection_returned_and_lent_again_is_still_the_applications(
    database: str,
) -> None:
    async with await create_pool(database, role=APPLICATION_ROLE, min_size=1, max_size=1) as pool:
        for _ in range(2):
            async with pool.acquire() as conn:
                assert await conn.fetchval("SELECT current_user") == APPLICATION_ROLE
                assert await conn.fetchval("SHOW search_path") == "playbill"


async def test_a_statement_that_takes_too_long_is_cancelled(database: str) -> None:
    async with await create_pool(database, statement_timeout_ms=50, max_size=2) as pool:
        with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
            await pool.fetchval("SELECT pg_sleep(5)")


async def test_statements_have_a_time_limit_unless_told_otherwise(database: str) -> None:
    conn = await connect(database)
    try:
        assert await conn.fetchval("SHOW statement_timeout") == f"{STATEMENT_TIMEOUT_MS // 1000}s"
        assert await conn.fetchval("SHOW lock_timeout") == "10s"
    finally:
        await conn.close()


async def test_a_transaction_is_kept_or_undone_as_a_whole(pool: asyncpg.Pool) -> None:
    async with transaction(pool) as conn:
        await _set(conn, "kept")
    with pytest.raises(ZeroDivisionError):
        async with transaction(pool) as conn:
            await _set(conn, "undone")
            raise ZeroDivisionError
    assert await pool.fetchval("SELECT array_agg(key) FROM settings") == ["kept"]


async def test_behind_pgbouncer_nothing_is_set_and_nothing_is_prepared(database: str) -> None:
    async with await create_pool(database, behind_pgbouncer=True, min_size=1) as pool:
        assert await pool.fetchval("SHOW search_path") == '"$user", public'
        assert await pool.fetchval("SELECT $1::jsonb", {"still": "json"}) == {"still": "json"}
        assert await pool.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0


@pytest.mark.parametrize(
    "dsn", ["postgresql://nobody@127.0.0.1:1/x", "postgresql://x@/x?host=/nowhere"]
)
async def test_an_absent_server_is_told_in_a_sentence(dsn: str) -> None:
    with pytest.raises(Unreachable, match=r"cannot be reached.*DATABASE_URL"):
        await create_pool(dsn)


async def test_an_absent_database_is_told_in_a_sentence(server_dsn: str) -> None:
    with pytest.raises(Unreachable, match="does not exist"):
        await connect(urlunsplit(urlsplit(server_dsn)._replace(path="/no_such_database")))


async def _set(conn: asyncpg.Connection, key: str) -> None:
    await conn.execute(
        "INSERT INTO settings (key, value, changed_at) VALUES ($1, $2, now())", key, True
    )
