"""Stores: ``/v1/admin/stores``."""

from uuid import UUID

from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import stores
from web import bodies
from web.services import connection, now

routes = Blueprint("stores", __name__)


@routes.get("/stores")
async def index() -> Response:
    """List the caller's stores by name."""
    actor = await caller()
    async with connection() as conn:
        page = await stores.list_page(conn, actor, limit=answers.limit(), cursor=answers.cursor())
    return answers.listed(page)


@routes.post("/stores")
async def create() -> Response:
    """Open a store."""
    actor = await caller()
    new = await bodies.decode(stores.NewStore)
    async with connection() as conn:
        store = await stores.create(conn, actor, new, now=now())
    return answers.created(store, "/v1/admin/stores")


@routes.get("/stores/<uuid:store_id>")
async def show(store_id: UUID) -> Response:
    """Show one store."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await stores.find(conn, actor, store_id))
