"""Where a playlist plays: giving it to screens, and its loop as a screen would show it."""

from uuid import UUID

import msgspec
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import ui
from signage import assignments, playlist_loops, playlist_uses, playlists, target_choices
from signage.errors import Invalid
from signage.targets import Target
from web import identity
from web.services import connection, now

routes = Blueprint("playlist_places", __name__)


@routes.get("/playlists/<uuid:playlist_id>/places")
async def places(playlist_id: UUID) -> ResponseReturnValue:
    """Show everywhere the playlist plays, and the targets it can be given to."""
    actor = await identity.require("program")
    q = request.args.get("q", "")
    async with connection() as conn:
        playlist = await playlists.find(conn, playlist_id)
        uses = await playlist_uses.list_for(conn, actor, playlist_id)
        choices = await target_choices.list_for(conn, actor, q=q)
    return await render_template(
        "playlists/places.html",
        playlist=playlist,
        uses=uses,
        q=q,
        choices=choices,
        at_most=target_choices.SHOWN_MAX,
    )


@routes.post("/playlists/<uuid:playlist_id>/assign")
async def assign(playlist_id: UUID) -> ResponseReturnValue:
    """Make the playlist what always plays on a device, a group, a store or the fleet."""
    actor = await identity.require("program")
    target = _target(await request.form)
    async with connection() as conn:
        await assignments.put(conn, actor, target, playlist_id, now=now())
        reach = await playlist_uses.reach(conn, actor, playlist_id)
    screens = ui.plural(reach.screens, "screen")
    await flash(f"Assigned. It reaches {screens} whenever nothing is scheduled.", "ok")
    return redirect(f"/playlists/{playlist_id}/places")


@routes.post("/playlists/<uuid:playlist_id>/unassign")
async def unassign(playlist_id: UUID) -> ResponseReturnValue:
    """Take the always-on playlist away from a target that has this one."""
    actor = await identity.require("program")
    target = _target(await request.form)
    async with connection() as conn:
        assigned = await assignments.list_for(conn, actor, target=target)
        if any(one.playlist_id == playlist_id for one in assigned):
            await assignments.remove(conn, actor, target, now=now())
    await flash("Taken away. What is assigned more widely plays there now.", "ok")
    return redirect(f"/playlists/{playlist_id}/places")


@routes.get("/playlists/<uuid:playlist_id>/preview")
async def preview(playlist_id: UUID) -> ResponseReturnValue:
    """Show the loop, flattened, turn by turn; a script plays it."""
    await identity.require("program")
    async with connection() as conn:
        playlist = await playlists.find(conn, playlist_id)
        loop = await playlist_loops.measure(conn, playlist_id, playlist.items, now=now())
    fragment = "HX-Request" in request.headers
    return await render_template(
        "playlists/_turns.html" if fragment else "playlists/preview.html",
        playlist=playlist,
        round=loop,
    )


def _target(values: MultiDict[str, str]) -> Target:
    kind, _, target_id = values.get("target", "").partition(":")
    try:
        return msgspec.convert({"kind": kind} | ({"id": target_id} if target_id else {}), Target)
    except msgspec.ValidationError as error:
        raise Invalid.field("/target", "invalid_target", "Choose where it shall play.") from error
