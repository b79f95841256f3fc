"""Saved views of the caller: ``/v1/admin/devices/views``."""

from uuid import UUID

from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import device_views
from web import bodies
from web.services import connection, now

routes = Blueprint("device_views", __name__)


@routes.get("/devices/views")
async def index() -> Response:
    """List the caller's own views by name."""
    actor = await caller()
    async with connection() as conn:
        views = await device_views.list_for(conn, actor)
    return bodies.reply({"items": views, "next_cursor": None})


@routes.post("/devices/views")
async def save() -> Response:
    """Keep a list under a name."""
    actor = await caller()
    actor.require("watch")
    new = await bodies.decode(device_views.NewView)
    async with connection() as conn:
        view = await device_views.save(conn, actor, new, now=now())
    return answers.created(view, "/v1/admin/devices/views")


@routes.get("/devices/views/<uuid:view_id>")
async def show(view_id: UUID) -> Response:
    """Show one view."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await device_views.find(conn, actor, view_id))


@routes.patch("/devices/views/<uuid:view_id>")
async def change(view_id: UUID) -> Response:
    """Rename a view, or keep another list under its name."""
    actor = await caller()
    actor.require("watch")
    changes = await bodies.decode(device_views.Changes)
    async with connection() as conn:
        return answers.one(await device_views.change(conn, actor, view_id, changes, now=now()))


@routes.delete("/devices/views/<uuid:view_id>")
async def remove(view_id: UUID) -> Response:
    """Forget a view."""
    actor = await caller()
    async with connection() as conn:
        await device_views.remove(conn, actor, view_id, now=now())
    return answers.gone()
