"""Claims: ``/v1/admin/claims``, how screens are let in."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import claim_lists, claims, expected_screens, new_claims
from signage.errors import FieldError
from web import bodies
from web.services import connection, now, services

routes = Blueprint("claims", __name__)


class NewClaim(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A code for somebody to type into a player."""

    store_id: UUID
    name: str | None = None
    group_ids: list[UUID] = []
    ttl_s: int = new_claims.CONSOLE_CLAIM_LIFE_S


class NewBatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The screens of a roll-out. A dry run says what is wrong with which, and makes nothing."""

    screens: list[expected_screens.ExpectedScreen]
    ttl_s: int = new_claims.CONSOLE_CLAIM_LIFE_S
    dry_run: bool = False


class Renewal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How long the new codes of a batch live."""

    ttl_s: int = new_claims.CONSOLE_CLAIM_LIFE_S


class Checked(msgspec.Struct, frozen=True):
    """One screen of a dry run, by its place in what was sent, and what is wrong with it."""

    index: int
    store_code: str
    name: str
    errors: list[FieldError]


class Approve(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The code on a screen, and what the screen shall be."""

    user_code: str
    store_id: UUID
    name: str | None = None
    group_ids: list[UUID] = []
    replaces_device_id: UUID | None = None


class Deny(msgspec.Struct, forbid_unknown_fields=True):
    """The code on a screen that is turned away."""

    user_code: str


@routes.get("/claims")
async def index() -> Response:
    """List the claims of the caller's stores, newest first."""
    actor = await caller()
    async with connection() as conn:
        page = await claim_lists.list_for(
            conn,
            actor,
            answers.filters(claim_lists.Filters),
            limit=answers.limit(),
            cursor=answers.cursor(),
            now=now(),
        )
    return answers.listed(page)


@routes.post("/claims")
async def create() -> Response:
    """Make a code, approved from the start; it is shown this once."""
    actor = await caller()
    new = await bodies.decode(NewClaim)
    approval = claims.Approval(new.store_id, new.name, new.group_ids)
    async with connection() as conn:
        claim = await new_claims.open_for_console(
            conn, actor, approval, ttl_s=new.ttl_s, secret=services().secret, now=now()
        )
    answer = bodies.reply({"id": claim.claim_id, **msgspec.structs.asdict(claim)}, 201)
    answer.headers["Location"] = f"/v1/admin/claims/{claim.claim_id}"
    return answer


@routes.post("/claims/batch")
async def create_batch() -> Response:
    """Make a code for each of many expected screens, all or none; they are shown this once."""
    actor = await caller()
    actor.require("pair")
    new = await bodies.decode(NewBatch)
    async with connection() as conn:
        if new.dry_run:
            expected_screens.check_count(new.screens)
            found = await expected_screens.errors_in(conn, actor, new.screens, now=now())
            checked = [
                Checked(index, screen.store_code, screen.name, errors)
                for index, (screen, errors) in enumerate(zip(new.screens, found, strict=True))
            ]
            refused = sum(bool(errors) for errors in found)
            return bodies.reply({"dry_run": True, "refused": refused, "screens": checked})
        batch = await expected_screens.expect(
            conn, actor, new.screens, ttl_s=new.ttl_s, secret=services().secret, now=now()
        )
    return bodies.reply(batch, 201)


@routes.post("/claims/batch/<uuid:batch_id>")
async def renew_batch(batch_id: UUID) -> Response:
    """Take the unused codes of a batch back and make new ones; they are shown this once."""
    actor = await caller()
    new = await bodies.decode(Renewal)
    async with connection() as conn:
        batch = await expected_screens.expect_again(
            conn, actor, batch_id, ttl_s=new.ttl_s, secret=services().secret, now=now()
        )
    return bodies.reply(batch, 201)


@routes.post("/claims/approve")
async def approve() -> Response:
    """Let a screen in by the code that it shows."""
    actor = await caller()
    body = await bodies.decode(Approve)
    approval = claims.Approval(body.store_id, body.name, body.group_ids, body.replaces_device_id)
    async with connection() as conn:
        claim = await claims.approve(
            conn, actor, body.user_code, approval, secret=services().secret, now=now()
        )
    return answers.one(claim)


@routes.post("/claims/deny")
async def deny() -> Response:
    """Turn a screen away by the code that it shows."""
    actor = await caller()
    body = await bodies.decode(Deny)
    async with connection() as conn:
        claim = await claims.deny(conn, actor, body.user_code, secret=services().secret, now=now())
    return answers.one(claim)


@routes.get("/claims/<uuid:claim_id>")
async def show(claim_id: UUID) -> Response:
    """Show one claim."""
    actor = await caller()
    actor.require("pair")
    async with connection() as conn:
        return answers.one(await claims.find(conn, actor, claim_id, now=now()))


@routes.delete("/claims/<uuid:claim_id>")
async def revoke(claim_id: UUID) -> Response:
    """Take a code back that nobody has used."""
    actor = await caller()
    async with connection() as conn:
        await claims.revoke(conn, actor, claim_id, now=now())
    return answers.gone()
