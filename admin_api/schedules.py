"""Schedules: ``/v1/admin/schedules``."""

from datetime import date
from typing import Literal, get_args
from uuid import UUID

from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import impact, schedule_series, schedules
from signage.errors import Invalid
from web import bodies
from web.services import connection, now

routes = Blueprint("schedules", __name__)

Extent = Literal["one", "following"]


@routes.get("/schedules")
async def index() -> Response:
    """List the schedules that reach the caller's stores, by name."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        page = await schedules.list_page(
            conn,
            actor,
            answers.filters(schedules.Filters),
            limit=answers.limit(),
            cursor=answers.cursor(),
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


@routes.post("/schedules/impact")
async def show_impact() -> Response:
    """Say what a schedule would change, or a change of one; nothing is saved."""
    actor = await caller()
    proposal = await bodies.decode(impact.Proposal)
    async with connection() as conn:
        return bodies.reply(await impact.of(conn, actor, proposal, now=now()))


@routes.get("/schedules/<uuid:schedule_id>")
async def show(schedule_id: UUID) -> Response:
    """Show one schedule."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        return answers.one(await schedules.find(conn, actor, schedule_id))


@routes.patch("/schedules/<uuid:schedule_id>")
async def change(schedule_id: UUID) -> Response:
    """Change what is given, of every occurrence."""
    actor = await caller()
    actor.require("program")
    changes = await bodies.decode(schedules.Changes)
    async with connection() as conn:
        before = await schedules.find(conn, actor, schedule_id)
        revision = answers.expected_revision(before.revision)
        after = await schedules.change(
            conn, actor, schedule_id, changes, revision=revision, now=now()
        )
    return answers.one(after)


@routes.delete("/schedules/<uuid:schedule_id>")
async def archive(schedule_id: UUID) -> Response:
    """Put a schedule away."""
    actor = await caller()
    async with connection() as conn:
        await schedules.archive(conn, actor, schedule_id, now=now())
    return answers.gone()


@routes.patch("/schedules/<uuid:schedule_id>/occurrences/<on>")
async def change_occurrence(schedule_id: UUID, on: str) -> Response:
    """Give one date of a series (``extent=one``), or it and all following, values of their own.

    The answer is the schedule that plays on the date from now on.
    """
    actor = await caller()
    actor.require("program")
    change_it = (
        schedule_series.change_one if _extent() == "one" else schedule_series.change_following
    )
    changes = await bodies.decode(schedules.Changes)
    async with connection() as conn:
        before = await schedules.find(conn, actor, schedule_id)
        revision = answers.expected_revision(before.revision)
        after = await change_it(
            conn, actor, schedule_id, _date(on), changes, revision=revision, now=now()
        )
    return answers.one(after)


@routes.delete("/schedules/<uuid:schedule_id>/occurrences/<on>")
async def leave_out_occurrence(schedule_id: UUID, on: str) -> Response:
    """Leave one date out of a series (``extent=one``), or it and all following."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        before = await schedules.find(conn, actor, schedule_id)
        revision = answers.expected_revision(before.revision)
        leave_out = schedule_series.leave_out if _extent() == "one" else schedule_series.end_before
        await leave_out(conn, actor, schedule_id, _date(on), revision=revision, now=now())
    return answers.gone()


def _extent() -> Extent:
    extent = request.args.get("extent", "one")
    for known in get_args(Extent):
        if extent == known:
            found: Extent = known
            return found
    raise Invalid.field("/extent", "invalid_extent", "The extent is one or following.")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        detail = "The date of an occurrence is such as 2026-11-23."
        raise Invalid.field("/on", "invalid_date", detail) from None
