"""Incidents and maintenance: ``/v1/admin/incidents`` and ``/v1/admin/maintenance``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import incident_life, incident_notes, incidents, maintenance
from signage.values import Instant
from web import bodies
from web.services import connection, now

routes = Blueprint("incidents", __name__)


class Snooze(msgspec.Struct, forbid_unknown_fields=True):
    """Until when it is put off."""

    until: Instant


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody writes down."""

    text: str


class Assignment(msgspec.Struct, forbid_unknown_fields=True):
    """Who sees to it; null is nobody."""

    user_id: UUID | None


@routes.get("/incidents")
async def index() -> Response:
    """List incidents by ``state``, ``kind``, ``severity``, ``store_id`` or ``device_id``."""
    actor = await caller()
    filters = answers.filters(incidents.Filters)
    async with connection() as conn:
        page = await incidents.list_page(
            conn, actor, filters, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    return answers.listed(page)


@routes.get("/incidents/<uuid:incident_id>")
async def show(incident_id: UUID) -> Response:
    """Show one incident with its history, the latest first."""
    actor = await caller()
    async with connection() as conn:
        found = await incidents.find(conn, actor, incident_id, now=now())
        history = await incident_notes.list_for(conn, incident_id)
    return bodies.reply(msgspec.structs.asdict(found) | {"history": history})


@routes.post("/incidents/<uuid:incident_id>/acknowledge")
async def acknowledge(incident_id: UUID) -> Response:
    """Say that one sees to it."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await incident_life.acknowledge(conn, actor, incident_id, now=now()))


@routes.post("/incidents/<uuid:incident_id>/assign")
async def assign(incident_id: UUID) -> Response:
    """Give it to somebody, or to nobody."""
    actor = await caller()
    actor.require("manage")
    to = await bodies.decode(Assignment)
    async with connection() as conn:
        return answers.one(
            await incident_life.assign(conn, actor, incident_id, user_id=to.user_id, now=now())
        )


@routes.post("/incidents/<uuid:incident_id>/snooze")
async def snooze(incident_id: UUID) -> Response:
    """Put it off until an instant."""
    actor = await caller()
    actor.require("manage")
    until = (await bodies.decode(Snooze)).until
    async with connection() as conn:
        return answers.one(
            await incident_life.snooze(conn, actor, incident_id, until=until, now=now())
        )


@routes.post("/incidents/<uuid:incident_id>/note")
async def note(incident_id: UUID) -> Response:
    """Write something down."""
    actor = await caller()
    actor.require("watch")
    new = await bodies.decode(NewNote)
    async with connection() as conn:
        return answers.one(
            await incident_life.note(conn, actor, incident_id, text=new.text, now=now())
        )


@routes.post("/incidents/<uuid:incident_id>/resolve")
async def resolve(incident_id: UUID) -> Response:
    """Call it over."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await incident_life.resolve(conn, actor, incident_id, now=now()))


@routes.get("/maintenance")
async def maintenance_index() -> Response:
    """List the maintenance windows that run or are to come; past ones too with ``all=true``."""
    actor = await caller()
    everything = request.args.get("all") == "true"
    async with connection() as conn:
        found = await maintenance.list_for(conn, actor, all_of_them=everything, now=now())
    return bodies.reply({"items": found, "next_cursor": None})


@routes.post("/maintenance")
async def plan_maintenance() -> Response:
    """Plan work on a store or a screen: no incident opens there meanwhile."""
    actor = await caller()
    actor.require("manage")
    new = await bodies.decode(maintenance.NewWindow)
    async with connection() as conn:
        made = await maintenance.plan(conn, actor, new, now=now())
    return answers.created(made, "/v1/admin/maintenance")


@routes.get("/maintenance/<uuid:window_id>")
async def show_maintenance(window_id: UUID) -> Response:
    """Show one maintenance window."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await maintenance.find(conn, actor, window_id))


@routes.post("/maintenance/<uuid:window_id>/end")
async def end_maintenance(window_id: UUID) -> Response:
    """End a maintenance window now, or call it off."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await maintenance.end(conn, actor, window_id, now=now()))
