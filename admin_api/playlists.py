"""Playlists: ``/v1/admin/playlists``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import playlists
from signage.errors import Refused
from signage.playlist_items import NewItem
from web import bodies
from web.services import connection, now

routes = Blueprint("playlists", __name__)


class NewPlaylist(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A playlist to make; it is published at once unless it shall stay a draft."""

    name: str
    items: list[NewItem] = []
    draft: bool = False


class Changes(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change of the draft; ``items`` replaces them as a whole and takes If-Match."""

    name: str | None = None
    items: list[NewItem] | None = None


@routes.get("/playlists")
async def index() -> Response:
    """List the playlists by name."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        page = await playlists.list_page(
            conn, q=request.args.get("q"), limit=answers.limit(), cursor=answers.cursor()
        )
    return answers.listed(page)


@routes.post("/playlists")
async def create() -> Response:
    """Make a playlist and publish it, unless it shall stay a draft."""
    actor = await caller()
    new = await bodies.decode(NewPlaylist)
    async with connection() as conn:
        playlist = await playlists.create(
            conn, actor, name=new.name, items=new.items, draft=new.draft, now=now()
        )
    return answers.created(playlist, "/v1/admin/playlists")


@routes.get("/playlists/<uuid:playlist_id>")
async def show(playlist_id: UUID) -> Response:
    """Show one playlist with its draft's items."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        return answers.one(await playlists.find(conn, playlist_id))


@routes.patch("/playlists/<uuid:playlist_id>")
async def change(playlist_id: UUID) -> Response:
    """Change the draft; replacing its items takes If-Match, so that nobody overwrites blindly."""
    actor = await caller()
    actor.require("program")
    changes = await bodies.decode(Changes)
    if changes.items is not None and "If-Match" not in request.headers:
        detail = "Send If-Match with the ETag you read: replacing items must not overwrite others'."
        raise Refused(detail, code="revision_required")
    async with connection() as conn:
        before = await playlists.find(conn, playlist_id)
        playlist = await playlists.change(
            conn,
            actor,
            playlist_id,
            name=changes.name,
            items=changes.items,
            revision=answers.expected_revision(before.revision),
            now=now(),
        )
    return answers.one(playlist)


@routes.post("/playlists/<uuid:playlist_id>/publish")
async def publish(playlist_id: UUID) -> Response:
    """Make the draft what screens play."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await playlists.publish(conn, actor, playlist_id, now=now()))


@routes.delete("/playlists/<uuid:playlist_id>")
async def archive(playlist_id: UUID) -> Response:
    """Put the playlist away."""
    actor = await caller()
    async with connection() as conn:
        await playlists.archive(conn, actor, playlist_id, now=now())
    return answers.gone()
