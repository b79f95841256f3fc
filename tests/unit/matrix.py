"""The matrix of routes and callers: rows filled in with real things, browsers with their tokens.

A row is ``(method, path, body, allowed)``; NOBODY stands wherever an id does, in path and body.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode

from quart import Quart
from werkzeug.routing import Rule

from signage import credentials
from signage.actors import Actor
from tests.unit.callers import Answer, Caller
from tests.unit.conftest import SECRET
from web import csrf

NOBODY = "01a20000-0000-7000-8000-000000000000"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
API = "/v1/admin"
FORM = "application/x-www-form-urlencoded"

Row = tuple[str, str, Any, frozenset[str]]
_VARIES = re.compile(r"<(?:[^:<>]*:)?(\w+)>")
SignIn = Callable[[Actor], Awaitable[Caller]]


class Browser(Caller):
    """Somebody's browser: it sends forms, with the token of the pages it was given."""

    async def __call__(
        self, method: str, path: str, body: object = None, **headers: str | None
    ) -> Answer:
        """Send a dict as a form; everything else as it is."""
        if isinstance(body, dict) and not self.prefix:
            body = urlencode(body, doseq=True).encode()
            headers = {"Content_Type": FORM} | headers
        return await super().__call__(method, path, body, **headers)


def visitor(app: Quart) -> Browser:
    """Return the browser of somebody who is not signed in but was shown a page."""
    browser = Browser(app, "", X_CSRF_Token=_token("somebody"))
    browser.client.set_cookie("localhost", csrf.VISITOR_COOKIE, "somebody")
    return browser


async def browser_of(sign_in: SignIn, actor: Actor, prefix: str = "") -> Browser:
    """Return the browser of somebody who is signed in."""
    caller = await sign_in(actor)
    browser = Browser(caller.app, prefix)
    browser.client = caller.client
    cookie = next(iter(browser.client.cookie_jar or ())).value
    session = browser.app.extensions["QUART_AUTH"][0].load_token(cookie, browser.app)
    browser.headers["X-CSRF-Token"] = _token(session)
    return browser


def served(app: Quart, belongs: Callable[[Rule], bool]) -> set[tuple[str, str]]:
    """Return the methods and paths of the rules of one door, ids as <>."""
    return {
        (method, pattern(rule.rule))
        for rule in app.url_map.iter_rules()
        if belongs(rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def listed(rows: list[Row], prefix: str = "") -> set[tuple[str, str]]:
    """Return what the rows of a table name, in the same form."""
    return {
        (method, prefix + path.partition("?")[0].replace(NOBODY, "<>"))
        for method, path, _, _ in rows
    }


def pattern(rule: str) -> str:
    """Return a rule of the url map with <> for everything that varies."""
    return "/".join("<>" if part.startswith("<") else part for part in rule.split("/"))


class Route(NamedTuple):
    """One method of one rule, with the body that its row in a table has."""

    method: str
    rule: str
    body: Any

    @property
    def prefix(self) -> str:
        """Where the API's paths begin; nothing for a page."""
        return API if self.rule.startswith(API) else ""

    @property
    def arguments(self) -> list[str]:
        """The names of what varies in the path."""
        return _VARIES.findall(self.rule)

    def path(self, things: Mapping[str, object] = MappingProxyType({})) -> str:
        """Return the path with the right thing in each place, NOBODY for what is not known."""
        return _VARIES.sub(lambda found: str(things.get(found[1], NOBODY)), self.rule)

    def form(self, things: Mapping[str, object]) -> Any:
        """Return the body with the thing of the field's name for each NOBODY."""
        return _body_with_ids(self.body, things)


def routes_of(app: Quart, *tables: tuple[str, list[Row]]) -> list[Route]:
    """Return every route of the portal and the admin API, whether or not it has a row yet."""
    bodies = {
        (method, prefix + path.partition("?")[0].replace(NOBODY, "<>")): body
        for prefix, rows in tables
        for method, path, body, _ in rows
    }
    # Signing out comes last, as it ends the session that the others are tried with.
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule == "/sign-out", rule.rule))
    return [
        Route(method, rule.rule, bodies.get((method, pattern(rule.rule)), {}))
        for rule in rules
        if rule.endpoint.startswith(("portal.", "admin_api."))
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


async def send(
    browser: Browser, route: Route, things: Mapping[str, object], **headers: str | None
) -> Answer:
    """Send a route its body: JSON to the API, a form to a page."""
    browser.prefix = route.prefix
    path = route.path(things).removeprefix(route.prefix)
    body = None if route.method == "GET" else route.form(things)
    return await browser(route.method, path, body, **headers)


def _body_with_ids(body: Any, things: Mapping[str, object]) -> Any:
    """Return the body with the thing of the field's name for each NOBODY."""
    if isinstance(body, dict):
        return {
            key: str(things.get(key, NOBODY)) if value == NOBODY else _body_with_ids(value, things)
            for key, value in body.items()
        }
    return [_body_with_ids(each, things) for each in body] if isinstance(body, list) else body


def _token(holder: str) -> str:
    return credentials.keyed(SECRET, "csrf", holder).hex()
