"""Sessions: signing in and out. A session ends on the server, whatever a cookie still says.

Where a second factor is on, a right password leads to a step that only a code completes.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import (
    attempts,
    audit,
    credentials,
    passwords,
    scopes,
    sign_in_steps,
    two_factor,
    users,
)
from signage.actors import Actor
from signage.errors import TooMany, Unauthenticated

IDLE_LIFE_S = 12 * 3600
ABSOLUTE_LIFE_S = 7 * 24 * 3600
SEEN_EVERY_S = 60
FREE_FAILURES = 5
FAILURES_PER_ADDRESS_MAX = 200
ENDED_KEPT_DAYS = 30


class SignedIn(msgspec.Struct, frozen=True):
    """The new session's secret token, for the cookie, and who it belongs to."""

    token: str
    actor: Actor


class CodeWanted(msgspec.Struct, frozen=True):
    """The password was right; the token, for a cookie, waits for the code."""

    token: str


async def sign_in(
    conn: asyncpg.Connection,
    *,
    email: str,
    password: str,
    address: str,
    user_agent: str,
    request_id: str = "",
    now: datetime,
) -> SignedIn | CodeWanted:
    """Begin a session, or ask for a code where a second factor is on.

    Unknown address and wrong password get one answer in the same time. After five failures for the
    same address and account in 15 minutes it is TooMany.
    """
    email = email.strip().replace("\x00", "")
    subject = f"{email.lower()} from {address}"
    await _limit(conn, subject, address, now)
    row = await conn.fetchrow(
        """
        /* sessions.sign_in */
        SELECT id, password_hash, state FROM users WHERE lower(email) = lower($1)
        """,
        email,
    )
    # It takes a tenth of a second on purpose, which other requests need not wait for.
    known_hash = row["password_hash"] if row else None
    right = await asyncio.to_thread(passwords.matches, password, known_hash)
    if not row or not right or row["state"] != "active":
        await attempts.count_failure(conn, "sign_in", subject, now=now)
        await attempts.count_failure(conn, "sign_in", f"address {address}", now=now)
        raise Unauthenticated("E-mail or password is wrong.", code="wrong_credentials")
    user = await users.find(conn, row["id"])
    if user.two_factor:
        return CodeWanted(await sign_in_steps.begin(conn, user.id, now=now))
    return await begin(
        conn, user, address=address, user_agent=user_agent, request_id=request_id, now=now
    )


async def complete(
    conn: asyncpg.Connection,
    step: str,
    code: str,
    *,
    secret: bytes,
    address: str,
    user_agent: str,
    request_id: str = "",
    now: datetime,
) -> SignedIn:
    """Begin the session whose password was right, with a code of the second factor.

    Unauthenticated ``wrong_code``, or ``step_over`` where one has to begin again with the password.
    """
    user_id = await sign_in_steps.find(conn, step, now=now)
    if user_id is None:
        detail = "That took more than ten minutes. Type your password again."
        raise Unauthenticated(detail, code="step_over")
    right = await two_factor.verify(conn, user_id, code, address=address, secret=secret, now=now)
    if not right:
        raise Unauthenticated("This code is wrong or was used.", code="wrong_code")
    await sign_in_steps.end(conn, step)
    user = await users.find(conn, user_id)
    return await begin(
        conn, user, address=address, user_agent=user_agent, request_id=request_id, now=now
    )


async def begin(
    conn: asyncpg.Connection,
    user: users.User,
    *,
    address: str,
    user_agent: str,
    request_id: str = "",
    now: datetime,
) -> SignedIn:
    """Begin a session for somebody who has just shown who they are."""
    token = credentials.random_secret("")
    actor = _actor(user, address, request_id)
    async with conn.transaction():
        await conn.execute(
            """
            /* sessions.begin */
            INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at,
                                  address, user_agent)
            VALUES ($1, $2, $3, $3, $4, $5, $6)
            """,
            credentials.sha256(token),
            user.id,
            now,
            now + timedelta(seconds=ABSOLUTE_LIFE_S),
            address,
            user_agent.replace("\x00", "")[:500],
        )
        await conn.execute(
            """
            /* sessions.note_login */
            UPDATE users SET last_login_at = $2, last_seen_at = $2 WHERE id = $1
            """,
            user.id,
            now,
        )
        await audit.record(
            conn,
            actor,
            action="sessions.begin",
            entity="user",
            entity_id=user.id,
            now=now,
        )
    return SignedIn(token, actor)


