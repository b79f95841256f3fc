"""The audit log: ``/v1/admin/audit``, for administrators."""

from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import audit
from signage.audit_entries import Filters
from web import audit_exports
from web.services import connection, now

routes = Blueprint("audit", __name__)


@routes.get("/audit")
async def index() -> Response:
    """List who changed what, the latest first."""
    actor = await caller()
    filters = answers.filters(Filters)
    async with connection() as conn:
        page = await audit.list_page(
            conn, actor, filters, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    return answers.listed(page)


@routes.get("/audit.csv")
async def csv() -> Response:
    """Export everything that matches."""
    actor = await caller()
    actor.require("administer")
    return await audit_exports.csv(actor, answers.filters(Filters))
