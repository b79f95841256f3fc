"""Stores: where screens stand, in which time zone, and when the doors are open."""

import re
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging
from signage.actors import Actor
from signage.errors import Conflict, FieldError, Invalid, NotFound
from signage.ids import new_id
from signage.values import is_timezone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Hours = list[tuple[str, str]]
"""Times of day from which and until which a store is open, as ``HH:MM``; until may be ``24:00``."""

NAME_MAX_CHARS = 200
ADDRESS_MAX_CHARS = 500
REGION_MAX_CHARS = 200
INTERVALS_A_DAY_MAX = 8
SPECIAL_DAYS_MAX = 1000


class NewStore(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What makes a store. No ``opening_hours`` at all means always open."""

    code: str
    name: str
    timezone: str
    address: str = ""
    region: str = ""
    opening_hours: dict[Weekday, Hours] | None = None
    closures: list[date] = []
    special_days: dict[date, Hours] = {}


class Store(msgspec.Struct, frozen=True):
    """A store; a weekday missing from ``opening_hours`` is closed."""

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
    revision: int
    created_at: datetime
    updated_at: datetime


async def find(conn: asyncpg.Connection, actor: Actor, store_id: UUID) -> Store:
    """Return the store, or raise NotFound."""
    row = await conn.fetchrow(
        f"/* stores.find */ {_SELECT} WHERE s.id = $1 AND ($2::uuid[] IS NULL OR s.id = ANY ($2))",
        store_id,
        actor.store_ids,
    )
    if row is None:
        raise NotFound("There is no such store, or it is not one of yours.")
    return _store(row)


async def require(conn: asyncpg.Connection, actor: Actor, store_id: UUID) -> None:
    """Raise Invalid for ``/store_id`` unless the store exists within the actor's scope."""
    try:
        await find(conn, actor, store_id)
    except NotFound as error:
        raise Invalid.field("/store_id", "unknown_store", error.detail) from error


async def list_for(conn: asyncpg.Connection, actor: Actor) -> list[Store]:
    """Return the actor's stores by name."""
    rows = await conn.fetch(
        f"""
        /* stores.list_for */
        {_SELECT}
        WHERE s.archived_at IS NULL AND ($1::uuid[] IS NULL OR s.id = ANY ($1))
        ORDER BY s.name, s.id
        """,
        actor.store_ids,
    )
    return [_store(row) for row in rows]


async def ids_of(conn: asyncpg.Connection, codes: list[str]) -> list[UUID]:
    """Return the ids of the stores with these codes; NotFound names the first unknown one."""
    rows = await conn.fetch(
        "/* stores.ids_of */ SELECT code, id FROM stores WHERE code = ANY ($1)", codes
    )
    by_code = {row["code"]: row["id"] for row in rows}
    for code in codes:
        if code not in by_code:
            raise NotFound(f"There is no store with the code {code}.")
    return [by_code[code] for code in codes]


async def list_page(
    conn: asyncpg.Connection, actor: Actor, *, limit: int, cursor: str | None = None
) -> paging.Page[Store]:
    """Return a page of the actor's stores by name."""
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        f"""
        /* stores.list_page */
        {_SELECT}
        WHERE s.archived_at IS NULL AND ($1::uuid[] IS NULL OR s.id = ANY ($1))
              AND ($2::text IS NULL OR (s.name, s.id) > ($2, $3::uuid))
        ORDER BY s.name, s.id
        LIMIT $4
        """,
        actor.store_ids,
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([_store(row) for row in found], next_cursor)


async def create(conn: asyncpg.Connection, actor: Actor, new: NewStore, *, now: datetime) -> Store:
    """Open a store. Invalid for a wrong value, Conflict where the code is taken."""
    actor.require("administer")
    _check(new)
    store_id = new_id()
    async with conn.transaction():
        made = await conn.fetchval(
            """
            /* stores.create */
            INSERT INTO stores (id, code, name, timezone, address, region, opening_hours,
                                closures, special_days, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
            ON CONFLICT (code) DO NOTHING
            RETURNING id
            """,
            store_id,
            new.code,
            new.name.strip(),
            new.timezone,
            new.address,
            new.region,
            new.opening_hours,
            new.closures,
            {day.isoformat(): hours for day, hours in new.special_days.items()},
            now,
        )
        if made is None:
            raise Conflict(f"Another store has the code {new.code}.", code="store_code_taken")
        await audit.record(
            conn,
            actor,
            action="stores.create",
            entity="store",
            entity_id=store_id,
            after=new,
            now=now,
        )
        return await find(conn, actor, store_id)


_SELECT = """
SELECT s.id, s.code, s.name, s.timezone, s.address, s.region, s.opening_hours, s.closures,
       s.special_days, s.revision, s.created_at, s.updated_at,
       (SELECT count(*) FROM devices d WHERE d.store_id = s.id AND d.status <> 'retired') AS devices
FROM stores s"""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")


def _check(new: NewStore) -> None:
    errors = _check_texts(new)
    if not is_timezone(new.timezone):
        detail = f"{new.timezone} is no IANA time zone, such as Europe/Lisbon."
        errors.append(FieldError("/timezone", "unknown_timezone", detail))
    for day in get_args(Weekday):
        errors += _check_hours(f"/opening_hours/{day}", (new.opening_hours or {}).get(day, []))
    for date_, hours in new.special_days.items():
        errors += _check_hours(f"/special_days/{date_.isoformat()}", hours)
    if len(new.special_days) + len(new.closures) > SPECIAL_DAYS_MAX:
        detail = f"At most {SPECIAL_DAYS_MAX} closures and special days."
        errors.append(FieldError("/special_days", "too_many_days", detail))
    if errors:
        raise Invalid(errors)


def _check_texts(new: NewStore) -> list[FieldError]:
    errors = []
    if not _CODE.fullmatch(new.code):
        detail = "A code has 1 to 32 letters, digits, dots, dashes or underscores."
        errors.append(FieldError("/code", "invalid_code", detail))
    if not 1 <= len(new.name.strip()) <= NAME_MAX_CHARS:
        detail = f"A store's name has 1 to {NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    if len(new.address) > ADDRESS_MAX_CHARS:
        detail = f"An address has at most {ADDRESS_MAX_CHARS} characters."
        errors.append(FieldError("/address", "invalid_address", detail))
    if len(new.region) > REGION_MAX_CHARS:
        detail = f"A region has at most {REGION_MAX_CHARS} characters."
        errors.append(FieldError("/region", "invalid_region", detail))
    return errors


def _check_hours(pointer: str, hours: Hours) -> list[FieldError]:
    right = len(hours) <= INTERVALS_A_DAY_MAX and all(
        _TIME.fullmatch(opens) and _TIME.fullmatch(closes) and opens != closes
        for opens, closes in hours
    )
    detail = 'Opening hours are pairs of times such as ["08:00", "20:00"].'
    return [] if right else [FieldError(pointer, "invalid_hours", detail)]


def _store(row: asyncpg.Record) -> Store:
    return msgspec.convert(dict(row), Store)
