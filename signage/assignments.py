"""Base assignments: the always-on playlist of a target, which plays when nothing is scheduled."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging, targets
from signage.actors import Actor
from signage.errors import Invalid, NotFound
from signage.ids import new_id
from signage.targets import Target


class Assignment(msgspec.Struct, frozen=True):
    """One target and its always-on playlist."""

    id: UUID
    target: Target
    playlist_id: UUID
    playlist: str
    created_at: datetime
    updated_at: datetime


class Placed(msgspec.Struct, frozen=True):
    """Where a playlist is always on."""

    kind: str
    id: UUID | None
    name: str


async def put(
    conn: asyncpg.Connection, actor: Actor, target: Target, playlist_id: UUID, *, now: datetime
) -> Assignment:
    """Give the target this playlist instead of the one it had."""
    actor.require("program")
    async with conn.transaction():
        await targets.check(conn, actor, target, pointer="/target", now=now)
        await _hold_playlist(conn, playlist_id)
        before = await _find(conn, target)
        await conn.execute(
            """
            /* assignments.put */
            INSERT INTO playlist_assignments (id, playlist_id, target_kind, device_id, group_id,
                                              store_id, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
            ON CONFLICT ON CONSTRAINT playlist_assignments_one_per_target
            DO UPDATE SET playlist_id = EXCLUDED.playlist_id, updated_at = EXCLUDED.updated_at
            """,
            new_id(),
            playlist_id,
            target.kind,
            *target.columns(),
            now,
        )
        await targets.outdate_plans(conn, target)
        after = await _find(conn, target)
        await _audit(conn, actor, "assignments.put", target, before, after, now)
    if after is None:
        raise NotFound("The assignment was taken away at the same moment.")
    return after


async def remove(conn: asyncpg.Connection, actor: Actor, target: Target, *, now: datetime) -> None:
    """Take the target's playlist away; NotFound where it has none."""
    actor.require("program")
    async with conn.transaction():
        await targets.check(conn, actor, target, pointer="", now=now)
        before = await _find(conn, target)
        if before is None:
            raise NotFound("Nothing is assigned to this target.")
        await conn.execute(
            "/* assignments.remove */ DELETE FROM playlist_assignments WHERE id = $1", before.id
        )
        await targets.outdate_plans(conn, target)
        await _audit(conn, actor, "assignments.remove", target, before, None, now)


async def list_for(
    conn: asyncpg.Connection, actor: Actor, *, target: Target | None = None
) -> list[Assignment]:
    """Return what is assigned to one target, or the first page of all within the actor's stores."""
    return (await list_page(conn, actor, target=target, limit=paging.MAX_LIMIT)).items


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    target: Target | None = None,
    playlist_id: UUID | None = None,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
) -> paging.Page[Assignment]:
    """Return a page of what is assigned within the actor's stores, the oldest first."""
    after = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        f"""
        /* assignments.list_page */
        {_SELECT}
        WHERE ($1::text IS NULL OR (a.target_kind = $1 AND
               coalesce(a.device_id, a.group_id, a.store_id) IS NOT DISTINCT FROM $2))
          AND ($3::uuid[] IS NULL OR a.target_kind IN ('group', 'fleet') OR a.store_id = ANY ($3)
               OR a.device_id IN (SELECT d.id FROM devices d WHERE d.store_id = ANY ($3)))
          AND ($4::uuid IS NULL OR a.playlist_id = $4)
          AND ($5::timestamptz IS NULL OR (a.created_at, a.id) > ($5, $6::uuid))
        ORDER BY a.created_at, a.id
        LIMIT $7
        """,
        target and target.kind,
        target and target.id,
        actor.store_ids,
        playlist_id,
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["created_at"], row["id"]])
    return paging.Page([_assignment(row) for row in found], next_cursor)


async def list_for_playlist(conn: asyncpg.Connection, playlist_id: UUID) -> list[Placed]:
    """Return where the playlist is always on, with names."""
    rows = await conn.fetch(
        """
        /* assignments.list_for_playlist */
        SELECT a.target_kind AS kind, coalesce(a.device_id, a.group_id, a.store_id) AS id,
               coalesce(d.name, g.name, s.name, 'The whole fleet') AS name
        FROM playlist_assignments a
        LEFT JOIN devices d ON d.id = a.device_id
        LEFT JOIN device_groups g ON g.id = a.group_id
        LEFT JOIN stores s ON s.id = a.store_id
        WHERE a.playlist_id = $1
        ORDER BY 1, 3
        LIMIT 200
        """,
        playlist_id,
    )
    return [Placed(**dict(row)) for row in rows]


_SELECT = """
SELECT a.id, a.target_kind, coalesce(a.device_id, a.group_id, a.store_id) AS target_id,
       a.playlist_id, p.name AS playlist, a.created_at, a.updated_at
FROM playlist_assignments a JOIN playlists p ON p.id = a.playlist_id"""


async def _hold_playlist(conn: asyncpg.Connection, playlist_id: UUID) -> None:
    # Waits for whoever is archiving it, so that an archived playlist is never assigned.
    held = await conn.fetchval(
        """
        /* assignments.hold_playlist */
        SELECT id FROM playlists WHERE id = $1 AND archived_at IS NULL FOR KEY SHARE
        """,
        playlist_id,
    )
    if held is None:
        detail = "There is no such playlist."
        raise Invalid.field("/playlist_id", "unknown_playlist", detail)


async def _find(conn: asyncpg.Connection, target: Target) -> Assignment | None:
    row = await conn.fetchrow(
        f"""
        /* assignments.find */
        {_SELECT}
        WHERE a.target_kind = $1
              AND coalesce(a.device_id, a.group_id, a.store_id) IS NOT DISTINCT FROM $2
        """,
        target.kind,
        target.id,
    )
    return _assignment(row) if row else None


def _assignment(row: asyncpg.Record) -> Assignment:
    fields = dict(row)
    target = Target(fields.pop("target_kind"), fields.pop("target_id"))
    return Assignment(target=target, **fields)


async def _audit(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    target: Target,
    before: Assignment | None,
    after: Assignment | None,
    now: datetime,
) -> None:
    await audit.record(
        conn,
        actor,
        action=action,
        entity=target.kind,
        entity_id=target.id or "fleet",
        before=before,
        after=after,
        now=now,
    )
