"""Where a campaign runs: its content, the playlists that hold it, and what puts them on screens."""

from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage.actors import Actor
from signage.errors import NotFound

SHOWN_MAX = 100


class Piece(msgspec.Struct, frozen=True):
    """A content that plays for the campaign, by its own or by an item's campaign."""

    id: UUID
    name: str
    kind: Literal["image", "video", "url"]
    poster_sha256: str | None
    duration_ms: int | None
    archived: bool


class Holder(msgspec.Struct, frozen=True):
    """A published playlist that plays for the campaign, itself or through one nested in it."""

    id: UUID
    name: str
    schedules: int
    assignments: int
    screens: int


async def content(conn: asyncpg.Connection, actor: Actor, campaign_id: UUID) -> list[Piece]:
    """Return the campaign's content by name; NotFound for a campaign out of the actor's scope."""
    _require(actor, campaign_id)
    rows = await conn.fetch(
        """
        /* campaign_uses.content */
        SELECT c.id, c.name, c.kind, v.poster_sha256, v.duration_ms,
               c.archived_at IS NOT NULL AS archived
        FROM content c
        JOIN content_versions v ON v.content_id = c.id AND v.version = c.latest_version
        WHERE c.campaign_id = $1 OR c.id IN (
            SELECT i.content_id FROM playlist_items i
            WHERE i.campaign_id = $1 AND i.edition = 'live')
        ORDER BY c.archived_at IS NOT NULL, c.name, c.id
        LIMIT $2
        """,
        campaign_id,
        SHOWN_MAX,
    )
    return [Piece(**dict(row)) for row in rows]


async def holders(conn: asyncpg.Connection, actor: Actor, campaign_id: UUID) -> list[Holder]:
    """Return the playlists that put the campaign on screens, those on most screens first."""
    _require(actor, campaign_id)
    rows = await conn.fetch(
        """
        /* campaign_uses.holders */
        WITH RECURSIVE holding AS (
            SELECT i.playlist_id AS id
            FROM playlist_items i LEFT JOIN content c ON c.id = i.content_id
            WHERE i.edition = 'live' AND i.content_id IS NOT NULL
                  AND (i.campaign_id = $1 OR (i.campaign_id IS NULL AND c.campaign_id = $1))
            UNION
            SELECT i.playlist_id FROM playlist_items i JOIN holding h ON h.id = i.nested_playlist_id
            WHERE i.edition = 'live'
        ), reached AS (
            SELECT a.playlist_id, a.target_kind, a.device_id, a.group_id, a.store_id, false AS timed
            FROM playlist_assignments a JOIN holding h ON h.id = a.playlist_id
            UNION ALL
            SELECT s.playlist_id, s.target_kind, s.device_id, s.group_id, s.store_id, true
            FROM schedules s JOIN holding h ON h.id = s.playlist_id
            WHERE s.archived_at IS NULL AND s.enabled
        )
        SELECT p.id, p.name,
               (SELECT count(*) FROM reached r WHERE r.playlist_id = p.id AND r.timed) AS schedules,
               (SELECT count(*) FROM reached r WHERE r.playlist_id = p.id AND NOT r.timed)
                   AS assignments,
               (SELECT count(*) FROM devices d WHERE d.status = 'active'
                AND ($2::uuid[] IS NULL OR d.store_id = ANY ($2)) AND EXISTS (
                    SELECT 1 FROM reached r WHERE r.playlist_id = p.id AND (
                        r.target_kind = 'fleet' OR r.device_id = d.id OR r.store_id = d.store_id
                        OR EXISTS (SELECT 1 FROM device_group_members m
                                   WHERE m.device_id = d.id AND m.group_id = r.group_id))))
                   AS screens
        FROM playlists p JOIN holding h ON h.id = p.id
        WHERE p.archived_at IS NULL
        ORDER BY screens DESC, p.name, p.id
        LIMIT $3
        """,
        campaign_id,
        actor.store_ids,
        SHOWN_MAX,
    )
    return [Holder(**dict(row)) for row in rows]


def _require(actor: Actor, campaign_id: UUID) -> None:
    actor.require_any("program", "report")
    if actor.campaign_ids is not None and campaign_id not in actor.campaign_ids:
        raise NotFound("There is no such campaign.")
