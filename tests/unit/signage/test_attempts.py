"""Attempts: every failure counts, whoever fails beside it, and nobody waits for the disk."""

import asyncio
from datetime import timedelta

from signage import attempts


async def test_failures_are_counted_by_kind_and_subject(conn, now):
    for _ in range(3):
        last = await attempts.count_failure(conn, "sign_in", "ana", now=now)

    assert last == 3
    assert await attempts.failures(conn, "sign_in", "ana", now=now) == 3
    assert await attempts.failures(conn, "sign_in", "bruno", now=now) == 0
    assert await attempts.failures(conn, "user_code", "ana", now=now) == 0


async def test_guesses_are_counted_here_and_in_total(conn, now):
    seen = [
        await attempts.count_guess(conn, "claim_code", address, now=now)
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3")
    ]

    assert [(guesses.here, guesses.total) for guesses in seen] == [(1, 1), (1, 2), (2, 3), (1, 4)]


async def test_a_new_window_begins_every_fifteen_minutes(conn, now):
    await attempts.count_guess(conn, "claim_code", "192.0.2.1", now=now)

    end = now + timedelta(minutes=15, microseconds=-1)
    assert (await attempts.count_guess(conn, "claim_code", "192.0.2.1", now=end)).total == 2
    after = now + timedelta(minutes=15)
    assert (await attempts.count_guess(conn, "claim_code", "192.0.2.1", now=after)).total == 1
    assert attempts.seconds_left(now) == 900


async def test_fifty_wrong_guesses_at_once_are_all_counted(pool, now):
    async def guess(number: int) -> None:
        async with pool.acquire() as conn:
            await attempts.count_guess(conn, "claim_code", f"192.0.2.{number % 5}", now=now)

    await asyncio.gather(*(guess(number) for number in range(50)))

    async with pool.acquire() as conn:
        last = await attempts.count_guess(conn, "claim_code", "192.0.2.0", now=now)
        rows = await conn.fetchval("SELECT count(*) FROM attempts WHERE subject LIKE 'everybody%'")
    assert (last.here, last.total) == (11, 51)
    assert rows > 1


async def test_a_count_does_not_make_others_wait_for_the_disk(pool, now):
    async with pool.acquire() as conn:
        await conn.execute("SET synchronous_commit = on")
        async with conn.transaction():
            await attempts.count_guess(conn, "claim_code", "192.0.2.1", now=now)
            assert await conn.fetchval("SHOW synchronous_commit") == "off"
        assert await conn.fetchval("SHOW synchronous_commit") == "on"


async def test_old_windows_are_dropped(conn, now):
    await attempts.count_failure(conn, "sign_in", "ana", now=now - timedelta(days=1, minutes=16))
    await attempts.count_failure(conn, "sign_in", "ana", now=now)

    await attempts.forget_old(conn, now=now)

    assert await conn.fetchval("SELECT count(*) FROM attempts") == 1
