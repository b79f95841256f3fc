"""Content recall: one content off every screen at once, and who still shows it.

A recalled content stands in no plan, and its bytes are given to no screen. A screen is clear once
its own report says so: it plays something else, from a plan without this content. One that is
offline may go on playing what it has stored, so it stays listed until it is back.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, content_rows, content_uses
from signage.actors import Actor
from signage.errors import Conflict, Invalid

REASON_MAX_CHARS = 1000
SCREENS_SHOWN_MAX = 200

State = Literal["showing", "holding", "clear"]


class Screen(msgspec.Struct, frozen=True):
    """A screen whose plan held the content. ``holding`` shows something else, for now.

    ``cleared_at`` is when it fetched the plan without it.
    """

    id: UUID
    name: str
    store: str
    timezone: str
    state: State
    last_seen_at: datetime | None
    cleared_at: datetime | None


class Clearing(msgspec.Struct, frozen=True):
    """How far a recall has come. The counts are of all stores, ``left`` of the actor's own.

    ``left`` holds at most SCREENS_SHOWN_MAX. ``cleared_in_ms`` is from the recall to the last plan
    fetched without the content, once every screen is clear.
    """

    screens: int
    showing: int
    holding: int
    cleared_in_ms: int | None
    left: list[Screen]


async def recall(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, reason: str = "", now: datetime
) -> int:
    """Take the content off every screen; return on how many it is programmed.

    Conflict where it is recalled already.
    """
    actor.require("program")
    if len(reason.strip()) > REASON_MAX_CHARS:
        detail = f"A reason has at most {REASON_MAX_CHARS} characters."
        raise Invalid.field("/reason", "invalid_reason", detail)
    async with conn.transaction():
        locked = await content_rows.lock(conn, content_id, archived=True)
        if locked.recalled_at is not None:
            raise Conflict(f"{locked.name} is recalled already.", code="already_recalled")
        screens = await content_uses.count_screens(conn, [content_id])
        await _set(conn, actor, content_id, now, reason.strip(), now)
        await audit.record(
            conn,
            actor,
            action="content.recall",
            entity="content",
            entity_id=content_id,
            after={"reason": reason.strip(), "screens": screens},
            now=now,
        )
    return screens


async def restore(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, now: datetime
) -> None:
    """Undo the recall: the content plays again wherever it is programmed."""
    actor.require("program")
    async with conn.transaction():
        locked = await content_rows.lock(conn, content_id, archived=True)
        if locked.recalled_at is None:
            raise Conflict(f"{locked.name} is not recalled.", code="not_recalled")
        await _set(conn, actor, content_id, None, "", now)
        await audit.record(
            conn,
            actor,
            action="content.restore",
            entity="content",
            entity_id=content_id,
            before={"recalled_at": locked.recalled_at},
            now=now,
        )


async def clearing(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, since: datetime
) -> Clearing:
    """Return how far the recall of ``since`` has come."""
    rows = await conn.fetch(_CLEARING, content_id, since, actor.store_ids, SCREENS_SHOWN_MAX)
    counted = rows[0]
    done = counted["showing"] + counted["holding"] == 0 and counted["last_cleared_at"]
    left = [
        Screen(**{field: row[field] for field in Screen.__struct_fields__})
        for row in rows
        if row["id"] is not None
    ]
    return Clearing(
        screens=counted["screens"],
        showing=counted["showing"],
        holding=counted["holding"],
        cleared_in_ms=int((done - since).total_seconds() * 1000) if done else None,
        left=left,
    )


async def list_showing(conn: asyncpg.Connection, actor: Actor, content_id: UUID) -> list[Screen]:
    """Return the screens of the actor's stores that say they show the content now, by name.

    At most SCREENS_SHOWN_MAX.
    """
    rows = await conn.fetch(
        """
        /* content_recall.list_showing */
        SELECT d.id, d.name, s.name AS store, s.timezone, 'showing' AS state, d.last_seen_at,
               NULL::timestamptz AS cleared_at
        FROM devices d JOIN stores s ON s.id = d.store_id
        WHERE d.status = 'active' AND ($2::uuid[] IS NULL OR d.store_id = ANY ($2))
              AND d.now_playing ->> 'item_id' IN (SELECT i.item_id FROM plan_items i
                                                  WHERE i.content_id = $1)
        ORDER BY d.name, d.id LIMIT $3
        """,
        content_id,
        actor.store_ids,
        SCREENS_SHOWN_MAX,
    )
    return [Screen(**dict(row)) for row in rows]


_CLEARING = """
/* content_recall.clearing */
WITH items AS MATERIALIZED (
    SELECT item_id FROM plan_items WHERE content_id = $1
), etags AS MATERIALIZED (
    SELECT DISTINCT p.etag FROM playout_plan_items p JOIN items USING (item_id)
), held AS (
    SELECT d.id, d.name, s.name AS store, s.timezone, d.store_id, d.last_seen_at,
           CASE WHEN d.now_playing ->> 'item_id' IN (SELECT item_id FROM items) THEN 'showing'
                WHEN coalesce(d.plan_etag_reported, fetched.etag) IN (SELECT etag FROM etags)
                    THEN 'holding'
                ELSE 'clear' END AS state,
           cleared.fetched_at AS cleared_at
    FROM devices d
    JOIN stores s ON s.id = d.store_id
    JOIN LATERAL (SELECT p.etag FROM device_plans p
                  WHERE p.device_id = d.id AND p.due_from <= $2
                  ORDER BY p.due_from DESC LIMIT 1) due ON due.etag IN (SELECT etag FROM etags)
    LEFT JOIN LATERAL (SELECT p.etag FROM device_plans p
                       WHERE p.device_id = d.id AND p.fetched_at IS NOT NULL
                       ORDER BY p.fetched_at DESC LIMIT 1) fetched ON true
    LEFT JOIN LATERAL (SELECT min(p.fetched_at) AS fetched_at FROM device_plans p
                       WHERE p.device_id = d.id AND p.due_from >= $2
                             AND p.etag NOT IN (SELECT etag FROM etags)) cleared ON true
    WHERE d.status = 'active'
), counted AS (
    SELECT count(*) AS screens, count(*) FILTER (WHERE state = 'showing') AS showing,
           count(*) FILTER (WHERE state = 'holding') AS holding,
           max(cleared_at) AS last_cleared_at
    FROM held
), listed AS (
    SELECT * FROM held
    WHERE state <> 'clear' AND ($3::uuid[] IS NULL OR store_id = ANY ($3))
    ORDER BY state DESC, name, id LIMIT $4
)
SELECT c.screens, c.showing, c.holding, c.last_cleared_at, l.id, l.name, l.store, l.timezone,
       l.state, l.last_seen_at, l.cleared_at
FROM counted c LEFT JOIN listed l ON true
ORDER BY l.state DESC, l.name, l.id
"""


async def _set(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    recalled_at: datetime | None,
    reason: str,
    now: datetime,
) -> None:
    await conn.execute(
        """
        /* content_recall.set */
        UPDATE content SET recalled_at = $2, recalled_by = $3, recall_reason = $4 WHERE id = $1
        """,
        content_id,
        recalled_at,
        actor.id if recalled_at else None,
        reason,
    )
    await content_rows.touch(conn, content_id, now=now)
    await content_uses.outdate_plans(conn, [content_id])
