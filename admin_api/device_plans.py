"""Plans of a device: what it is due, what it was given, and why it plays what it plays."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import device_plans, devices, explanations, plan_lag, plan_previews, plans
from signage.plan_previews import WhatIf
from web import bodies
from web.services import connection, now

routes = Blueprint("device_plans", __name__)

PREVIEW = timedelta(hours=72)


class Trial(WhatIf, frozen=True, forbid_unknown_fields=True):
    """A what-if and the stretch to show; without one the next 72 hours."""

    from_: datetime | None = msgspec.field(name="from", default=None)
    until: datetime | None = None


@routes.get("/devices/<uuid:device_id>/plan")
async def show(device_id: UUID) -> Response:
    """Show today's configuration resolved for a screen, as if it were ``at``."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        await devices.find(conn, actor, device_id, now=now())
        at = answers.instant_arg("at") or now()
        resolved = await plans.preview(conn, device_id, at=at, now=now())
    return _document(resolved)


@routes.get("/devices/<uuid:device_id>/explain")
async def explain(device_id: UUID) -> Response:
    """Say why a screen plays what it plays ``at`` an instant, and why nothing else does."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        await devices.find(conn, actor, device_id, now=now())
        at = answers.instant_arg("at") or now()
        return bodies.reply(await explanations.explain(conn, device_id, at=at, now=now()))


@routes.get("/devices/<uuid:device_id>/preview")
async def preview(device_id: UUID) -> Response:
    """Show what plays ``from`` one instant ``until`` another, and what each layer would play."""
    actor = await caller()
    actor.require("watch")
    since = answers.instant_arg("from") or now()
    until = answers.instant_arg("until") or since + PREVIEW
    async with connection() as conn:
        return bodies.reply(
            await plan_previews.of_device(
                conn, actor, device_id, since=since, until=until, now=now()
            )
        )


@routes.post("/devices/<uuid:device_id>/what-if")
async def what_if(device_id: UUID) -> Response:
    """Show what would play with some schedules off and one more; nothing is saved."""
    actor = await caller()
    actor.require("program")
    trial = await bodies.decode(Trial)
    since = trial.from_ or now()
    until = trial.until or since + PREVIEW
    async with connection() as conn:
        return bodies.reply(
            await plan_previews.of_device(
                conn, actor, device_id, since=since, until=until, what_if=trial, now=now()
            )
        )


@routes.get("/devices/<uuid:device_id>/plan-lag")
async def lag(device_id: UUID) -> Response:
    """Show what the plan that the screen holds lacks of the one it is due."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        return bodies.reply(await plan_lag.of_device(conn, actor, device_id, now=now()))


@routes.get("/devices/<uuid:device_id>/plans")
async def index(device_id: UUID) -> Response:
    """List the revisions that a screen was due, with when it fetched each."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        page = await device_plans.list_page(
            conn, actor, device_id, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    return answers.listed(page)


@routes.get("/playout-plans/<etag>")
async def document(etag: str) -> Response:
    """Show a plan that one of the caller's screens was due, exactly as it was served."""
    actor = await caller()
    actor.require("watch")
    async with connection() as conn:
        found = await device_plans.find(conn, actor, etag)
    answer = _document(found)
    answer.headers["ETag"] = f'"{etag}"'
    return answer


def _document(plan: plans.Plan) -> Response:
    answer = Response(plan.body, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
