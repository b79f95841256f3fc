"""Where a playlist can be given to: the fleet, groups, stores and devices, found by their names."""

from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import paging
from signage.actors import Actor

SHOWN_MAX = 50


class Choice(msgspec.Struct, frozen=True):
    """A target, its screens in service, and the playlist that is always on there now.

    ``store`` is where a device stands.
    """

    kind: Literal["fleet", "group", "store", "device"]
    id: UUID | None
    name: str
    store: str | None
    screens: int
    playlist_id: UUID | None
    playlist: str | None


async def list_for(conn: asyncpg.Connection, actor: Actor, *, q: str | None = None) -> list[Choice]:
    """Return the targets whose name holds ``q``: the largest first, SHOWN_MAX at most.

    Groups and the fleet hold screens of any store: they are for who reaches every store.
    """
    rows = await conn.fetch(
        """
        /* target_choices.list_for */
        WITH named AS (
            SELECT 0 AS rank, 'fleet' AS kind, NULL::uuid AS id, 'The whole fleet' AS name
            WHERE $1::uuid[] IS NULL
            UNION ALL
            SELECT 1, 'group', g.id, g.name FROM device_groups g WHERE $1::uuid[] IS NULL
            UNION ALL
            SELECT 2, 'store', s.id, s.name FROM stores s
            WHERE s.archived_at IS NULL AND ($1::uuid[] IS NULL OR s.id = ANY ($1))
            UNION ALL
            SELECT 3, 'device', d.id, d.name FROM devices d
            WHERE d.status = 'active' AND ($1::uuid[] IS NULL OR d.store_id = ANY ($1))
        ), found AS (
            SELECT rank, kind, id, name FROM named
            WHERE $2::text IS NULL OR name ILIKE '%' || $2 || '%'
            ORDER BY rank, name, id LIMIT $3
        )
        SELECT f.kind, f.id, f.name, a.playlist_id, p.name AS playlist,
               (SELECT s.name FROM devices d JOIN stores s ON s.id = d.store_id
                WHERE f.kind = 'device' AND d.id = f.id) AS store,
               (SELECT count(*) FROM devices d WHERE d.status = 'active' AND CASE f.kind
                    WHEN 'fleet' THEN true
                    WHEN 'store' THEN d.store_id = f.id
                    WHEN 'device' THEN d.id = f.id
                    ELSE d.id IN (SELECT m.device_id FROM device_group_members m
                                  WHERE m.group_id = f.id) END) AS screens
        FROM found f
        LEFT JOIN playlist_assignments a ON a.target_kind = f.kind
             AND coalesce(a.device_id, a.group_id, a.store_id) IS NOT DISTINCT FROM f.id
        LEFT JOIN playlists p ON p.id = a.playlist_id
        ORDER BY f.rank, f.name, f.id
        """,
        actor.store_ids,
        paging.like(q),
        SHOWN_MAX,
    )
    return [Choice(**dict(row)) for row in rows]
