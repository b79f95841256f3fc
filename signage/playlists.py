"""Playlists: what plays in which order. People edit the draft; screens play the live edition.

An item that did not change keeps its id when a playlist is saved, so plays before and after count
for the same item.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging, playlist_items
from signage.actors import Actor
from signage.errors import Invalid, NotFound, Stale
from signage.ids import new_id
from signage.playlist_items import Edition, Item, NewItem

NAME_MAX_CHARS = 200


class Playlist(msgspec.Struct, frozen=True):
    """A playlist; ``items`` are the draft's. It is published when both revisions are equal."""

    id: UUID
    name: str
    items: list[Item]
    revision: int
    published_revision: int | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Summary(msgspec.Struct, frozen=True):
    """A playlist in a list. ``loop_ms`` leaves nested playlists out."""

    id: UUID
    name: str
    items: int
    loop_ms: int
    targets: int
    revision: int
    published_revision: int | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime


async def find(
    conn: asyncpg.Connection, playlist_id: UUID, *, edition: Edition = "draft"
) -> Playlist:
    """Return the playlist with its items, or raise NotFound."""
    row = await conn.fetchrow(
        """
        /* playlists.find */
        SELECT id, name, revision, published_revision, published_at, created_at, updated_at
        FROM playlists WHERE id = $1 AND archived_at IS NULL
        """,
        playlist_id,
    )
    if row is None:
        raise NotFound("There is no such playlist.")
    items = await playlist_items.list_for(conn, playlist_id, edition)
    return Playlist(items=items, **dict(row))


async def list_page(
    conn: asyncpg.Connection,
    *,
    q: str | None = None,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
) -> paging.Page[Summary]:
    """Return a page of playlists by name; ``q`` looks in their names."""
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        """
        /* playlists.list_page */
        SELECT p.id, p.name, p.revision, p.published_revision, p.published_at, p.created_at,
               p.updated_at, coalesce(i.items, 0) AS items, coalesce(i.loop_ms, 0) AS loop_ms,
               (SELECT count(*) FROM playlist_assignments a WHERE a.playlist_id = p.id)
               + (SELECT count(*) FROM schedules s
                  WHERE s.playlist_id = p.id AND s.archived_at IS NULL) AS targets
        FROM playlists p
        LEFT JOIN LATERAL (
            SELECT count(*) AS items,
                   sum(i.weight * coalesce(i.duration_ms, v.duration_ms, 10000))::bigint AS loop_ms
            FROM playlist_items i
            LEFT JOIN content c ON c.id = i.content_id
            LEFT JOIN content_versions v ON v.content_id = c.id
                   AND v.version = coalesce(i.pinned_version, c.latest_version)
            WHERE i.playlist_id = p.id AND i.edition = 'draft') i ON true
        WHERE p.archived_at IS NULL AND ($1::text IS NULL OR p.name ILIKE '%' || $1 || '%')
              AND ($2::text IS NULL OR (p.name, p.id) > ($2, $3::uuid))
        ORDER BY p.name, p.id
        LIMIT $4
        """,
        paging.like(q),
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([Summary(**dict(row)) for row in found], next_cursor)


async def create(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    name: str,
    items: list[NewItem] | None = None,
    draft: bool = False,
    now: datetime,
) -> Playlist:
    """Make a playlist and, unless it shall stay a draft, publish it."""
    actor.require("program")
    playlist_id = new_id()
    async with conn.transaction():
        await conn.execute(
            """
            /* playlists.create */
            INSERT INTO playlists (id, name, created_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $4)
            """,
            playlist_id,
            _checked_name(name),
            actor.id,
            now,
        )
        await playlist_items.replace(conn, playlist_id, items or [])
        await _audit(conn, actor, "playlists.create", playlist_id, None, now)
        if not draft:
            return await publish(conn, actor, playlist_id, now=now)
        return await find(conn, playlist_id)


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    *,
    name: str | None = None,
    items: list[NewItem] | None = None,
    revision: int | None = None,
    now: datetime,
) -> Playlist:
    """Change the draft. Stale where ``revision`` is given and somebody saved it since."""
    actor.require("program")
    async with conn.transaction():
        before = await find(conn, playlist_id)
        changed = await conn.fetchval(
            """
            /* playlists.change */
            UPDATE playlists SET name = $3, revision = revision + 1, updated_at = $4
            WHERE id = $1 AND ($2::int IS NULL OR revision = $2)
            RETURNING id
            """,
            playlist_id,
            revision,
            before.name if name is None else _checked_name(name),
            now,
        )
        if changed is None:
            raise Stale(f"{before.name} was saved by somebody else meanwhile. Load it again.")
        if items is not None:
            await playlist_items.replace(conn, playlist_id, items)
        await _audit(conn, actor, "playlists.change", playlist_id, before, now)
        return await find(conn, playlist_id)


