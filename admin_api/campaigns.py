"""Campaigns: ``/v1/admin/campaigns``."""

from uuid import UUID

from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import campaigns
from web import bodies
from web.services import connection, now

routes = Blueprint("campaigns", __name__)


@routes.get("/campaigns")
async def index() -> Response:
    """List the campaigns by name."""
    actor = await caller()
    actor.require("report")
    async with connection() as conn:
        page = await campaigns.list_page(conn, limit=answers.limit(), cursor=answers.cursor())
    return answers.listed(page)


@routes.post("/campaigns")
async def create() -> Response:
    """Make a campaign."""
    actor = await caller()
    new = await bodies.decode(campaigns.NewCampaign)
    async with connection() as conn:
        campaign = await campaigns.create(conn, actor, new, now=now())
    return answers.created(campaign, "/v1/admin/campaigns")


@routes.get("/campaigns/<uuid:campaign_id>")
async def show(campaign_id: UUID) -> Response:
    """Show one campaign."""
    actor = await caller()
    actor.require("report")
    async with connection() as conn:
        return answers.one(await campaigns.find(conn, campaign_id))
