"""Stores: where screens stand, in which time zone, and when the doors are open."""

import re
from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, opening_hours
from signage.actors import SYSTEM, Actor
from signage.errors import Conflict, FieldError, Invalid, NotFound
from signage.ids import new_id
from signage.opening_hours import Hours, Weekday
from signage.values import is_timezone

NAME_MAX_CHARS = 200
ADDRESS_MAX_CHARS = 500
REGION_MAX_CHARS = 200
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


def require_reader(actor: Actor) -> None:
    """Raise Forbidden unless the actor may list stores and groups: who watches screens, or reads
    reports of more than campaigns of their own.
    """
    if not actor.may("watch"):
        actor.require_all_campaigns("report")


async def find(conn: asyncpg.Connection, actor: Actor, store_id: UUID) -> Store:
    """Return the store, or raise NotFound."""
    row = await conn.fetchrow(
        f"""
        /* stores.find */
        {_SELECT}
        WHERE s.id = $1 AND s.archived_at IS NULL AND ($2::uuid[] IS NULL OR s.id = ANY ($2))
        """,
        store_id,
        actor.store_ids,
    )
    if row is None:
        raise NotFound(_NO_SUCH_STORE)
    return _store(row)


async def require(conn: asyncpg.Connection, actor: Actor, store_id: UUID) -> None:
    """Raise Invalid for ``/store_id`` unless the store exists within the actor's scope.

    Nobody archives it before the transaction ends.
    """
    found = await conn.fetchval(
        """
        /* stores.require */
        SELECT id FROM stores
        WHERE id = $1 AND archived_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY ($2))
        FOR KEY SHARE
        """,
        store_id,
        actor.store_ids,
    )
    if found is None:
        raise Invalid.field("/store_id", "unknown_store", _NO_SUCH_STORE)


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


async def ids_of(conn: asyncpg.Connection, codes: list[str], actor: Actor = SYSTEM) -> list[UUID]:
    """Return the ids of the stores with these codes; NotFound names the first unknown one."""
    rows = await conn.fetch(
        """
        /* stores.ids_of */
        SELECT code, id FROM stores
        WHERE code = ANY ($1) AND archived_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY ($2))
        """,
        codes,
        actor.store_ids,
    )
    by_code = {row["code"]: row["id"] for row in rows}
    for code in codes:
        if code not in by_code:
            raise NotFound(f"There is no store with the code {code}.")
    return [by_code[code] for code in codes]


async def names_of(
    conn: asyncpg.Connection, actor: Actor, store_ids: list[UUID]
) -> list[tuple[str, str]]:
    """Return code and name of those of the stores that are within the actor's scope, by name."""
    rows = await conn.fetch(
        """
        /* stores.names_of */
        SELECT code, name FROM stores
        WHERE id = ANY ($1) AND archived_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY ($2))
        ORDER BY name, id
        """,
        store_ids,
        actor.store_ids,
    )
    return [(row["code"], row["name"]) for row in rows]


async def create(conn: asyncpg.Connection, actor: Actor, new: NewStore, *, now: datetime) -> Store:
    """Open a store; only administrators do.

    Invalid for a wrong value, Conflict where the code is taken.
    """
    actor.require("administer")
    errors = errors_in(new)
    if errors:
        raise Invalid(errors)
    store_id = new_id()
    async with conn.transaction():
        if not await insert(conn, {store_id: new}, now=now):
            raise code_taken(new.code)
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


async def insert(
    conn: asyncpg.Connection, new: dict[UUID, NewStore], *, now: datetime
) -> set[UUID]:
    """Add stores that were checked and return the ids of those whose codes were free."""
    rows = await conn.fetch(
        """
        /* stores.insert */
        INSERT INTO stores (id, code, name, timezone, address, region, opening_hours, closures,
                            special_days, created_at, updated_at)
        SELECT n.id, n.code, n.name, n.timezone, n.address, n.region, n.opening_hours, n.closures,
               n.special_days, $2, $2
        FROM jsonb_to_recordset($1)
             AS n (id uuid, code text, name text, timezone text, address text, region text,
                   opening_hours jsonb, closures date[], special_days jsonb)
        ON CONFLICT (code) WHERE archived_at IS NULL DO NOTHING
        RETURNING id
        """,
        [{"id": store_id, **_kept(store)} for store_id, store in new.items()],
        now,
    )
    return {row["id"] for row in rows}


def code_taken(code: str) -> Conflict:
    """Return the refusal of a code that another store has."""
    return Conflict(f"Another store has the code {code}.", code="store_code_taken")


def errors_in(new: NewStore) -> list[FieldError]:
    """Return what is wrong with the values of a store."""
    errors = _errors_in_texts(new)
    if not is_timezone(new.timezone):
        detail = f"{new.timezone[:64]} is no IANA time zone, such as Europe/Lisbon."
        errors.append(FieldError("/timezone", "unknown_timezone", detail))
    for day in get_args(Weekday):
        hours = (new.opening_hours or {}).get(day, [])
        errors += opening_hours.check(f"/opening_hours/{day}", hours)
    for date_, hours in new.special_days.items():
        errors += opening_hours.check(f"/special_days/{date_.isoformat()}", hours)
    if len(new.special_days) + len(new.closures) > SPECIAL_DAYS_MAX:
        detail = f"At most {SPECIAL_DAYS_MAX} closures and special days."
        errors.append(FieldError("/special_days", "too_many_days", detail))
    return errors


_NO_SUCH_STORE = "There is no such store, or it is not one of yours."

_SELECT = """
SELECT s.id, s.code, s.name, s.timezone, s.address, s.region, s.opening_hours, s.closures,
       s.special_days, s.revision, s.created_at, s.updated_at,
       (SELECT count(*) FROM devices d WHERE d.store_id = s.id AND d.status <> 'retired') AS devices
FROM stores s"""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def _kept(store: NewStore) -> dict[str, Any]:
    fields = msgspec.structs.asdict(store)
    texts = {name: fields[name].strip() for name in ("name", "address", "region")}
    return fields | texts | {"opening_hours": store.opening_hours or None}


def _errors_in_texts(new: NewStore) -> list[FieldError]:
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


def _store(row: asyncpg.Record) -> Store:
    return msgspec.convert(dict(row), Store)
