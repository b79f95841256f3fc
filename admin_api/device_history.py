"""What a device did: places, health, incidents, plays, past plans: ``/v1/admin/devices/{id}``."""

from typing import Any
from uuid import UUID

from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import (
    device_health,
    device_incidents,
    device_plays,
    devices,
    placements,
    plan_history,
)
from signage.errors import Invalid
from web import bodies
from web.services import connection, now

routes = Blueprint("device_history", __name__)


@routes.get("/devices/<uuid:device_id>/placements")
async def place_index(device_id: UUID) -> Response:
    """List where a screen stands and stood, the latest first."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        await devices.find(conn, actor, device_id, now=now())
        return _whole(await placements.list_for_device(conn, device_id))


@routes.get("/devices/<uuid:device_id>/health")
async def health_index(device_id: UUID) -> Response:
    """List the last ``days`` days with the minutes online of each hour, the earliest first."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        days = await device_health.list_for_device(conn, actor, device_id, days=_days(), now=now())
    return _whole(days)


@routes.get("/devices/<uuid:device_id>/incidents")
async def incident_index(device_id: UUID) -> Response:
    """List the incidents of a screen, open and past, the latest first."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        page = await device_incidents.list_page(
            conn, actor, device_id, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    return answers.listed(page)


@routes.get("/devices/<uuid:device_id>/plays")
async def play_index(device_id: UUID) -> Response:
    """List what a screen played in the last 35 days, play by play, the latest first."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        page = await device_plays.list_page(
            conn, actor, device_id, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    return answers.listed(page)


@routes.get("/devices/<uuid:device_id>/history")
async def history(device_id: UUID) -> Response:
    """Show what was to play on a screen ``at`` an instant, and the play that came in for it."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        at = answers.instant_arg("at") or now()
        return bodies.reply(await plan_history.at_instant(conn, actor, device_id, at=at, now=now()))


def _whole(items: list[Any]) -> Response:
    return bodies.reply({"items": items, "next_cursor": None})


def _days() -> int:
    asked = request.args.get("days") or str(device_health.DAYS_SHOWN)
    if not asked.isascii() or not asked.isdigit() or len(asked) > 3:
        raise Invalid.field("/days", "invalid_days", "Days are a number from 1 to 90.")
    return int(asked)
