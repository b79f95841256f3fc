"""Playlists: the list, the builder's page, and what is done to a playlist as a whole."""

from typing import Any
from uuid import UUID

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue

from portal import args, forms, playlist_workbench
from signage import content, paging, playlist_drafts, playlist_list, playlist_uses, playlists
from signage.errors import Conflict
from web import identity
from web.services import connection, now

routes = Blueprint("playlists", __name__)

LIBRARY_SHOWN = 24
STATES = {
    "": "All",
    "draft": "Draft",
    "published": "Published",
    "changed": "Changed since",
    "archived": "Archived",
}


@routes.get("/playlists")
async def index() -> ResponseReturnValue:
    """List the playlists; HTMX swaps the rows as the search changes."""
    await identity.require("program")
    filters = args.filters(playlist_list.Filters)
    sort = request.args.get("sort", "name")
    async with connection() as conn:
        page = await playlist_list.list_page(
            conn,
            q=filters.q,
            state=filters.state,
            sort=sort,
            cursor=request.args.get("cursor"),
        )
        total = await playlist_list.count(conn, q=filters.q, state=filters.state)
    fragment = args.wants_fragment("playlists")
    return await render_template(
        "playlists/_rows.html" if fragment else "playlists/index.html",
        page=page,
        total=total,
        filters=filters,
        filtered=filters != playlist_list.NO_FILTERS,
        heads=_heads(sort),
        sort=request.args.get("sort", ""),
        states=list(STATES.items()),
        first_href=args.with_args(cursor=None) if request.args.get("cursor") else "",
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.post("/playlists")
async def create() -> ResponseReturnValue:
    """Begin a playlist as an empty draft."""
    actor = await identity.require("program")
    name = (await request.form).get("name", "")
    async with connection() as conn:
        playlist = await playlists.create(conn, actor, name=name, draft=True, now=now())
    return redirect(f"/playlists/{playlist.id}")


@routes.get("/playlists/<uuid:playlist_id>")
async def show(playlist_id: UUID) -> ResponseReturnValue:
    """Show the builder; HTMX asks for the library alone as its search changes."""
    actor = await identity.require("program")
    if args.wants_fragment("library"):
        async with connection() as conn:
            playlist = await playlists.find(conn, playlist_id)
            shelf = await _library(conn, playlist_id)
        return await render_template("playlists/_library.html", playlist=playlist, **shelf)
    async with connection() as conn:
        bench = await playlist_workbench.load(conn, actor, playlist_id)
        shelf = await _library(conn, playlist_id)
        uses = await playlist_uses.list_for(conn, actor, playlist_id)
    return await render_template("playlists/show.html", uses=uses, **bench, **shelf)


@routes.get("/playlists/<uuid:playlist_id>/standing")
async def standing(playlist_id: UUID) -> ResponseReturnValue:
    """Show what is to be published, and how far the last publishing has come."""
    actor = await identity.require("program")
    async with connection() as conn:
        bench = await playlist_workbench.load(conn, actor, playlist_id)
    return await render_template("playlists/_standing.html", **bench)


@routes.post("/playlists/<uuid:playlist_id>/name")
async def rename(playlist_id: UUID) -> ResponseReturnValue:
    """Call the playlist otherwise."""
    actor = await identity.require("program")
    values = await request.form
    async with connection() as conn:
        await playlists.change(
            conn,
            actor,
            playlist_id,
            name=values.get("name", ""),
            revision=forms.revision(values),
            now=now(),
        )
    return redirect(f"/playlists/{playlist_id}")


@routes.post("/playlists/<uuid:playlist_id>/publish")
async def publish(playlist_id: UUID) -> ResponseReturnValue:
    """Make the draft what screens play."""
    actor = await identity.require("program")
    revision = forms.revision(await request.form)
    async with connection() as conn:
        playlist = await playlists.publish(conn, actor, playlist_id, revision=revision, now=now())
    await flash(f"{playlist.name} is published. Screens pick it up within a minute.", "ok")
    return redirect(f"/playlists/{playlist_id}")


@routes.post("/playlists/<uuid:playlist_id>/undo", defaults={"way": "undo"})
@routes.post("/playlists/<uuid:playlist_id>/redo", defaults={"way": "redo"})
async def go(playlist_id: UUID, way: playlist_drafts.Way) -> ResponseReturnValue:
    """Take the last change back, or do it again."""
    actor = await identity.require("program")
    revision = forms.revision(await request.form)
    async with connection() as conn:
        await playlist_drafts.go(conn, actor, playlist_id, way, revision=revision, now=now())
        if "HX-Request" in request.headers:
            return await playlist_workbench.answer(conn, actor, playlist_id)
    return redirect(f"/playlists/{playlist_id}")


@routes.post("/playlists/<uuid:playlist_id>/duplicate")
async def duplicate(playlist_id: UUID) -> ResponseReturnValue:
    """Make a draft that holds the same, and open it."""
    actor = await identity.require("program")
    async with connection() as conn:
        copy = await playlists.duplicate(conn, actor, playlist_id, now=now())
    await flash(f"{copy.name} is a draft of its own.", "ok")
    return redirect(f"/playlists/{copy.id}")


@routes.post("/playlists/<uuid:playlist_id>/archive")
async def archive(playlist_id: UUID) -> ResponseReturnValue:
    """Put a playlist away; while it is in use the answer lists where."""
    actor = await identity.require("program")
    async with connection() as conn:
        playlist = await playlists.find(conn, playlist_id)
        try:
            await playlists.archive(conn, actor, playlist_id, now=now())
        except Conflict:
            uses = await playlist_uses.list_for(conn, actor, playlist_id)
            page = await render_template("playlists/in_use.html", playlist=playlist, uses=uses)
            return page, 409
    await flash(f"{playlist.name} is archived. Find it under the state Archived.", "ok")
    return redirect("/playlists")


@routes.post("/playlists/<uuid:playlist_id>/restore")
async def restore(playlist_id: UUID) -> ResponseReturnValue:
    """Bring an archived playlist back."""
    actor = await identity.require("program")
    async with connection() as conn:
        playlist = await playlists.restore(conn, actor, playlist_id, now=now())
    await flash(f"{playlist.name} is back.", "ok")
    return redirect(f"/playlists/{playlist_id}")


async def _library(conn: Any, playlist_id: UUID) -> dict[str, Any]:
    q, shelf = request.args.get("q", ""), request.args.get("shelf", "content")
    cursor = request.args.get("cursor")
    found: paging.Page[Any]
    if shelf == "playlists":
        found = await playlist_list.list_page(conn, q=q, limit=LIBRARY_SHOWN, cursor=cursor)
        found.items[:] = [one for one in found.items if one.id != playlist_id]
    else:
        found = await content.list_page(
            conn, content.Filters(q=q), limit=LIBRARY_SHOWN, cursor=cursor, now=now()
        )
    return {
        "library": found.items,
        "q": q,
        "shelf": shelf,
        "more_href": found.next_cursor and args.with_args(cursor=found.next_cursor),
        "top_href": args.with_args(cursor=None) if cursor else "",
    }


def _heads(sort: str) -> list[tuple[str, ...]]:
    columns = (
        ("Name", "", "name"),
        ("State", "", ""),
        ("Items", "num", "items"),
        ("Loop", "num", "loop_ms"),
        ("Used in", "", ""),
        ("Changed", "", "updated_at"),
    )
    return [*(_head(label, kind, key, sort) for label, kind, key in columns), ("",)]


def _head(label: str, kind: str, key: str, sort: str) -> tuple[str, ...]:
    if not key:
        return (label, kind)
    href = args.with_args(sort=f"-{key}" if sort == key else key, cursor=None)
    return (label, kind, href, {key: "ascending", f"-{key}": "descending"}.get(sort, ""))
