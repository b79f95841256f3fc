"""Edits of a playlist's draft: each is a plain form; two people who edit at once lose nothing."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec
from quart import Blueprint, Response, make_response, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import forms, playlist_workbench
from signage import campaigns, content_versions, playlist_drafts, playlist_items, playlists
from signage.actors import Actor
from signage.errors import Invalid, NotFound, Stale
from signage.playlist_edits import Add, Alter, Edit, Move, Remove
from web import identity
from web.services import connection, now

routes = Blueprint("playlist_edits", __name__)

CAMPAIGNS_SHOWN_MAX = 500
Values = MultiDict[str, str]


@routes.post("/playlists/<uuid:playlist_id>/items")
async def add(playlist_id: UUID) -> ResponseReturnValue:
    """Put a content or a playlist at the end of the draft, or at the place ``to``."""
    values = await request.form
    wanted = Add(
        content_id=forms.uuid(values, "content_id"),
        playlist_id=forms.uuid(values, "playlist_id"),
        to=forms.whole_number(values, "to"),
    )
    return await _do(playlist_id, wanted, values)


@routes.post("/playlists/<uuid:playlist_id>/order")
async def move(playlist_id: UUID) -> ResponseReturnValue:
    """Move an item to the place ``to``, counted from 1; a script gets 204 and the new revision."""
    values = await request.form
    item_id = forms.uuid(values, "item")
    wanted = Move([item_id] if item_id else [], forms.whole_number(values, "to") or 1)
    return await _do(playlist_id, wanted, values)


@routes.post("/playlists/<uuid:playlist_id>/bulk")
async def bulk(playlist_id: UUID) -> ResponseReturnValue:
    """Move, take out, or set the duration of all items that are ticked."""
    values = await request.form
    try:
        ids = msgspec.convert(values.getlist("ids"), list[UUID])
    except msgspec.ValidationError as error:
        raise Invalid.field("/ids", "invalid_id", "Tick items of the list.") from error
    match values.get("do"):
        case "remove":
            wanted: Edit = Remove(ids)
        case "duration":
            wanted = Alter(ids, duration_ms=_milliseconds(values))
        case "move":
            to = _number(values, "to")
            if to is None:
                raise Invalid.field("/to", "missing_position", "Type the position to move to.")
            wanted = Move(ids, to)
        case _:
            raise Invalid.field("/do", "invalid_action", "Choose what to do with the items.")
    return await _do(playlist_id, wanted, values)


@routes.get("/playlists/<uuid:playlist_id>/items/<uuid:item_id>")
async def item(playlist_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """Show what can be set of one item: as a page, or as a form for the builder's dialog."""
    await identity.require("program")
    async with connection() as conn:
        playlist = await playlists.find(conn, playlist_id)
        found = next((one for one in playlist.items if one.id == item_id), None)
        if found is None:
            raise NotFound("This item is not in the playlist any more.")
        booked = await campaigns.list_page(conn, limit=CAMPAIGNS_SHOWN_MAX)
        versions = await _versions(conn, found)
    fragment = "HX-Request" in request.headers
    return await render_template(
        "playlists/_item.html" if fragment else "playlists/item.html",
        playlist=playlist,
        item=found,
        place=playlist.items.index(found) + 1,
        campaign_options=[("", "As its content says"), *forms.choices(booked.items)],
        version_options=[("", "The newest published"), *versions],
    )


@routes.post("/playlists/<uuid:playlist_id>/items/<uuid:item_id>")
async def change(playlist_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """Set how an item plays: how long, how often, when, which version and for which campaign."""
    values = await request.form
    wanted = Alter([item_id], duration_ms=_milliseconds(values))
    wanted = msgspec.structs.replace(wanted, weight=_number(values, "weight") or 1)
    if "version" in values:
        wanted = msgspec.structs.replace(wanted, version=_number(values, "version"))
    if "campaign_id" in values:
        campaign_id = forms.uuid(values, "campaign_id")
        wanted = msgspec.structs.replace(wanted, campaign_id=campaign_id)
    if "not_before" in values:
        wanted = msgspec.structs.replace(
            wanted,
            not_before=_instant(values, "not_before"),
            not_after=_instant(values, "not_after"),
        )
    return await _do(playlist_id, wanted, values)


@routes.post("/playlists/<uuid:playlist_id>/items/<uuid:item_id>/remove")
async def remove(playlist_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """Take an item out of the draft."""
    return await _do(playlist_id, Remove([item_id]), await request.form)


async def _do(playlist_id: UUID, wanted: Edit, values: Values) -> ResponseReturnValue:
    actor = await identity.require("program")
    revision = forms.revision(values)
    base = forms.whole_number(values, "overwrite")
    async with connection() as conn:
        try:
            if base is not None and revision is not None:
                saved = await playlist_drafts.overwrite(
                    conn, actor, playlist_id, wanted, base=base, revision=revision, now=now()
                )
            else:
                saved = await playlist_drafts.edit(
                    conn, actor, playlist_id, wanted, revision=revision, now=now()
                )
        except Stale:
            return await _clash(conn, playlist_id, wanted, values)
        return await _done(conn, actor, playlist_id, saved)


async def _done(
    conn: asyncpg.Connection, actor: Actor, playlist_id: UUID, saved: int
) -> ResponseReturnValue:
    if "HX-Request" in request.headers:
        return await playlist_workbench.answer(conn, actor, playlist_id)
    if request.path.endswith("/order") and "text/html" not in request.headers.get("Accept", ""):
        return Response(b"", status=204, headers={"X-Revision": str(saved)})
    return redirect(f"/playlists/{playlist_id}")


async def _clash(
    conn: asyncpg.Connection, playlist_id: UUID, wanted: Edit, values: Values
) -> ResponseReturnValue:
    """Show theirs, mine, and what can be done about it; the form is sent again as it was."""
    again = [(name, value) for name, value in values.items(multi=True) if name not in _OWN]
    clash = await playlist_drafts.clash(conn, playlist_id, wanted, base=forms.revision(values) or 0)
    fragment = "HX-Request" in request.headers
    page = await render_template(
        "playlists/_clash.html" if fragment else "playlists/clash.html",
        clash=clash,
        again=again,
        action=request.path,
        field_words=playlist_workbench.FIELD_WORDS,
    )
    answer: Response = await make_response(page, 409)  # type: ignore[assignment]  # it knows bases
    return answer


_OWN = frozenset({"csrf_token", "revision", "overwrite"})


async def _versions(conn: asyncpg.Connection, found: playlist_items.Item) -> list[tuple[str, str]]:
    if found.content_id is None:
        return []
    known = await content_versions.list_for(conn, found.content_id, now=now())
    return [(str(one.version), f"Version {one.version}") for one in known]


def _number(values: Values, name: str) -> int | None:
    """Return a whole number; Invalid where something else was typed."""
    if not values.get(name, "").strip():
        return None
    number = forms.whole_number(values, name)
    if number is None:
        raise Invalid.field(f"/{name}", f"invalid_{name}", "Type a whole number.")
    return number


def _milliseconds(values: Values) -> int | None:
    seconds = values.get("seconds", "").strip()
    if not seconds:
        return None
    try:
        return round(float(seconds) * 1000)
    except (ValueError, OverflowError) as error:
        detail = "Type how many seconds it plays, such as 10."
        raise Invalid.field("/seconds", "invalid_duration", detail) from error


def _instant(values: Values, name: str) -> datetime | None:
    """Return what a date-and-time field holds, which is in UTC."""
    text = values.get(name, "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        detail = "Choose a date and a time."
        raise Invalid.field(f"/{name}", f"invalid_{name}", detail) from error
