"""One's own password: proven before what matters is changed, and changed with the old one."""

import asyncio
from datetime import datetime

import asyncpg

from signage import attempts, audit, own_sessions, passwords, resets
from signage.actors import Actor
from signage.errors import Invalid, TooMany
from signage.ids import NIL_ID

FREE_FAILURES = 5


async def prove(
    conn: asyncpg.Connection, actor: Actor, password: str, *, field: str, now: datetime
) -> None:
    """Raise Invalid for ``field`` unless it is the actor's password; TooMany after five failures.

    A session that somebody left open must not be enough to take the account over.
    """
    if await attempts.failures(conn, "password", str(actor.id), now=now) >= FREE_FAILURES:
        raise TooMany(
            "Too many wrong passwords. Wait a few minutes, then try again.",
            retry_after_s=attempts.seconds_left(now),
            code="too_many_attempts",
        )
    known = await conn.fetchval(
        "/* own_password.prove */ SELECT password_hash FROM users WHERE id = $1", actor.id
    )
    if not await asyncio.to_thread(passwords.matches, password, known):
        await attempts.count_failure(conn, "password", str(actor.id), now=now)
        raise Invalid.field(f"/{field}", "wrong_password", "This is not your password.")


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    old: str,
    new: str,
    session: str,
    now: datetime,
) -> int:
    """Change the password; every session but the one with this token ends. Return how many did."""
    await prove(conn, actor, old, field="old_password", now=now)
    password_hash = await asyncio.to_thread(passwords.hashed, new)
    async with conn.transaction():
        await resets.write_password(conn, actor.id or NIL_ID, password_hash, now=now)
        await resets.withdraw(conn, actor.id or NIL_ID, now=now)
        ended = await own_sessions.end_others(conn, actor, session, now=now)
        await audit.record(
            conn, actor, action="own_password.change", entity="user", entity_id=actor.id, now=now
        )
    return ended
