"""Saved views of the list of devices: kept, renamed, deleted by whoever they belong to."""

from uuid import UUID

from quart import Blueprint, flash, redirect, request
from quart.typing import ResponseReturnValue

from portal import device_list
from signage import device_views
from signage.device_views import Query
from web import identity
from web.services import connection, now

routes = Blueprint("device_views", __name__)


@routes.post("/devices/views")
async def save() -> ResponseReturnValue:
    """Keep the list of this address under a name."""
    actor = await identity.require("watch")
    new = device_views.NewView((await request.form).get("name", ""), device_list.asked())
    async with connection() as conn:
        view = await device_views.save(conn, actor, new, now=now())
    await flash(f"{view.name} was saved. It stands beside the other views.", "ok")
    return redirect(device_list.href(view.query))


@routes.post("/devices/views/<uuid:view_id>")
async def rename(view_id: UUID) -> ResponseReturnValue:
    """Give a view another name."""
    actor = await identity.require("watch")
    changes = device_views.Changes(name=(await request.form).get("name", ""))
    async with connection() as conn:
        view = await device_views.change(conn, actor, view_id, changes, now=now())
    await flash(f"The view is called {view.name} now.", "ok")
    return redirect(device_list.href(view.query))


@routes.post("/devices/views/<uuid:view_id>/delete")
async def delete(view_id: UUID) -> ResponseReturnValue:
    """Forget a view; its screens stay as they are."""
    actor = await identity.require("watch")
    async with connection() as conn:
        view = await device_views.remove(conn, actor, view_id, now=now())
    await flash(f"The view {view.name} is gone. Its screens are as they were.", "ok")
    return redirect(device_list.href(Query()))
