"""Invitations: ``/v1/admin/invitations``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import invitations
from web import bodies, people
from web.services import connection, now

routes = Blueprint("invitations", __name__)


class WithLink(invitations.Invitation, frozen=True):
    """An invitation and its link, shown this once; ``mailed`` null: mail is not set up."""

    link: str
    mailed: bool | None


@routes.get("/invitations")
async def index() -> Response:
    """List the invitations, newest first."""
    actor = await caller()
    async with connection() as conn:
        page = await invitations.list_page(
            conn, actor, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    return answers.listed(page)


@routes.post("/invitations")
async def create() -> Response:
    """Invite somebody; the answer holds the link."""
    actor = await caller()
    actor.require("administer")
    new = await bodies.decode(invitations.NewInvitation)
    async with connection() as conn:
        issued = await invitations.create(conn, actor, new, now=now())
    return answers.created(await _with_link(issued), "/v1/admin/invitations")


@routes.get("/invitations/<uuid:invitation_id>")
async def show(invitation_id: UUID) -> Response:
    """Show one invitation, without its link."""
    actor = await caller()
    async with connection() as conn:
        return answers.one(await invitations.find(conn, actor, invitation_id, now=now()))


@routes.post("/invitations/<uuid:invitation_id>/send")
async def send_again(invitation_id: UUID) -> Response:
    """Make a new link; the former one is void."""
    actor = await caller()
    async with connection() as conn:
        issued = await invitations.send_again(conn, actor, invitation_id, now=now())
    return answers.one(await _with_link(issued))


@routes.delete("/invitations/<uuid:invitation_id>")
async def withdraw(invitation_id: UUID) -> Response:
    """Make the link void."""
    actor = await caller()
    async with connection() as conn:
        await invitations.withdraw(conn, actor, invitation_id, now=now())
    return answers.gone()


async def _with_link(issued: invitations.Issued) -> WithLink:
    mailed = await people.mail_invitation(issued)
    fields = msgspec.structs.asdict(issued.invitation)
    return WithLink(**fields, link=people.invitation_link(issued), mailed=mailed)
