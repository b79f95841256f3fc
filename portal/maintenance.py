"""Maintenance: work on a store or a screen, during which no incident opens there."""

from datetime import timedelta
from uuid import UUID

import asyncpg
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue

from portal import ui
from signage import device_lists, maintenance
from signage.actors import Actor
from signage.errors import Invalid
from web import identity
from web.services import connection, now

routes = Blueprint("maintenance", __name__)

LENGTHS = (("1", "1 hour"), ("2", "2 hours"), ("4", "4 hours"), ("8", "8 hours"), ("24", "1 day"))
STARTS = (("0", "Now"), ("1", "In 1 hour"), ("8", "In 8 hours"), ("24", "In 1 day"))
HOURS_MAX = 720


@routes.get("/maintenance")
async def index() -> ResponseReturnValue:
    """List the work that is going on or planned, with the form to plan more."""
    actor = await identity.require("watch")
    async with connection() as conn:
        return await _page(conn, actor)


@routes.post("/maintenance")
async def plan() -> ResponseReturnValue:
    """Plan work on a store, or on one screen."""
    actor = await identity.require("manage")
    values = await request.form
    async with connection() as conn:
        try:
            starts = now() + timedelta(hours=_hours(values.get("starts_in", ""), "/starts_at"))
            new = maintenance.NewWindow(
                store_id=_id(values.get("store_id", "")),
                device_id=_id(values.get("device_id", "")),
                starts_at=starts,
                ends_at=starts + timedelta(hours=_hours(values.get("hours", ""), "/ends_at")),
                reason=values.get("reason", ""),
            )
            made = await maintenance.plan(conn, actor, new, now=now())
        except Invalid as refusal:
            return await _page(conn, actor, refusal)
    until = ui.local(made.ends_at)
    await flash(f"No incident opens at {made.device or made.store} until {until}.", "ok")
    return redirect("/maintenance")


@routes.post("/maintenance/<uuid:window_id>/end")
async def end(window_id: UUID) -> ResponseReturnValue:
    """End it now, or call it off."""
    actor = await identity.require("manage")
    async with connection() as conn:
        ended = await maintenance.end(conn, actor, window_id, now=now())
    await flash(f"The maintenance of {ended.device or ended.store} is over.", "ok")
    return redirect("/maintenance")


async def _page(
    conn: asyncpg.Connection, actor: Actor, refusal: Invalid | None = None
) -> ResponseReturnValue:
    choices = await device_lists.choices(conn, actor)
    wrong = refusal.errors if refusal else []
    page = await render_template(
        "maintenance/index.html",
        windows=await maintenance.list_for(conn, actor, now=now()),
        stores=[("", "Choose a store"), *((str(one.id), one.name) for one in choices.stores)],
        device_id=request.args.get("device_id", ""),
        lengths=LENGTHS,
        starts=STARTS,
        errors={one.pointer.strip("/"): one.detail for one in wrong},
    )
    return page, 422 if refusal else 200


def _hours(text: str, pointer: str) -> int:
    hours = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else HOURS_MAX + 1
    if hours > HOURS_MAX:
        raise Invalid.field(pointer, "invalid_hours", f"From 0 to {HOURS_MAX} hours.")
    return hours


def _id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid.field("/store_id", "invalid_id", "Choose one of the list.") from error
