"""Targets: what a playlist is put on - one device, one group, one store or the whole fleet."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import devices, groups, stores
from signage.actors import Actor
from signage.errors import Forbidden, Invalid, NotFound

Kind = Literal["device", "group", "store", "fleet"]

REACHES = """CASE {kind}
    WHEN 'device' THEN d.id = {id}
    WHEN 'store' THEN d.store_id = {id}
    WHEN 'group' THEN d.id IN (SELECT m.device_id FROM device_group_members m
                               WHERE m.group_id = {id})
    ELSE true END"""
"""Whether a target reaches the device ``d``, for statements that say what its kind and id are."""


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """``id`` names the device, group or store; the fleet has none."""

    kind: Kind
    id: UUID | None = None

    def columns(self) -> tuple[UUID | None, UUID | None, UUID | None]:
        """Return the values of device_id, group_id and store_id."""
        return (
            self.id if self.kind == "device" else None,
            self.id if self.kind == "group" else None,
            self.id if self.kind == "store" else None,
        )


async def check(
    conn: asyncpg.Connection, actor: Actor, target: Target, *, pointer: str, now: datetime
) -> None:
    """Raise Invalid where it does not exist for the actor, Forbidden where it reaches beyond."""
    if (target.kind == "fleet") != (target.id is None):
        detail = "A device, group or store needs an id; the fleet has none."
        raise Invalid.field(f"{pointer}/id", "invalid_target", detail)
    try:
        await _require(conn, actor, target, now)
    except NotFound as error:
        raise Invalid.field(f"{pointer}/id", "unknown_target", error.detail) from error


async def _require(conn: asyncpg.Connection, actor: Actor, target: Target, now: datetime) -> None:
    match target:
        case Target("device", UUID() as device_id):
            await devices.find(conn, actor, device_id, now=now)
        case Target("store", UUID() as store_id):
            await stores.find(conn, actor, store_id)
        case Target("group", UUID() as group_id):
            await groups.find(conn, group_id)
            _require_every_store(actor)
        case _:
            _require_every_store(actor)


def _require_every_store(actor: Actor) -> None:
    # A group or the fleet may hold screens of any store, so it takes somebody who reaches them all.
    if actor.store_ids is not None:
        raise Forbidden("This reaches screens in stores that are not yours.")


async def outdate_plans(conn: asyncpg.Connection, target: Target) -> int:
    """Mark the plan of every device the target reaches as outdated; return how many there are.

    Whoever changes what playlists hold waits until this transaction ends (see ``hold_programmes``),
    and so finds the target that was just given one of them.
    """
    await hold_programmes(conn, exclusive=False)
    status = await conn.execute(
        f"""
        /* targets.outdate_plans */
        UPDATE devices d SET plan_wanted = plan_wanted + 1
        WHERE d.status <> 'retired' AND {REACHES.format(kind="$1", id="$2::uuid")}
        """,
        target.kind,
        target.id,
    )
    return int(status.split()[-1])


async def hold_programmes(conn: asyncpg.Connection, *, exclusive: bool) -> None:
    """Keep apart, until the transaction ends, who gives playlists out and who changes them.

    Many may give out at once; who changes (``exclusive``) waits for them, and they for it.
    Otherwise neither would see the other's rows, and a screen would keep an outdated plan.
    """
    lock = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    await conn.execute(
        f"/* targets.hold_programmes */ SELECT {lock}(hashtext('playbill.programmes'))"
    )
