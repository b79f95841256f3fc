"""What a calendar is of, as addresses and forms write it: ``fleet``, ``store:<id>``."""

from uuid import UUID

import asyncpg
import msgspec

from signage import devices, groups, stores, target_choices
from signage.actors import Actor
from signage.targets import Target
from web.services import now

KINDS = {"fleet": "Fleet", "group": "Group", "store": "Store", "device": "Screen"}
STORES_OFFERED_MAX = 200

Options = list[tuple[str, str]]


def read(text: str) -> Target | None:
    """Return the target that a text names, None where it names none."""
    kind, _, target_id = text.partition(":")
    given = {"kind": kind} | ({"id": target_id} if target_id else {})
    try:
        target = msgspec.convert(given, Target)
    except msgspec.ValidationError:
        return None
    return target if (target.kind == "fleet") == (target.id is None) else None


def write(target: Target) -> str:
    """Return the text that ``read`` understands."""
    return f"{target.kind}:{target.id}" if target.id else target.kind


async def name(conn: asyncpg.Connection, actor: Actor, target: Target) -> str:
    """Return what people call the target, or raise NotFound."""
    match target:
        case Target("device", UUID() as device_id):
            device = await devices.find(conn, actor, device_id, now=now())
            return f"{device.name}, {device.store}"
        case Target("store", UUID() as store_id):
            return (await stores.find(conn, actor, store_id)).name
        case Target("group", UUID() as group_id):
            return (await groups.find(conn, group_id)).name
        case _:
            return "The whole fleet"


async def options(
    conn: asyncpg.Connection, actor: Actor, chosen: Target | None, *, q: str | None = None
) -> Options:
    """Return the targets to choose from; the one that is chosen is always among them."""
    found = await target_choices.list_for(conn, actor, q=q)
    offered = [
        (
            write(Target(choice.kind, choice.id)),
            choice.name
            if choice.kind == "fleet"
            else f"{KINDS[choice.kind]}: {choice.name}"
            + (f", {choice.store}" if choice.store else ""),
        )
        for choice in found
    ]
    if chosen is not None and write(chosen) not in dict(offered):
        label = await name(conn, actor, chosen)
        offered.insert(0, (write(chosen), f"{KINDS[chosen.kind]}: {label}"))
    return offered


async def default(conn: asyncpg.Connection, actor: Actor) -> Target | None:
    """Return what somebody's calendar is of at first: the fleet, or the first own store."""
    if actor.store_ids is None:
        return Target("fleet")
    own = await stores.list_for(conn, actor)
    return Target("store", own[0].id) if own else None


async def store_options(conn: asyncpg.Connection, actor: Actor, chosen: UUID) -> Options:
    """Return the stores in whose time a group or the fleet can be read."""
    found = await stores.list_for(conn, actor)
    shown = found[:STORES_OFFERED_MAX]
    shown += [store for store in found[STORES_OFFERED_MAX:] if store.id == chosen]
    return [(str(store.id), f"{store.name} ({store.timezone})") for store in shown]
