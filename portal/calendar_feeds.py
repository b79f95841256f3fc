"""Subscribing to a calendar: addresses of a store or a screen, and what is read there."""

from typing import Any
from uuid import UUID

import asyncpg
from quart import Blueprint, Response, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import calendar_targets, forms
from signage import calendar_feeds
from signage.actors import Actor
from signage.errors import Invalid, NotFound
from signage.targets import Target
from web import identity
from web.rate_limits import RateLimit
from web.services import address, connection, now, public_url

routes = Blueprint("calendar_feeds", __name__)

READS_PER_MINUTE = 60
READS_BURST = 60
SUFFIX = ".ics"

limit = RateLimit(per_minute=READS_PER_MINUTE, burst=READS_BURST)
"""How often one address may ask: whoever reads a calendar is a stranger."""


@routes.get("/schedules/subscribe")
async def show() -> ResponseReturnValue:
    """List the addresses that were given out for a store's or a screen's calendar."""
    actor = await identity.require("program")
    async with connection() as conn:
        page = await _page(conn, actor, _target(request.args))
    return await render_template("schedules/subscribe.html", **page, address="")


@routes.post("/schedules/subscribe")
async def create() -> ResponseReturnValue:
    """Give out an address, which is shown this once."""
    actor = await identity.require("program")
    target = _target(await request.form)
    async with connection() as conn:
        made = await calendar_feeds.create(conn, actor, target, now=now())
        page = await _page(conn, actor, target)
    given = public_url(f"/calendar/{made.secret}{SUFFIX}")
    return await render_template("schedules/subscribe.html", **page, address=given)


@routes.post("/schedules/subscribe/<uuid:feed_id>/revoke")
async def revoke(feed_id: UUID) -> ResponseReturnValue:
    """Take an address back."""
    actor = await identity.require("program")
    async with connection() as conn:
        feed = await calendar_feeds.find(conn, actor, feed_id, now=now())
        await calendar_feeds.revoke(conn, actor, feed.target, feed_id, now=now())
    await flash("The address leads nowhere any more.", "ok")
    return redirect(f"/schedules/subscribe?{feed.target.kind}_id={feed.target.id}")


@routes.get("/calendar/<token>")
async def read(token: str) -> Response:
    """Answer a calendar program that knows the address."""
    limit.take(str(address()))
    if not token.endswith(SUFFIX):
        raise NotFound("There is no such calendar.")
    async with connection() as conn:
        body = await calendar_feeds.read(conn, token.removesuffix(SUFFIX), now=now())
    answer = Response(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["Content-Disposition"] = 'inline; filename="playbill.ics"'
    return answer


async def _page(conn: asyncpg.Connection, actor: Actor, target: Target) -> dict[str, Any]:
    return {
        "target": target,
        "target_text": calendar_targets.write(target),
        "target_name": await calendar_targets.name(conn, actor, target),
        "feeds": await calendar_feeds.list_for(conn, actor, target, now=now()),
    }


def _target(values: MultiDict[str, str]) -> Target:
    store_id, device_id = forms.uuid(values, "store_id"), forms.uuid(values, "device_id")
    if store_id is not None:
        return Target("store", store_id)
    if device_id is not None:
        return Target("device", device_id)
    detail = "A calendar address is for one store or one screen. Choose one in the calendar."
    raise Invalid.field("/store_id", "invalid_target", detail)
