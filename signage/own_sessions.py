"""Own sessions: where somebody is signed in, and how they end what they do not recognise."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, credentials
from signage.actors import Actor
from signage.errors import NotFound
from signage.sessions import IDLE_LIFE_S

SHOWN_MAX = 100


class Session(msgspec.Struct, frozen=True):
    """A session as its owner sees it; ``current`` is the one they look with."""

    id: UUID
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


async def list_for(
    conn: asyncpg.Connection, actor: Actor, token: str, *, now: datetime
) -> list[Session]:
    """Return the sessions that can still be used; the one with this token first, then the latest
    seen."""
    rows = await conn.fetch(
        """
        /* own_sessions.list_for */
        SELECT id, address, user_agent, created_at, last_seen_at, token_hash = $2 AS current
        FROM sessions
        WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3 AND last_seen_at > $4
        ORDER BY current DESC, last_seen_at DESC, id
        LIMIT $5
        """,
        actor.id,
        credentials.sha256(token),
        now,
        now - timedelta(seconds=IDLE_LIFE_S),
        SHOWN_MAX,
    )
    return [Session(**dict(row)) for row in rows]


async def end(conn: asyncpg.Connection, actor: Actor, session_id: UUID, *, now: datetime) -> None:
    """End one of the actor's sessions; NotFound for somebody else's. Twice does no harm."""
    async with conn.transaction():
        ended = await conn.fetchval(
            """
            /* own_sessions.end */
            UPDATE sessions SET ended_at = coalesce(ended_at, $3)
            WHERE id = $1 AND user_id = $2
            RETURNING id
            """,
            session_id,
            actor.id,
            now,
        )
        if ended is None:
            raise NotFound("There is no such session of yours.")
        await _record(conn, actor, 1, now)


async def end_others(conn: asyncpg.Connection, actor: Actor, token: str, *, now: datetime) -> int:
    """End every session of the actor but the one with this token; return how many."""
    async with conn.transaction():
        ended = await conn.fetch(
            """
            /* own_sessions.end_others */
            UPDATE sessions SET ended_at = $3
            WHERE user_id = $1 AND ended_at IS NULL AND token_hash <> $2
            RETURNING id
            """,
            actor.id,
            credentials.sha256(token),
            now,
        )
        await _record(conn, actor, len(ended), now)
    return len(ended)


async def _record(conn: asyncpg.Connection, actor: Actor, ended: int, now: datetime) -> None:
    await audit.record(
        conn,
        actor,
        action="sessions.end",
        entity="user",
        entity_id=actor.id,
        after={"ended": ended},
        now=now,
    )
