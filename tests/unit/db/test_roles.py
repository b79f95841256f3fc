"""The application's role may do its work, and may not rewrite history."""

import asyncpg
import pytest

from db import roles
from db.pool import connect

ENTRY = """
INSERT INTO audit_log (at, actor_kind, action, entity, entity_id)
VALUES (now(), 'system', 'test', 'test', '1')
"""


async def test_the_application_acts_as_its_own_role(conn: asyncpg.Connection) -> None:
    assert await conn.fetchval("SELECT current_user") == roles.APPLICATION_ROLE


async def test_it_appends_to_the_audit_log(conn: asyncpg.Connection) -> None:
    await conn.execute(ENTRY)
    assert await conn.fetchval("SELECT count(*) FROM audit_log") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action = 'other'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM schema_migrations",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "CREATE TABLE mine ()",
    ],
)
async def test_it_may_not_rewrite_history_or_the_schema(
    conn: asyncpg.Connection, statement: str
) -> None:
    await conn.execute(ENTRY)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute(statement)


async def test_partitions_are_made_through_the_owners_function(conn: asyncpg.Connection) -> None:
    made = await conn.fetchval("SELECT ensure_event_partitions('2031-01-01', '2031-02-01')")
    assert made == 2
    assert await conn.fetchval("SELECT count(*) FROM proof_of_play_events_203101") == 0


async def test_the_role_is_found_by_a_process_that_did_not_migrate(database: str) -> None:
    login = await connect(database)
    try:
        assert await roles.application_role(login) == roles.APPLICATION_ROLE
    finally:
        await login.close()


async def test_without_the_schema_there_is_no_role_to_act_as(conn: asyncpg.Connection) -> None:
    await conn.execute("SET LOCAL ROLE NONE")
    await conn.execute("DROP SCHEMA IF EXISTS playbill CASCADE")
    assert await roles.application_role(conn) is None


async def test_a_login_that_may_not_make_roles_goes_on_with_one(conn: asyncpg.Connection) -> None:
    await conn.execute("SET LOCAL ROLE NONE")
    await conn.execute("CREATE ROLE playbill_test_plain NOLOGIN")
    await conn.execute("SET LOCAL ROLE playbill_test_plain")
    assert await roles.ensure(conn) is False