async def find_actor(
    conn: asyncpg.Connection, token: str, *, address: str, request_id: str, now: datetime
) -> Actor | None:
    """Return who the session belongs to, or None where it ended, idled away or never was."""
    row = await conn.fetchrow(
        """
        /* sessions.find_actor */
        SELECT u.id, u.name, u.role, u.campaign_ids, s.last_seen_at,
               ARRAY(SELECT x.store_id FROM user_stores x WHERE x.user_id = u.id) AS store_ids,
               u.role = 'admin' AND u.totp_since IS NULL AND EXISTS (
                   SELECT 1 FROM settings
                   WHERE key = 'two_factor_required_for_admins' AND value = 'true'::jsonb
               ) AS owes_two_factor
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = $1 AND s.ended_at IS NULL AND u.state = 'active'
              AND s.expires_at > $2 AND s.last_seen_at > $3
        """,
        credentials.sha256(token),
        now,
        now - timedelta(seconds=IDLE_LIFE_S),
    )
    if row is None:
        return None
    if now - row["last_seen_at"] > timedelta(seconds=SEEN_EVERY_S):
        await _note_seen(conn, token, now)
    return Actor(
        kind="user",
        id=row["id"],
        name=row["name"],
        role=row["role"],
        store_ids=scopes.reach(row["role"], row["store_ids"]),
        campaign_ids=scopes.campaigns_of(row["role"], row["campaign_ids"]),
        owes_two_factor=row["owes_two_factor"],
        address=address,
        request_id=request_id,
    )


async def end(
    conn: asyncpg.Connection, token: str, *, actor: Actor | None = None, now: datetime
) -> None:
    """Sign out: the session's token is worth nothing from now on. ``actor`` is whose it was."""
    async with conn.transaction():
        ended = await conn.fetchval(
            """
            /* sessions.end */
            UPDATE sessions SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL
            RETURNING user_id
            """,
            credentials.sha256(token),
            now,
        )
        if ended is not None and actor is not None:
            await audit.record(
                conn, actor, action="sessions.end", entity="user", entity_id=ended, now=now
            )


async def end_all(conn: asyncpg.Connection, user_id: UUID, *, now: datetime) -> None:
    """End every session of a person, and every sign-in that waits for a code."""
    await conn.execute(
        """
        /* sessions.end_all */
        UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL
        """,
        user_id,
        now,
    )
    await sign_in_steps.end_all(conn, user_id)


async def forget_old(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Drop what ended 30 days ago or longer, and the sign-ins nobody completed; return how many."""
    dropped = await conn.fetch(
        """
        /* sessions.forget_old */
        DELETE FROM sessions WHERE least(coalesce(ended_at, expires_at), expires_at) < $1
        RETURNING id
        """,
        now - timedelta(days=ENDED_KEPT_DAYS),
    )
    return len(dropped) + await sign_in_steps.forget_old(conn, now=now)


async def _note_seen(conn: asyncpg.Connection, token: str, now: datetime) -> None:
    await conn.execute(
        """
        /* sessions.note_seen */
        WITH seen AS (
            UPDATE sessions SET last_seen_at = $2 WHERE token_hash = $1 RETURNING user_id
        )
        UPDATE users SET last_seen_at = $2 FROM seen WHERE users.id = seen.user_id
        """,
        credentials.sha256(token),
        now,
    )


async def _limit(conn: asyncpg.Connection, subject: str, address: str, now: datetime) -> None:
    failed = await attempts.failures(conn, "sign_in", subject, now=now)
    failed_here = await attempts.failures(conn, "sign_in", f"address {address}", now=now)
    if failed >= FREE_FAILURES or failed_here >= FAILURES_PER_ADDRESS_MAX:
        raise TooMany(
            "Too many wrong passwords. Wait a few minutes, then try again.",
            retry_after_s=attempts.seconds_left(now),
            code="too_many_attempts",
        )


def _actor(user: users.User, address: str, request_id: str) -> Actor:
    return Actor(
        kind="user",
        id=user.id,
        name=user.name,
        role=user.role,
        store_ids=scopes.reach(user.role, user.store_ids),
        campaign_ids=scopes.campaigns_of(user.role, user.campaign_ids),
        address=address,
        request_id=request_id,
    )
