"""Device bulk: one change of up to a thousand screens at once, of all of them or of none.

Every statement takes the whole set, and each screen that changes gets its own entry in the audit
log, in the transaction of the change.
"""

from datetime import datetime
from typing import Annotated, Any, assert_never
from uuid import UUID

import asyncpg
import msgspec

from signage import (
    audit,
    command_batches,
    commands,
    devices,
    group_members,
    group_rules,
    groups,
    placements,
    stores,
    tags,
)
from signage.actors import Actor
from signage.devices import Status
from signage.errors import Conflict, Invalid

DEVICES_MAX = 1000

SelectedIds = Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=DEVICES_MAX)]


class Selection(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action"
):
    """Which screens; what is done to them is the name of the kind of selection."""

    device_ids: SelectedIds


class Move(Selection, frozen=True, tag="move"):
    """Put the screens in another store."""

    store_id: UUID


class AddToGroup(Selection, frozen=True, tag="add_to_group"):
    """Put the screens in a group."""

    group_id: UUID


class RemoveFromGroup(Selection, frozen=True, tag="remove_from_group"):
    """Take the screens out of a group."""

    group_id: UUID


class AddTag(Selection, frozen=True, tag="add_tag"):
    """Put a tag on the screens."""

    tag: str


class RemoveTag(Selection, frozen=True, tag="remove_tag"):
    """Take a tag off the screens."""

    tag: str


class Retire(Selection, frozen=True, tag="retire"):
    """Take the screens out of service."""


class Command(Selection, frozen=True, tag="command"):
    """Send the screens a command."""

    kind: commands.Kind
    args: dict[str, object] = {}


Change = Move | AddToGroup | RemoveFromGroup | AddTag | RemoveTag | Retire | Command
CHANGE: Any = Change
"""The same for decoders, which take a union as they take a class."""


class Applied(msgspec.Struct, frozen=True):
    """How many screens were selected, and how many of them were not like that already."""

    selected: int
    changed: int


class Selected(msgspec.Struct, frozen=True):
    """One of the screens, with what the audit log keeps of it."""

    id: UUID
    name: str
    store_id: UUID
    group_ids: list[UUID]
    tags: list[str]
    status: Status


async def apply(
    conn: asyncpg.Connection, actor: Actor, change: Change, *, now: datetime
) -> Applied:
    """Do it to every selected screen, or to none.

    Invalid for a screen, store or group out of reach and for a wrong tag; Conflict where one of
    the screens is out of service and can be neither retired again nor given a command.
    """
    actor.require("manage")
    async with conn.transaction():
        await devices.lock(conn, change.device_ids)
        before = await _selected(conn, change.device_ids, actor.store_ids)
        if len(before) != len(set(change.device_ids)):
            detail = "One of these screens does not exist in your stores."
            raise Invalid.field("/device_ids", "unknown_device", detail)
        await _change(conn, actor, change, list(before.values()), now)
        if isinstance(change, Command):
            return Applied(len(before), len(before))
        await group_rules.follow(conn, list(before), now=now)
        after = await _selected(conn, change.device_ids, None)
        changed = [device_id for device_id in before if before[device_id] != after[device_id]]
        await _mark(conn, changed, now)
        await audit.record_each(
            conn,
            actor,
            action="devices.change",
            entity="device",
            entries=[(device_id, before[device_id], after[device_id]) for device_id in changed],
            now=now,
        )
    return Applied(len(before), len(changed))


async def _selected(
    conn: asyncpg.Connection, device_ids: list[UUID], store_ids: list[UUID] | None
) -> dict[UUID, Selected]:
    rows = await conn.fetch(
        """
        /* device_bulk.selected */
        SELECT d.id, d.name, d.store_id, d.tags, d.status,
               ARRAY(SELECT m.group_id FROM device_group_members m
                     WHERE m.device_id = d.id ORDER BY m.group_id) AS group_ids
        FROM devices d
        WHERE d.id = ANY ($1) AND ($2::uuid[] IS NULL OR d.store_id = ANY ($2))
        ORDER BY d.id
        """,
        device_ids,
        store_ids,
    )
    return {row["id"]: Selected(**dict(row)) for row in rows}