async def publish(
    conn: asyncpg.Connection, actor: Actor, playlist_id: UUID, *, now: datetime
) -> Playlist:
    """Make the draft what screens play, and outdate the plans that hold this playlist."""
    actor.require("program")
    async with conn.transaction():
        before = await find(conn, playlist_id, edition="live")
        await playlist_items.publish(conn, playlist_id)
        await conn.execute(
            """
            /* playlists.publish */
            UPDATE playlists SET published_revision = revision, published_at = $2 WHERE id = $1
            """,
            playlist_id,
            now,
        )
        await outdate_plans(conn, [playlist_id])
        await _audit(conn, actor, "playlists.publish", playlist_id, before, now)
        return await find(conn, playlist_id)


async def archive(
    conn: asyncpg.Connection, actor: Actor, playlist_id: UUID, *, now: datetime
) -> None:
    """Put the playlist away: it plays nowhere any more, what was played stays proven."""
    actor.require("program")
    async with conn.transaction():
        before = await find(conn, playlist_id)
        await conn.execute(
            "/* playlists.archive */ UPDATE playlists SET archived_at = $2 WHERE id = $1",
            playlist_id,
            now,
        )
        await outdate_plans(conn, [playlist_id])
        await _audit(conn, actor, "playlists.archive", playlist_id, before, now)


async def outdate_plans(conn: asyncpg.Connection, playlist_ids: list[UUID]) -> None:
    """Mark the plans of all devices that one of these playlists can reach, by nesting too."""
    await conn.execute(
        """
        /* playlists.outdate_plans */
        WITH RECURSIVE holding AS (
            SELECT unnest($1::uuid[]) AS id
            UNION
            SELECT i.playlist_id FROM playlist_items i JOIN holding h ON h.id = i.nested_playlist_id
        ), reached AS (
            SELECT target_kind, device_id, group_id, store_id FROM playlist_assignments
            WHERE playlist_id IN (SELECT id FROM holding)
            UNION
            SELECT target_kind, device_id, group_id, store_id FROM schedules
            WHERE playlist_id IN (SELECT id FROM holding) AND archived_at IS NULL
        )
        UPDATE devices d SET plan_wanted = plan_wanted + 1
        WHERE d.id IN (SELECT device_id FROM reached)
           OR d.store_id IN (SELECT store_id FROM reached)
           OR EXISTS (SELECT 1 FROM reached WHERE target_kind = 'fleet')
           OR d.id IN (SELECT m.device_id FROM device_group_members m
                       JOIN reached r ON r.group_id = m.group_id)
        """,
        playlist_ids,
    )


def _checked_name(name: str) -> str:
    if not 1 <= len(name.strip()) <= NAME_MAX_CHARS:
        detail = f"A playlist's name has 1 to {NAME_MAX_CHARS} characters."
        raise Invalid.field("/name", "invalid_name", detail)
    return name.strip()


async def _audit(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    playlist_id: UUID,
    before: Playlist | None,
    now: datetime,
) -> None:
    edition: Edition = "live" if action == "playlists.publish" else "draft"
    await audit.record(
        conn,
        actor,
        action=action,
        entity="playlist",
        entity_id=playlist_id,
        before=before,
        after=None
        if action == "playlists.archive"
        else await find(conn, playlist_id, edition=edition),
        now=now,
    )
