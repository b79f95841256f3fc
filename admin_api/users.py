"""Users: ``/v1/admin/users``. People come by invitation; nobody is deleted, only disabled."""

from datetime import datetime
from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import resets, two_factor, user_changes, users
from web import bodies, people
from web.services import connection, now

routes = Blueprint("users", __name__)


class ResetLink(msgspec.Struct, frozen=True):
    """A link with which somebody chooses another password; ``mailed`` null: mail is not set up."""

    link: str
    expires_at: datetime
    mailed: bool | None


@routes.get("/users")
async def index() -> Response:
    """List the people by name."""
    actor = await caller()
    async with connection() as conn:
        page = await users.list_page(
            conn,
            actor,
            answers.filters(users.Filters),
            limit=answers.limit(),
            cursor=answers.cursor(),
        )
    return answers.listed(page)


@routes.get("/users/<uuid:user_id>")
async def show(user_id: UUID) -> Response:
    """Show one person."""
    actor = await caller()
    actor.require("administer")
    async with connection() as conn:
        return answers.one(await users.find(conn, user_id))


@routes.patch("/users/<uuid:user_id>")
async def change(user_id: UUID) -> Response:
    """Change what is given: name, role, stores, campaigns, state."""
    actor = await caller()
    actor.require("administer")
    changes = await bodies.decode(user_changes.Changes)
    async with connection() as conn:
        before = await users.find(conn, user_id)
        revision = answers.expected_revision(before.revision)
        after = await user_changes.change(
            conn, actor, user_id, changes, revision=revision, now=now()
        )
    return answers.one(after)


@routes.post("/users/<uuid:user_id>/reset-link")
async def open_reset_link(user_id: UUID) -> Response:
    """Make a link, shown this once, with which the person chooses another password."""
    actor = await caller()
    async with connection() as conn:
        reset = await resets.open_link(conn, actor, user_id, now=now())
    link = people.reset_link(reset)
    mailed = await people.mail_reset(reset, link)
    return bodies.reply(ResetLink(link, reset.expires_at, mailed), 201)


@routes.post("/users/<uuid:user_id>/reset-two-factor")
async def reset_two_factor(user_id: UUID) -> Response:
    """Turn the second factor of somebody off who lost it."""
    actor = await caller()
    async with connection() as conn:
        await two_factor.reset(conn, actor, user_id, now=now())
        return answers.one(await users.find(conn, user_id))
