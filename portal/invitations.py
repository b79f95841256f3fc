"""Invitations: made by an administrator, accepted by whoever opens the link."""

from typing import cast
from uuid import UUID

import asyncpg
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from quart_auth import AuthUser, login_user
from wtforms import EmailField, Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from portal import forms, qr, reach
from signage import invitations, sessions, users
from signage.actors import Role
from signage.errors import Conflict, Invalid, PlaybillError
from web import identity, people
from web.services import address, connection, now, request_id

routes = Blueprint("invitations", __name__)


class InviteForm(reach.ReachForm):
    """Whom to invite, and as what."""

    email = EmailField("E-mail", [InputRequired("Type an e-mail address.")])


class AcceptForm(Form):
    """What somebody invited says of themselves."""

    name = StringField(
        "Your name", [InputRequired("Type your name."), Length(max=users.NAME_MAX_CHARS)]
    )
    password = PasswordField(
        "Password", [InputRequired("Choose a password of at least 12 characters.")]
    )


@routes.route("/users/invite", methods=["GET", "POST"])
async def invite() -> ResponseReturnValue:
    """Show the form, or invite somebody and show the link this once."""
    actor = await identity.require("administer")
    form = await forms.submitted(InviteForm)
    issued: invitations.Issued | None = None
    refusal: PlaybillError | None = None
    async with connection() as conn:
        await reach.offer(conn, actor, form)
        if request.method == "POST" and form.validate():
            try:
                issued = await invitations.create(conn, actor, _new(form), now=now())
            except (Invalid, Conflict) as error:
                refusal = error
                forms.refuse(form, error)
    if issued is not None:
        return await _show_link(issued)
    page = await render_template("invitations/new.html", form=form, reach=reach)
    return page, forms.status(form, refusal)


@routes.post("/users/invitations/<uuid:invitation_id>/send")
async def send_again(invitation_id: UUID) -> ResponseReturnValue:
    """Make a new link and show it this once; the former one is void."""
    actor = await identity.require("administer")
    async with connection() as conn:
        issued = await invitations.send_again(conn, actor, invitation_id, now=now())
    return await _show_link(issued)


@routes.post("/users/invitations/<uuid:invitation_id>/withdraw")
async def withdraw(invitation_id: UUID) -> ResponseReturnValue:
    """Make the link void."""
    actor = await identity.require("administer")
    async with connection() as conn:
        invitation = await invitations.withdraw(conn, actor, invitation_id, now=now())
    await flash(f"The invitation of {invitation.email} is withdrawn.", "ok")
    return redirect("/users")


@routes.route("/invitations/<token>", methods=["GET", "POST"])
async def accept(token: str) -> ResponseReturnValue:
    """Let somebody invited choose a name and a password, and sign them in."""
    form = await forms.submitted(AcceptForm)
    refusal: PlaybillError | None = None
    async with connection() as conn:
        email = await invitations.check(conn, token, now=now())
        if request.method == "POST" and form.validate():
            try:
                await _make_account(conn, token, form)
            except (Invalid, Conflict) as error:
                refusal = error
                forms.refuse(form, error)
            else:
                await flash("Welcome to Playbill.", "ok")
                return redirect("/")
    page = await render_template("invitations/accept.html", form=form, token=token, email=email)
    return page, forms.status(form, refusal)


async def _make_account(conn: asyncpg.Connection, token: str, form: AcceptForm) -> None:
    user = await invitations.accept(
        conn, token, name=form.name.data or "", password=form.password.data or "", now=now()
    )
    signed_in = await sessions.begin(
        conn,
        user,
        address=address(),
        user_agent=request.headers.get("User-Agent", ""),
        request_id=request_id(),
        now=now(),
    )
    login_user(AuthUser(signed_in.token))


async def _show_link(issued: invitations.Issued) -> str:
    link = people.invitation_link(issued)
    invitation = issued.invitation
    return await render_template(
        "users/link.html",
        title="Invitation",
        lede=f"With this link {invitation.email} makes an account as "
        f"{reach.label(invitation.role).lower()}.",
        link=link,
        code=qr.svg(link),
        email=invitation.email,
        mailed=await people.mail_invitation(issued),
        expires_at=invitation.expires_at,
        back="/users",
    )


def _new(form: InviteForm) -> invitations.NewInvitation:
    return invitations.NewInvitation(
        email=form.email.data or "",
        role=cast(Role, form.role.data),
        store_ids=form.store_ids.data or [],
        campaign_ids=form.own_campaigns,
    )
