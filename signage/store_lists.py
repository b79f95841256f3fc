"""Store lists: the actor's stores with how their screens are, searched, sorted and paged."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import asyncpg
import msgspec

from signage import devices, opening_hours, paging, report_csv, stores
from signage.actors import Actor
from signage.errors import Invalid
from signage.opening_hours import Hours, Weekday

EXPORT_PAGE = 500
CHOICES_MAX = 200


class Listed(msgspec.Struct, frozen=True):
    """A store and its screens by health; ``devices`` is their sum."""

    id: UUID
    code: str
    name: str
    timezone: str
    address: str
    region: str
    opening_hours: dict[Weekday, Hours] | None
    closures: list[date]
    special_days: dict[date, Hours]
    devices: int
    online: int
    late: int
    offline: int
    never: int
    revision: int
    created_at: datetime
    updated_at: datetime


class Filters(msgspec.Struct, frozen=True):
    """Which stores a list shows. ``q`` looks in names, codes and addresses."""

    q: str | None = None
    region: str | None = None
    timezone: str | None = None


class Totals(msgspec.Struct, frozen=True):
    """How many stores match, and their screens by health."""

    stores: int
    online: int
    late: int
    offline: int
    never: int


class Choices(msgspec.Struct, frozen=True):
    """What there is to filter by."""

    regions: list[str]
    timezones: list[str]


NO_FILTERS = Filters()


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    sort: str | None = None,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Listed]:
    """Return a page of stores, by name or by ``sort``; with ``-`` in front the other way round.

    One statement, whatever the number of stores and screens. Invalid for an unknown key.
    """
    stores.require_reader(actor)
    key, down = _key(sort)
    expression, kind = _KEYS[key]
    cast, direction, beyond = ("text" if kind is str else "bigint"), *_DIRECTIONS[down]
    after = paging.decode(cursor, tuple[str, kind, UUID])  # type: ignore[valid-type]  # str or int
    if after is not None and after[0] != (sort or "name"):
        detail = "This cursor belongs to another order. Start again without it."
        raise Invalid.field("/cursor", "invalid_cursor", detail)
    rows = await conn.fetch(
        f"""
        /* store_lists.list_page */
        SELECT {_COLUMNS}, {expression} AS sort_key
        {_FROM}
        WHERE {_MATCHES}
              AND ($7::{cast} IS NULL OR ({expression}, s.id) {beyond} ($7, $8::uuid))
        ORDER BY {expression} {direction}, s.id {direction}
        LIMIT $9
        """,
        *_values(actor, filters, now),
        after and after[1],
        after and after[2],
        limit + 1,
    )
    found, next_cursor = paging.cut(
        rows, limit, lambda row: [sort or "name", row["sort_key"], row["id"]]
    )
    return paging.Page([_listed(row) for row in found], next_cursor)


async def count(
    conn: asyncpg.Connection, actor: Actor, filters: Filters = NO_FILTERS, *, now: datetime
) -> Totals:
    """Return how many stores match, and how their screens are."""
    row = await conn.fetchrow(
        f"""
        /* store_lists.count */
        SELECT count(*) AS stores, coalesce(sum(h.online), 0)::bigint AS online,
               coalesce(sum(h.late), 0)::bigint AS late,
               coalesce(sum(h.offline), 0)::bigint AS offline,
               coalesce(sum(h.never), 0)::bigint AS never
        {_FROM}
        WHERE {_MATCHES}
        """,
        *_values(actor, filters, now),
    )
    return Totals(**dict(row))


async def choices(conn: asyncpg.Connection, actor: Actor) -> Choices:
    """Return the regions and time zones of the actor's stores, at most 200 of each."""
    row = await conn.fetchrow(
        """
        /* store_lists.choices */
        WITH own AS (
            SELECT region, timezone FROM stores
            WHERE archived_at IS NULL AND ($1::uuid[] IS NULL OR id = ANY ($1))
        )
        SELECT ARRAY(SELECT DISTINCT region FROM own WHERE region <> '' ORDER BY 1 LIMIT $2)
                   AS regions,
               ARRAY(SELECT DISTINCT timezone FROM own ORDER BY 1 LIMIT $2) AS timezones
        """,
        actor.store_ids,
        CHOICES_MAX,
    )
    return Choices(**dict(row))


