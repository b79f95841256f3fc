"""Takeovers: ``/v1/admin/takeovers``."""

from uuid import UUID

from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import takeovers, targets
from signage.targets import Target
from web import bodies
from web.services import connection, now

routes = Blueprint("takeovers", __name__)


@routes.get("/takeovers")
async def index() -> Response:
    """List the latest takeovers, running or over."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        found = await takeovers.list_recent(conn, actor, limit=answers.limit(), now=now())
    return bodies.reply({"items": found, "next_cursor": None})


@routes.post("/takeovers")
async def start() -> Response:
    """Show a playlist on a target at once, for so many minutes."""
    actor = await caller()
    new = await bodies.decode(takeovers.NewTakeover)
    async with connection() as conn:
        started = await takeovers.start(conn, actor, new, now=now())
    return answers.created(started, "/v1/admin/takeovers")


@routes.get("/takeovers/reach")
async def reach() -> Response:
    """Count the screens that a takeover of ``?kind=&id=`` would interrupt, store by store."""
    actor = await caller()
    actor.require("program")
    target = answers.filters(Target)
    async with connection() as conn:
        await targets.check(conn, actor, target, pointer="", now=now())
        return bodies.reply(await takeovers.reach(conn, actor, target))


@routes.get("/takeovers/<uuid:takeover_id>")
async def show(takeover_id: UUID) -> Response:
    """Show one takeover."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        return answers.one(await takeovers.find(conn, actor, takeover_id, now=now()))


@routes.post("/takeovers/<uuid:takeover_id>/end")
async def end(takeover_id: UUID) -> Response:
    """End a takeover early."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await takeovers.end(conn, actor, takeover_id, now=now()))
