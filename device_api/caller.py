"""The screen that asks, and how often it may."""

from uuid import UUID

import msgspec
from quart import g

from web import identity
from web.services import services


class Device(msgspec.Struct, frozen=True):
    """The screen that asks."""

    id: UUID


async def device() -> Device:
    """Return the screen that asks; Unauthenticated, or TooMany over its limit."""
    actor = await identity.device()
    g.limited_device = actor.id
    services().device_rate.take(actor.id)
    assert actor.id is not None  # noqa: S101 - a device always has an id
    return Device(actor.id)
