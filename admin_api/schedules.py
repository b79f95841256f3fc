"""Schedules: ``/v1/admin/schedules``."""

from uuid import UUID

from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import schedules
from web import bodies
from web.services import connection, now

routes = Blueprint("schedules", __name__)


@routes.get("/schedules")
async def index() -> Response:
    """List the schedules that reach the caller's stores, by name."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        page = await schedules.list_page(
            conn, actor, limit=answers.limit(), cursor=answers.cursor()
        )
    return answers.listed(page)


@routes.post("/schedules")
async def create() -> Response:
    """Make a schedule."""
    actor = await caller()
    new = await bodies.decode(schedules.NewSchedule)
    async with connection() as conn:
        schedule = await schedules.create(conn, actor, new, now=now())
    return answers.created(schedule, "/v1/admin/schedules")


@routes.get("/schedules/<uuid:schedule_id>")
async def show(schedule_id: UUID) -> Response:
    """Show one schedule."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        return answers.one(await schedules.find(conn, actor, schedule_id))


@routes.delete("/schedules/<uuid:schedule_id>")
async def archive(schedule_id: UUID) -> Response:
    """Put a schedule away."""
    actor = await caller()
    async with connection() as conn:
        await schedules.archive(conn, actor, schedule_id, now=now())
    return answers.gone()
