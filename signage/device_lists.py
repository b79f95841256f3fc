"""Device lists: the actor's screens searched, filtered, sorted, counted and exported.

Every order is total, so a cursor always names one place in it. What a screen has not told yet
(last seen, version, storage) comes first in ascending order and last in descending.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import asyncpg
import msgspec

from signage import devices, paging
from signage.actors import Actor
from signage.devices import Device, Health, Status
from signage.errors import Invalid

CHOICES_MAX = 100
EXPORT_PIECE_ROWS = 500


class Filters(msgspec.Struct, frozen=True):
    """Which devices a list shows; None leaves a filter out. Retired ones are in a list only where
    ``status`` asks for them.

    ``q`` looks in names, serial numbers and stores; ``store`` is a store's name or code as typed.
    """

    q: str | None = None
    store_id: UUID | None = None
    store: str | None = None
    group_id: UUID | None = None
    status: Status | None = None
    health: Health | None = None
    player_version: str | None = None
    tag: str | None = None


class Counts(msgspec.Struct, frozen=True):
    """How many devices match, and how many are in service in all, by health."""

    matching: int
    fleet: dict[Health, int]


class Choice(msgspec.Struct, frozen=True):
    """A store or a group to filter by."""

    id: UUID
    name: str


class Choices(msgspec.Struct, frozen=True):
    """What there is to filter by, at most a hundred of each; ``more_stores`` says of the stores
    that there are others.
    """

    stores: list[Choice]
    more_stores: bool
    groups: list[Choice]
    player_versions: list[str]
    tags: list[str]


class Order(msgspec.Struct, frozen=True):
    """An order: its SQL expressions, which end with the id, and their types in a cursor."""

    expressions: tuple[str, ...]
    casts: tuple[str, ...]
    shape: Any


NO_FILTERS = Filters()

_TEXT = ("text", "text", "uuid")
ORDERS = {
    "name": Order(("d.name", "d.id"), ("text", "uuid"), tuple[str, str, UUID]),
    "store": Order(("s.name", "d.name", "d.id"), _TEXT, tuple[str, str, str, UUID]),
    "status": Order(
        ("d.status", "coalesce(d.last_seen_at, 'epoch')", "d.id"),
        ("text", "timestamptz", "uuid"),
        tuple[str, str, datetime, UUID],
    ),
    "last_seen_at": Order(
        ("coalesce(d.last_seen_at, 'epoch')", "d.id"),
        ("timestamptz", "uuid"),
        tuple[str, datetime, UUID],
    ),
    "player_version": Order(
        ("coalesce(d.player_version, '')", "d.id"), ("text", "uuid"), tuple[str, str, UUID]
    ),
    "storage": Order(
        ("coalesce(d.disk_used_bytes::float8 / nullif(d.disk_total_bytes, 0), -1)", "d.id"),
        ("float8", "uuid"),
        tuple[str, float, UUID],
    ),
    "created_at": Order(
        ("d.created_at", "d.id"), ("timestamptz", "uuid"), tuple[str, datetime, UUID]
    ),
}
"""What lists can be sorted by; ``-`` before a key turns the order round. ``status`` puts screens in
service first, of those the longest silent first; ``storage`` is the share of it that is used."""

DEFAULT_SORT = "name"


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    sort: str = DEFAULT_SORT,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Device]:
    """Return a page of devices. Invalid for an unknown sort, or a cursor of another one."""
    actor.require("watch")
    order, ascending = _order(sort)
    after = _after(cursor, order, sort)
    values = [*_values(actor, filters, now), limit + 1, *after]
    rows = await conn.fetch(
        f"""
        /* device_lists.list_page */
        WITH picked AS (
            SELECT d.id FROM devices d {_store_join(order)}
            WHERE {_MATCHES} {_beyond(order, ascending) if after else ""}
            ORDER BY {_by(order, ascending)}
            LIMIT $11
        )
        {devices.SELECT}
        JOIN picked p ON p.id = d.id
        ORDER BY {_by(order, ascending)}
        """,
        *values,
    )
    found = [Device(**dict(row)) for row in rows]
    items, next_cursor = paging.cut(found, limit, lambda last: [sort, *_place(last, sort)])
    return paging.Page(items, next_cursor)


async def count(
    conn: asyncpg.Connection, actor: Actor, filters: Filters = NO_FILTERS, *, now: datetime
) -> Counts:
    """Return how many devices match, and the health of all that are in service."""
    actor.require("watch")
    rows = await conn.fetch(
        f"""
        /* device_lists.count */
        SELECT {devices.HEALTH} AS health, count(*) FILTER (WHERE {_MATCHES}) AS matching,
               count(*) FILTER (WHERE d.status <> 'retired') AS fleet
        FROM devices d
        WHERE $2::uuid[] IS NULL OR d.store_id = ANY ($2)
        GROUP BY 1
        """,
        *_values(actor, filters, now),
    )
    fleet = dict.fromkeys(get_args(Health), 0) | {row["health"]: row["fleet"] for row in rows}
    return Counts(sum(row["matching"] for row in rows), fleet)


async def choices(conn: asyncpg.Connection, actor: Actor) -> Choices:
    """Return the actor's stores, the groups, and the versions and tags of the actor's screens."""
    row = await conn.fetchrow(
        """
        /* device_lists.choices */
        WITH own AS MATERIALIZED (
            SELECT player_version, tags FROM devices
            WHERE status <> 'retired' AND ($1::uuid[] IS NULL OR store_id = ANY ($1))
            GROUP BY 1, 2
        )
        SELECT ARRAY(SELECT jsonb_build_object('id', id, 'name', name) FROM stores
                     WHERE archived_at IS NULL AND ($1::uuid[] IS NULL OR id = ANY ($1))
                     ORDER BY name, id LIMIT $2 + 1) AS stores,
               ARRAY(SELECT jsonb_build_object('id', id, 'name', name) FROM device_groups
                     WHERE archived_at IS NULL ORDER BY name LIMIT $2) AS groups,
               ARRAY(SELECT DISTINCT player_version FROM own WHERE player_version IS NOT NULL
                     ORDER BY 1 DESC LIMIT $2) AS player_versions,
               ARRAY(SELECT DISTINCT t.tag FROM own, unnest(own.tags) AS t (tag)
                     ORDER BY 1 LIMIT $2) AS tags
        """,
        actor.store_ids,
        CHOICES_MAX,
    )
    more_stores = len(row["stores"]) > CHOICES_MAX
    found = dict(row) | {"stores": row["stores"][:CHOICES_MAX], "more_stores": more_stores}
    return msgspec.convert(found, Choices)


async def each(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    sort: str = DEFAULT_SORT,
    now: datetime,
) -> AsyncIterator[Device]:
    """Yield every device that matches, as of one instant and in constant memory."""
    actor.require("watch")
    order, ascending = _order(sort)
    async with conn.transaction(readonly=True):
        rows = await conn.cursor(
            f"""
            /* device_lists.each */
            {devices.SELECT}
            WHERE {_MATCHES}
            ORDER BY {_by(order, ascending)}
            """,
            *_values(actor, filters, now),
        )
        while piece := await rows.fetch(EXPORT_PIECE_ROWS):
            for row in piece:
                yield Device(**dict(row))


def check_sort(sort: str) -> None:
    """Raise Invalid for a key that lists are not sorted by."""
    _order(sort)


_MATCHES = f"""($2::uuid[] IS NULL OR d.store_id = ANY ($2))
    AND ($3::text IS NULL OR d.search_text LIKE '%' || lower($3) || '%'
         OR d.store_id IN (SELECT x.id FROM stores x
                           WHERE x.name ILIKE '%' || $3 || '%' OR x.code ILIKE $3 || '%'))
    AND ($4::uuid IS NULL OR d.store_id = $4)
    AND ($5::text IS NULL OR d.store_id IN (SELECT x.id FROM stores x
                                            WHERE lower($5) IN (lower(x.name), lower(x.code))))
    AND ($6::uuid IS NULL OR EXISTS (SELECT 1 FROM device_group_members m
                                     WHERE m.device_id = d.id AND m.group_id = $6))
    AND CASE WHEN $7::text IS NULL THEN d.status <> 'retired' ELSE d.status = $7 END
    AND ($8::text IS NULL OR {devices.HEALTH} = $8)
    AND ($9::text IS NULL OR d.player_version = $9)
    AND ($10::text IS NULL OR d.tags @> ARRAY[$10])"""


def _values(actor: Actor, filters: Filters, now: datetime) -> list[Any]:
    return [
        now,
        actor.store_ids,
        paging.like(filters.q),
        filters.store_id,
        filters.store and filters.store.strip(),
        filters.group_id,
        filters.status,
        filters.health,
        filters.player_version,
        filters.tag,
    ]


def _order(sort: str) -> tuple[Order, bool]:
    order = ORDERS.get(sort.removeprefix("-"))
    if order is None:
        detail = f"Screens are sorted by {', '.join(ORDERS)}, each with - in front for the reverse."
        raise Invalid.field("/sort", "unknown_sort", detail)
    return order, not sort.startswith("-")


def _by(order: Order, ascending: bool) -> str:
    direction = "ASC" if ascending else "DESC"
    return ", ".join(f"{expression} {direction}" for expression in order.expressions)


def _store_join(order: Order) -> str:
    return "JOIN stores s ON s.id = d.store_id" if order is ORDERS["store"] else ""


def _after(cursor: str | None, order: Order, sort: str) -> list[Any]:
    keys = paging.decode(cursor, order.shape)
    if keys is None:
        return []
    if keys[0] != sort:
        detail = "This cursor belongs to another order. Start again without it."
        raise Invalid.field("/cursor", "invalid_cursor", detail)
    return list(keys[1:])


def _beyond(order: Order, ascending: bool) -> str:
    # The first line alone is what an index of the leading expression can use; it says no more.
    beyond = ">" if ascending else "<"
    asked = [f"${number}::{cast}" for number, cast in enumerate(order.casts, 12)]
    return f"""AND {order.expressions[0]} {beyond}= {asked[0]}
            AND ({", ".join(order.expressions)}) {beyond} ({", ".join(asked)})"""


def _place(device: Device, sort: str) -> list[Any]:
    seen_at = device.last_seen_at or datetime.fromtimestamp(0, UTC)
    used, total = device.disk_used_bytes, device.disk_total_bytes
    keys: dict[str, list[Any]] = {
        "name": [device.name],
        "store": [device.store, device.name],
        "status": [device.status, seen_at],
        "last_seen_at": [seen_at],
        "player_version": [device.player_version or ""],
        "storage": [float(used) / float(total) if used is not None and total else -1.0],
        "created_at": [device.created_at],
    }
    return [*keys[sort.removeprefix("-")], device.id]
