"""Where a playlist is used, and how many screens that reaches: always on, scheduled, nested."""

from datetime import date
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage.actors import Actor

NAMED_MAX = 5
USES_MAX = 200
SCREENS_NAMED_MAX = 12


class Use(msgspec.Struct, frozen=True):
    """One place where a playlist is used. ``id`` is the target's, schedule's or playlist's.

    ``screens`` counts the screens of the target that are in service. Of a place in a store that
    is not the actor's only its kind and its number of screens are told.
    """

    kind: Literal["assignment", "schedule", "playlist"]
    id: UUID | None
    name: str
    target_kind: Literal["device", "group", "store", "fleet"] | None
    target_id: UUID | None
    target: str | None
    screens: int
    starts_on: date | None
    enabled: bool

    @property
    def words(self) -> str:
        """The use in a few words."""
        match self.kind:
            case "assignment":
                return f"always on: {self.name}"
            case "schedule":
                return f"schedule {self.name}"
            case "playlist":
                return f"in the playlist {self.name}"


class Reach(msgspec.Struct, frozen=True):
    """The screens that a playlist can reach, by nesting too, and how many have what is due.

    ``names`` are a few of those in the actor's stores.
    """

    screens: int
    have_it: int
    names: list[str]


async def list_for(conn: asyncpg.Connection, actor: Actor, playlist_id: UUID) -> list[Use]:
    """Return every place where the playlist itself is used; archived holders do not count."""
    rows = await conn.fetch(
        """
        /* playlist_uses.list_for */
        WITH used AS (
            SELECT 'assignment' AS kind, coalesce(a.device_id, a.group_id, a.store_id) AS id,
                   NULL AS name, a.target_kind, a.device_id, a.group_id, a.store_id,
                   NULL::date AS starts_on, true AS enabled
            FROM playlist_assignments a WHERE a.playlist_id = $1
            UNION ALL
            SELECT 'schedule', s.id, s.name, s.target_kind, s.device_id, s.group_id, s.store_id,
                   s.starts_on, s.enabled
            FROM schedules s WHERE s.playlist_id = $1 AND s.archived_at IS NULL
            UNION ALL
            SELECT DISTINCT 'playlist', p.id, p.name, NULL, NULL::uuid, NULL::uuid, NULL::uuid,
                   NULL::date, true
            FROM playlist_items i JOIN playlists p ON p.id = i.playlist_id
            WHERE i.nested_playlist_id = $1 AND p.archived_at IS NULL
        )
        SELECT u.kind, u.id, coalesce(u.name, t.name) AS name, u.target_kind,
               coalesce(u.device_id, u.group_id, u.store_id) AS target_id, t.name AS target,
               coalesce(t.screens, 0) AS screens, u.starts_on, u.enabled,
               coalesce(u.store_id, (SELECT d.store_id FROM devices d WHERE d.id = u.device_id))
                   AS store_id
        FROM used u LEFT JOIN LATERAL (
            SELECT coalesce(
                       (SELECT d.name FROM devices d WHERE d.id = u.device_id),
                       (SELECT g.name FROM device_groups g WHERE g.id = u.group_id),
                       (SELECT s.name FROM stores s WHERE s.id = u.store_id),
                       CASE u.target_kind WHEN 'fleet' THEN 'The whole fleet' END) AS name,
                   (SELECT count(*) FROM devices d WHERE d.status = 'active' AND (
                        u.target_kind = 'fleet' OR d.id = u.device_id OR d.store_id = u.store_id
                        OR d.id IN (SELECT m.device_id FROM device_group_members m
                                    WHERE m.group_id = u.group_id))) AS screens) t
             ON u.target_kind IS NOT NULL
        ORDER BY u.kind, name, u.id
        LIMIT $2
        """,
        playlist_id,
        USES_MAX,
    )
    return [_use(row, actor) for row in rows]


async def reach(conn: asyncpg.Connection, actor: Actor, playlist_id: UUID) -> Reach:
    """Return how many screens the playlist can reach, and how many report the plan they are due."""
    row = await conn.fetchrow(
        f"""
        /* playlist_uses.reach */
        WITH RECURSIVE {REACHED}
        SELECT count(*) AS screens,
               count(*) FILTER (WHERE d.plan_made = d.plan_wanted
                                AND d.plan_etag_reported = d.plan_etag) AS have_it,
               coalesce((array_agg(d.name ORDER BY d.name)
                   FILTER (WHERE $2::uuid[] IS NULL OR d.store_id = ANY ($2)))[:$3], '{{}}')
                   AS names
        FROM devices d WHERE d.status = 'active' AND ({IS_REACHED})
        """,
        [playlist_id],
        actor.store_ids,
        SCREENS_NAMED_MAX,
    )
    return Reach(**dict(row))


def _use(row: asyncpg.Record, actor: Actor) -> Use:
    fields = dict(row)
    store_id = fields.pop("store_id")
    if store_id is None or actor.store_ids is None or store_id in actor.store_ids:
        return Use(**fields)
    hidden = {"id": None, "target_id": None, "target": None, "name": "in another store"}
    return Use(**(fields | hidden))


REACHED = """holding AS (
    SELECT unnest($1::uuid[]) AS id
    UNION
    SELECT i.playlist_id FROM playlist_items i JOIN holding h ON h.id = i.nested_playlist_id
), reached AS (
    SELECT target_kind, device_id, group_id, store_id FROM playlist_assignments
    WHERE playlist_id IN (SELECT id FROM holding)
    UNION
    SELECT target_kind, device_id, group_id, store_id FROM schedules
    WHERE playlist_id IN (SELECT id FROM holding) AND archived_at IS NULL
)"""
"""What holds the playlists of $1, by nesting too, and the targets that this reaches."""

IS_REACHED = """d.id IN (SELECT device_id FROM reached)
    OR d.store_id IN (SELECT store_id FROM reached)
    OR EXISTS (SELECT 1 FROM reached WHERE target_kind = 'fleet')
    OR d.id IN (SELECT m.device_id FROM device_group_members m
                JOIN reached r ON r.group_id = m.group_id)"""
