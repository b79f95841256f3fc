"""Device groups: ``/v1/admin/groups``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import group_changes, group_members, group_ranks, groups
from signage.group_rules import Rule
from signage.values import SmallInteger
from web import bodies
from web.services import connection, now

routes = Blueprint("groups", __name__)


class NewGroup(msgspec.Struct, forbid_unknown_fields=True):
    """A group to make; without ``rank`` it ranks above all others, with a ``rule`` it follows."""

    name: str
    rank: SmallInteger | None = None
    rule: Rule | None = None


class Members(msgspec.Struct, forbid_unknown_fields=True):
    """The screens a group shall hold, and no others."""

    device_ids: list[UUID]


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """Every group, the winning one first."""

    group_ids: list[UUID]


@routes.get("/groups")
async def index() -> Response:
    """List the groups by name, or the winning ones first with ``sort=-rank``."""
    actor = await caller()
    async with connection() as conn:
        page = await groups.list_page(
            conn,
            actor,
            q=request.args.get("q"),
            sort=request.args.get("sort") or None,
            limit=answers.limit(),
            cursor=answers.cursor(),
        )
    return answers.listed(page)


@routes.post("/groups")
async def create() -> Response:
    """Make a group."""
    actor = await caller()
    new = await bodies.decode(NewGroup)
    async with connection() as conn:
        group = await groups.create(
            conn, actor, name=new.name, rank=new.rank, rule=new.rule, now=now()
        )
    return answers.created(group, "/v1/admin/groups")


@routes.put("/groups/order")
async def reorder() -> Response:
    """Put all groups in order."""
    actor = await caller()
    actor.require("manage")
    order = await bodies.decode(Order)
    async with connection() as conn:
        await group_ranks.reorder(conn, actor, order.group_ids, now=now())
        return bodies.reply({"group_ids": await group_ranks.order(conn)})


@routes.get("/groups/<uuid:group_id>")
async def show(group_id: UUID) -> Response:
    """Show one group."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await groups.find_for(conn, actor, group_id))


@routes.patch("/groups/<uuid:group_id>")
async def change(group_id: UUID) -> Response:
    """Change name, rank or rule."""
    actor = await caller()
    actor.require("manage")
    changes = await bodies.decode(group_changes.Changes)
    async with connection() as conn:
        before = await groups.find(conn, group_id)
        revision = answers.expected_revision(before.revision)
        after = await group_changes.change(
            conn, actor, group_id, changes, revision=revision, now=now()
        )
    return answers.one(after)


@routes.delete("/groups/<uuid:group_id>")
async def archive(group_id: UUID) -> Response:
    """Delete the group; 409 while an assignment or a schedule targets it."""
    actor = await caller()
    actor.require("manage")
    async with connection() as conn:
        before = await groups.find(conn, group_id)
        revision = answers.expected_revision(before.revision)
        await group_changes.archive(conn, actor, group_id, revision=revision, now=now())
    return answers.gone()


@routes.put("/groups/<uuid:group_id>/devices")
async def set_devices(group_id: UUID) -> Response:
    """Make the group hold exactly these screens; 409 where they follow a rule."""
    actor = await caller()
    actor.require("manage")
    members = await bodies.decode(Members)
    async with connection() as conn:
        group = await group_members.put(conn, actor, group_id, members.device_ids, now=now())
    return answers.one(group)
