"""Where a content is used: playlists, nested ones too, what plays them, and the screens reached."""

from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import playlists
from signage.actors import Actor
from signage.targets import Kind as TargetKind

ROWS_SHOWN_MAX = 200
HOLDERS_NAMED_MAX = 5


class Use(msgspec.Struct, frozen=True):
    """A playlist that holds a content: itself, or through a playlist nested in it."""

    playlist_id: UUID
    playlist: str
    edition: Literal["draft", "live"]
    nested: bool


class Held(msgspec.Struct, frozen=True):
    """A content that playlists hold, and the names of at most HOLDERS_NAMED_MAX of them."""

    content_id: UUID
    name: str
    playlists: list[str]
    playlists_count: int


class Programme(msgspec.Struct, frozen=True):
    """A schedule or an assignment that plays such a playlist, and on what."""

    kind: Literal["schedule", "assignment"]
    id: UUID
    name: str
    playlist_id: UUID
    playlist: str
    target_kind: TargetKind
    target_id: UUID | None
    target: str


async def find_all(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID
) -> tuple[list[Use], list[Programme]]:
    """Return the playlists that hold the content, and the schedules and assignments of those.

    Of the latter those within the actor's stores; groups and the fleet count as everybody's. At
    most ROWS_SHOWN_MAX of each.
    """
    rows = await conn.fetch(
        f"{_FIND_ALL} ORDER BY kind, name, target, id", [content_id], actor.store_ids
    )
    uses = [
        Use(row["id"], row["name"], row["edition"], row["nested"])
        for row in rows
        if row["kind"] == "playlist"
    ]
    programmes = [
        Programme(**{field: row[field] for field in Programme.__struct_fields__})
        for row in rows
        if row["kind"] != "playlist"
    ]
    return uses[:ROWS_SHOWN_MAX], programmes[:ROWS_SHOWN_MAX]


async def list_held(conn: asyncpg.Connection, content_ids: list[UUID]) -> list[Held]:
    """Return those of the contents that playlists hold, by name, each with its playlists."""
    rows = await conn.fetch(
        """
        /* content_uses.list_held */
        SELECT c.id AS content_id, c.name, h.playlists[:$2] AS playlists,
               cardinality(h.playlists) AS playlists_count
        FROM content c CROSS JOIN LATERAL (
            SELECT array_agg(DISTINCT p.name) AS playlists
            FROM playlist_items i
            JOIN playlists p ON p.id = i.playlist_id AND p.archived_at IS NULL
            WHERE i.content_id = c.id) h
        WHERE c.id = ANY ($1) AND h.playlists IS NOT NULL
        ORDER BY c.name, c.id
        """,
        content_ids,
        HOLDERS_NAMED_MAX,
    )
    return [Held(**dict(row)) for row in rows]


async def count_screens(conn: asyncpg.Connection, content_ids: list[UUID]) -> int:
    """Return how many screens, of all stores, any of these contents is programmed on."""
    reached: int = await conn.fetchval(
        f"""
        /* content_uses.count_screens */
        {_HOLDING}, reached AS (
            SELECT target_kind, device_id, group_id, store_id FROM playlist_assignments
            WHERE playlist_id IN (SELECT id FROM holding WHERE edition = 'live')
            UNION
            SELECT target_kind, device_id, group_id, store_id FROM schedules
            WHERE playlist_id IN (SELECT id FROM holding WHERE edition = 'live')
                  AND archived_at IS NULL AND enabled
        )
        SELECT count(*) FROM devices d
        WHERE d.status = 'active' AND (
            d.id IN (SELECT device_id FROM reached)
            OR d.store_id IN (SELECT store_id FROM reached)
            OR EXISTS (SELECT 1 FROM reached WHERE target_kind = 'fleet')
            OR d.id IN (SELECT m.device_id FROM device_group_members m
                        JOIN reached r ON r.group_id = m.group_id))
        """,
        content_ids,
    )
    return reached


async def outdate_plans(conn: asyncpg.Connection, content_ids: list[UUID]) -> None:
    """Mark the plans of all devices that one of these contents can reach.

    The contents must be locked (``content_rows.lock``), or a playlist that is just being published
    with one of them is missed.
    """
    rows = await conn.fetch(
        """
        /* content_uses.holding */
        SELECT DISTINCT playlist_id FROM playlist_items
        WHERE content_id = ANY ($1) AND edition = 'live'
        """,
        content_ids,
    )
    if rows:
        await playlists.outdate_plans(conn, [row["playlist_id"] for row in rows])


_HOLDING = """
WITH RECURSIVE holding AS (
    SELECT i.playlist_id AS id, i.edition, false AS nested FROM playlist_items i
    JOIN playlists p ON p.id = i.playlist_id AND p.archived_at IS NULL
    WHERE i.content_id = ANY ($1::uuid[])
    UNION
    SELECT i.playlist_id, CASE WHEN i.edition = 'live' THEN h.edition ELSE 'draft' END, true
    FROM playlist_items i
    JOIN playlists p ON p.id = i.playlist_id AND p.archived_at IS NULL
    JOIN holding h ON h.id = i.nested_playlist_id
)"""
"""The playlists that hold one of the contents $1; ``live`` only where every link is published."""

_FIND_ALL = f"""
/* content_uses.find_all */
{_HOLDING}, planned AS (
    SELECT 'schedule' AS kind, id, name, playlist_id, target_kind, device_id, group_id, store_id
    FROM schedules
    WHERE playlist_id IN (SELECT id FROM holding WHERE edition = 'live') AND archived_at IS NULL
    UNION ALL
    SELECT 'assignment', id, '', playlist_id, target_kind, device_id, group_id, store_id
    FROM playlist_assignments
    WHERE playlist_id IN (SELECT id FROM holding WHERE edition = 'live')
), held AS (
    SELECT p.id, p.name, max(h.edition) AS edition, bool_and(h.nested) AS nested
    FROM holding h JOIN playlists p ON p.id = h.id
    GROUP BY p.id, p.name ORDER BY p.name, p.id LIMIT {ROWS_SHOWN_MAX}
), targeted AS (
    SELECT a.kind, a.id, a.name, a.playlist_id, p.name AS playlist, a.target_kind,
           coalesce(a.device_id, a.group_id, a.store_id) AS target_id,
           coalesce(d.name, g.name, s.name, 'All screens') AS target
    FROM planned a
    JOIN playlists p ON p.id = a.playlist_id
    LEFT JOIN devices d ON d.id = a.device_id
    LEFT JOIN device_groups g ON g.id = a.group_id
    LEFT JOIN stores s ON s.id = a.store_id
    WHERE $2::uuid[] IS NULL OR coalesce(d.store_id, a.store_id) IS NULL
          OR coalesce(d.store_id, a.store_id) = ANY ($2)
    LIMIT {ROWS_SHOWN_MAX}
)
SELECT 'playlist' AS kind, id, name, edition, nested, id AS playlist_id, name AS playlist,
       NULL AS target_kind, NULL::uuid AS target_id, NULL AS target
FROM held
UNION ALL
SELECT kind, id, name, NULL, NULL, playlist_id, playlist, target_kind, target_id, target
FROM targeted"""
