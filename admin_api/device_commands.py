"""Commands of a device: ``/v1/admin/devices/{id}/commands``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import commands
from web import bodies
from web.services import connection, now

routes = Blueprint("device_commands", __name__)


class NewCommand(msgspec.Struct, forbid_unknown_fields=True):
    """A command to send."""

    kind: commands.Kind
    args: dict[str, object] = {}


@routes.get("/devices/<uuid:device_id>/commands")
async def index(device_id: UUID) -> Response:
    """List the commands of a screen, the latest first."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        page = await commands.list_for_device(
            conn, actor, device_id, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    return answers.listed(page)


@routes.post("/devices/<uuid:device_id>/commands")
async def send(device_id: UUID) -> Response:
    """Queue a command for a screen."""
    actor = await caller()
    actor.require("manage")
    new = await bodies.decode(NewCommand)
    async with connection() as conn:
        sent = await commands.send(conn, actor, device_id, kind=new.kind, args=new.args, now=now())
    return answers.created(sent, f"/v1/admin/devices/{device_id}/commands")


@routes.get("/devices/<uuid:device_id>/commands/<uuid:command_id>")
async def show(device_id: UUID, command_id: UUID) -> Response:
    """Show one command and how far it came."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        return answers.one(await commands.find(conn, actor, device_id, command_id, now=now()))
