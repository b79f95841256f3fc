"""Plan explorer: a screen and a moment: who plays, who does not and why, and what if."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from quart import Blueprint, Response, make_response, redirect, render_template, request
from quart.typing import ResponseReturnValue

from portal import frame, plan_stretch, plan_views
from signage import device_lists, devices, plan_lag, playlist_list
from signage.actors import Actor
from signage.devices import Device
from signage.errors import Invalid, NotFound
from signage.plan_previews import WhatIf
from signage.planning.inputs import Layer
from web import identity
from web.services import connection, is_secure, now

routes = Blueprint("plan_explorer", __name__)

RECENT_COOKIE = "explored"
RECENT_MAX = 6
FOUND_MAX = 20
PLAYLIST_CHOICES_MAX = 200
REACHES: dict[Layer, str] = {
    "device": "This screen only",
    "store": "Its store",
    "fleet": "The whole fleet",
}


@routes.get("/plan-explorer")
async def index() -> ResponseReturnValue:
    """Explain a moment of a screen, or let somebody choose the screen."""
    actor = await identity.require("watch")
    async with connection() as conn:
        device = await _chosen(conn, actor)
        wanted = request.args.get("q", "").strip()
        if device is None or (wanted and wanted.casefold() != device.name.casefold()):
            return await _choose(conn, actor, wanted)
        return await _explain(conn, actor, device)


async def _chosen(conn: asyncpg.Connection, actor: Actor) -> Device | None:
    """Return the screen that the address names; NotFound where it names one of other stores."""
    try:
        device_id = UUID(request.args.get("device_id", ""))
    except ValueError:
        return None
    return await devices.find(conn, actor, device_id, now=now())


async def _choose(conn: asyncpg.Connection, actor: Actor, wanted: str) -> ResponseReturnValue:
    """Show the screens that match, or go to the only one; without words the recent ones."""
    found: list[Device] = []
    if wanted:
        filters = device_lists.Filters(q=wanted)
        page = await device_lists.list_page(conn, actor, filters, limit=FOUND_MAX, now=now())
        found = page.items
    at = request.args.get("at", "")
    hrefs = {one.id: _href(one.id, at) for one in found}
    if len(found) == 1:
        return redirect(hrefs[found[0].id])
    recent = await _recent(conn, actor)
    return await render_template(
        "plan_explorer/choose.html",
        wanted=wanted,
        at=at,
        found=found,
        at_most=FOUND_MAX,
        recent=recent,
        hrefs=hrefs | {one.id: _href(one.id, at) for one in recent},
    )


async def _explain(conn: asyncpg.Connection, actor: Actor, device: Device) -> ResponseReturnValue:
    zone = ZoneInfo(device.timezone)
    stretch = plan_stretch.asked(zone, now())
    draft = Draft.read()
    refused = ""
    try:
        what_if = draft.what_if(stretch.since) if actor.may("program") else None
        view = await plan_views.load(conn, actor, device, stretch, what_if=what_if)
    except Invalid as error:
        what_if, refused = None, error.detail
        view = await plan_views.load(conn, actor, device, stretch)
    offered = await playlist_list.list_page(conn, limit=PLAYLIST_CHOICES_MAX)
    page = await render_template(
        "plan_explorer/show.html",
        device=device,
        tz=zone,
        lag=await plan_lag.of_device(conn, actor, device.id, now=now()),
        draft=draft,
        trying=what_if is not None,
        refused=refused,
        playlists=[("", "Nothing"), *((str(one.id), one.name) for one in offered.items)],
        schedules=[
            ("", "Nothing"),
            *((str(one.id), one.name) for one in view["preview"].schedules),
        ],
        reaches=list(REACHES.items()),
        here_href=_href(device.id, request.args.get("at", "")),
        **view,
    )
    return _remembering(await make_response(page), device.id)


class Draft(msgspec.Struct, frozen=True):
    """The what-if form as it was filled in; empty is not chosen."""

    off: str = ""
    playlist_id: str = ""
    start: str = ""
    end: str = ""
    layer: str = ""
    priority: str = ""

    @classmethod
    def read(cls) -> "Draft":
        """Return what the address says."""
        return cls(*(request.args.get(name, "").strip() for name in cls.__struct_fields__))

    def what_if(self, since: datetime) -> WhatIf | None:
        """Return what is to be tried from a date on; None for nothing, Invalid for nonsense."""
        if not self.off and not self.playlist_id:
            return None
        given = {"off": [self.off]} if self.off else {}
        tried = {"add": self._tried(since)} if self.playlist_id else {}
        try:
            return msgspec.convert(given | tried, WhatIf, strict=False)
        except msgspec.ValidationError:
            detail = "Say from when until when it plays, such as 12:00 to 14:00, priority 0 to 100."
            raise Invalid.field("/start", "invalid_draft", detail) from None

    def _tried(self, since: datetime) -> dict[str, Any]:
        # It began the day before, so that a night that reaches into the stretch is there too.
        return {
            "playlist_id": self.playlist_id,
            "starts_on": str((since - timedelta(days=1)).date()),
            "start_time": self.start,
            "end_time": self.end,
            "layer": self.layer or "device",
            "priority": self.priority or "50",
        }


async def _recent(conn: asyncpg.Connection, actor: Actor) -> list[Device]:
    found = []
    for device_id in _remembered():
        try:
            found.append(await devices.find(conn, actor, device_id, now=now()))
        except NotFound:
            continue
    return found


def _remembered() -> list[UUID]:
    parts = request.cookies.get(RECENT_COOKIE, "").split(".")[:RECENT_MAX]
    try:
        return [UUID(part) for part in parts if part]
    except ValueError:
        return []


def _remembering(answer: Any, device_id: UUID) -> Response:
    ids = [device_id, *(one for one in _remembered() if one != device_id)]
    answer.set_cookie(
        RECENT_COOKIE,
        ".".join(one.hex for one in ids[:RECENT_MAX]),
        max_age=frame.YEAR_S,
        path="/plan-explorer",
        httponly=True,
        samesite="Lax",
        secure=is_secure(),
    )
    found: Response = answer
    return found


def _href(device_id: UUID, at: str) -> str:
    query = {"device_id": str(device_id)} | ({"at": at} if at else {})
    return f"/plan-explorer?{urlencode(query)}"
