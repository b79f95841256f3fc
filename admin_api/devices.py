"""Devices: ``/v1/admin/devices``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import commands, devices, explanations, plans
from web import bodies
from web.services import connection, now

routes = Blueprint("devices", __name__)


class NewCommand(msgspec.Struct, forbid_unknown_fields=True):
    """A command to send."""

    kind: commands.Kind
    args: dict[str, object] = {}


@routes.get("/devices")
async def index() -> Response:
    """List the screens within the caller's stores, by name."""
    actor = await caller()
    async with connection() as conn:
        page = await devices.list_for(
            conn,
            actor,
            answers.filters(devices.Filters),
            limit=answers.limit(),
            cursor=answers.cursor(),
            now=now(),
        )
    return answers.listed(page)


@routes.get("/devices/<uuid:device_id>")
async def show(device_id: UUID) -> Response:
    """Show one screen."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await devices.find(conn, actor, device_id, now=now()))


@routes.patch("/devices/<uuid:device_id>")
async def change(device_id: UUID) -> Response:
    """Change what is given: name, store, groups, tags, notes, status."""
    actor = await caller()
    actor.require("manage")
    changes = await bodies.decode(devices.Changes)
    async with connection() as conn:
        before = await devices.find(conn, actor, device_id, now=now())
        revision = answers.expected_revision(before.revision)
        after = await devices.change(conn, actor, device_id, changes, revision=revision, now=now())
    return answers.one(after)


@routes.post("/devices/<uuid:device_id>/retire")
async def retire(device_id: UUID) -> Response:
    """Take a screen out of service."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await devices.retire(conn, actor, device_id, now=now()))


@routes.post("/devices/<uuid:device_id>/revoke")
async def revoke(device_id: UUID) -> Response:
    """Stop a screen's tokens."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await devices.revoke(conn, actor, device_id, now=now()))


@routes.get("/devices/<uuid:device_id>/commands")
async def command_index(device_id: UUID) -> Response:
    """List the latest commands of a screen."""
    actor = await caller()
    async with connection() as conn:
        sent = await commands.list_for_device(
            conn, actor, device_id, limit=answers.limit(), now=now()
        )
    return bodies.reply({"items": sent, "next_cursor": None})


@routes.post("/devices/<uuid:device_id>/commands")
async def send_command(device_id: UUID) -> Response:
    """Queue a command for a screen."""
    actor = await caller()
    new = await bodies.decode(NewCommand)
    async with connection() as conn:
        sent = await commands.send(conn, actor, device_id, kind=new.kind, args=new.args, now=now())
    return answers.created(sent, f"/v1/admin/devices/{device_id}/commands")


@routes.get("/devices/<uuid:device_id>/plan")
async def plan(device_id: UUID) -> Response:
    """Show today's configuration resolved for a screen, as if it were ``at``."""
    actor = await caller()
    async with connection() as conn:
        await devices.find(conn, actor, device_id, now=now())
        at = answers.instant_arg("at") or now()
        resolved = await plans.preview(conn, device_id, at=at, now=now())
    return Response(resolved.body, content_type="application/json")


@routes.get("/devices/<uuid:device_id>/explain")
async def explain(device_id: UUID) -> Response:
    """Say why a screen plays what it plays ``at`` an instant, and why nothing else does."""
    actor = await caller()
    async with connection() as conn:
        await devices.find(conn, actor, device_id, now=now())
        at = answers.instant_arg("at") or now()
        return bodies.reply(await explanations.explain(conn, device_id, at=at, now=now()))
