"""Finding content: the library's filters and orders, made for 50,000 items and more."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import content_folders, content_rows, paging
from signage.content_rows import Content, Kind
from signage.content_states import State

EXPIRING_WITHIN_DAYS = 30
COUNTED_MAX = 10_000
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

Sort = Literal["-created_at", "created_at", "name", "-name", "-updated_at", "valid_until"]


class Filters(msgspec.Struct, frozen=True):
    """Which contents a list shows; None leaves a filter out. ``q`` looks in names.

    ``folder`` takes in the folders beneath it. ``expiring`` is what ends within 30 days, ``unused``
    what no playlist holds; ``owner_id`` added it. Archived ones only where ``state`` asks for them.
    """

    q: str | None = None
    kind: Kind | None = None
    campaign_id: UUID | None = None
    tag: str | None = None
    folder: str | None = None
    state: State | None = None
    owner_id: UUID | None = None
    expiring: bool | None = None
    unused: bool | None = None


NO_FILTERS = Filters()


async def list_page(
    conn: asyncpg.Connection,
    filters: Filters = NO_FILTERS,
    *,
    sort: Sort = "-created_at",
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Content]:
    """Return a page of the library, the newest first unless it is sorted otherwise."""
    column, shape = _ORDERS[sort.lstrip("-")]
    after = paging.decode(cursor, tuple[shape, UUID])  # type: ignore[valid-type]  # from _ORDERS
    beyond, direction = ("<", "DESC") if sort.startswith("-") else (">", "ASC")
    rows = await conn.fetch(
        f"""
        /* content.list_page */
        WITH page AS MATERIALIZED (
            SELECT c.id, {column} AS sort_key FROM content c
            WHERE {_matches(filters)}
                  AND ($11::boolean OR ({column}, c.id) {beyond} ($12, $13::uuid))
            ORDER BY {column} {direction}, c.id {direction} LIMIT $14
        )
        {content_rows.SELECT_OF_PAGE}
        ORDER BY page.sort_key {direction}, c.id {direction}
        """,
        *_values(filters, now),
        after is None,
        *(after or (NEVER if shape is datetime else "", UUID(int=0))),
        limit + 1,
    )
    contents, next_cursor = paging.cut(
        [content_rows.of_row(row, now) for row in rows],
        limit,
        lambda last: [getattr(last, sort.lstrip("-")) or NEVER, last.id],
    )
    return paging.Page(contents, next_cursor)


async def count(conn: asyncpg.Connection, filters: Filters = NO_FILTERS, *, now: datetime) -> int:
    """Return how many contents match, at most one more than COUNTED_MAX."""
    matching: int = await conn.fetchval(
        f"""
        /* content.count */
        SELECT count(*) FROM (
            SELECT 1 FROM content c WHERE {_matches(filters)} LIMIT $11) AS matching
        """,
        *_values(filters, now),
        COUNTED_MAX + 1,
    )
    return matching


_ORDERS: dict[str, tuple[str, type[Any]]] = {
    "created_at": ("c.created_at", datetime),
    "updated_at": ("c.updated_at", datetime),
    "name": ("c.name", str),
    "valid_until": ("coalesce(c.valid_until, timestamptz '9999-12-31T00:00:00Z')", datetime),
}

_NEVER_LIVE = """NOT EXISTS (SELECT 1 FROM content_publications p
                 WHERE p.content_id = c.id AND p.live_from <= $1)"""

_STATES: dict[State, str] = {
    "draft": "c.approval_state = 'draft'",
    "in_review": "c.approval_state = 'in_review'",
    "rejected": "c.approval_state = 'rejected'",
    "recalled": "c.recalled_at IS NOT NULL",
    "archived": "c.archived_at IS NOT NULL",
    "expired": "c.valid_until <= $1",
    "scheduled": f"(c.valid_from > $1 OR (c.approval_state = 'approved' AND {_NEVER_LIVE}))",
    "live": f"""c.recalled_at IS NULL AND coalesce(c.valid_until > $1, true)
                AND coalesce(c.valid_from <= $1, true) AND NOT {_NEVER_LIVE}""",
}

_MATCHES = """$1::timestamptz IS NOT NULL
    AND ($2::text IS NULL OR c.search_name LIKE '%' || lower($2) || '%')
    AND ($3::text IS NULL OR c.kind = $3)
    AND ($4::uuid IS NULL OR c.campaign_id = $4)
    AND ($5::text IS NULL OR c.tags @> ARRAY[$5])
    AND ($6::text IS NULL OR c.folder = $6 OR c.folder LIKE $7)
    AND ($8::uuid IS NULL OR c.created_by = $8)
    AND ($9::timestamptz IS NULL OR (c.valid_until > $1 AND c.valid_until <= $9))
    AND ($10::boolean IS NULL OR $10 <> EXISTS (
        SELECT 1 FROM playlist_items i JOIN playlists h ON h.id = i.playlist_id
        WHERE i.content_id = c.id AND h.archived_at IS NULL))"""


def _matches(filters: Filters) -> str:
    # The state is one of a fixed list, each with a condition that an index can answer.
    clauses = [_MATCHES]
    if filters.state is not None:
        clauses.append(_STATES[filters.state])
    if filters.state != "archived":
        clauses.append("c.archived_at IS NULL")
    return "\n    AND ".join(clauses)


def _values(filters: Filters, now: datetime) -> list[Any]:
    folder = filters.folder and content_folders.tidied(filters.folder)
    soon = now + timedelta(days=EXPIRING_WITHIN_DAYS)
    return [
        now,
        paging.like(filters.q),
        filters.kind,
        filters.campaign_id,
        filters.tag,
        folder,
        folder and f"{paging.like(folder)}/%",
        filters.owner_id,
        soon if filters.expiring else None,
        filters.unused,
    ]
