"""Incidents: what is wrong with a screen or a store, opened once, until it is resolved.

What is found is limited to the stores within the actor's scope: that of the screen where it stands
now, or the store's own. The verbs are in ``incident_life``.
"""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import incident_notes, paging
from signage.actors import Actor
from signage.errors import NotFound
from signage.ids import new_id

RESOLVED_SHOWN = timedelta(days=30)

Severity = Literal["info", "warning", "critical"]
State = Literal["open", "snoozed", "acknowledged", "resolved"]


class Incident(msgspec.Struct, frozen=True):
    """One incident with the names of what it is about.

    ``plays_lost`` are the plays that were planned while it lasted. ``resolved_by`` is None where it
    ended by itself, ``folded_into`` is the store's incident that stands for this one.
    """

    id: UUID
    kind: str
    severity: Severity
    state: State
    device_id: UUID | None
    device: str | None
    store_id: UUID | None
    store: str | None
    timezone: str
    summary: str
    evidence: dict[str, Any]
    opened_at: datetime
    updated_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assigned_to: UUID | None
    assignee: str | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    folded_into: UUID | None
    reopened: int
    lost_per_hour: int
    plays_lost: int
    created_at: datetime


class Filters(msgspec.Struct, frozen=True):
    """What a list is narrowed by. ``acknowledged`` has the snoozed ones too, as the page does."""

    state: Literal["open", "acknowledged", "resolved"] | None = None
    kind: str | None = None
    severity: Severity | None = None
    store_id: UUID | None = None
    device_id: UUID | None = None
    resolved_since: datetime | None = None


class Counts(msgspec.Struct, frozen=True):
    """How many there are in each state, those resolved within 30 days.

    ``mean_ms`` is the mean time from opening to resolution, of those that were not folded.
    """

    open: int
    acknowledged: int
    resolved: int
    mean_ms: int | None
    last_opened_at: datetime | None


async def open_for_device(
    conn: asyncpg.Connection,
    device_id: UUID,
    *,
    kind: str,
    severity: Severity,
    summary: str,
    evidence: dict[str, Any] | None = None,
    now: datetime,
) -> None:
    """Open the incident, or renew the evidence of the one that is open for this device and kind."""
    opened = await conn.fetchrow(
        """
        /* incidents.open_for_device */
        INSERT INTO incidents (id, kind, severity, device_id, store_id, summary, evidence,
                               opened_at, updated_at)
        SELECT $1, $2, $3, d.id, d.store_id, $5, $6, $7, $7 FROM devices d WHERE d.id = $4
        ON CONFLICT (device_id, kind) WHERE resolved_at IS NULL AND device_id IS NOT NULL
        DO UPDATE SET evidence = EXCLUDED.evidence, updated_at = EXCLUDED.updated_at
        RETURNING id, xmax = 0 AS is_new
        """,
        new_id(),
        kind,
        severity,
        device_id,
        summary,
        evidence or {},
        now,
    )
    if opened and opened["is_new"]:
        await incident_notes.add(conn, "opened", [opened["id"]], [summary], now=now)


async def list_open(
    conn: asyncpg.Connection, actor: Actor, *, device_id: UUID | None = None, limit: int = 50
) -> list[Incident]:
    """Return what is not resolved, the most severe and oldest first."""
    rows = await conn.fetch(
        f"""
        /* incidents.list_open */
        {SELECT}
        WHERE i.resolved_at IS NULL AND {REACHED}
              AND ($4::uuid IS NULL OR i.device_id = $4)
        ORDER BY {RANK}, i.opened_at
        LIMIT $3
        """,
        None,
        actor.store_ids,
        limit,
        device_id,
    )
    return [Incident(**dict(row)) for row in rows]


async def find(
    conn: asyncpg.Connection, actor: Actor, incident_id: UUID, *, now: datetime
) -> Incident:
    """Return one incident. Forbidden, or NotFound outside the actor's stores."""
    actor.require("watch")
    row = await conn.fetchrow(
        f"/* incidents.find */ {SELECT} WHERE {REACHED} AND i.id = $3",
        now,
        actor.store_ids,
        incident_id,
    )
    if row is None:
        raise NotFound("There is no such incident in your stores.")
    return Incident(**dict(row))


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Incident]:
    """Return incidents store by store, those with the worst first; resolved ones the latest first.

    Without a state all of them, the latest opened first.
    """
    actor.require("watch")
    live = filters.state in ("open", "acknowledged")
    shape: type[Any] = tuple[int, str, UUID, int, datetime, UUID] if live else tuple[datetime, UUID]
    keys = paging.decode(cursor, shape)
    moment = "resolved_at" if filters.state == "resolved" else "opened_at"
    after, order = (
        ("(store_rank, store, about_store, rank, opened_at, id) > ($9, $10, $11, $12, $13, $14)",
         "store_rank, store, about_store, rank, opened_at, id")
        if live
        else (f"({moment}, id) < ($9, $10)", f"{moment} DESC, id DESC")
    )  # fmt: skip
    rows = await conn.fetch(
        f"""
        /* incidents.list_page */
        WITH chosen AS (
            {SELECT}
            WHERE {REACHED} AND {_MATCHES}
        ), ranked AS (
            SELECT c.*, {_RANK_OF_C} AS rank,
                   coalesce(c.store_id, '{NIL}'::uuid) AS about_store,
                   {f"min({_RANK_OF_C}) OVER (PARTITION BY c.store_id)" if live else "0"}
                       AS store_rank
            FROM chosen c)
        SELECT * FROM ranked
        WHERE {after if keys else "true"}
        ORDER BY {order}
        LIMIT {limit + 1}
        """,
        now,
        actor.store_ids,
        *_matched(filters),
        *(keys or ()),
    )
    found, next_cursor = paging.cut(
        rows,
        limit,
        lambda row: [row[key.split()[0]] for key in order.split(", ")],
    )
    return paging.Page([_incident(row) for row in found], next_cursor)


