"""Users: who can sign in, as what, and how they are let in again."""

from typing import cast
from uuid import UUID

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal import args, forms, qr, reach
from signage import invitations, resets, two_factor, user_changes, users
from signage.actors import Role
from signage.errors import Conflict, Invalid, PlaybillError
from web import identity, people
from web.services import connection, now

routes = Blueprint("users", __name__)

INVITATIONS_SHOWN_MAX = 50
ONE_ADMINISTRATOR = users.Filters(role="admin", state="active")


class UserForm(reach.ReachForm):
    """What may be changed of somebody by an administrator."""

    name = StringField("Name", [InputRequired("Type a name."), Length(max=users.NAME_MAX_CHARS)])


@routes.get("/users")
async def index() -> ResponseReturnValue:
    """List the people and the open invitations; HTMX swaps the rows as filters change."""
    actor = await identity.require("administer")
    filters = args.filters(users.Filters)
    async with connection() as conn:
        page = await users.list_page(conn, actor, filters, cursor=request.args.get("cursor"))
        count = await users.count(conn, filters)
        administrators = await users.count(conn, ONE_ADMINISTRATOR)
        invited = await invitations.list_page(
            conn, actor, only_open=True, limit=INVITATIONS_SHOWN_MAX, now=now()
        )
    template = "users/_rows.html" if args.wants_fragment("user-rows") else "users/index.html"
    return await render_template(
        template,
        page=page,
        count=count,
        filters=filters,
        filtered=filters != users.NO_FILTERS,
        invited=invited.items,
        alone=administrators == 1,
        reach=reach,
        role_options=[
            ("", "All roles"),
            *((role, words[0]) for role, words in reach.ROLES.items()),
        ],
        state_options=[("", "All states"), ("active", "Active"), ("disabled", "Disabled")],
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.route("/users/<uuid:user_id>", methods=["GET", "POST"])
async def show(user_id: UUID) -> ResponseReturnValue:
    """Show one person, or change their name, role and reach.

    A form that is shown again keeps the revision it was filled in for.
    """
    actor = await identity.require("administer")
    form = await forms.submitted(UserForm)
    refusal: PlaybillError | None = None
    async with connection() as conn:
        user = await users.find(conn, user_id)
        await reach.offer(conn, actor, form)
        revision = forms.revision(await request.form)
        if request.method == "GET":
            revision = user.revision
            _fill(form, user)
        elif form.validate():
            try:
                await user_changes.change(
                    conn, actor, user_id, _changes(form), revision=revision, now=now()
                )
            except (Invalid, Conflict) as error:
                refusal = error
                forms.refuse(form, error)
            else:
                await flash(f"{form.name.data} was saved.", "ok")
                return redirect(f"/users/{user_id}")
    page = await render_template(
        "users/show.html", form=form, person=user, revision=revision, reach=reach
    )
    return page, forms.status(form, refusal)


@routes.post("/users/<uuid:user_id>/disable")
async def disable(user_id: UUID) -> ResponseReturnValue:
    """End somebody's sessions and let them in no more."""
    user = await _set_state(user_id, "disabled")
    await flash(f"{user.name} is disabled and signed out everywhere.", "ok")
    return redirect(f"/users/{user_id}")


@routes.post("/users/<uuid:user_id>/enable")
async def enable(user_id: UUID) -> ResponseReturnValue:
    """Let somebody in again, with the password they had."""
    user = await _set_state(user_id, "active")
    await flash(f"{user.name} can sign in again.", "ok")
    return redirect(f"/users/{user_id}")


@routes.post("/users/<uuid:user_id>/reset-link")
async def open_reset_link(user_id: UUID) -> ResponseReturnValue:
    """Make a link to choose another password; it is shown this once, and mailed."""
    actor = await identity.require("administer")
    async with connection() as conn:
        reset = await resets.open_link(conn, actor, user_id, now=now())
    link = people.reset_link(reset)
    return await render_template(
        "users/link.html",
        title="A new password",
        lede=f"{reset.user.name} chooses a new password with this link, and signs in with it.",
        link=link,
        code=qr.svg(link),
        email=reset.user.email,
        mailed=await people.mail_reset(reset, link),
        expires_at=reset.expires_at,
        back=f"/users/{user_id}",
    )


@routes.post("/users/<uuid:user_id>/reset-two-factor")
async def reset_two_factor(user_id: UUID) -> ResponseReturnValue:
    """Turn the second factor of somebody off who lost it."""
    actor = await identity.require("administer")
    async with connection() as conn:
        await two_factor.reset(conn, actor, user_id, now=now())
        user = await users.find(conn, user_id)
    await flash(f"{user.name} signs in with the password alone until they set it up again.", "ok")
    return redirect(f"/users/{user_id}")


async def _set_state(user_id: UUID, state: users.State) -> users.User:
    actor = await identity.require("administer")
    async with connection() as conn:
        return await user_changes.change(
            conn, actor, user_id, user_changes.Changes(state=state), now=now()
        )


def _fill(form: UserForm, user: users.User) -> None:
    form.name.data = user.name
    form.role.data = user.role
    form.store_ids.data = user.store_ids
    form.campaign_ids.data = user.campaign_ids


def _changes(form: UserForm) -> user_changes.Changes:
    return user_changes.Changes(
        name=form.name.data or "",
        role=cast(Role, form.role.data),
        store_ids=form.store_ids.data or [],
        campaign_ids=form.own_campaigns,
    )
