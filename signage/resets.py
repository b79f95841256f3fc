"""Resets: a link, good once, with which somebody who forgot their password chooses another.

An administrator makes it, or it is mailed to who asks for it. Only its hash is kept.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import attempts, audit, credentials, passwords, sessions, users
from signage.actors import SYSTEM, Actor
from signage.errors import Conflict, NotFound, TooMany
from signage.ids import new_id
from signage.users import User

LINK_LIFE_S = 24 * 3600
ASKED_LINK_LIFE_S = 3600
ASKS_PER_PERSON_MAX = 3
ASKS_PER_ADDRESS_MAX = 20


class Reset(msgspec.Struct, frozen=True):
    """A new link's secret, whom it is for and until when it is good."""

    token: str
    user: User
    expires_at: datetime


async def open_link(
    conn: asyncpg.Connection, actor: Actor, user_id: UUID, *, now: datetime
) -> Reset:
    """Make a link for somebody, good for a day; those made before are void.

    Conflict where they are disabled.
    """
    actor.require_everywhere("administer")
    user = await users.find(conn, user_id)
    if user.state != "active":
        detail = f"{user.name} is disabled. Enable the account first."
        raise Conflict(detail, code="user_disabled")
    return await _open(conn, actor, user, LINK_LIFE_S, now)


async def count_ask(conn: asyncpg.Connection, *, address: str, now: datetime) -> None:
    """Count somebody who forgot their password; TooMany for one address after 20 in 15 minutes."""
    asked = await attempts.count_failure(conn, "reset", f"address {address}", now=now)
    if asked > ASKS_PER_ADDRESS_MAX:
        raise TooMany(
            "Too many requests. Wait a few minutes, then try again.",
            retry_after_s=attempts.seconds_left(now),
            code="too_many_attempts",
        )


async def ask(conn: asyncpg.Connection, email: str, *, now: datetime) -> Reset | None:
    """Make a link for whoever has this e-mail address, good for an hour.

    None where nobody has it, and for the fourth time in 15 minutes; the asker is not told which.
    """
    email = email.strip().replace("\x00", "")
    asked = await attempts.count_failure(conn, "reset", email.lower(), now=now)
    user_id = await conn.fetchval(
        "/* resets.ask */ SELECT id FROM users WHERE lower(email) = lower($1) AND state = 'active'",
        email,
    )
    if user_id is None or asked > ASKS_PER_PERSON_MAX:
        return None
    return await _open(conn, SYSTEM, await users.find(conn, user_id), ASKED_LINK_LIFE_S, now)


async def find(conn: asyncpg.Connection, token: str, *, now: datetime) -> User:
    """Return whose link it is; NotFound unless it can still be used."""
    user_id = await conn.fetchval(
        f"/* resets.find */ SELECT user_id FROM invitations i WHERE {_USABLE}",
        credentials.sha256(token),
        now,
    )
    if user_id is None:
        raise NotFound(_USED)
    return await users.find(conn, user_id)


async def use(conn: asyncpg.Connection, token: str, password: str, *, now: datetime) -> User:
    """Set the password, once; every session and other link of the person ends.

    NotFound for a link that is void, Invalid for a password that must not be used.
    """
    user = await find(conn, token, now=now)
    password_hash = await asyncio.to_thread(passwords.hashed, password)
    async with conn.transaction():
        used = await conn.fetchval(
            f"""
            /* resets.use */
            UPDATE invitations i SET used_at = $2 WHERE {_USABLE} RETURNING id
            """,
            credentials.sha256(token),
            now,
        )
        if used is None:
            raise NotFound(_USED)
        await write_password(conn, user.id, password_hash, now=now)
        await sessions.end_all(conn, user.id, now=now)
        await withdraw(conn, user.id, now=now)
        await audit.record(
            conn, SYSTEM, action="resets.use", entity="user", entity_id=user.id, now=now
        )
    return user


async def withdraw(conn: asyncpg.Connection, user_id: UUID, *, now: datetime) -> None:
    """Make every unused link of a person void."""
    await conn.execute(
        """
        /* resets.withdraw */
        UPDATE invitations SET withdrawn_at = $2
        WHERE user_id = $1 AND kind = 'reset' AND used_at IS NULL AND withdrawn_at IS NULL
        """,
        user_id,
        now,
    )


async def write_password(
    conn: asyncpg.Connection, user_id: UUID, password_hash: str, *, now: datetime
) -> None:
    """Keep the hash of a new password, in the caller's transaction."""
    await conn.execute(
        """
        /* resets.write_password */
        UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1
        """,
        user_id,
        password_hash,
        now,
    )


_USABLE = """i.token_hash = $1 AND i.kind = 'reset' AND i.used_at IS NULL
    AND i.withdrawn_at IS NULL AND i.expires_at > $2
    AND EXISTS (SELECT 1 FROM users u WHERE u.id = i.user_id AND u.state = 'active')"""

_USED = "This link was used or is too old. Ask for a new one."


async def _open(
    conn: asyncpg.Connection, actor: Actor, user: User, life_s: int, now: datetime
) -> Reset:
    token = credentials.random_secret("")
    expires_at = now + timedelta(seconds=life_s)
    async with conn.transaction():
        await withdraw(conn, user.id, now=now)
        await conn.execute(
            """
            /* resets.open */
            INSERT INTO invitations (id, token_hash, kind, user_id, role, created_at, expires_at)
            VALUES ($1, $2, 'reset', $3, $4, $5, $6)
            """,
            new_id(),
            credentials.sha256(token),
            user.id,
            user.role,
            now,
            expires_at,
        )
        await audit.record(
            conn, actor, action="resets.open", entity="user", entity_id=user.id, now=now
        )
    return Reset(token, user, expires_at)