async def _change(
    conn: asyncpg.Connection,
    actor: Actor,
    change: Change,
    selected: list[Selected],
    now: datetime,
) -> None:
    ids = [device.id for device in selected]
    match change:
        case Move(store_id=store_id):
            await _move(conn, actor, selected, store_id, now)
        case AddToGroup(group_id=group_id):
            await _require_group(conn, group_id)
            await group_members.add(conn, actor, group_id, ids, now=now)
        case RemoveFromGroup(group_id=group_id):
            await _require_group(conn, group_id)
            await group_members.remove(conn, actor, group_id, ids, now=now)
        case AddTag(tag=tag):
            await _add_tag(conn, selected, tag.strip())
        case RemoveTag(tag=tag):
            await _remove_tag(conn, ids, tag.strip())
        case Retire():
            await _retire(conn, selected)
        case Command(kind=kind, args=args):
            _require_in_service(selected, {"active"})
            await command_batches.send(conn, actor, ids, kind=kind, args=args, now=now)
        case _:
            assert_never(change)


async def _move(
    conn: asyncpg.Connection,
    actor: Actor,
    selected: list[Selected],
    store_id: UUID,
    now: datetime,
) -> None:
    await stores.require(conn, actor, store_id)
    moved = [device.id for device in selected if device.store_id != store_id]
    await conn.execute(
        """
        /* device_bulk.move */
        UPDATE devices SET store_id = $2, plan_wanted = plan_wanted + 1 WHERE id = ANY ($1)
        """,
        moved,
        store_id,
    )
    await placements.move(conn, moved, store_id, now=now)


async def _require_group(conn: asyncpg.Connection, group_id: UUID) -> None:
    try:
        await groups.require_all(conn, [group_id])
    except Invalid as error:
        detail = "There is no such group, or it takes its screens by a rule."
        raise Invalid.field("/group_id", "unknown_group", detail) from error


async def _add_tag(conn: asyncpg.Connection, selected: list[Selected], tag: str) -> None:
    wrong = tags.errors_in([tag])
    if wrong:
        raise Invalid.field("/tag", wrong[0].code, wrong[0].detail)
    without = [device for device in selected if tag not in device.tags]
    full = [device.name for device in without if len(device.tags) >= tags.TAGS_MAX]
    if full:
        detail = f"{full[0]} has {tags.TAGS_MAX} tags already."
        raise Invalid.field("/tag", "too_many_tags", detail)
    await conn.execute(
        """
        /* device_bulk.add_tag */
        UPDATE devices SET tags = array_append(tags, $2) WHERE id = ANY ($1)
        """,
        [device.id for device in without],
        tag,
    )


async def _remove_tag(conn: asyncpg.Connection, ids: list[UUID], tag: str) -> None:
    await conn.execute(
        """
        /* device_bulk.remove_tag */
        UPDATE devices SET tags = array_remove(tags, $2) WHERE id = ANY ($1) AND tags @> ARRAY[$2]
        """,
        ids,
        tag,
    )


async def _retire(conn: asyncpg.Connection, selected: list[Selected]) -> None:
    _require_in_service(selected, {"active", "revoked"})
    await conn.execute(
        "/* device_bulk.retire */ UPDATE devices SET status = 'retired' WHERE id = ANY ($1)",
        [device.id for device in selected],
    )


def _require_in_service(selected: list[Selected], allowed: set[Status]) -> None:
    out = [device for device in selected if device.status not in allowed]
    if out:
        more = f" and {len(out) - 1} more are" if len(out) > 1 else " is"
        detail = f"{out[0].name}{more} {out[0].status}. Leave them out."
        raise Conflict(detail, code=f"device_{out[0].status}")


async def _mark(conn: asyncpg.Connection, changed: list[UUID], now: datetime) -> None:
    await conn.execute(
        """
        /* device_bulk.mark */
        UPDATE devices SET revision = revision + 1, updated_at = $2 WHERE id = ANY ($1)
        """,
        changed,
        now,
    )
