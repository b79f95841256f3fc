"""Device groups: ``/v1/admin/groups``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import groups
from signage.values import SmallInteger
from web import bodies
from web.services import connection, now

routes = Blueprint("groups", __name__)


class NewGroup(msgspec.Struct, forbid_unknown_fields=True):
    """A group to make; without ``rank`` it ranks above all others."""

    name: str
    rank: SmallInteger | None = None


class Members(msgspec.Struct, forbid_unknown_fields=True):
    """The screens a group shall hold, and no others."""

    device_ids: list[UUID]


@routes.get("/groups")
async def index() -> Response:
    """List the groups by name."""
    actor = await caller()
    actor.require("pair")
    async with connection() as conn:
        return answers.listed(
            await groups.list_page(conn, limit=answers.limit(), cursor=answers.cursor())
        )


@routes.post("/groups")
async def create() -> Response:
    """Make a group."""
    actor = await caller()
    new = await bodies.decode(NewGroup)
    async with connection() as conn:
        group = await groups.create(conn, actor, name=new.name, rank=new.rank, now=now())
    return answers.created(group, "/v1/admin/groups")


@routes.get("/groups/<uuid:group_id>")
async def show(group_id: UUID) -> Response:
    """Show one group."""
    actor = await caller()
    actor.require("pair")
    async with connection() as conn:
        return answers.one(await groups.find(conn, group_id))


@routes.put("/groups/<uuid:group_id>/devices")
async def set_devices(group_id: UUID) -> Response:
    """Make the group hold exactly these screens."""
    actor = await caller()
    members = await bodies.decode(Members)
    async with connection() as conn:
        group = await groups.set_devices(conn, actor, group_id, members.device_ids, now=now())
    return answers.one(group)
