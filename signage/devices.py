"""Devices: the screens of the fleet, where they stand and what they report about themselves.

A device comes into being by pairing and is never deleted, only retired. What is found is always
limited to the stores within the actor's scope.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, groups, paging, placements, stores, tags
from signage.actors import Actor
from signage.errors import FieldError, Invalid, NotFound, Stale

ONLINE_WITHIN_S = 150
LATE_WITHIN_S = 15 * 60
NAME_MAX_CHARS = 200
NOTES_MAX_CHARS = 10_000

Status = Literal["active", "revoked", "retired"]
Health = Literal["online", "late", "offline", "never"]


class Device(msgspec.Struct, frozen=True):
    """One screen. ``plan_etag`` is what it is due, ``plan_etag_reported`` what it says it plays."""

    id: UUID
    name: str
    store_id: UUID
    store: str
    timezone: str
    status: Status
    health: Health
    group_ids: list[UUID]
    tags: list[str]
    notes: str
    device_info: dict[str, Any]
    player_version: str | None
    last_seen_at: datetime | None
    last_address: str | None
    now_playing: dict[str, Any] | None
    on_screen: str | None
    plan_etag: str | None
    plan_etag_reported: str | None
    disk_used_bytes: int | None
    disk_total_bytes: int | None
    clock_offset_ms: int | None
    last_error: str | None
    counters: dict[str, int]
    revision: int
    created_at: datetime
    updated_at: datetime


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """What may be changed by hand; what is left out stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    store_id: UUID | msgspec.UnsetType = msgspec.UNSET
    group_ids: list[UUID] | msgspec.UnsetType = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    notes: str | msgspec.UnsetType = msgspec.UNSET
    status: Status | msgspec.UnsetType = msgspec.UNSET


class Filters(msgspec.Struct, frozen=True):
    """Which devices a list shows; None leaves a filter out. ``q`` looks in names and serials."""

    q: str | None = None
    store_id: UUID | None = None
    group_id: UUID | None = None
    status: Status | None = None
    health: Health | None = None
    tag: str | None = None


NO_FILTERS = Filters()


async def find(conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime) -> Device:
    """Return the device, or raise NotFound."""
    row = await conn.fetchrow(
        f"""
        /* devices.find */
        {_SELECT}
        WHERE d.id = $2 AND ($3::uuid[] IS NULL OR d.store_id = ANY ($3))
        """,
        now,
        device_id,
        actor.store_ids,
    )
    if row is None:
        raise NotFound("There is no such screen in your stores.")
    return _device(row)


async def list_for(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Device]:
    """Return a page of devices by name; retired ones only where the status filter asks for them."""
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        f"""
        /* devices.list_for */
        {_SELECT}
        WHERE {_MATCHES} AND ($9::text IS NULL OR (d.name, d.id) > ($9, $10::uuid))
        ORDER BY d.name, d.id
        LIMIT $11
        """,
        *_filter_values(actor, filters, now),
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([_device(row) for row in found], next_cursor)


async def count(
    conn: asyncpg.Connection, actor: Actor, filters: Filters = NO_FILTERS, *, now: datetime
) -> dict[Health, int]:
    """Return how many devices match, by health."""
    rows = await conn.fetch(
        f"""
        /* devices.count */
        SELECT {_HEALTH} AS health, count(*) AS devices
        FROM devices d
        WHERE {_MATCHES}
        GROUP BY 1
        """,
        *_filter_values(actor, filters, now),
    )
    counts: dict[Health, int] = {"online": 0, "late": 0, "offline": 0, "never": 0}
    return counts | {row["health"]: row["devices"] for row in rows}


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Device:
    """Change what is given. NotFound, Invalid, or Stale where ``revision`` is no longer current."""
    actor.require("manage")
    _check(changes)
    async with conn.transaction():
        await conn.execute(_LOCK, device_id)
        before = await find(conn, actor, device_id, now=now)
        store_id = before.store_id if changes.store_id is msgspec.UNSET else changes.store_id
        await stores.require(conn, actor, store_id)
        await _write(conn, before, changes, revision, now)
        if store_id != before.store_id:
            await placements.move(conn, device_id, store_id, now=now)
        if not isinstance(changes.group_ids, msgspec.UnsetType):
            await groups.put_device(conn, device_id, changes.group_ids)
        after = await find(conn, actor, device_id, now=now)
        await audit.record(
            conn,
            actor,
            action="devices.change",
            entity="device",
            entity_id=device_id,
            before=_audited(before),
            after=_audited(after),
            now=now,
        )
    return after


async def retire(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime
) -> Device:
    """Take the screen out of service: its tokens stop, its history stays."""
    return await change(conn, actor, device_id, Changes(status="retired"), now=now)


async def revoke(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime
) -> Device:
    """Stop the tokens of a screen that is lost or copied; pair it again as a replacement."""
    return await change(conn, actor, device_id, Changes(status="revoked"), now=now)


