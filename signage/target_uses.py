"""Target uses: what is put on a store or group, and what plays when nothing is scheduled."""

from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage.actors import Actor

USES_SHOWN_MAX = 100


class Use(msgspec.Struct, frozen=True):
    """An assignment or a live schedule that targets a store or group."""

    kind: Literal["assignment", "schedule"]
    id: UUID
    name: str
    playlist_id: UUID
    playlist: str
    enabled: bool


class AlwaysOn(msgspec.Struct, frozen=True):
    """A playlist that is always on for some screens of a store, and by what it is.

    ``target`` names the screen or group. ``screens`` counts those of the store that it is on; the
    narrowest target wins on each, so a wider one may show on none of them.
    """

    layer: Literal["device", "group", "store", "fleet"]
    target: str
    playlist_id: UUID
    playlist: str
    screens: int


async def list_for_group(
    conn: asyncpg.Connection, group_id: UUID, *, limit: int = USES_SHOWN_MAX
) -> list[Use]:
    """Return what targets the group: its always-on playlist first, then schedules by name."""
    return await _list_for(conn, "group_id", group_id, limit)


async def list_for_store(
    conn: asyncpg.Connection, store_id: UUID, *, limit: int = USES_SHOWN_MAX
) -> list[Use]:
    """Return what targets the store itself."""
    return await _list_for(conn, "store_id", store_id, limit)


async def always_on(conn: asyncpg.Connection, actor: Actor, store_id: UUID) -> list[AlwaysOn]:
    """Return the always-on playlists of a store's screens, each on those where it wins."""
    rows = await conn.fetch(
        """
        /* target_uses.always_on */
        WITH reaching AS (
            SELECT d.id AS device_id, a.id, a.target_kind, a.playlist_id, a.device_id AS on_device,
                   a.group_id, row_number() OVER (
                       PARTITION BY d.id
                       ORDER BY array_position(ARRAY['device', 'group', 'store', 'fleet'],
                                               a.target_kind), g.rank DESC) AS place
            FROM devices d
            JOIN playlist_assignments a
                 ON a.target_kind = 'fleet' OR a.device_id = d.id OR a.store_id = d.store_id
                    OR a.group_id IN (SELECT m.group_id FROM device_group_members m
                                      WHERE m.device_id = d.id)
            LEFT JOIN device_groups g ON g.id = a.group_id
            WHERE d.store_id = $1 AND d.status <> 'retired'
                  AND ($2::uuid[] IS NULL OR d.store_id = ANY ($2))
        )
        SELECT r.target_kind AS layer, coalesce(d.name, g.name, '') AS target, r.playlist_id,
               p.name AS playlist, count(*) FILTER (WHERE r.place = 1) AS screens
        FROM reaching r
        JOIN playlists p ON p.id = r.playlist_id AND p.archived_at IS NULL
        LEFT JOIN devices d ON d.id = r.on_device
        LEFT JOIN device_groups g ON g.id = r.group_id
        GROUP BY 1, 2, 3, 4
        ORDER BY 5 DESC, 4
        LIMIT $3
        """,
        store_id,
        actor.store_ids,
        USES_SHOWN_MAX,
    )
    return [AlwaysOn(**dict(row)) for row in rows]


async def _list_for(
    conn: asyncpg.Connection, column: Literal["group_id", "store_id"], target_id: UUID, limit: int
) -> list[Use]:
    rows = await conn.fetch(
        f"""
        /* target_uses.list_for */
        SELECT 'assignment' AS kind, a.id, 'Always on' AS name, a.playlist_id,
               p.name AS playlist, true AS enabled
        FROM playlist_assignments a JOIN playlists p ON p.id = a.playlist_id
        WHERE a.{column} = $1
        UNION ALL
        SELECT 'schedule', s.id, s.name, s.playlist_id, p.name, s.enabled
        FROM schedules s JOIN playlists p ON p.id = s.playlist_id
        WHERE s.{column} = $1 AND s.archived_at IS NULL
        ORDER BY 1, 3
        LIMIT $2
        """,
        target_id,
        limit,
    )
    return [Use(**dict(row)) for row in rows]
