"""The picture of what a screen shows, beside what its plan says."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from quart import Blueprint, Response

from signage import plan_history, screenshots
from signage.actors import Actor
from signage.plan_history import Foreseen
from signage.screenshots import Screenshot
from web import identity, pictures
from web.services import connection, now

routes = Blueprint("device_screenshots", __name__)


class Compared(msgspec.Struct, frozen=True):
    """The latest screenshot, and whose turn it was then by the plan the screen held."""

    shot: Screenshot
    foreseen: Foreseen | None


@routes.get("/devices/<uuid:device_id>/screenshot")
async def image(device_id: UUID) -> Response:
    """Answer with the bytes of the latest screenshot."""
    actor = await identity.require("watch")
    async with connection() as conn:
        found, data = await screenshots.read(conn, actor, device_id, now=now())
    return pictures.send(data, found.mime, found.sha256)


async def latest(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, at: datetime
) -> Compared | None:
    """Return the latest screenshot beside what was planned then, None before the first."""
    shot = await screenshots.find_for(conn, device_id)
    if shot is None:
        return None
    then = await plan_history.at_instant(conn, actor, device_id, at=shot.taken_at, now=at)
    given = then.held or then.due
    return Compared(shot, given.foreseen if given else None)