def export_csv(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    sort: str | None = None,
    now: datetime,
) -> AsyncIterator[bytes]:
    """Yield every store that matches as CSV; without its last columns it can be imported again."""
    stores.require_reader(actor)
    _key(sort)
    return report_csv.pieces(EXPORT_COLUMNS, _export_rows(conn, actor, filters, sort, now))


WEEKDAYS = get_args(Weekday)
HEALTH = ("devices", "online", "late", "offline", "never")
TEXTS = ("code", "name", "timezone", "region", "address")
EXPORT_COLUMNS = (*TEXTS, *WEEKDAYS, "closures", "special_days", "screens", *HEALTH[1:])

_KEYS: dict[str, tuple[str, type]] = {
    "name": ("s.name", str),
    "code": ("s.code", str),
    "region": ("s.region", str),
    "timezone": ("s.timezone", str),
    "screens": ("h.devices", int),
    "online": ("h.online", int),
    "late": ("h.late", int),
    "offline": ("h.offline", int),
}
_DIRECTIONS = {False: ("ASC", ">"), True: ("DESC", "<")}

_COLUMNS = """s.id, s.code, s.name, s.timezone, s.address, s.region, s.opening_hours, s.closures,
       s.special_days, h.devices, h.online, h.late, h.offline, h.never, s.revision, s.created_at,
       s.updated_at"""

_FROM = """
FROM stores s
CROSS JOIN LATERAL (
    SELECT count(*) AS devices,
           count(*) FILTER (WHERE d.last_seen_at > $1) AS online,
           count(*) FILTER (WHERE d.last_seen_at <= $1 AND d.last_seen_at > $2) AS late,
           count(*) FILTER (WHERE d.last_seen_at <= $2) AS offline,
           count(*) FILTER (WHERE d.last_seen_at IS NULL) AS never
    FROM devices d WHERE d.store_id = s.id AND d.status <> 'retired') h"""

_MATCHES = """s.archived_at IS NULL AND ($3::uuid[] IS NULL OR s.id = ANY ($3))
    AND ($4::text IS NULL OR s.name ILIKE '%' || $4 || '%' OR s.code ILIKE '%' || $4 || '%'
         OR s.address ILIKE '%' || $4 || '%')
    AND ($5::text IS NULL OR s.region = $5) AND ($6::text IS NULL OR s.timezone = $6)"""


def _values(actor: Actor, filters: Filters, now: datetime) -> list[Any]:
    return [
        now - timedelta(seconds=devices.ONLINE_WITHIN_S),
        now - timedelta(seconds=devices.LATE_WITHIN_S),
        actor.store_ids,
        paging.like(filters.q),
        filters.region,
        filters.timezone,
    ]


def _key(sort: str | None) -> tuple[str, bool]:
    key = (sort or "name").removeprefix("-")
    if key not in _KEYS:
        detail = f"Stores are sorted by {', '.join(_KEYS)}, each with - in front for the reverse."
        raise Invalid.field("/sort", "unknown_sort", detail)
    return key, bool(sort) and sort != key


async def _export_rows(
    conn: asyncpg.Connection, actor: Actor, filters: Filters, sort: str | None, now: datetime
) -> AsyncIterator[list[Any]]:
    cursor = None
    while True:
        page = await list_page(
            conn, actor, filters, sort=sort, limit=EXPORT_PAGE, cursor=cursor, now=now
        )
        for store in page.items:
            yield [
                *(getattr(store, name) for name in TEXTS),
                *_written_week(store.opening_hours),
                " ".join(day.isoformat() for day in store.closures),
                "; ".join(
                    f"{day.isoformat()} {opening_hours.write(hours)}"
                    for day, hours in store.special_days.items()
                ),
                *(getattr(store, name) for name in HEALTH),
            ]
        cursor = page.next_cursor
        if cursor is None:
            return


def _written_week(week: dict[Weekday, Hours] | None) -> list[str]:
    if week is None:
        return [""] * 7
    return [opening_hours.write(week.get(day, [])) for day in WEEKDAYS]


def _listed(row: asyncpg.Record) -> Listed:
    values = dict(row)
    values.pop("sort_key")
    return msgspec.convert(values, Listed)
