"""Stores: ``/v1/admin/stores``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import store_changes, store_import, store_lists, stores
from web import bodies, store_exports
from web.services import connection, now

routes = Blueprint("stores", __name__)


class Import(msgspec.Struct, forbid_unknown_fields=True):
    """Stores as CSV. A dry run only reports; all or nothing takes none where one is refused."""

    csv: str
    dry_run: bool = False
    all_or_nothing: bool = True


@routes.get("/stores")
async def index() -> Response:
    """List the caller's stores by name, or as ``sort`` says."""
    actor = await caller()
    async with connection() as conn:
        page = await store_lists.list_page(
            conn,
            actor,
            answers.filters(store_lists.Filters),
            sort=request.args.get("sort") or None,
            limit=answers.limit(),
            cursor=answers.cursor(),
            now=now(),
        )
    return answers.listed(page)


@routes.get("/stores.csv")
async def csv() -> Response:
    """Export the list of the same query."""
    actor = await caller()
    stores.require_reader(actor)
    filters = answers.filters(store_lists.Filters)
    return await store_exports.csv(actor, filters, request.args.get("sort") or None)


@routes.post("/stores")
async def create() -> Response:
    """Open a store."""
    actor = await caller()
    new = await bodies.decode(stores.NewStore)
    async with connection() as conn:
        store = await stores.create(conn, actor, new, now=now())
    return answers.created(store, "/v1/admin/stores")


@routes.post("/stores/import")
async def import_csv() -> Response:
    """Open the stores of a CSV, and report by line what was taken and what was refused."""
    actor = await caller()
    actor.require("administer")
    given = await bodies.decode(Import)
    async with connection() as conn:
        report = await store_import.run(
            conn,
            actor,
            given.csv,
            all_or_nothing=given.all_or_nothing,
            dry_run=given.dry_run,
            now=now(),
        )
    return bodies.reply(report)


@routes.get("/stores/<uuid:store_id>")
async def show(store_id: UUID) -> Response:
    """Show one store."""
    actor = await caller()
    stores.require_reader(actor)
    async with connection() as conn:
        return answers.one(await stores.find(conn, actor, store_id))


@routes.patch("/stores/<uuid:store_id>")
async def change(store_id: UUID) -> Response:
    """Change what is given; managers change address and hours of their own stores."""
    actor = await caller()
    actor.require("manage")
    changes = await bodies.decode(store_changes.Changes)
    async with connection() as conn:
        before = await stores.find(conn, actor, store_id)
        revision = answers.expected_revision(before.revision)
        after = await store_changes.change(
            conn, actor, store_id, changes, revision=revision, now=now()
        )
    return answers.one(after)


@routes.delete("/stores/<uuid:store_id>")
async def archive(store_id: UUID) -> Response:
    """Close a store for good; 409 while screens stand there."""
    actor = await caller()
    actor.require("administer")
    async with connection() as conn:
        before = await stores.find(conn, actor, store_id)
        revision = answers.expected_revision(before.revision)
        await store_changes.archive(conn, actor, store_id, revision=revision, now=now())
    return answers.gone()
