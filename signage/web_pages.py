"""Web pages as content: whether a page can be shown in a frame, asked before it is saved.

A browser decides by the Content-Security-Policy's ``frame-ancestors`` and, only without that, by
X-Frame-Options (CSP Level 3, section 6.4.2).
"""

from urllib.parse import urlsplit

import asyncpg

from signage import content_versions, outgoing, settings
from signage.outgoing import Answer, Call, CallFailed, Policy


async def policy(conn: asyncpg.Connection) -> Policy:
    """Return which addresses the settings allow to be called."""
    allowed = (await settings.load(conn)).outgoing_private_allowed
    return outgoing.PRIVATE_TOO if allowed else outgoing.PUBLIC_ONLY


def check(url: str) -> None:
    """Raise Invalid unless the address can be that of a web page on a screen."""
    content_versions.of_url(url, [])


async def warnings(
    url: str, *, origin: str, policy: Policy, call: Call = outgoing.call
) -> list[str]:
    """Return what may keep screens from showing the page; ``origin`` is that of the web player.

    A page that cannot be asked is warned of, never refused: screens may reach what Playbill cannot.
    """
    try:
        answer = await call(url, headers={"Accept": "text/html"}, policy=policy)
    except CallFailed as error:
        return [f"The page could not be looked at: {error.detail}"]
    found = []
    if 300 <= answer.status < 400:
        found.append(_elsewhere(answer))
    elif answer.status >= 400:
        found.append(f"The page answers with an error ({answer.status}).")
    if not may_be_framed(answer, url, origin):
        found.append("The page forbids being shown in a frame. Screens that use one stay blank.")
    return found


def may_be_framed(answer: Answer, url: str, origin: str) -> bool:
    """Return whether a browser shows this answer in a frame of a page from ``origin``."""
    policies = [
        part for value in answer.header("content-security-policy") for part in _split(value)
    ]
    ancestors = [
        directive.split()[1:]
        for policy in policies
        for directive in policy.split(";")
        if directive.split()[:1] and directive.split()[0].lower() == "frame-ancestors"
    ]
    if ancestors:
        return all(_names(sources, url, origin) for sources in ancestors)
    options = {value.strip().lower() for value in _listed(answer, "x-frame-options")}
    if "deny" in options:
        return False
    return "sameorigin" not in options or _origin(url) == origin


def _elsewhere(answer: Answer) -> str:
    place = next(iter(answer.header("location")), "")
    if not place:
        return f"The page leads elsewhere ({answer.status})."
    return f"The page leads to {place[:200]}. Use that address instead."


def _split(value: str) -> list[str]:
    return [part for part in value.split(",") if part.strip()]


def _listed(answer: Answer, name: str) -> list[str]:
    return [part for value in answer.header(name) for part in value.split(",")]


def _names(sources: list[str], url: str, origin: str) -> bool:
    return any(_matches(source.lower(), url, origin) for source in sources)


def _matches(source: str, url: str, origin: str) -> bool:
    if source == "'self'":
        return _origin(url) == origin
    if source.startswith("'"):
        return False
    here = urlsplit(origin)
    if source in ("*", f"{here.scheme}:"):
        return True
    scheme, _, rest = source.rpartition("://")
    host, _, port = rest.partition("/")[0].partition(":")
    own_port = str(here.port or {"https": 443}.get(here.scheme, 80))
    name = here.hostname or ""
    return (
        scheme in ("", here.scheme)
        and port in ("", "*", own_port)
        and (name.endswith(host[1:]) if host.startswith("*.") else name == host)
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
