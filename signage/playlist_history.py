"""The history of a draft: its state at each of its latest revisions, and where undo and redo lead.

An undo is a change like any other, with a revision of its own, so nobody loses what they saved.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage.actors import Actor
from signage.playlist_items import SHOWN, Item

REVISIONS_KEPT = 50


class Step(msgspec.Struct, frozen=True):
    """One revision: who made it, and which states an undo and a redo from it lead to."""

    revision: int
    name: str
    undoes_to: int | None
    redoes_to: int | None
    changed_by_name: str
    changed_at: datetime


async def keep(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    *,
    undoes_to: int | None,
    redoes_to: int | None = None,
    now: datetime,
) -> None:
    """Remember the draft as it stands, and forget what is older than REVISIONS_KEPT revisions."""
    await conn.execute(
        """
        /* playlist_history.keep */
        INSERT INTO playlist_revisions (playlist_id, revision, name, items, undoes_to, redoes_to,
                                        changed_by, changed_by_name, changed_at)
        SELECT p.id, p.revision, p.name,
               coalesce((SELECT jsonb_agg(jsonb_build_object(
                             'id', i.id, 'content_id', i.content_id,
                             'playlist_id', i.nested_playlist_id, 'version', i.pinned_version,
                             'duration_ms', i.duration_ms, 'weight', i.weight,
                             'campaign_id', i.campaign_id, 'not_before', i.not_before,
                             'not_after', i.not_after) ORDER BY i.position)
                         FROM playlist_items i
                         WHERE i.playlist_id = p.id AND i.edition = 'draft'), '[]'),
               $2, $3, $4, $5, $6
        FROM playlists p WHERE p.id = $1
        """,
        playlist_id,
        undoes_to,
        redoes_to,
        actor.id,
        actor.name,
        now,
    )
    await conn.execute(
        """
        /* playlist_history.forget */
        DELETE FROM playlist_revisions r USING playlists p
        WHERE r.playlist_id = $1 AND p.id = $1 AND r.revision <= p.revision - $2
        """,
        playlist_id,
        REVISIONS_KEPT,
    )


async def find(conn: asyncpg.Connection, playlist_id: UUID, revision: int) -> Step | None:
    """Return a revision with the undo and redo that are still possible; None once forgotten."""
    row = await conn.fetchrow(
        """
        /* playlist_history.find */
        SELECT r.revision, r.name, u.revision AS undoes_to, d.revision AS redoes_to,
               r.changed_by_name, r.changed_at
        FROM playlist_revisions r
        LEFT JOIN playlist_revisions u
               ON u.playlist_id = r.playlist_id AND u.revision = r.undoes_to
        LEFT JOIN playlist_revisions d
               ON d.playlist_id = r.playlist_id AND d.revision = r.redoes_to
        WHERE r.playlist_id = $1 AND r.revision = $2
        """,
        playlist_id,
        revision,
    )
    return Step(**dict(row)) if row else None


async def items_at(conn: asyncpg.Connection, playlist_id: UUID, revision: int) -> list[Item]:
    """Return the items that the draft had at a revision; none where it is forgotten."""
    rows = await conn.fetch(
        f"""
        /* playlist_history.items_at */
        WITH state AS (
            SELECT i.id, (r.position - 1)::int AS position, i.content_id,
                   i.playlist_id AS nested_playlist_id, i.version AS pinned_version, i.duration_ms,
                   i.weight, i.campaign_id, i.not_before, i.not_after
            FROM playlist_revisions p,
                 jsonb_array_elements(p.items) WITH ORDINALITY AS r (item, position),
                 jsonb_to_record(r.item) AS i (id uuid, content_id uuid, playlist_id uuid,
                     version int, duration_ms int, weight int, campaign_id uuid,
                     not_before timestamptz, not_after timestamptz)
            WHERE p.playlist_id = $1 AND p.revision = $2
        )
        {SHOWN.replace("FROM playlist_items i", "FROM state i")}
        ORDER BY i.position
        """,
        playlist_id,
        revision,
    )
    return [Item(**dict(row)) for row in rows]
