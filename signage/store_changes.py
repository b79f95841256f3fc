"""Store changes: what becomes of a store after it opened, and which plans that outdates.

Administrators change everything. Managers change the address and when the doors are open, of their
own stores: those are theirs to know. Name, code, time zone and region belong to the chain, as
reports, contracts and programs of other systems go by them.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, stores, targets
from signage.actors import Actor
from signage.errors import Conflict, Forbidden, Invalid, Stale
from signage.opening_hours import Hours, Weekday
from signage.stores import Store
from signage.targets import Target

CHAIN_FIELDS = ("code", "name", "timezone", "region")
PLAN_FIELDS = ("timezone", "opening_hours", "closures", "special_days")
"""What decides when a screen plays what: a change of these outdates the plans of the store."""


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """What may be changed; what is left out stays. ``opening_hours`` null means always open."""

    code: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    timezone: str | msgspec.UnsetType = msgspec.UNSET
    address: str | msgspec.UnsetType = msgspec.UNSET
    region: str | msgspec.UnsetType = msgspec.UNSET
    opening_hours: dict[Weekday, Hours] | msgspec.UnsetType | None = msgspec.UNSET
    closures: list[date] | msgspec.UnsetType = msgspec.UNSET
    special_days: dict[date, Hours] | msgspec.UnsetType = msgspec.UNSET


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    store_id: UUID,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Store:
    """Change what is given.

    NotFound, Forbidden, Invalid, Conflict where the code is taken, or Stale where ``revision`` is
    no longer current.
    """
    actor.require("manage")
    async with conn.transaction():
        await conn.execute(_LOCK, store_id)
        before = await stores.find(conn, actor, store_id)
        _require_current(before, revision)
        wanted = _wanted(before, changes)
        _require_chain(actor, before, wanted)
        errors = stores.errors_in(wanted)
        if errors:
            raise Invalid(errors)
        await _write(conn, store_id, wanted, now)
        after = await stores.find(conn, actor, store_id)
        if any(getattr(before, field) != getattr(after, field) for field in PLAN_FIELDS):
            await targets.outdate_plans(conn, Target("store", store_id))
        await _audit(conn, actor, "stores.change", before, after, now)
    return after


async def archive(
    conn: asyncpg.Connection,
    actor: Actor,
    store_id: UUID,
    *,
    revision: int | None = None,
    now: datetime,
) -> None:
    """Close a store for good: it leaves every list, its plays stay in every report.

    Conflict while screens stand there or one is being paired there.
    """
    actor.require("administer")
    async with conn.transaction():
        await conn.execute(_LOCK_AWAY, store_id)
        before = await stores.find(conn, actor, store_id)
        _require_current(before, revision)
        await _require_empty(conn, before, now)
        await conn.execute(
            """
            /* stores.archive */
            UPDATE stores SET archived_at = $2, updated_at = $2, revision = revision + 1
            WHERE id = $1
            """,
            store_id,
            now,
        )
        await _audit(conn, actor, "stores.archive", before, None, now)


_LOCK = "/* stores.lock */ SELECT id FROM stores WHERE id = $1 FOR NO KEY UPDATE"

# Whoever puts a screen or a code here at the same time waits for this, and ``stores.require`` then
# finds the store gone.
_LOCK_AWAY = "/* stores.lock_away */ SELECT id FROM stores WHERE id = $1 FOR UPDATE"


def _require_current(before: Store, revision: int | None) -> None:
    if revision not in (None, before.revision):
        detail = f"{before.name} was changed by somebody else meanwhile. Load it again."
        missed = before.revision - (revision or 0)
        raise Stale(detail, entity="store", entity_id=before.id, missed=missed)


def _wanted(before: Store, changes: Changes) -> stores.NewStore:
    kept = {field: getattr(before, field) for field in stores.NewStore.__struct_fields__}
    given = {
        field: value
        for field, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    return stores.NewStore(**(kept | given))


def _require_chain(actor: Actor, before: Store, wanted: stores.NewStore) -> None:
    if actor.may("administer"):
        return
    for field in CHAIN_FIELDS:
        if getattr(before, field) != getattr(wanted, field):
            raise Forbidden(f"The {field} of a store is an administrator's to change.")


async def _write(
    conn: asyncpg.Connection, store_id: UUID, wanted: stores.NewStore, now: datetime
) -> None:
    try:
        async with conn.transaction():
            await conn.execute(
                """
                /* stores.change */
                UPDATE stores
                SET code = $2, name = $3, timezone = $4, address = $5, region = $6,
                    opening_hours = $7, closures = $8, special_days = $9, updated_at = $10,
                    revision = revision + 1
                WHERE id = $1
                """,
                store_id,
                wanted.code,
                wanted.name.strip(),
                wanted.timezone,
                wanted.address.strip(),
                wanted.region.strip(),
                wanted.opening_hours or None,
                wanted.closures,
                {day.isoformat(): hours for day, hours in sorted(wanted.special_days.items())},
                now,
            )
    except asyncpg.UniqueViolationError as error:
        raise stores.code_taken(wanted.code) from error


async def _require_empty(conn: asyncpg.Connection, store: Store, now: datetime) -> None:
    if store.devices:
        screens = "1 screen stands" if store.devices == 1 else f"{store.devices} screens stand"
        detail = f"{screens} in {store.name}. Move or retire them first."
        raise Conflict(detail, code="store_has_screens")
    awaited = await conn.fetchval(
        """
        /* stores.is_awaiting_screens */
        SELECT EXISTS (SELECT 1 FROM device_claims
                       WHERE store_id = $1 AND state = 'approved' AND expires_at > $2)
        """,
        store.id,
        now,
    )
    if awaited:
        detail = f"A screen is being paired for {store.name}. Wait for it, or revoke its code."
        raise Conflict(detail, code="store_has_claims")


async def _audit(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    before: Store,
    after: Store | None,
    now: datetime,
) -> None:
    await audit.record(
        conn,
        actor,
        action=action,
        entity="store",
        entity_id=before.id,
        before=_audited(before),
        after=after and _audited(after),
        now=now,
    )


def _audited(store: Store) -> dict[str, Any]:
    return {field: getattr(store, field) for field in stores.NewStore.__struct_fields__}
