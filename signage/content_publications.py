"""Content publications: which version is live from when. The past is kept, the future may change.

A plan names every version that is live at some time within its horizon, each with ``not_before``
and ``not_after``, so screens change over at the instant itself without asking again.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, content_rows, content_uses
from signage.actors import Actor
from signage.errors import Conflict, Invalid, NotFound

COMING_MAX = 50


class Publication(msgspec.Struct, frozen=True):
    """From when a version is, or was, the one that floating items play."""

    version: int
    live_from: datetime


async def publish(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    version: int,
    *,
    at: datetime | None = None,
    now: datetime,
) -> Publication:
    """Make a version live now or ``at`` a time to come; an earlier one goes back to it.

    A time that has passed means now. NotFound for an unknown version, Conflict for one that is not
    approved.
    """
    actor.require("program")
    async with conn.transaction():
        await content_rows.lock(conn, content_id)
        await _require_approved(conn, content_id, version)
        before = await live(conn, content_id, now=now)
        made = await put(conn, actor, content_id, version, at=at, now=now)
        await content_rows.touch(conn, content_id, now=now)
        await content_uses.outdate_plans(conn, [content_id])
        await audit.record(
            conn,
            actor,
            action="content.publish",
            entity="content",
            entity_id=content_id,
            before=before,
            after=made,
            now=now,
        )
    return made


async def cancel(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, live_from: datetime, now: datetime
) -> None:
    """Take back a publication to come, or raise NotFound; what was live stays in the books."""
    actor.require("program")
    async with conn.transaction():
        await content_rows.lock(conn, content_id)
        row = await conn.fetchrow(
            """
            /* content_publications.cancel */
            DELETE FROM content_publications
            WHERE content_id = $1 AND live_from = $2 AND live_from > $3
            RETURNING version, live_from
            """,
            content_id,
            live_from,
            now,
        )
        if row is None:
            raise NotFound("Nothing goes live at that time.")
        await content_rows.touch(conn, content_id, now=now)
        await content_uses.outdate_plans(conn, [content_id])
        await audit.record(
            conn,
            actor,
            action="content.unpublish",
            entity="content",
            entity_id=content_id,
            before=Publication(**dict(row)),
            now=now,
        )


async def live(conn: asyncpg.Connection, content_id: UUID, *, now: datetime) -> Publication | None:
    """Return what is live now, None where nothing is yet."""
    row = await conn.fetchrow(
        """
        /* content_publications.live */
        SELECT version, live_from FROM content_publications
        WHERE content_id = $1 AND live_from <= $2 ORDER BY live_from DESC LIMIT 1
        """,
        content_id,
        now,
    )
    return Publication(**dict(row)) if row else None


async def put(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    version: int,
    *,
    at: datetime | None,
    now: datetime,
) -> Publication:
    """Write a publication of a version that is approved; the caller has the lock and the plans."""
    made = Publication(version, max(at or now, now))
    coming = await conn.fetchval(
        """
        /* content_publications.put */
        INSERT INTO content_publications AS p (content_id, live_from, version, published_by)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (content_id, live_from)
        DO UPDATE SET version = EXCLUDED.version, published_by = EXCLUDED.published_by
        RETURNING (SELECT count(*) FROM content_publications c
                   WHERE c.content_id = $1 AND c.live_from > $5)
        """,
        content_id,
        made.live_from,
        version,
        actor.id,
        now,
    )
    if made.live_from > now and coming >= COMING_MAX:
        detail = f"At most {COMING_MAX} changes of version can wait. Take one back first."
        raise Invalid.field("/at", "too_many_publications", detail)
    return made


async def _require_approved(conn: asyncpg.Connection, content_id: UUID, version: int) -> None:
    row = await conn.fetchrow(
        """
        /* content_publications.require_approved */
        SELECT coalesce(a.state, 'approved') = 'approved' AS approved
        FROM content_versions v
        LEFT JOIN content_approvals a ON a.content_id = v.content_id AND a.version = v.version
        WHERE v.content_id = $1 AND v.version = $2
        """,
        content_id,
        version,
    )
    if row is None:
        raise NotFound(f"There is no version {version}.")
    if not row["approved"]:
        detail = f"Version {version} is not approved. It can go live once it is."
        raise Conflict(detail, code="not_approved")
