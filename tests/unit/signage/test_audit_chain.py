"""The chain of the audit log: whatever was done to it around the program is found, and where."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.pool import set_codecs
from signage import audit, audit_chain
from signage.actors import SYSTEM, Actor, Address
from signage.audit_chain import Head
from signage.errors import Invalid
from signage.ids import new_id

ENTRIES = 6
ADDRESS = Address("192.0.2.10", b"h" * 32)

FIRST_FORM = """
SELECT sha256(previous_hash || convert_to(concat_ws(E'\\n', seq::text,
        to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor_kind,
        coalesce(actor_id::text, '-'), action, entity, entity_id, coalesce(before::text, '-'),
        coalesce(after::text, '-'), coalesce(encode(address_hmac, 'hex'), '-'),
        coalesce(request_id, '-')), 'UTF8'))
FROM audit_log WHERE seq = $1"""


async def write(conn: asyncpg.Connection, now, number: int, **more) -> None:
    given = {"before": {"n": number, "text": "Olá\n☃"}, "after": None, "entity_id": new_id()} | more
    actor = Actor("user", new_id(), "Ana", "admin", address=ADDRESS, request_id="a" * 32)
    await audit.record(conn, actor, action="test", entity="thing", **given, now=now)


@pytest.fixture
async def log(pool: asyncpg.Pool, now) -> asyncpg.Pool:
    """A log with six entries."""
    async with pool.acquire() as conn:
        for number in range(ENTRIES):
            await write(conn, now, number)
    return pool


@pytest.fixture
async def intruder(database: str, log) -> AsyncIterator[asyncpg.Connection]:
    """Somebody with the whole power over the database, whom no trigger stops."""
    conn = await asyncpg.connect(database, server_settings={"search_path": "playbill"})
    await set_codecs(conn)
    await conn.execute("SET session_replication_role = replica")
    yield conn
    await conn.close()


async def found(pool: asyncpg.Pool, known: Head | None = None) -> list[tuple[int, str]]:
    async with pool.acquire() as conn:
        verdict = await audit_chain.verify(conn, known)
    return [(wrong.seq, wrong.detail) for wrong in verdict.wrong]


async def the_head(pool: asyncpg.Pool) -> Head:
    async with pool.acquire() as conn:
        return await audit_chain.head(conn)


async def test_an_untouched_log_is_right_and_has_a_head(log):
    async with log.acquire() as conn:
        verdict = await audit_chain.verify(conn)
        last = await conn.fetchval("SELECT hash FROM audit_log WHERE seq = $1", ENTRIES)

    assert verdict == audit_chain.Verdict(Head(ENTRIES, last), [])
    assert await the_head(log) == verdict.head


async def test_an_empty_log_is_right(pool):
    head = await the_head(pool)

    assert head == Head(0, hashlib.sha256(b"playbill").digest())
    assert await found(pool, head) == []


async def test_a_log_that_grew_still_has_the_head_of_before(log, now):
    before = await the_head(log)
    async with log.acquire() as conn:
        await write(conn, now, 99)

    assert await found(log, before) == []


@pytest.mark.parametrize(
    "change",
    [
        "after = '{\"n\": 9}'",
        "before = NULL",
        "at = at + interval '1 us'",
        "actor_id = gen_random_uuid()",
        "actor_id = NULL",
        "actor_kind = 'system'",
        "action = 'tested'",
        "entity_id = 'x'",
        "address_hmac = NULL",
        "request_id = NULL",
        "hash = sha256('x')",
        "form = 1",
    ],
)
async def test_a_changed_entry_is_named(log, intruder, change):
    await intruder.execute(f"UPDATE audit_log SET {change} WHERE seq = 3")

    assert next(seq for seq, _ in await found(log)) == 3


async def test_a_changed_entry_with_a_fitting_hash_breaks_the_next_link(log, intruder):
    await intruder.execute("UPDATE audit_log SET action = 'tested' WHERE seq = 3")
    await intruder.execute("UPDATE audit_log a SET hash = audit_log_digest(a) WHERE seq = 3")

    [(seq, detail)] = await found(log)
    assert seq == 4
    assert "does not follow" in detail


async def test_even_the_databases_own_function_is_not_believed(log, intruder):
    await intruder.execute(
        "CREATE OR REPLACE FUNCTION audit_log_digest(row_ audit_log) RETURNS bytea LANGUAGE sql"
        " AS 'SELECT (row_).hash'"
    )
    await intruder.execute("UPDATE audit_log SET action = 'tested' WHERE seq = 3")

    assert [seq for seq, _ in await found(log)] == [3]


async def test_entries_taken_out_leave_a_gap(log, intruder):
    await intruder.execute("DELETE FROM audit_log WHERE seq IN (3, 4)")

    assert await found(log) == [(5, "2 missing before it: 3 to 4")]


async def test_closing_the_gap_by_new_numbers_shows_too(log, intruder):
    await intruder.execute("DELETE FROM audit_log WHERE seq = 3")
    await intruder.execute("UPDATE audit_log SET seq = seq - 1 WHERE seq > 3")

    assert [seq for seq, _ in await found(log)] == [3, 3, 4, 5]


async def test_the_first_entry_is_missed(log, intruder):
    await intruder.execute("DELETE FROM audit_log WHERE seq = 1")

    assert await found(log) == [(2, "1 missing before it: 1")]


async def test_an_entry_put_in_shows_at_the_next_one(log, intruder):
    await intruder.execute("UPDATE audit_log SET seq = -seq WHERE seq > 3")
    await intruder.execute("UPDATE audit_log SET seq = -seq + 1 WHERE seq < 0")
    await intruder.execute("""
        INSERT INTO audit_log (seq, at, actor_kind, action, entity, entity_id, previous_hash, hash)
        SELECT 4, at, 'system', 'test', 'thing', 'x', hash, '' FROM audit_log WHERE seq = 3""")
    await intruder.execute("UPDATE audit_log a SET hash = audit_log_digest(a) WHERE seq = 4")

    assert [seq for seq, _ in await found(log)] == [5, 5, 6, 7]


async def test_missing_last_entries_show_against_a_head_from_before(log, intruder):
    known = await the_head(log)
    await intruder.execute("DELETE FROM audit_log WHERE seq > 4")

    assert await found(log) == []
    assert await found(log, known) == [(4, "the last 2 are missing: 6 were known")]


async def test_a_log_written_anew_is_not_the_one_that_was_known(log, intruder, now):
    known = await the_head(log)
    await intruder.execute("DELETE FROM audit_log WHERE seq > 4")
    async with log.acquire() as conn:
        for number in range(4):
            await write(conn, now, number)

    assert await found(log) == []
    assert await found(log, known) == [(6, "it is not the one that was known by this number")]


async def test_it_stops_telling_after_twenty(log, intruder, now):
    async with log.acquire() as conn:
        for number in range(25):
            await write(conn, now, number)
    await intruder.execute("UPDATE audit_log SET action = 'tested'")

    assert len(await found(log)) == audit_chain.WRONG_MAX


# The two forms of the hash ------------------------------------------------------------------------


async def test_entries_of_the_first_form_verify_as_they_were(log, intruder):
    await intruder.execute("UPDATE audit_log SET form = 1")
    for seq in range(1, ENTRIES + 1):
        await intruder.execute(
            """UPDATE audit_log a SET previous_hash = coalesce(
                   (SELECT b.hash FROM audit_log b WHERE b.seq = a.seq - 1), sha256('playbill'))
               WHERE seq = $1""",
            seq,
        )
        hash_ = await intruder.fetchval(FIRST_FORM, seq)
        await intruder.execute("UPDATE audit_log SET hash = $2 WHERE seq = $1", seq, hash_)

    assert await found(log) == []
    assert await intruder.fetchval("SELECT bool_and(audit_log_digest(a) = a.hash) FROM audit_log a")


async def test_a_line_break_cannot_move_from_one_field_to_the_next(pool, now):
    async with pool.acquire() as conn:
        await write(conn, now, 1, entity_id="a\n-", before=None)
        await write(conn, now, 2, entity_id="a", before=None)
        digests = await conn.fetch("""
            SELECT DISTINCT audit_log_digest(ROW(1, at, actor_kind, NULL, action, entity, entity_id,
                before, after, NULL, request_id, sha256('x'), '', 2)::audit_log)
            FROM (SELECT at, actor_kind, action, entity, 'a' || E'\\n-' AS entity_id, before, after,
                         NULL AS request_id FROM audit_log WHERE seq = 1
                  UNION ALL
                  SELECT at, actor_kind, action, entity, 'a', before, after, E'-\\n-'
                  FROM audit_log WHERE seq = 2) AS forged""")

    assert len(digests) == 2
    assert await found(pool) == []


async def test_a_line_break_in_the_first_form_is_reported(log, intruder):
    await intruder.execute(
        "UPDATE audit_log SET form = 1, entity_id = E'a\\nb' WHERE seq = $1", ENTRIES
    )
    hash_ = await intruder.fetchval(FIRST_FORM, ENTRIES)
    await intruder.execute("UPDATE audit_log SET hash = $2 WHERE seq = $1", ENTRIES, hash_)

    [(seq, detail)] = await found(log)
    assert seq == ENTRIES
    assert "two ways" in detail


async def test_nobody_writes_a_new_entry_in_the_first_form(pool):
    async with pool.acquire() as conn:
        await conn.execute("""
            INSERT INTO audit_log (at, actor_kind, action, entity, entity_id, form)
            VALUES (now(), 'system', 'test', 'thing', 'x', 1)""")
        assert await conn.fetchval("SELECT form FROM audit_log") == 2


# Writers at the same time -------------------------------------------------------------------------


async def test_writers_at_the_same_time_make_one_chain(pool, now):
    writers, each = 8, 63

    async def writer(number: int) -> None:
        async with pool.acquire() as conn:
            for turn in range(each):
                address = Address(f"192.0.2.{(number + turn) % 3}", bytes([turn % 3]) * 32)
                actor = Actor("system", None, SYSTEM.name, "system", address=address)
                async with conn.transaction():
                    for step in range(1 + turn % 2):
                        await audit.record(
                            conn, actor, action="test", entity="x", entity_id=step, now=now
                        )

    await asyncio.gather(*(writer(number) for number in range(writers)))

    async with pool.acquire() as conn:
        verdict = await audit_chain.verify(conn)
    assert verdict.wrong == []
    assert verdict.head.entries == writers * (each + each // 2)


# Heads that were written down ---------------------------------------------------------------------


async def test_a_head_is_written_down_and_read_again(log):
    head = await the_head(log)

    assert audit_chain.read_head(f" {str(head).upper()}\n") == head


@pytest.mark.parametrize("text", ["", "6", "6:", "6:abc", "-1:" + "0" * 64, "x:" + "0" * 64])
def test_what_is_no_head_is_refused(text):
    with pytest.raises(Invalid):
        audit_chain.read_head(text)
