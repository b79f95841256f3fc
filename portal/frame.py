"""What stands round every page: navigation, theme, the visitor's cookie."""

import secrets
from typing import Any

import msgspec
from quart import Response, g, request

from signage import incidents, takeovers
from signage.actors import Actor, Right
from web import csrf, identity
from web.services import connection, is_secure, now

THEMES = ("light", "dark")
YEAR_S = 365 * 24 * 3600


class Place(msgspec.Struct, frozen=True):
    """One page of the navigation, the key after ``g`` that leads there, the right it takes."""

    section: str
    label: str
    href: str
    icon: str
    key: str
    right: Right | None = None
    on_tabbar: bool = False


FOOT = "foot"
"""The section at the foot of the rail, which has no heading."""

PLACES = (
    Place("", "Overview", "/", "layout-dashboard", "o", None, True),
    Place("", "Incidents", "/incidents", "siren", "i", "watch", True),
    Place("Fleet", "Devices", "/devices", "monitor", "d", "pair", True),
    Place("Fleet", "Stores", "/stores", "store", "s", "watch"),
    Place("Fleet", "Groups", "/groups", "boxes", "g", "watch"),
    Place("Fleet", "Pair a screen", "/pair", "qr-code", "a", "pair", True),
    Place("Programming", "Content", "/content", "image", "c", "program"),
    Place("Programming", "Playlists", "/playlists", "list-video", "p", "program"),
    Place("Programming", "Schedules", "/schedules", "calendar-clock", "h", "program"),
    Place("Programming", "Campaigns", "/campaigns", "megaphone", "m", "report"),
    Place("Programming", "Plan explorer", "/plan-explorer", "route", "x", "watch"),
    Place("Results", "Proof of play", "/proof-of-play", "chart-column", "r", "report"),
    Place("Results", "Audit log", "/audit", "scroll-text", "l", "administer"),
    Place(FOOT, "Users", "/users", "users", "u", "administer"),
    Place(FOOT, "Settings", "/settings", "settings", "e", "administer"),
)


async def context() -> dict[str, Any]:
    """Return what the frame's templates read."""
    actor = await identity.person()
    theme = request.cookies.get("theme", "")
    places = [place for place in PLACES if actor and _leads_somewhere(place, actor)]
    return {
        "theme": theme if theme in THEMES else "",
        "user": actor and {"name": actor.name, "role": actor.role, "email": ""},
        "actor": actor,
        "here": request.full_path.rstrip("?"),
        "nav": _sections(places, {"/incidents": await _waiting(actor)}),
        "tabbar": [_link(place) for place in places if place.on_tabbar],
        "now": now(),
        "takeovers_running": await _running(actor),
    }


async def _running(actor: Actor | None) -> list[takeovers.Takeover]:
    """Return the takeovers to tell of above the page, with one statement."""
    if actor is None or not _has_room(actor):
        return []
    async with connection() as conn:
        return await takeovers.list_running(conn, actor, now=now())


async def _waiting(actor: Actor | None) -> int:
    """Return how many incidents wait for somebody, with one statement over what is unresolved."""
    if actor is None or not _has_room(actor):
        return 0
    async with connection() as conn:
        return await incidents.count_open(conn, actor, now=now())


def _has_room(actor: Actor) -> bool:
    """Return whether this is a whole page of somebody who watches screens.

    A fragment has no room for the frame, and a refusal must not depend on the database.
    """
    if actor.owes_two_factor or not actor.may("watch"):
        return False
    return "HX-Request" not in request.headers and "refusing" not in g


def _leads_somewhere(place: Place, actor: Actor) -> bool:
    # Who owes a second factor is sent to its set-up from everywhere.
    return not actor.owes_two_factor and (not place.right or actor.may(place.right))


def csrf_token() -> str:
    """Return the token for forms; a visitor without a cookie gets one with the answer."""
    if g.get("person") is None and csrf.VISITOR_COOKIE not in request.cookies:
        if "visitor" not in g:
            g.visitor = secrets.token_hex(16)
        return csrf.token_for_visitor(g.visitor)
    return csrf.token()


async def keep_visitor(answer: Response) -> Response:
    """Set the cookie that a form for visitors not signed in is bound to."""
    if "visitor" in g:
        answer.set_cookie(
            csrf.VISITOR_COOKIE, g.visitor, httponly=True, samesite="Lax", secure=is_secure()
        )
    return answer


def _sections(places: list[Place], counts: dict[str, int]) -> list[dict[str, Any]]:
    labels = list(dict.fromkeys(place.section for place in places))
    return [
        {
            "label": "" if label == FOOT else label,
            "foot": label == FOOT,
            "links": [
                _link(place) | {"count": counts.get(place.href, 0)}
                for place in places
                if place.section == label
            ],
        }
        for label in labels
    ]


def _link(place: Place) -> dict[str, Any]:
    here = request.path
    current = here == place.href or (place.href != "/" and here.startswith(place.href + "/"))
    return {
        "label": place.label,
        "href": place.href,
        "icon": place.icon,
        "current": current,
        "key": place.key,
        "count": 0,
    }
