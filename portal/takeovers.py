"""Takeovers: a playlist on screens at once; whom it interrupts is said before it begins."""

from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import calendar_targets, forms, ui
from signage import playlist_list, playlists, takeovers, target_choices, targets
from signage.actors import Actor
from signage.errors import FieldError, Invalid, NotFound, PlaybillError
from signage.takeovers import NewTakeover, Takeover
from signage.targets import Target
from web import identity
from web.services import connection, now

routes = Blueprint("takeovers", __name__)

MINUTES_MIN = 5
PRESETS_MINUTES = (5, 10, 15, 30, 60, 120, 240, 480, takeovers.MINUTES_MAX)
DEFAULT_MINUTES = 15
PLAYLIST_CHOICES_MAX = 200
RECENT_SHOWN = 50
STORES_NAMED = 8
MS_PER_MINUTE = 60_000


class Asked(msgspec.Struct, frozen=True):
    """The form as it was filled in; empty is not chosen."""

    playlist_id: str = ""
    target: str = ""
    minutes: str = ""
    other_minutes: str = ""

    @classmethod
    def read(cls, values: MultiDict[str, str]) -> "Asked":
        """Return what the address or the form says."""
        return cls(*(values.get(name, "").strip() for name in cls.__struct_fields__))

    def href(self) -> str:
        """Return the address of the form filled in like this."""
        return f"/takeovers/new?{urlencode(msgspec.structs.asdict(self))}"


@routes.get("/takeovers")
async def index() -> ResponseReturnValue:
    """List the latest takeovers, running or over."""
    actor = await identity.require("program")
    async with connection() as conn:
        recent = await takeovers.list_recent(conn, actor, limit=RECENT_SHOWN, now=now())
    return await render_template("takeovers/index.html", recent=recent)


@routes.get("/takeovers/new")
async def new() -> ResponseReturnValue:
    """Ask what to show, where and for how long; then name the screens before it begins."""
    actor = await identity.require("program")
    asked = Asked.read(request.args)
    async with connection() as conn:
        if "continue" not in request.args:
            return await _form(conn, actor, asked)
        try:
            return await _confirm(conn, actor, asked)
        except Invalid as refusal:
            return await _form(conn, actor, asked, refusal)


@routes.post("/takeovers")
async def start() -> ResponseReturnValue:
    """Show the playlist from this second on."""
    actor = await identity.require("program")
    asked = Asked.read(await request.form)
    async with connection() as conn:
        try:
            started = await takeovers.start(conn, actor, _wanted(asked), now=now())
        except Invalid as refusal:
            return await _form(conn, actor, asked, refusal)
    until = ui.local(started.ends_at)
    screens = ui.plural(started.screens, "screen")
    await flash(f"{started.playlist} takes over {screens}, until {until}.", "ok")
    return redirect(_page_of(started))


@routes.post("/takeovers/<uuid:takeover_id>/end")
async def end(takeover_id: UUID) -> ResponseReturnValue:
    """End a takeover early, and go back to the page that was open."""
    actor = await identity.require("program")
    values = await request.form
    async with connection() as conn:
        ended = await takeovers.end(conn, actor, takeover_id, now=now())
    screens = ui.plural(ended.screens, "screen")
    back = "goes back" if ended.screens == 1 else "go back"
    await flash(f"{ended.playlist} has ended. {screens} {back} to what is planned.", "ok")
    return redirect(_own_path(values.get("next", "")))


async def _form(
    conn: asyncpg.Connection, actor: Actor, asked: Asked, refusal: Invalid | None = None
) -> ResponseReturnValue:
    offered = await playlist_list.list_page(conn, limit=PLAYLIST_CHOICES_MAX)
    q = request.args.get("q", "").strip()
    target = calendar_targets.read(asked.target)
    try:
        where = await calendar_targets.options(conn, actor, target, q=q or None)
    except NotFound:
        target, where = None, await calendar_targets.options(conn, actor, None, q=q or None)
    page = await render_template(
        "takeovers/new.html",
        asked=asked,
        q=q,
        searchable=bool(q) or len(where) >= target_choices.SHOWN_MAX,
        playlists=[("", "Choose a playlist"), *forms.choices(offered.items)],
        # Nothing is chosen for somebody: the first of the list would be the whole fleet.
        targets=where if target else [("", "Choose screens"), *where],
        lengths=[(minutes, ui.duration(minutes * MS_PER_MINUTE)) for minutes in PRESETS_MINUTES],
        default=DEFAULT_MINUTES,
        errors=_errors(refusal),
    )
    return page, 422 if refusal else 200


async def _confirm(conn: asyncpg.Connection, actor: Actor, asked: Asked) -> ResponseReturnValue:
    wanted = _wanted(asked)
    await targets.check(conn, actor, wanted.target, pointer="/target", now=now())
    try:
        playlist = await playlists.find(conn, wanted.playlist_id)
    except NotFound as error:
        raise Invalid.field("/playlist_id", "unknown_playlist", error.detail) from error
    name = await calendar_targets.name(conn, actor, wanted.target)
    reach = await takeovers.reach(conn, actor, wanted.target)
    return await render_template(
        "takeovers/confirm.html",
        asked=asked,
        wanted=wanted,
        length=ui.duration(wanted.minutes * MS_PER_MINUTE),
        playlist=playlist,
        target_name="the whole fleet" if wanted.target.kind == "fleet" else name,
        reach=reach,
        stores=reach.stores[:STORES_NAMED],
        more=len(reach.stores[STORES_NAMED:]),
    )


def _wanted(asked: Asked) -> NewTakeover:
    """Return what the form asks for; Invalid names every field that is missing or wrong."""
    wrong = []
    target = calendar_targets.read(asked.target)
    if target is None:
        wrong.append(FieldError("/target", "missing", "Choose the screens."))
    playlist_id = _id(asked.playlist_id)
    if playlist_id is None:
        wrong.append(FieldError("/playlist_id", "missing", "Choose a playlist."))
    typed = asked.other_minutes or asked.minutes
    minutes = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
    if not MINUTES_MIN <= minutes <= takeovers.MINUTES_MAX:
        field = "/other_minutes" if asked.other_minutes else "/minutes"
        detail = f"From {MINUTES_MIN} to {takeovers.MINUTES_MAX} minutes, which is a day."
        wrong.append(FieldError(field, "invalid_minutes", detail))
    if target is None or playlist_id is None or wrong:
        raise Invalid(wrong)
    return NewTakeover(playlist_id=playlist_id, target=target, minutes=minutes)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _errors(refusal: PlaybillError | None) -> dict[str, str]:
    if not isinstance(refusal, Invalid):
        return {}
    return {wrong.pointer.strip("/").split("/")[0]: wrong.detail for wrong in refusal.errors}


def _page_of(started: Takeover) -> str:
    match started.target:
        case Target("device", UUID() as device_id):
            return f"/devices/{device_id}"
        case Target("store", UUID() as store_id):
            return f"/stores/{store_id}"
        case Target("group", UUID() as group_id):
            return f"/groups/{group_id}"
        case _:
            return "/takeovers"


def _own_path(wanted: str) -> str:
    # Only a path of our own: "//elsewhere" and "/\elsewhere" are other hosts to a browser.
    own = wanted.startswith("/") and wanted[1:2] not in ("/", "\\")
    return wanted if own else "/takeovers"
