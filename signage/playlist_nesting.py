"""Playlists within playlists: a playlist may hold others, but never, through them, itself."""

from collections import deque
from uuid import UUID

import asyncpg

from signage.errors import Conflict

Edges = dict[UUID, list[UUID]]


async def hold(conn: asyncpg.Connection, nested: list[UUID]) -> None:
    """Wait for whoever is archiving one of these playlists, so that it is not nested after that."""
    if nested:
        await conn.execute(
            """
            /* playlist_nesting.hold */
            SELECT id FROM playlists WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE
            """,
            nested,
        )


async def refuse_cycle(conn: asyncpg.Connection, playlist_id: UUID, nested: list[UUID]) -> None:
    """Raise Conflict, naming the way round, where the playlist would come to hold itself.

    Whoever nests waits here for everybody else who does, until their transaction ends: two who
    make A hold B and B hold A at once would otherwise each see a world without the other's change.
    Drafts and live editions both count, so publishing can never close a circle.
    """
    if not nested:
        return
    await conn.execute(
        """
        /* playlist_nesting.wait */
        SELECT pg_advisory_xact_lock(hashtext('playbill.playlist_nesting'))
        """
    )
    edges = await _edges(conn, nested)
    way = _way(edges, nested, playlist_id)
    if way is None:
        return
    names = await _names(conn, {playlist_id, *way})
    path = " \N{RIGHTWARDS ARROW} ".join(names.get(one, "?") for one in [playlist_id, *way])
    detail = f"A playlist cannot hold itself: {path}. Leave one of them out."
    raise Conflict(detail, code="playlist_cycle")


async def _edges(conn: asyncpg.Connection, nested: list[UUID]) -> Edges:
    rows = await conn.fetch(
        """
        /* playlist_nesting.edges */
        WITH RECURSIVE inside AS (
            SELECT unnest($1::uuid[]) AS id
            UNION
            SELECT i.nested_playlist_id FROM playlist_items i JOIN inside n ON n.id = i.playlist_id
            WHERE i.nested_playlist_id IS NOT NULL
        )
        SELECT DISTINCT i.playlist_id, i.nested_playlist_id
        FROM inside n JOIN playlist_items i ON i.playlist_id = n.id
        WHERE i.nested_playlist_id IS NOT NULL
        """,
        nested,
    )
    edges: Edges = {}
    for row in rows:
        edges.setdefault(row["playlist_id"], []).append(row["nested_playlist_id"])
    return edges


def _way(edges: Edges, nested: list[UUID], target: UUID) -> list[UUID] | None:
    """Return the shortest way from one of the nested playlists to the target, both included."""
    came_from: dict[UUID, UUID | None] = dict.fromkeys(nested)
    waiting = deque(came_from)
    while waiting:
        here = waiting.popleft()
        if here == target:
            return _back(came_from, here)
        for inner in edges.get(here, []):
            if inner not in came_from:
                came_from[inner] = here
                waiting.append(inner)
    return None


def _back(came_from: dict[UUID, UUID | None], last: UUID) -> list[UUID]:
    way, here = [last], came_from[last]
    while here is not None:
        way.append(here)
        here = came_from[here]
    return way[::-1]


async def _names(conn: asyncpg.Connection, ids: set[UUID]) -> dict[UUID, str]:
    rows = await conn.fetch(
        "/* playlist_nesting.names */ SELECT id, name FROM playlists WHERE id = ANY ($1)",
        list(ids),
    )
    return {row["id"]: row["name"] for row in rows}
