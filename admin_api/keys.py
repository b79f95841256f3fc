"""API keys: ``/v1/admin/keys``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import keys
from web import bodies
from web.services import connection, now

routes = Blueprint("keys", __name__)


class WithSecret(keys.Key, frozen=True):
    """A new key as it is described, and the key itself, shown this once."""

    key: str


@routes.get("/keys")
async def index() -> Response:
    """List the keys, newest first."""
    actor = await caller()
    async with connection() as conn:
        page = await keys.list_page(
            conn, actor, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    return answers.listed(page)


@routes.post("/keys")
async def create() -> Response:
    """Make a key; the answer holds it."""
    actor = await caller()
    actor.require("administer")
    new = await bodies.decode(keys.NewKey)
    async with connection() as conn:
        made = await keys.create(conn, actor, new, now=now())
    shown = WithSecret(**msgspec.structs.asdict(made.key), key=made.secret)
    return answers.created(shown, "/v1/admin/keys")


@routes.get("/keys/<uuid:key_id>")
async def show(key_id: UUID) -> Response:
    """Show one key, without its secret."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await keys.find(conn, actor, key_id, now=now()))


@routes.delete("/keys/<uuid:key_id>")
async def revoke(key_id: UUID) -> Response:
    """Make a key worth nothing."""
    actor = await caller()
    async with connection() as conn:
        await keys.revoke(conn, actor, key_id, now=now())
    return answers.gone()
