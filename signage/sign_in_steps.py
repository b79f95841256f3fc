"""The step between a right password and its code: who it is, for ten minutes and no rights yet."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from signage import credentials

STEP_LIFE_S = 600


async def begin(conn: asyncpg.Connection, user_id: UUID, *, now: datetime) -> str:
    """Return a secret token, for a cookie, that remembers whose password was right."""
    token = credentials.random_secret("")
    await conn.execute(
        """
        /* sign_in_steps.begin */
        INSERT INTO sign_in_steps (token_hash, user_id, created_at, expires_at)
        VALUES ($1, $2, $3, $4)
        """,
        credentials.sha256(token),
        user_id,
        now,
        now + timedelta(seconds=STEP_LIFE_S),
    )
    return token


async def find(conn: asyncpg.Connection, token: str, *, now: datetime) -> UUID | None:
    """Return whose code is awaited, or None where the step is over or never was."""
    user_id: UUID | None = await conn.fetchval(
        """
        /* sign_in_steps.find */
        SELECT s.user_id FROM sign_in_steps s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.state = 'active'
        """,
        credentials.sha256(token),
        now,
    )
    return user_id


async def end(conn: asyncpg.Connection, token: str) -> bool:
    """End the step; return whether it was this call that ended it."""
    ended = await conn.fetchval(
        """
        /* sign_in_steps.end */
        DELETE FROM sign_in_steps WHERE token_hash = $1 RETURNING token_hash
        """,
        credentials.sha256(token),
    )
    return ended is not None


async def end_all(conn: asyncpg.Connection, user_id: UUID) -> None:
    """End the steps of a person."""
    await conn.execute(
        "/* sign_in_steps.end_all */ DELETE FROM sign_in_steps WHERE user_id = $1", user_id
    )


async def forget_old(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Drop the steps that nobody finished in time; return how many."""
    dropped = await conn.fetch(
        """
        /* sign_in_steps.forget_old */
        DELETE FROM sign_in_steps WHERE expires_at <= $1 RETURNING token_hash
        """,
        now,
    )
    return len(dropped)
