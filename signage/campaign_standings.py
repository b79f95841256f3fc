"""How campaigns stand: planned and played, whether they keep pace, and which state they are in.

The plays are those of the daily sums, within the stores that the actor reads reports of.
"""

from datetime import UTC, date, datetime
from types import GenericAlias
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import paging
from signage.actors import Actor
from signage.campaigns import Campaign
from signage.errors import Invalid, NotFound

State = Literal["planned", "running", "ended", "archived"]
ADVERTISERS_MAX = 200


class Standing(Campaign, frozen=True):
    """A campaign and how it stands. Days are those of UTC here.

    ``expected_plays`` is the part of the planned plays that falls before now, spread evenly from
    the first day to the last; ``pace`` is how much of it was played, 1 is exactly all. Both are
    None without dates or planned plays, before anything is expected, and for whoever reads the
    reports of some stores only: their plays are no measure of the whole.
    """

    state: State
    played: int
    expected_plays: int | None
    pace: float | None


class Filters(msgspec.Struct, frozen=True):
    """Which campaigns a list shows; archived ones only where the state asks for them.

    ``q`` looks in names, advertisers and contract numbers.
    """

    q: str | None = None
    state: State | None = None
    advertiser: str | None = None


NO_FILTERS = Filters()


async def find(
    conn: asyncpg.Connection, actor: Actor, campaign_id: UUID, *, now: datetime
) -> Standing:
    """Return the campaign, archived or not, or raise NotFound."""
    _require(actor)
    row = await conn.fetchrow(
        f"/* campaign_standings.find */ SELECT {_COLUMNS} FROM ({_SELECT}) l WHERE l.id = $5",
        *_scope(actor, now),
        campaign_id,
    )
    if row is None:
        raise NotFound("There is no such campaign.")
    return Standing(**dict(row))


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    sort: str | None = None,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Standing]:
    """Return a page of campaigns, by name or by ``sort`` (``-`` before it: the other way).

    Invalid for an unknown sort.
    """
    _require(actor)
    expression, sql_type, shape = _order(sort)
    keys: Any = GenericAlias(tuple, (shape, UUID))
    after = paging.decode(cursor, keys)
    beyond, way = ("<", "DESC") if (sort or "").startswith("-") else (">", "ASC")
    rows = await conn.fetch(
        f"""
        /* campaign_standings.list_page */
        SELECT {_COLUMNS}, {expression} AS sorted_by
        FROM ({_SELECT}) l
        WHERE {_MATCHES}
              AND ($8::{sql_type} IS NULL OR ({expression}, l.id) {beyond} ($8, $9::uuid))
        ORDER BY sorted_by {way}, l.id {way}
        LIMIT $10
        """,
        *_scope(actor, now),
        *_filter_values(filters),
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["sorted_by"], row["id"]])
    return paging.Page([_standing(row) for row in found], next_cursor)


async def count(
    conn: asyncpg.Connection, actor: Actor, filters: Filters = NO_FILTERS, *, now: datetime
) -> dict[State, int]:
    """Return how many campaigns match, by state; the state filter itself does not count."""
    _require(actor)
    rows = await conn.fetch(
        f"""
        /* campaign_standings.count */
        SELECT l.state, count(*) AS campaigns FROM ({_BARE}) l WHERE {_FOUND} GROUP BY l.state
        """,
        _today(now),
        actor.campaign_ids,
        paging.like(filters.q),
        filters.advertiser,
    )
    return {row["state"]: row["campaigns"] for row in rows}


async def advertisers(conn: asyncpg.Connection, actor: Actor) -> list[str]:
    """Return the names of the advertisers that have campaigns."""
    _require(actor)
    rows = await conn.fetch(
        """
        /* campaign_standings.advertisers */
        SELECT DISTINCT advertiser FROM campaigns
        WHERE advertiser <> '' AND ($1::uuid[] IS NULL OR id = ANY ($1))
        ORDER BY advertiser LIMIT $2
        """,
        actor.campaign_ids,
        ADVERTISERS_MAX,
    )
    return [row["advertiser"] for row in rows]


