"""What a device did: the tabs Plays, Incidents, Commands, Plans and Audit, and its whole plan."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
from quart import Blueprint, render_template, request
from quart.typing import ResponseReturnValue

from portal import args, device_page, plan_stretch, plan_views
from signage import (
    audit,
    commands,
    device_incidents,
    device_plans,
    device_plays,
    plans,
)
from signage.actors import Actor
from signage.paging import Page
from web import identity
from web.services import connection, now

routes = Blueprint("device_history", __name__)

AUDIT_SHOWN = 100

Load = Callable[..., Awaitable[Page[Any]]]


@routes.get("/devices/<uuid:device_id>/plays")
async def plays(device_id: UUID) -> ResponseReturnValue:
    """List what the screen played, play by play."""
    return await _paged(device_id, "plays", device_plays.list_page)


@routes.get("/devices/<uuid:device_id>/incidents")
async def incidents(device_id: UUID) -> ResponseReturnValue:
    """List what was wrong with the screen, open and past."""
    return await _paged(device_id, "incidents", device_incidents.list_page)


@routes.get("/devices/<uuid:device_id>/commands")
async def command_index(device_id: UUID) -> ResponseReturnValue:
    """List the commands that the screen was sent, and how far each came."""
    return await _paged(device_id, "commands", commands.list_for_device)


@routes.get("/devices/<uuid:device_id>/plans")
async def plan_index(device_id: UUID) -> ResponseReturnValue:
    """List the revisions of its plan, with when the screen was due and fetched each."""
    return await _paged(device_id, "plans", device_plans.list_page)


@routes.get("/devices/<uuid:device_id>/audit")
async def audit_trail(device_id: UUID) -> ResponseReturnValue:
    """List what people changed about the screen."""
    actor = await identity.require("watch")
    async with connection() as conn:
        frame = await device_page.frame(conn, actor, device_id, "audit")
        entries = await audit.list_for(
            conn, actor, entity="device", entity_id=device_id, limit=AUDIT_SHOWN
        )
    return await render_template("devices/audit.html", **frame.values(), entries=entries)


@routes.get("/devices/<uuid:device_id>/plan")
async def plan(device_id: UUID) -> ResponseReturnValue:
    """Show the plan of a screen at any date, what lies beneath, and why one moment is as it is."""
    actor = await identity.require("watch")
    async with connection() as conn:
        frame = await device_page.frame(conn, actor, device_id, "plans")
        stretch = plan_stretch.asked(frame.tz, now())
        etag = await plans.due(conn, device_id, now=now())
        view = await plan_views.load(conn, actor, frame.device, stretch)
    return await render_template("devices/plan.html", **frame.values(), **view, etag=etag)


async def _paged(device_id: UUID, tab: str, load: Load) -> ResponseReturnValue:
    actor = await identity.require("watch")
    async with connection() as conn:
        frame, page = await _load(conn, actor, device_id, tab, load)
    return await render_template(
        f"devices/{tab}.html",
        **frame.values(),
        page=page,
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


async def _load(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, tab: str, load: Load
) -> tuple[device_page.Frame, Page[Any]]:
    frame = await device_page.frame(conn, actor, device_id, tab)
    page = await load(conn, actor, device_id, cursor=request.args.get("cursor"), now=now())
    return frame, page
