"""The audit log: what was before and after, secrets masked, in a chain nobody can rewrite."""

from datetime import timedelta

import asyncpg
import msgspec
import pytest

from signage import audit, devices, keys
from signage.actors import SYSTEM, Actor
from signage.ids import new_id

CHAIN = """
SELECT bool_and(hash = audit_log_digest(a)) AND bool_and(previous_hash = before)
FROM (SELECT a, hash, previous_hash,
             coalesce(lag(hash) OVER (ORDER BY seq), sha256('playbill'::bytea)) AS before
      FROM audit_log a) AS chained
"""


async def record(conn: asyncpg.Connection, actor: Actor, now, **more) -> asyncpg.Record:
    given = {"action": "test", "entity": "thing", "entity_id": new_id()} | more
    await audit.record(conn, actor, **given, now=now)
    return await conn.fetchrow("SELECT * FROM audit_log ORDER BY seq DESC LIMIT 1")


async def test_an_entry_says_who_did_what_to_which_and_when(conn, manager, now):
    actor = msgspec.structs.replace(manager, request_id="a" * 32)
    thing = new_id()

    entry = await record(conn, actor, now, entity_id=thing, before={"a": 1}, after={"a": 2})

    assert (entry["actor_kind"], entry["actor_id"]) == ("user", manager.id)
    assert (entry["action"], entry["entity"], entry["entity_id"]) == ("test", "thing", str(thing))
    assert (entry["before"], entry["after"]) == ({"a": 1}, {"a": 2})
    assert (entry["at"], entry["request_id"]) == (now, "a" * 32)


@pytest.mark.parametrize("field", sorted(audit.SECRET_FIELDS))
async def test_secrets_are_masked(conn, admin, now, field):
    entry = await record(
        conn, admin, now, before={field: b"secret", "name": "x"}, after={field: "secret"}
    )

    assert (entry["before"], entry["after"]) == ({field: "***", "name": "x"}, {field: "***"})


async def test_no_key_is_in_the_log(conn, admin, now):
    key = await keys.add(conn, admin, name="Till system", role="manager", now=now)

    assert key not in str(await conn.fetch("SELECT * FROM audit_log"))


async def test_the_entries_make_one_chain_without_gaps(conn, admin, manager, window_2, now):
    for number in range(5):
        at = now + timedelta(microseconds=number)
        await record(conn, manager, at, after={"n": number, "text": "Olá\n☃"})

    assert await conn.fetchval(CHAIN)
    numbers = [row["seq"] for row in await conn.fetch("SELECT seq FROM audit_log ORDER BY seq")]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_change_made_around_the_log_breaks_the_chain(database, pool, admin, now):
    async with pool.acquire() as conn:
        for number in range(3):
            await record(conn, admin, now, after={"n": number})
        assert await conn.fetchval(CHAIN)
    owner = await asyncpg.connect(database, server_settings={"search_path": "playbill"})
    try:
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("""UPDATE audit_log SET after = '{"n": 9}' WHERE seq = 2""")
        assert not await owner.fetchval(CHAIN)
    finally:
        await owner.close()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"],
)
async def test_the_application_may_only_append(conn, admin, now, statement):
    await record(conn, admin, now)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with conn.transaction():
            await conn.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"],
)
async def test_even_the_owner_is_refused(database, pool, admin, now, statement):
    async with pool.acquire() as conn:
        await record(conn, admin, now)
    owner = await asyncpg.connect(database, server_settings={"search_path": "playbill"})
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(statement)
    finally:
        await owner.close()


async def test_the_entry_goes_with_the_change_it_is_of(conn, window_2, admin, now):
    before = await conn.fetchval("SELECT count(*) FROM audit_log")

    class GivenUp(Exception):
        pass

    with pytest.raises(GivenUp):
        async with conn.transaction():
            changes = devices.Changes(name="Never")
            await devices.change(conn, admin, window_2.id, changes, now=now)
            raise GivenUp

    assert await conn.fetchval("SELECT count(*) FROM audit_log") == before
    assert (await devices.find(conn, SYSTEM, window_2.id, now=now)).name == "Window 2"
