"""Devices: ``/v1/admin/devices``."""

from uuid import UUID

from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import device_bulk, device_csv, device_lists, devices
from web import bodies, exports
from web.services import connection, now

routes = Blueprint("devices", __name__)


@routes.get("/devices")
async def index() -> Response:
    """List the screens within the caller's stores, by name or as ``sort`` says."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        page = await device_lists.list_page(
            conn,
            actor,
            answers.filters(device_lists.Filters),
            sort=_sort(),
            limit=answers.limit(),
            cursor=answers.cursor(),
            now=now(),
        )
    return answers.listed(page)


@routes.get("/devices.csv")
async def csv() -> Response:
    """Export the whole list of the same query."""
    actor = await caller()
    actor.require("watch")
    filters, sort, at = answers.filters(device_lists.Filters), _sort(), now()
    device_lists.check_sort(sort)
    return await exports.csv(
        f"devices-{at:%Y-%m-%d}.csv",
        lambda conn: device_csv.pieces(conn, actor, filters, sort=sort, now=at),
    )


@routes.post("/devices/bulk")
async def bulk() -> Response:
    """Change up to a thousand screens at once: all of them, or none."""
    actor = await caller()
    actor.require("manage")
    change: device_bulk.Change = await bodies.decode(device_bulk.CHANGE)
    async with connection() as conn:
        return bodies.reply(await device_bulk.apply(conn, actor, change, now=now()))


@routes.get("/devices/<uuid:device_id>")
async def show(device_id: UUID) -> Response:
    """Show one screen."""
    actor = await caller()
    actor.require("watch")
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


@routes.post("/devices/<uuid:device_id>/revoke")
async def revoke(device_id: UUID) -> Response:
    """Stop a screen's tokens."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await devices.revoke(conn, actor, device_id, now=now()))


@routes.post("/devices/<uuid:device_id>/retire")
async def retire(device_id: UUID) -> Response:
    """Take a screen out of service."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await devices.retire(conn, actor, device_id, now=now()))


@routes.post("/devices/<uuid:device_id>/reinstate")
async def reinstate(device_id: UUID) -> Response:
    """Take a revoked or retired screen back into service; it has to pair again."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await devices.reinstate(conn, actor, device_id, now=now()))


def _sort() -> str:
    return request.args.get("sort") or device_lists.DEFAULT_SORT
