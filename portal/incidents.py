"""Incidents: what is wrong, store by store, and what somebody does about one."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue

from portal import args, ui
from signage import device_lists, incident_kinds, incident_life, incident_notes, incidents
from signage.actors import Actor
from signage.errors import Invalid, PlaybillError
from signage.incidents import Filters, Incident, State
from web import identity
from web.services import connection, now

routes = Blueprint("incidents", __name__)

ACKNOWLEDGED_AT_ONCE_MAX = 100
SNOOZES = (("1", "1 hour"), ("4", "4 hours"), ("24", "1 day"), ("72", "3 days"), ("168", "1 week"))
TABS: tuple[State, ...] = ("open", "acknowledged", "resolved")
MARKS: dict[str, tuple[str, str]] = {
    "opened": ("siren", "crit"),
    "reopened": ("rotate-cw", "crit"),
    "severity": ("triangle-alert", "warn"),
    "note": ("pencil", ""),
    "acknowledged": ("check", "ok"),
    "assigned": ("user", ""),
    "snoozed": ("pause", ""),
    "resolved": ("circle-check", "ok"),
    "folded": ("layers", ""),
}


@routes.get("/incidents")
async def index() -> ResponseReturnValue:
    """List what is wrong; HTMX asks for the same place again every 15 seconds."""
    actor = await identity.require("watch")
    filters = _filters()
    async with connection() as conn:
        page = await incidents.list_page(
            conn, actor, filters, cursor=request.args.get("cursor"), now=now()
        )
        counts = await incidents.count(conn, actor, filters, now=now())
        choices = await device_lists.choices(conn, actor)
    only_rows = args.wants_fragment("incident-rows")
    return await render_template(
        "incidents/_list.html" if only_rows else "incidents/index.html",
        page=page,
        counts=counts,
        filters=filters,
        filtered=bool(filters.kind or filters.severity or filters.store_id),
        groups=_groups(page.items, by_store=filters.state != "resolved"),
        tabs=[_tab(state, filters, counts) for state in TABS],
        kinds=[("", "All kinds"), *_kind_options()],
        severities=[("", "All"), ("critical", "Critical"), ("warning", "Warning")],
        stores=[("", "All stores"), *((str(one.id), one.name) for one in choices.stores)],
        titles=_titles(page.items),
        last=_last(counts.last_opened_at),
        zones={one.id: ZoneInfo(one.timezone or "UTC") for one in page.items},
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.post("/incidents/acknowledge")
async def acknowledge_many() -> ResponseReturnValue:
    """Take on everything that was ticked."""
    actor = await identity.require("manage")
    values = await request.form
    ids = [_id(text) for text in values.getlist("ids")[:ACKNOWLEDGED_AT_ONCE_MAX]]
    if not ids:
        await flash("Tick the incidents that you see to.", "warn")
        return redirect("/incidents")
    async with connection() as conn, conn.transaction():
        for incident_id in ids:
            await incident_life.acknowledge(conn, actor, incident_id, now=now())
    await flash(f"You see to {ui.plural(len(ids), 'incident')}.", "ok")
    return redirect("/incidents")


@routes.get("/incidents/<uuid:incident_id>")
async def show(incident_id: UUID) -> ResponseReturnValue:
    """Show one incident: the evidence, what it costs, what to do, and what was done."""
    actor = await identity.require("watch")
    async with connection() as conn:
        return await _page(conn, actor, incident_id)


@routes.post("/incidents/<uuid:incident_id>/acknowledge")
async def acknowledge(incident_id: UUID) -> ResponseReturnValue:
    """Say that one sees to it."""
    actor = await identity.require("manage")
    async with connection() as conn:
        await incident_life.acknowledge(conn, actor, incident_id, now=now())
    return await _back(incident_id, "You see to it.")


@routes.post("/incidents/<uuid:incident_id>/assign")
async def assign(incident_id: UUID) -> ResponseReturnValue:
    """Give it to somebody, or to nobody."""
    actor = await identity.require("manage")
    user_id = (await request.form).get("user_id", "")
    async with connection() as conn:
        try:
            given = await incident_life.assign(
                conn, actor, incident_id, user_id=_id(user_id) if user_id else None, now=now()
            )
        except Invalid as refusal:
            return await _page(conn, actor, incident_id, refusal)
    return await _back(incident_id, f"{given.assignee or 'Nobody'} sees to it.")


@routes.post("/incidents/<uuid:incident_id>/snooze")
async def snooze(incident_id: UUID) -> ResponseReturnValue:
    """Put it off for some hours."""
    actor = await identity.require("manage")
    typed = (await request.form).get("hours", "")
    hours = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    async with connection() as conn:
        try:
            until = now() + timedelta(hours=hours)
            await incident_life.snooze(conn, actor, incident_id, until=until, now=now())
        except Invalid as refusal:
            return await _page(conn, actor, incident_id, refusal)
    return await _back(incident_id, f"It waits until {ui.local(until)}.")


@routes.post("/incidents/<uuid:incident_id>/note")
async def note(incident_id: UUID) -> ResponseReturnValue:
    """Write something down."""
    actor = await identity.require("watch")
    text = (await request.form).get("text", "")
    async with connection() as conn:
        try:
            await incident_life.note(conn, actor, incident_id, text=text, now=now())
        except Invalid as refusal:
            return await _page(conn, actor, incident_id, refusal)
    return await _back(incident_id, "Your note was kept.")


@routes.post("/incidents/<uuid:incident_id>/resolve")
async def resolve(incident_id: UUID) -> ResponseReturnValue:
    """Call it over."""
    actor = await identity.require("manage")
    async with connection() as conn:
        await incident_life.resolve(conn, actor, incident_id, now=now())
    return await _back(incident_id, "It is resolved.")


async def _page(
    conn: asyncpg.Connection,
    actor: Actor,
    incident_id: UUID,
    refusal: PlaybillError | None = None,
) -> ResponseReturnValue:
    found = await incidents.find(conn, actor, incident_id, now=now())
    history = await incident_notes.list_for(conn, incident_id)
    people = await incident_life.assignees(conn, found) if actor.may("manage") else []
    zone = ZoneInfo(found.timezone or "UTC")
    wrong = refusal.errors if isinstance(refusal, Invalid) else []
    page = await render_template(
        "incidents/show.html",
        incident=found,
        kind=incident_kinds.find(found.kind),
        facts=[
            (label, _read(value, zone)) for label, value in incident_kinds.facts(found.evidence)
        ],
        lasted_ms=round(((found.resolved_at or now()) - found.opened_at).total_seconds() * 1000),
        history=[(note, *MARKS[note.kind]) for note in history],
        people=[("", "Nobody"), *((str(one["id"]), one["name"]) for one in people)],
        snoozes=SNOOZES,
        tz=zone,
        errors={one.pointer.strip("/"): one.detail for one in wrong},
    )
    return page, 422 if refusal else 200


def _filters() -> Filters:
    """Return what the address asks for: the open ones unless it names another tab."""
    asked = args.filters(Filters)
    state = asked.state or "open"
    since = now() - incidents.RESOLVED_SHOWN if state == "resolved" else None
    return msgspec.structs.replace(asked, state=state, resolved_since=since, device_id=None)


def _tab(state: State, filters: Filters, counts: incidents.Counts) -> dict[str, Any]:
    return {
        "label": state.capitalize(),
        "href": args.with_args(state=None if state == "open" else state, cursor=None),
        "current": filters.state == state,
        "count": getattr(counts, state),
    }


def _groups(
    found: list[Incident], *, by_store: bool
) -> list[tuple[str, UUID | None, list[Incident]]]:
    """Return the incidents in their order, a group for each store in turn."""
    if not by_store:
        return [("Resolved in 30 days", None, found)] if found else []
    grouped = groupby(found, key=lambda one: (one.store, one.store_id))
    return [(store or "No store", store_id, list(ones)) for (store, store_id), ones in grouped]


def _kind_options() -> list[tuple[str, str]]:
    named = [(code, kind.title) for code, kind in incident_kinds.KINDS.items()]
    return sorted(named, key=lambda one: one[1])


def _titles(found: list[Incident]) -> dict[str, str]:
    return {one.kind: incident_kinds.find(one.kind).title for one in found}


def _last(opened_at: datetime | None) -> str:
    """Return when the last incident was, in whole days where it is a day ago or more."""
    if opened_at is None:
        return "There was never an incident"
    days = (now() - opened_at).days
    return f"Last incident {ui.plural(days, 'day') + ' ago' if days else ui.ago(opened_at, now())}"


def _read(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return ui.local(value if value.tzinfo else value.replace(tzinfo=UTC), zone)
    return ui.number(value) if isinstance(value, int | float) else value


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid.field("/ids", "invalid_id", "This is no id.") from error


async def _back(incident_id: UUID, said: str) -> ResponseReturnValue:
    await flash(said, "ok")
    return redirect(f"/incidents/{incident_id}")
