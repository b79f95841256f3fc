"""Who asks: a person by the session cookie, a system by an API key, a screen by its token."""

from typing import cast

from quart import g, request
from quart_auth import current_user

from signage import keys, sessions, tokens
from signage.actors import Actor, Right
from signage.errors import Forbidden, Unauthenticated
from web import bad_tokens, csrf
from web.services import address, connection, now, request_id

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def person() -> Actor | None:
    """Return who is signed in, looked up once per request, or None."""
    if "person" not in g:
        token = current_user.auth_id
        g.person = None
        if token is not None:
            async with connection() as conn:
                g.person = await sessions.find_actor(
                    conn, token, address=address(), request_id=request_id(), now=now()
                )
    return cast(Actor | None, g.person)


async def signed_in() -> Actor:
    """Return who is signed in, or raise Unauthenticated."""
    actor = await person()
    if actor is None:
        raise Unauthenticated("Sign in first.")
    return actor


async def require(right: Right) -> Actor:
    """Return who is signed in; Unauthenticated without anybody, Forbidden without the right."""
    actor = await signed_in()
    actor.require(right)
    return actor


async def person_or_key() -> Actor:
    """Return the caller of the admin API: an API key, or a session under the pages' CSRF rules."""
    bearer = _bearer()
    if bearer is not None:
        async with connection() as conn:
            return await keys.authenticate(
                conn, bearer, address=address(), request_id=request_id(), now=now()
            )
    actor = await person()
    if actor is None:
        detail = "Send an API key as Authorization: Bearer pbk1_..., or sign in."
        raise Unauthenticated(detail)
    if actor.owes_two_factor:
        detail = "Administrators need a second factor here. Set yours up under /account/two-factor."
        raise Forbidden(detail, code="two_factor_required")
    if request.method not in SAFE_METHODS and not await csrf.is_proven():
        raise Forbidden("The request does not prove where it comes from.", code="csrf")
    return actor


def session_token() -> str:
    """Return the secret of the session that asks, empty where it is a key or nobody."""
    return current_user.auth_id or ""


async def device() -> Actor:
    """Return the screen that asks; Unauthenticated with the code that tells it what to do."""
    bearer = _bearer()
    if bearer is None:
        detail = "Send the device token as Authorization: Bearer pbd1_..."
        raise Unauthenticated(detail, code="invalid_token")
    bad_tokens.check(bearer, address())
    async with connection() as conn:
        try:
            actor = await tokens.authenticate(
                conn, bearer, address=address(), request_id=request_id(), now=now()
            )
        except Unauthenticated as refusal:
            bad_tokens.note_refusal(bearer, address(), refusal)
            raise
    bad_tokens.note_right(bearer)
    return actor


def _bearer() -> str | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip() else None