def _require(actor: Actor) -> None:
    actor.require_any("program", "report")


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _scope(actor: Actor, now: datetime) -> list[Any]:
    return [_today(now), actor.report_store_ids, now, actor.campaign_ids]


def _filter_values(filters: Filters) -> list[Any]:
    return [paging.like(filters.q), filters.state, filters.advertiser]


def _standing(row: asyncpg.Record) -> Standing:
    fields = dict(row)
    fields.pop("sorted_by")
    return Standing(**fields)


_STATE = """CASE WHEN c.archived_at IS NOT NULL THEN 'archived' WHEN c.starts_on > $1 THEN 'planned'
    WHEN c.ends_on < $1 THEN 'ended' ELSE 'running' END"""

_BARE = f"""
SELECT c.id, c.name, c.advertiser, c.contract_number, {_STATE} AS state
FROM campaigns c WHERE ($2::uuid[] IS NULL OR c.id = ANY ($2))"""

_FOUND = """($3::text IS NULL OR l.name ILIKE '%' || $3 || '%'
        OR l.advertiser ILIKE '%' || $3 || '%' OR l.contract_number ILIKE '%' || $3 || '%')
    AND ($4::text IS NULL OR l.advertiser = $4)"""

_MATCHES = """($5::text IS NULL OR l.name ILIKE '%' || $5 || '%'
        OR l.advertiser ILIKE '%' || $5 || '%' OR l.contract_number ILIKE '%' || $5 || '%')
    AND CASE WHEN $6::text IS NULL THEN l.archived_at IS NULL ELSE l.state = $6 END
    AND ($7::text IS NULL OR l.advertiser = $7)"""

_PLAYED = """(SELECT coalesce(sum(a.plays), 0)::bigint FROM proof_of_play_aggregate_daily a
    WHERE a.campaign_id = c.id AND ($2::uuid[] IS NULL OR a.store_id = ANY ($2)))"""

_PASSED = """least(1, greatest(0,
    extract(epoch FROM $3::timestamptz - (c.starts_on::timestamp AT TIME ZONE 'UTC'))
    / (86400.0 * (c.ends_on - c.starts_on + 1))))"""
"""The part of the campaign's time that has passed."""

_SELECT = f"""
SELECT b.id, b.name, b.advertiser, b.contract_number, b.starts_on, b.ends_on, b.planned_plays,
       b.revision, b.created_at, b.updated_at, b.archived_at, b.state, b.played, b.expected_plays,
       (b.played::double precision / nullif(b.expected_plays, 0)) AS pace
FROM (SELECT c.id, c.name, c.advertiser, c.contract_number, c.starts_on, c.ends_on,
             c.planned_plays, c.revision, c.created_at, c.updated_at, c.archived_at,
             {_STATE} AS state, {_PLAYED} AS played,
             CASE WHEN $2::uuid[] IS NULL THEN nullif(round(c.planned_plays * {_PASSED}), 0)::bigint
                  END AS expected_plays
      FROM campaigns c WHERE ($4::uuid[] IS NULL OR c.id = ANY ($4))) b"""

_COLUMNS = ", ".join(f"l.{name}" for name in Standing.__struct_fields__)

_ORDERS: dict[str, tuple[str, str, Any]] = {
    "name": ("l.name", "text", str),
    "advertiser": ("l.advertiser", "text", str),
    "starts_on": ("coalesce(l.starts_on, '9999-12-31'::date)", "date", date),
    "ends_on": ("coalesce(l.ends_on, '9999-12-31'::date)", "date", date),
    "planned_plays": ("coalesce(l.planned_plays, -1)", "bigint", int),
    "played": ("l.played", "bigint", int),
    "pace": ("coalesce(l.pace, -1)", "double precision", float),
}


def _order(sort: str | None) -> tuple[str, str, Any]:
    name = (sort or "name").removeprefix("-")
    if name not in _ORDERS:
        detail = f"Sort by one of {', '.join(_ORDERS)}, with - before it the other way round."
        raise Invalid.field("/sort", "invalid_sort", detail)
    return _ORDERS[name]
