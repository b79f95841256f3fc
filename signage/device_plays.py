"""Device plays: what a screen played lately, play by play; sums are the proof-of-play report's."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import devices, paging
from signage.actors import Actor
from signage.play_rules import Result

SHOWN_DAYS = 35
"""Plays are told up to this late, and older ones are asked for by the report."""
BEFORE_SHOWN, AFTER_SHOWN = 4, 3
LONGEST_PLAY = timedelta(days=1)
"""A play that covers an instant began at most this long before; none is counted as longer."""

SELECT = """
SELECT e.event_id, e.event_type, e.result, e.started_at, e.duration_ms, e.content_id,
       c.name AS content, p.name AS campaign, s.name AS store, e.late, e.error, e.received_at
FROM proof_of_play_events e
LEFT JOIN content c ON c.id = e.content_id
LEFT JOIN campaigns p ON p.id = e.campaign_id
LEFT JOIN stores s ON s.id = e.store_id
"""


class Play(msgspec.Struct, frozen=True):
    """One event. ``store`` is where the screen stood then; ``content`` None is a fallback."""

    event_id: UUID
    event_type: str
    result: Result
    started_at: datetime
    duration_ms: int
    content_id: UUID
    content: str | None
    campaign: str | None
    store: str | None
    late: bool
    error: str | None
    received_at: datetime


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Play]:
    """Return the plays of the last 35 days, the latest first."""
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    before = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        f"""
        /* device_plays.list_page */
        {SELECT}
        WHERE e.device_id = $1 AND e.play_day >= $2
              AND ($3::timestamptz IS NULL OR (e.started_at, e.event_id) < ($3, $4::uuid))
        ORDER BY e.started_at DESC, e.event_id DESC
        LIMIT $5
        """,
        device_id,
        now.astimezone(UTC).date() - timedelta(days=SHOWN_DAYS),
        *(before or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["started_at"], row["event_id"]])
    return paging.Page([Play(**dict(row)) for row in found], next_cursor)


async def list_around(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, at: datetime, now: datetime
) -> list[Play]:
    """Return the plays just before and after an instant, the earliest first, however long ago."""
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    rows = await conn.fetch(
        f"""
        /* device_plays.list_around */
        ({SELECT}
         WHERE e.device_id = $1 AND e.started_at <= $2 AND e.started_at > $3
               AND e.play_day BETWEEN $5::date - 2 AND $5::date + 1
         ORDER BY e.started_at DESC, e.event_id DESC LIMIT $6)
        UNION ALL
        ({SELECT}
         WHERE e.device_id = $1 AND e.started_at > $2 AND e.started_at < $4
               AND e.play_day BETWEEN $5::date - 1 AND $5::date + 2
         ORDER BY e.started_at, e.event_id LIMIT $7)
        """,
        device_id,
        at,
        at - LONGEST_PLAY,
        at + LONGEST_PLAY,
        at.astimezone(UTC).date(),
        BEFORE_SHOWN,
        AFTER_SHOWN,
    )
    plays = [Play(**dict(row)) for row in rows]
    return sorted(plays, key=lambda play: (play.started_at, play.event_id))
