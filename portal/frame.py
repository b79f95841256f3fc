"""What stands round every page: navigation, theme, the visitor's cookie."""

import secrets
from typing import Any

import msgspec
from quart import Response, g, request

from signage.actors import Actor, Right
from web import csrf, identity
from web.services import is_secure, now

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
    Place("Fleet", "Devices", "/devices", "monitor", "d", "pair", True),
    Place("Fleet", "Stores", "/stores", "store", "s", "watch"),
    Place("Fleet", "Groups", "/groups", "boxes", "g", "watch"),
    Place("Fleet", "Pair a screen", "/pair", "qr-code", "a", "pair", True),
    Place("Programming", "Content", "/content", "image", "c", "program"),
    Place("Programming", "Playlists", "/playlists", "list-video", "p", "program"),
    Place("Programming", "Campaigns", "/campaigns", "megaphone", "m", "report"),
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
        "nav": _sections(places),
        "tabbar": [_link(place) for place in places if place.on_tabbar],
        "now": now(),
    }


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


def _sections(places: list[Place]) -> list[dict[str, Any]]:
    labels = list(dict.fromkeys(place.section for place in places))
    return [
        {
            "label": "" if label == FOOT else label,
            "foot": label == FOOT,
            "links": [_link(place) for place in places if place.section == label],
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