async def count(
    conn: asyncpg.Connection, actor: Actor, filters: Filters, *, now: datetime
) -> Counts:
    """Return how many match in each state, whatever state the filters name."""
    everywhere = msgspec.structs.replace(filters, state=None, resolved_since=None)
    row = await conn.fetchrow(
        f"""
        /* incidents.count */
        SELECT count(*) FILTER (WHERE i.resolved_at IS NULL AND {_IS_OPEN}) AS open,
               count(*) FILTER (WHERE i.resolved_at IS NULL AND NOT {_IS_OPEN}) AS acknowledged,
               count(*) FILTER (WHERE i.resolved_at > $9) AS resolved,
               (avg(extract(epoch FROM i.resolved_at - i.opened_at) * 1000)
                   FILTER (WHERE i.resolved_at > $9 AND i.folded_into IS NULL))::bigint AS mean_ms,
               max(i.opened_at) AS last_opened_at
        {_FROM}
        WHERE {REACHED} AND {_MATCHES}
        """,
        now,
        actor.store_ids,
        *_matched(everywhere),
        now - RESOLVED_SHOWN,
    )
    return Counts(**dict(row))


async def count_open(conn: asyncpg.Connection, actor: Actor, *, now: datetime) -> int:
    """Return how many wait for somebody, for the navigation; it reads what is unresolved only."""
    found: int = await conn.fetchval(
        f"""
        /* incidents.count_open */
        SELECT count(*) FROM incidents i LEFT JOIN devices d ON d.id = i.device_id
        WHERE i.resolved_at IS NULL AND {REACHED} AND {_IS_OPEN}
        """,
        now,
        actor.store_ids,
    )
    return found


NIL = "00000000-0000-0000-0000-000000000000"
REACHED = "($2::uuid[] IS NULL OR coalesce(d.store_id, i.store_id) = ANY ($2))"
RANK = "array_position(ARRAY['critical', 'warning', 'info'], i.severity)"
_RANK_OF_C = RANK.replace("i.", "c.")
_IS_OPEN = "(i.acknowledged_at IS NULL AND (i.snoozed_until IS NULL OR i.snoozed_until <= $1))"
_FROM = "FROM incidents i LEFT JOIN devices d ON d.id = i.device_id"
_MATCHES = f"""
    ($3::text IS NULL OR CASE $3 WHEN 'resolved' THEN i.resolved_at IS NOT NULL
                                 WHEN 'open' THEN i.resolved_at IS NULL AND {_IS_OPEN}
                                 ELSE i.resolved_at IS NULL AND NOT {_IS_OPEN} END)
    AND ($4::text IS NULL OR i.kind = $4)
    AND ($5::text IS NULL OR i.severity = $5)
    AND ($6::uuid IS NULL OR coalesce(d.store_id, i.store_id) = $6)
    AND ($7::uuid IS NULL OR i.device_id = $7)
    AND ($8::timestamptz IS NULL OR i.resolved_at >= $8)"""
SELECT = f"""
SELECT i.id, i.kind, i.severity,
       CASE WHEN i.resolved_at IS NOT NULL THEN 'resolved'
            WHEN i.acknowledged_at IS NOT NULL THEN 'acknowledged'
            WHEN i.snoozed_until > coalesce($1::timestamptz, i.updated_at) THEN 'snoozed'
            ELSE 'open' END AS state,
       i.device_id, d.name AS device, coalesce(d.store_id, i.store_id) AS store_id,
       s.name AS store, s.timezone, i.summary, i.evidence, i.opened_at, i.updated_at,
       i.acknowledged_at, coalesce(au.name, ak.name) AS acknowledged_by, i.assigned_to,
       u.name AS assignee, i.snoozed_until, i.resolved_at,
       coalesce(ru.name, rk.name) AS resolved_by,
       i.folded_into, i.reopened, i.lost_per_hour, i.opened_at AS created_at,
       floor(i.plays_lost + CASE WHEN i.resolved_at IS NULL THEN greatest(0, i.lost_per_hour
           * extract(epoch FROM coalesce($1::timestamptz, i.updated_at)
                                - coalesce(i.counted_at, i.opened_at)) / 3600)
           ELSE 0 END)::bigint AS plays_lost
{_FROM}
LEFT JOIN stores s ON s.id = coalesce(d.store_id, i.store_id)
LEFT JOIN users u ON u.id = i.assigned_to
LEFT JOIN users au ON au.id = i.acknowledged_by LEFT JOIN api_keys ak ON ak.id = i.acknowledged_by
LEFT JOIN users ru ON ru.id = i.resolved_by LEFT JOIN api_keys rk ON rk.id = i.resolved_by
"""


def _matched(filters: Filters) -> tuple[Any, ...]:
    return (
        filters.state,
        filters.kind,
        filters.severity,
        filters.store_id,
        filters.device_id,
        filters.resolved_since,
    )


def _incident(row: asyncpg.Record) -> Incident:
    return Incident(**{name: row[name] for name in Incident.__struct_fields__})
