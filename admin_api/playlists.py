"""Playlists: ``/v1/admin/playlists``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import playlist_drafts, playlist_list, playlist_uses, playlists
from signage.errors import Conflict, Refused
from signage.playlist_items import NewItem
from web import bodies, problems
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


class Copy(msgspec.Struct, forbid_unknown_fields=True):
    """How to call a copy; "... (copy)" without a name."""

    name: str | None = None


@routes.get("/playlists")
async def index() -> Response:
    """List the playlists, by name or by ``sort``."""
    actor = await caller()
    actor.require("program")
    filters = answers.filters(playlist_list.Filters)
    async with connection() as conn:
        page = await playlist_list.list_page(
            conn,
            q=filters.q,
            state=filters.state,
            sort=request.args.get("sort") or None,
            limit=answers.limit(),
            cursor=answers.cursor(),
        )
    return answers.listed(page)


@routes.post("/playlists")
async def create() -> Response:
    """Make a playlist and publish it, unless it shall stay a draft."""
    actor = await caller()
    actor.require("program")
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
    """Make the draft what screens play; with If-Match only the draft that was read."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        before = await playlists.find(conn, playlist_id)
        revision = answers.expected_revision(before.revision)
        playlist = await playlists.publish(conn, actor, playlist_id, revision=revision, now=now())
    return answers.one(playlist)


@routes.post("/playlists/<uuid:playlist_id>/undo", defaults={"way": "undo"})
@routes.post("/playlists/<uuid:playlist_id>/redo", defaults={"way": "redo"})
async def go(playlist_id: UUID, way: playlist_drafts.Way) -> Response:
    """Take the last change of the draft back, or do again what was taken back."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        before = await playlists.find(conn, playlist_id)
        revision = answers.expected_revision(before.revision)
        return answers.one(
            await playlist_drafts.go(conn, actor, playlist_id, way, revision=revision, now=now())
        )


@routes.post("/playlists/<uuid:playlist_id>/duplicate")
async def duplicate(playlist_id: UUID) -> Response:
    """Make a draft that holds the same."""
    actor = await caller()
    actor.require("program")
    body = await bodies.read()
    wanted = bodies.decode_bytes(body, Copy) if body else Copy()
    async with connection() as conn:
        copy = await playlists.duplicate(conn, actor, playlist_id, name=wanted.name, now=now())
    return answers.created(copy, "/v1/admin/playlists")


@routes.get("/playlists/<uuid:playlist_id>/uses")
async def uses(playlist_id: UUID) -> Response:
    """List where the playlist is always on, scheduled or nested."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        await playlists.find(conn, playlist_id)
        found = await playlist_uses.list_for(conn, actor, playlist_id)
    return bodies.reply({"items": found, "next_cursor": None})


@routes.delete("/playlists/<uuid:playlist_id>")
async def archive(playlist_id: UUID) -> Response:
    """Put the playlist away; while it is in use it is refused, with the list of where."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        try:
            await playlists.archive(conn, actor, playlist_id, now=now())
        except Conflict as conflict:
            found = await playlist_uses.list_for(conn, actor, playlist_id)
            return problems.problem(409, conflict.code, conflict.detail, uses=found)
    return answers.gone()


@routes.post("/playlists/<uuid:playlist_id>/restore")
async def restore(playlist_id: UUID) -> Response:
    """Bring an archived playlist back."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        return answers.one(await playlists.restore(conn, actor, playlist_id, now=now()))
