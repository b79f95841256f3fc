"""Where a content is used: the playlists that hold it."""

from typing import Literal
from uuid import UUID

import asyncpg
import msgspec


class Use(msgspec.Struct, frozen=True):
    """A playlist that holds a content."""

    playlist_id: UUID
    playlist: str
    edition: Literal["draft", "live"]


async def list_for(conn: asyncpg.Connection, content_id: UUID) -> list[Use]:
    """Return the playlists that hold the content."""
    rows = await conn.fetch(
        """
        /* content_uses.list_for */
        SELECT p.name AS playlist, p.id AS playlist_id, max(i.edition) AS edition
        FROM playlist_items i JOIN playlists p ON p.id = i.playlist_id
        WHERE i.content_id = $1 AND p.archived_at IS NULL
        GROUP BY p.name, p.id ORDER BY p.name
        """,
        content_id,
    )
    return [Use(row["playlist_id"], row["playlist"], row["edition"]) for row in rows]
