"""Cross-site request forgery: an unsafe request proves its origin and carries a token."""

import hmac
from urllib.parse import urlsplit

from quart import request
from quart_auth import current_user

from signage import credentials
from web.services import services

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
VISITOR_COOKIE = "playbill_visitor"


def token() -> str:
    """Return the token for forms and fetches of this session, or of a visitor not signed in."""
    return _token_for(current_user.auth_id or request.cookies.get(VISITOR_COOKIE) or "")


def token_for_visitor(visitor: str) -> str:
    """Return the token of a visitor whose cookie is only being set by this answer."""
    return _token_for(visitor)


async def is_proven() -> bool:
    """Return whether the request comes from our own pages: by its origin and by its token."""
    if not _same_origin():
        return False
    sent = request.headers.get(HEADER)
    if sent is None and request.mimetype in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        sent = (await request.form).get(FIELD)
    return sent is not None and hmac.compare_digest(sent.encode(), token().encode())


def _same_origin() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    allowed = {request.host}
    if services().public_url:
        allowed.add(urlsplit(services().public_url or "").netloc)
    # Written by a browser it is scheme and host, and nothing that has to be parsed.
    return origin.partition("://")[2] in allowed


def _token_for(holder: str) -> str:
    return credentials.keyed(services().secret, "csrf", holder).hex()
