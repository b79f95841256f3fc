"""Pairing and tokens: a screen asks in, redeems its claim, refreshes its tokens."""

import io
from typing import Any
from uuid import UUID

import msgspec
import segno
from quart import Blueprint, Response

from signage import claims, new_claims, pairing, tokens
from signage.errors import Invalid
from web import bodies, identity
from web.services import address, connection, now, public_url, services

routes = Blueprint("pairing", __name__)


class CreateClaim(msgspec.Struct, kw_only=True):
    """A screen sends ``device_info``; the console sends ``store_id`` and is signed in."""

    device_info: dict[str, Any] | None = None
    install_secret: str | None = None
    store_id: UUID | None = None
    name: str | None = None
    group_ids: list[UUID] = []
    ttl_s: int = new_claims.CONSOLE_CLAIM_LIFE_S


class RedeemClaim(msgspec.Struct, kw_only=True):
    """The secret code of a player, or the short one that somebody typed into it."""

    claim_code: str
    device_info: dict[str, Any]
    install_secret: str | None = None


class Refresh(msgspec.Struct):
    """The refresh token; no bearer is needed beside it."""

    refresh_token: str


@routes.post("/pairing/create-claim")
async def create_claim() -> Response:
    """Open a claim for the screen that asks, or for the console where a store is given."""
    body = await bodies.decode(CreateClaim)
    if body.store_id is not None:
        return await _create_console_claim(body, body.store_id)
    if body.device_info is None:
        raise Invalid.field("/device_info", "missing_field", "Say what this device is.")
    _check_install_secret(body.install_secret)
    async with connection() as conn:
        claim = await new_claims.open_for_screen(
            conn,
            device_info=body.device_info,
            install_secret=body.install_secret,
            address=address(),
            secret=services().secret,
            now=now(),
        )
    link = public_url("/pair")
    complete = f"{link}?code={claim.user_code}"
    answer = bodies.timed(
        claim,
        verification_uri=link,
        verification_uri_complete=complete,
        qr_svg=_qr_svg(complete),
    )
    return bodies.reply(answer, 201)


@routes.post("/pairing/claim")
async def redeem_claim() -> Response:
    """Give the screen its identity and tokens, once somebody let it in."""
    body = await bodies.decode(RedeemClaim)
    _check_install_secret(body.install_secret)
    async with connection() as conn:
        paired = await pairing.redeem(
            conn,
            body.claim_code,
            device_info=body.device_info,
            install_secret=body.install_secret,
            address=address(),
            secret=services().secret,
            now=now(),
        )
    answer = bodies.timed(
        paired.tokens,
        device_id=paired.device_id,
        **msgspec.structs.asdict(services().pace.spread()),
    )
    return bodies.reply(answer)


@routes.post("/token/refresh")
async def refresh() -> Response:
    """Give the successor of a refresh token, the same one however often it is asked for."""
    body = await bodies.decode(Refresh)
    async with connection() as conn:
        pair = await tokens.refresh(conn, body.refresh_token, secret=services().secret, now=now())
    return bodies.reply(bodies.timed(pair))


async def _create_console_claim(body: CreateClaim, store_id: UUID) -> Response:
    actor = await identity.person_or_key()
    approval = claims.Approval(store_id=store_id, name=body.name, group_ids=body.group_ids)
    async with connection() as conn:
        claim = await new_claims.open_for_console(
            conn, actor, approval, ttl_s=body.ttl_s, secret=services().secret, now=now()
        )
    return bodies.reply(bodies.timed(claim), 201)


def _check_install_secret(install_secret: str | None) -> None:
    if install_secret is not None and not 16 <= len(install_secret) <= (
        new_claims.INSTALL_SECRET_MAX_CHARS
    ):
        detail = "An install secret has 16 to 200 characters: 256 random bits, say."
        raise Invalid.field("/install_secret", "invalid_install_secret", detail)


def _qr_svg(link: str) -> str:
    # A light background of its own: without it the code cannot be read on a dark page. With the
    # viewBox it scales to whatever size a player draws it at.
    code, scale, border = segno.make(link, error="m"), 8, 2
    width, height = code.symbol_size(scale=scale, border=border)
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", scale=scale, border=border, light="#fff", xmldecl=False)
    return drawn.getvalue().decode().replace("<svg ", f'<svg viewBox="0 0 {width} {height}" ', 1)
