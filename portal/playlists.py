"""Playlists: the list, and the builder with the library on the left and the order on the right."""

from collections.abc import Callable
from uuid import UUID

import msgspec
from quart import Blueprint, Response, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import args, forms, loop
from signage import assignments, content, groups, playlists, stores
from signage.actors import Actor
from signage.errors import Invalid, Stale
from signage.playlist_items import Item, NewItem
from signage.targets import Target
from web import identity
from web.services import connection, now

routes = Blueprint("playlists", __name__)

LIBRARY_SHOWN = 24


@routes.get("/playlists")
async def index() -> ResponseReturnValue:
    """List the playlists by name."""
    await identity.require("program")
    async with connection() as conn:
        page = await playlists.list_page(
            conn, q=request.args.get("q"), cursor=request.args.get("cursor")
        )
    next_href = page.next_cursor and args.with_args(cursor=page.next_cursor)
    return await render_template(
        "playlists/index.html", page=page, q=request.args.get("q", ""), next_href=next_href
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
    """Show the builder."""
    actor = await identity.require("program")
    q = request.args.get("q", "")
    async with connection() as conn:
        playlist = await playlists.find(conn, playlist_id)
        live = await playlists.find(conn, playlist_id, edition="live")
        library = await content.list_page(
            conn, content.Filters(q=q), limit=LIBRARY_SHOWN, now=now()
        )
        assigned = await assignments.list_for_playlist(conn, playlist_id)
        places = await stores.list_for(conn, actor)
        teams = await groups.list_all(conn)
    return await render_template(
        "playlists/show.html",
        playlist=playlist,
        live=live,
        changed=playlist.published_revision != playlist.revision,
        library=library.items,
        q=q,
        assigned=assigned,
        loop_of_draft=loop.measure(playlist.items),
        loop_of_live=loop.measure(live.items),
        targets=_choices(actor, places, teams),
    )


@routes.post("/playlists/<uuid:playlist_id>/items")
async def add_item(playlist_id: UUID) -> ResponseReturnValue:
    """Put a content at the end of the draft."""
    actor = await identity.require("program")
    content_id = forms.uuid(await request.form, "content_id")
    return await _save(actor, playlist_id, lambda items: [*items, NewItem(content_id=content_id)])


@routes.post("/playlists/<uuid:playlist_id>/order")
async def move_item(playlist_id: UUID) -> ResponseReturnValue:
    """Move an item to the place ``to``, counted from 1; answers 204 with the new revision."""
    actor = await identity.require("program")
    values = await request.form
    item_id, to = forms.uuid(values, "item"), forms.whole_number(values, "to")
    revision = forms.revision(values)
    async with connection() as conn:
        playlist = await playlists.find(conn, playlist_id)
        items = [_as_new(item) for item in playlist.items]
        moving = next((item for item in items if item.id == item_id), None)
        if moving is None:
            raise Stale("This item was taken out meanwhile. Load the playlist again.")
        items.remove(moving)
        items.insert(max(0, (to or 1) - 1), moving)
        saved = await playlists.change(
            conn, actor, playlist_id, items=items, revision=revision, now=now()
        )
    if "HX-Request" in request.headers or request.accept_mimetypes.best != "text/html":
        return Response(b"", status=204, headers={"X-Revision": str(saved.revision)})
    return redirect(f"/playlists/{playlist_id}")


@routes.post("/playlists/<uuid:playlist_id>/items/<uuid:item_id>")
async def change_item(playlist_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """Change how long and how often an item plays."""
    actor = await identity.require("program")
    values = await request.form
    seconds = values.get("seconds", "").strip()
    weight = forms.whole_number(values, "weight") or 1
    duration_ms = _milliseconds(seconds) if seconds else None

    def changed(items: list[NewItem]) -> list[NewItem]:
        return [
            msgspec.structs.replace(item, duration_ms=duration_ms, weight=weight)
            if item.id == item_id
            else item
            for item in items
        ]

    return await _save(actor, playlist_id, changed)


@routes.post("/playlists/<uuid:playlist_id>/items/<uuid:item_id>/remove")
async def remove_item(playlist_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """Take an item out of the draft."""
    actor = await identity.require("program")
    return await _save(
        actor, playlist_id, lambda items: [item for item in items if item.id != item_id]
    )


@routes.post("/playlists/<uuid:playlist_id>/publish")
async def publish(playlist_id: UUID) -> ResponseReturnValue:
    """Make the draft what screens play."""
    actor = await identity.require("program")
    async with connection() as conn:
        playlist = await playlists.publish(conn, actor, playlist_id, now=now())
    await flash(f"{playlist.name} is published. Screens pick it up within a minute.", "ok")
    return redirect(f"/playlists/{playlist_id}")


@routes.post("/playlists/<uuid:playlist_id>/assign")
async def assign(playlist_id: UUID) -> ResponseReturnValue:
    """Make the playlist what always plays on a store, a group or the fleet."""
    actor = await identity.require("program")
    target = _target(await request.form)
    async with connection() as conn:
        await assignments.put(conn, actor, target, playlist_id, now=now())
    await flash("Assigned. It plays there whenever nothing is scheduled.", "ok")
    return redirect(f"/playlists/{playlist_id}")


async def _save(
    actor: Actor, playlist_id: UUID, edit: Callable[[list[NewItem]], list[NewItem]]
) -> ResponseReturnValue:
    revision = forms.revision(await request.form)
    async with connection() as conn:
        playlist = await playlists.find(conn, playlist_id)
        items = edit([_as_new(item) for item in playlist.items])
        read = playlist.revision if revision is None else revision
        await playlists.change(conn, actor, playlist_id, items=items, revision=read, now=now())
    return redirect(f"/playlists/{playlist_id}")


def _choices(
    actor: Actor, places: list[stores.Store], teams: list[groups.Group]
) -> list[tuple[str, str]]:
    # Groups and the fleet hold screens of any store: they are for who reaches every store.
    own = [(f"store:{store.id}", f"Store {store.name}") for store in places]
    if actor.store_ids is not None:
        return own
    wide = [(f"group:{group.id}", f"Group {group.name}") for group in teams]
    return [("fleet", "Every screen"), *wide, *own]


def _as_new(item: Item) -> NewItem:
    names = (field.name for field in msgspec.structs.fields(NewItem))
    return NewItem(**{name: getattr(item, name) for name in names})


def _milliseconds(seconds: str) -> int:
    try:
        return round(float(seconds) * 1000)
    except (ValueError, OverflowError) as error:
        detail = "Type how many seconds it plays, such as 10."
        raise Invalid.field("/seconds", "invalid_duration", detail) from error


def _target(values: MultiDict[str, str]) -> Target:
    kind, _, target_id = values.get("target", "").partition(":")
    try:
        return msgspec.convert({"kind": kind} | ({"id": target_id} if target_id else {}), Target)
    except msgspec.ValidationError as error:
        raise Invalid.field("/target", "invalid_target", "Choose where it shall play.") from error
