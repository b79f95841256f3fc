"""Device plans: the revisions that a device was due, and the documents it was given."""

from datetime import datetime
from uuid import UUID

import asyncpg

from signage import devices, paging, plans
from signage.actors import Actor
from signage.errors import NotFound
from signage.plans import Plan, Revision


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Revision]:
    """Return the revisions the device was due, the latest first, with when it fetched them."""
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    before = paging.decode(cursor, tuple[datetime])
    rows = await conn.fetch(
        """
        /* device_plans.list_page */
        SELECT etag, due_from, fetched_at FROM device_plans
        WHERE device_id = $1 AND ($2::timestamptz IS NULL OR due_from < $2)
        ORDER BY due_from DESC
        LIMIT $3
        """,
        device_id,
        before and before[0],
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["due_from"]])
    return paging.Page([Revision(**dict(row)) for row in found], next_cursor)


async def find(conn: asyncpg.Connection, actor: Actor, etag: str) -> Plan:
    """Return a plan that one of the actor's screens was due at some time; else NotFound."""
    actor.require("watch")
    known = await conn.fetchval(
        """
        /* device_plans.find */
        SELECT EXISTS (
            SELECT 1 FROM device_plans p
            JOIN devices d ON d.id = p.device_id
            WHERE p.etag = $1 AND ($2::uuid[] IS NULL OR d.store_id = ANY ($2)))
        """,
        etag,
        actor.store_ids,
    )
    if not known:
        raise NotFound("None of your screens was ever given such a plan.")
    return await plans.find(conn, etag)
