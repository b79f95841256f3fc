"""The list of playlists: what each holds, where it plays, and whether its draft is ahead."""

from datetime import datetime
from types import GenericAlias
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import paging
from signage.errors import Invalid

State = Literal["draft", "published", "changed", "archived"]
SORTS = ("name", "updated_at", "published_at", "items", "loop_ms")


class Summary(msgspec.Struct, frozen=True):
    """A playlist in a list. ``loop_ms`` leaves nested playlists out.

    ``state`` is changed where the draft is ahead of what is published.
    """

    id: UUID
    name: str
    state: State
    items: int
    loop_ms: int
    targets: int
    assigned: int
    scheduled: int
    nested_in: int
    revision: int
    published_revision: int | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class Filters(msgspec.Struct, frozen=True):
    """Which playlists a list shows; archived ones only where the state asks for them."""

    q: str | None = None
    state: State | None = None


NO_FILTERS = Filters()


async def list_page(
    conn: asyncpg.Connection,
    *,
    q: str | None = None,
    state: State | None = None,
    sort: str | None = None,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
) -> paging.Page[Summary]:
    """Return a page of playlists, by name or by ``sort`` (``-`` before it: the other way).

    ``q`` looks in their names. Invalid for an unknown sort.
    """
    order, down = _order(sort)
    expression, sql_type, shape = _ORDERS[order]
    keys: Any = GenericAlias(tuple, (shape, UUID))
    after = paging.decode(cursor, keys)
    beyond, way = ("<", "DESC") if down else (">", "ASC")
    rows = await conn.fetch(
        f"""
        /* playlists.list_page */
        SELECT {_COLUMNS}, l.sorted_by
        FROM (SELECT {_COMPUTED}, {expression} AS sorted_by
              FROM playlists p LEFT JOIN LATERAL ({_HELD}) i ON true
              WHERE {_MATCHES}) l
        WHERE $3::{sql_type} IS NULL OR (l.sorted_by, l.id) {beyond} ($3, $4::uuid)
        ORDER BY l.sorted_by {way}, l.id {way}
        LIMIT $5
        """,
        paging.like(q),
        state,
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["sorted_by"], row["id"]])
    return paging.Page([_summary(row) for row in found], next_cursor)


async def count(
    conn: asyncpg.Connection, *, q: str | None = None, state: State | None = None
) -> int:
    """Return how many playlists match."""
    matching: int = await conn.fetchval(
        f"/* playlists.count */ SELECT count(*) FROM playlists p WHERE {_MATCHES}",
        paging.like(q),
        state,
    )
    return matching


_STATE = """CASE WHEN p.archived_at IS NOT NULL THEN 'archived'
    WHEN p.published_revision IS NULL THEN 'draft'
    WHEN p.published_revision = p.revision THEN 'published' ELSE 'changed' END"""

_MATCHES = f"""($1::text IS NULL OR p.name ILIKE '%' || $1 || '%')
    AND CASE WHEN $2::text IS NULL THEN p.archived_at IS NULL ELSE {_STATE} = $2 END"""

_HELD = """
SELECT count(*) AS items,
       coalesce(sum(i.weight * coalesce(i.duration_ms, v.duration_ms, 10000))
                FILTER (WHERE i.content_id IS NOT NULL), 0)::bigint AS loop_ms
FROM playlist_items i
LEFT JOIN content c ON c.id = i.content_id
LEFT JOIN content_versions v ON v.content_id = c.id
       AND v.version = coalesce(i.pinned_version, c.latest_version)
WHERE i.playlist_id = p.id AND i.edition = 'draft'"""

_COMPUTED = f"""p.id, p.name, {_STATE} AS state, i.items, i.loop_ms, p.revision,
    p.published_revision, p.published_at, p.created_at, p.updated_at, p.archived_at"""

_COLUMNS = """l.id, l.name, l.state, l.items, l.loop_ms, l.revision, l.published_revision,
    l.published_at, l.created_at, l.updated_at, l.archived_at,
    (SELECT count(*) FROM playlist_assignments a WHERE a.playlist_id = l.id) AS assigned,
    (SELECT count(*) FROM schedules s
     WHERE s.playlist_id = l.id AND s.archived_at IS NULL) AS scheduled,
    (SELECT count(DISTINCT n.playlist_id) FROM playlist_items n
     JOIN playlists o ON o.id = n.playlist_id AND o.archived_at IS NULL
     WHERE n.nested_playlist_id = l.id) AS nested_in"""

_ORDERS: dict[str, tuple[str, str, Any]] = {
    "name": ("p.name", "text", str),
    "updated_at": ("p.updated_at", "timestamptz", datetime),
    "published_at": ("coalesce(p.published_at, 'epoch'::timestamptz)", "timestamptz", datetime),
    "items": ("i.items", "bigint", int),
    "loop_ms": ("i.loop_ms", "bigint", int),
}


def _order(sort: str | None) -> tuple[str, bool]:
    name = (sort or "name").removeprefix("-")
    if name not in _ORDERS:
        detail = f"Sort by one of {', '.join(SORTS)}, with - before it the other way round."
        raise Invalid.field("/sort", "invalid_sort", detail)
    return name, (sort or "").startswith("-")


def _summary(row: asyncpg.Record) -> Summary:
    fields = dict(row)
    fields.pop("sorted_by")
    return Summary(targets=fields["assigned"] + fields["scheduled"], **fields)
