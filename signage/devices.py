"""Devices: the screens of the fleet, where they stand and what they report about themselves.

A device comes into being by pairing and is never deleted, only retired. What is found is always
limited to the stores within the actor's scope.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, group_members, group_rules, placements, stores, tags
from signage.actors import Actor
from signage.errors import Conflict, FieldError, Invalid, NotFound, Stale

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


async def find(conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime) -> Device:
    """Return the device, or raise NotFound."""
    row = await conn.fetchrow(
        f"""
        /* devices.find */
        {SELECT}
        WHERE d.id = $2 AND ($3::uuid[] IS NULL OR d.store_id = ANY ($3))
        """,
        now,
        device_id,
        actor.store_ids,
    )
    if row is None:
        raise NotFound("There is no such screen in your stores.")
    return Device(**dict(row))


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Device:
    """Change what is given. NotFound, Invalid, Conflict for a status that cannot follow the
    present one, or Stale where ``revision`` is no longer current.
    """
    actor.require("manage")
    _check(changes)
    async with conn.transaction():
        await lock(conn, [device_id])
        before = await find(conn, actor, device_id, now=now)
        _check_status(before, changes.status)
        store_id = before.store_id if changes.store_id is msgspec.UNSET else changes.store_id
        await stores.require(conn, actor, store_id)
        await _write(conn, before, changes, revision, now)
        if store_id != before.store_id:
            await placements.move(conn, [device_id], store_id, now=now)
        if not isinstance(changes.group_ids, msgspec.UnsetType):
            await group_members.put_device(conn, device_id, changes.group_ids, now=now)
        await group_rules.follow(conn, [device_id], now=now)
        after = await find(conn, actor, device_id, now=now)
        await audit.record(
            conn,
            actor,
            action="devices.change",
            entity="device",
            entity_id=device_id,
            before=audited(before),
            after=audited(after),
            now=now,
        )
    return after


async def revoke(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime
) -> Device:
    """Stop the tokens of a screen that is lost or copied; pair it again as a replacement.

    Stopping them twice is no error. Conflict for a retired screen, which has none.
    """
    return await change(conn, actor, device_id, Changes(status="revoked"), now=now)


async def retire(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime
) -> Device:
    """Take the screen out of service: its tokens stop, its history stays. Conflict the second time.

    A retired screen leaves lists and groups' counts until it is taken back.
    """
    actor.require("manage")
    async with conn.transaction():
        await lock(conn, [device_id])
        if (await find(conn, actor, device_id, now=now)).status == "retired":
            raise Conflict("This screen is retired already.", code="already_retired")
        return await change(conn, actor, device_id, Changes(status="retired"), now=now)


async def reinstate(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime
) -> Device:
    """Take a revoked or retired screen back into service; it has to pair again.

    Conflict where it is in service.
    """
    actor.require("manage")
    async with conn.transaction():
        await lock(conn, [device_id])
        if (await find(conn, actor, device_id, now=now)).status == "active":
            raise Conflict("This screen is in service already.", code="already_active")
        return await change(conn, actor, device_id, Changes(status="active"), now=now)


async def lock(conn: asyncpg.Connection, device_ids: list[UUID]) -> None:
    """Let nobody else change these devices, nor the rules of groups, until the transaction ends.

    What is left out of a change is written back as it was read.
    """
    await group_rules.hold(conn)
    await conn.execute(
        """
        /* devices.lock */
        SELECT id FROM devices WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE
        """,
        device_ids,
    )


def audited(device: Device) -> dict[str, Any]:
    """Return what the audit log keeps of a device: all that people may change."""
    return {field: getattr(device, field) for field in Changes.__struct_fields__}


HEALTH = f"""CASE
    WHEN d.last_seen_at IS NULL THEN 'never'
    WHEN d.last_seen_at > $1::timestamptz - interval '{ONLINE_WITHIN_S} s' THEN 'online'
    WHEN d.last_seen_at > $1::timestamptz - interval '{LATE_WITHIN_S} s' THEN 'late'
    ELSE 'offline' END"""
"""How long ago the last heartbeat came, as a word; $1 is now."""

SELECT = f"""
SELECT d.id, d.name, d.store_id, s.name AS store, s.timezone, d.status, {HEALTH} AS health,
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
"""Every column of Device; $1 is now."""


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


def _check_status(before: Device, wanted: Status | msgspec.UnsetType) -> None:
    if (before.status, wanted) == ("retired", "revoked"):
        detail = f"{before.name} is retired: it has no tokens to stop. Take it back first."
        raise Conflict(detail, code="device_retired")


async def _write(
    conn: asyncpg.Connection, before: Device, changes: Changes, revision: int | None, now: datetime
) -> None:
    # Where it stands decides its plan, so a move outdates it; groups do so for themselves.
    # Tokens that were stopped stay stopped when the screen is taken back: it pairs anew.
    values = msgspec.structs.asdict(before) | {
        field: value
        for field, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    moved = values["store_id"] != before.store_id
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
        detail = f"{before.name} was changed by somebody else meanwhile. Load it again."
        missed = before.revision - (revision or 0)
        raise Stale(detail, entity="device", entity_id=before.id, missed=missed)
