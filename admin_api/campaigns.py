"""Campaigns: ``/v1/admin/campaigns``."""

from uuid import UUID

from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import campaign_standings, campaigns
from web import bodies
from web.services import connection, now

routes = Blueprint("campaigns", __name__)


@routes.get("/campaigns")
async def index() -> Response:
    """List the campaigns with planned and played, by name or by ``sort``."""
    actor = await caller()
    actor.require_any("program", "report")
    async with connection() as conn:
        page = await campaign_standings.list_page(
            conn,
            actor,
            answers.filters(campaign_standings.Filters),
            sort=request.args.get("sort") or None,
            limit=answers.limit(),
            cursor=answers.cursor(),
            now=now(),
        )
    return answers.listed(page)


@routes.post("/campaigns")
async def create() -> Response:
    """Book a campaign."""
    actor = await caller()
    actor.require("program")
    new = await bodies.decode(campaigns.NewCampaign)
    async with connection() as conn:
        made = await campaigns.create(conn, actor, new, now=now())
        standing = await campaign_standings.find(conn, actor, made.id, now=now())
    return answers.created(standing, "/v1/admin/campaigns")


@routes.get("/campaigns/<uuid:campaign_id>")
async def show(campaign_id: UUID) -> Response:
    """Show one campaign and how it stands."""
    actor = await caller()
    actor.require_any("program", "report")
    async with connection() as conn:
        return answers.one(await campaign_standings.find(conn, actor, campaign_id, now=now()))


@routes.patch("/campaigns/<uuid:campaign_id>")
async def change(campaign_id: UUID) -> Response:
    """Change what is given."""
    actor = await caller()
    actor.require("program")
    changes = await bodies.decode(campaigns.Changes)
    async with connection() as conn:
        before = await campaign_standings.find(conn, actor, campaign_id, now=now())
        revision = answers.expected_revision(before.revision)
        await campaigns.change(conn, actor, campaign_id, changes, revision=revision, now=now())
        return answers.one(await campaign_standings.find(conn, actor, campaign_id, now=now()))


@routes.delete("/campaigns/<uuid:campaign_id>")
async def archive(campaign_id: UUID) -> Response:
    """Put the campaign away."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        await campaigns.archive(conn, actor, campaign_id, now=now())
    return answers.gone()


@routes.post("/campaigns/<uuid:campaign_id>/restore")
async def restore(campaign_id: UUID) -> Response:
    """Bring an archived campaign back."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        await campaigns.restore(conn, actor, campaign_id, now=now())
        return answers.one(await campaign_standings.find(conn, actor, campaign_id, now=now()))
