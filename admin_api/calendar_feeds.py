"""Calendar feeds: ``/v1/admin/calendar-feeds``."""

from datetime import datetime
from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import calendar_feeds
from signage.errors import Invalid
from signage.targets import Kind, Target
from web import bodies
from web.services import connection, now, public_url

routes = Blueprint("calendar_feeds", __name__)


class NewFeed(msgspec.Struct, forbid_unknown_fields=True):
    """Whose calendar: a store's or a screen's."""

    target: Target


class Of(msgspec.Struct, frozen=True):
    """Whose addresses are listed, as the query says it."""

    kind: Kind
    id: UUID | None = None


class Made(msgspec.Struct, frozen=True):
    """A feed with its address, which is told this once."""

    id: UUID
    target: Target
    url: str
    created_at: datetime
    revoked_at: datetime | None = None


@routes.get("/calendar-feeds")
async def index() -> Response:
    """List the addresses in use of ``?kind=&id=``, without their secrets."""
    actor = await caller()
    actor.require("program")
    if not request.args.get("kind"):
        raise Invalid.field("/kind", "missing_field", "Say whose calendar: kind and id.")
    of = answers.filters(Of)
    async with connection() as conn:
        feeds = await calendar_feeds.list_for(conn, actor, Target(of.kind, of.id), now=now())
    return bodies.reply({"items": feeds, "next_cursor": None})


@routes.post("/calendar-feeds")
async def create() -> Response:
    """Give out an address."""
    actor = await caller()
    new = await bodies.decode(NewFeed)
    async with connection() as conn:
        made = await calendar_feeds.create(conn, actor, new.target, now=now())
    url = public_url(f"/calendar/{made.secret}.ics")
    feed = Made(made.feed.id, made.feed.target, url, made.feed.created_at)
    return answers.created(feed, "/v1/admin/calendar-feeds")


@routes.get("/calendar-feeds/<uuid:feed_id>")
async def show(feed_id: UUID) -> Response:
    """Show one address, without its secret."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        return answers.one(await calendar_feeds.find(conn, actor, feed_id, now=now()))


@routes.delete("/calendar-feeds/<uuid:feed_id>")
async def revoke(feed_id: UUID) -> Response:
    """Take an address back."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        feed = await calendar_feeds.find(conn, actor, feed_id, now=now())
        await calendar_feeds.revoke(conn, actor, feed.target, feed_id, now=now())
    return answers.gone()