# What is left out is written back as it was read, so nobody may change it in between.
_LOCK = "/* devices.lock */ SELECT id FROM devices WHERE id = $1 FOR NO KEY UPDATE"

_HEALTH = f"""CASE
    WHEN d.last_seen_at IS NULL THEN 'never'
    WHEN d.last_seen_at > $1::timestamptz - interval '{ONLINE_WITHIN_S} s' THEN 'online'
    WHEN d.last_seen_at > $1::timestamptz - interval '{LATE_WITHIN_S} s' THEN 'late'
    ELSE 'offline' END"""

_SELECT = f"""
SELECT d.id, d.name, d.store_id, s.name AS store, s.timezone, d.status, {_HEALTH} AS health,
       ARRAY(SELECT m.group_id FROM device_group_members m
             WHERE m.device_id = d.id ORDER BY m.group_id) AS group_ids,
       d.tags, d.notes, d.device_info_json AS device_info, d.player_version, d.last_seen_at,
       d.last_address, d.now_playing, c.name AS on_screen, d.plan_etag, d.plan_etag_reported,
       d.disk_used_bytes, d.disk_total_bytes, d.clock_offset_ms, d.last_error, d.counters,
       d.revision, d.created_at, d.updated_at
FROM devices d
JOIN stores s ON s.id = d.store_id
LEFT JOIN plan_items i ON i.item_id = d.now_playing ->> 'item_id'
LEFT JOIN content c ON c.id = i.content_id"""

_MATCHES = f"""($2::uuid[] IS NULL OR d.store_id = ANY ($2))
    AND ($3::text IS NULL OR d.name ILIKE '%' || $3 || '%'
         OR d.device_info_json ->> 'serial' ILIKE '%' || $3 || '%')
    AND ($4::uuid IS NULL OR d.store_id = $4)
    AND ($5::uuid IS NULL OR EXISTS (SELECT 1 FROM device_group_members m
                                     WHERE m.device_id = d.id AND m.group_id = $5))
    AND CASE WHEN $6::text IS NULL THEN d.status <> 'retired' ELSE d.status = $6 END
    AND ($7::text IS NULL OR {_HEALTH} = $7)
    AND ($8::text IS NULL OR d.tags @> ARRAY[$8])"""


def _filter_values(actor: Actor, filters: Filters, now: datetime) -> list[Any]:
    return [
        now,
        actor.store_ids,
        paging.like(filters.q),
        filters.store_id,
        filters.group_id,
        filters.status,
        filters.health,
        filters.tag,
    ]


def _check(changes: Changes) -> None:
    errors = []
    if isinstance(changes.name, str) and not 1 <= len(changes.name.strip()) <= NAME_MAX_CHARS:
        detail = f"A screen's name has 1 to {NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    if isinstance(changes.notes, str) and len(changes.notes) > NOTES_MAX_CHARS:
        detail = f"Notes have at most {NOTES_MAX_CHARS} characters."
        errors.append(FieldError("/notes", "invalid_notes", detail))
    if isinstance(changes.tags, list):
        errors += tags.errors_in(changes.tags)
    if errors:
        raise Invalid(errors)


async def _write(
    conn: asyncpg.Connection, before: Device, changes: Changes, revision: int | None, now: datetime
) -> None:
    # Where it stands and which groups it is in decide its plan, so those changes outdate the plan.
    # Tokens that were stopped stay stopped when the screen is taken back: it pairs anew.
    values = msgspec.structs.asdict(before) | {
        field: value
        for field, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    moved = values["store_id"] != before.store_id or values["group_ids"] != before.group_ids
    written = await conn.fetchval(
        """
        /* devices.change */
        UPDATE devices
        SET name = $3, store_id = $4, tags = $5, notes = $6, status = $7, updated_at = $8,
            revision = revision + 1, plan_wanted = plan_wanted + $9::int,
            token_hash = CASE WHEN $10 THEN NULL ELSE token_hash END,
            previous_token_hash = CASE WHEN $10 THEN NULL ELSE previous_token_hash END,
            refresh_hash = CASE WHEN $10 THEN NULL ELSE refresh_hash END,
            previous_refresh_hash = CASE WHEN $10 THEN NULL ELSE previous_refresh_hash END
        WHERE id = $1 AND ($2::int IS NULL OR revision = $2)
        RETURNING id
        """,
        before.id,
        revision,
        values["name"].strip(),
        values["store_id"],
        values["tags"],
        values["notes"],
        values["status"],
        now,
        int(moved),
        values["status"] == "active" and before.status != "active",
    )
    if written is None:
        raise Stale(f"{before.name} was changed by somebody else meanwhile. Load it again.")


def _audited(device: Device) -> dict[str, Any]:
    fields = ("name", "store_id", "group_ids", "tags", "notes", "status")
    return {field: getattr(device, field) for field in fields}


def _device(row: asyncpg.Record) -> Device:
    return Device(**dict(row))
