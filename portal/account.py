"""Account: what somebody changes of their own, and where they are signed in."""

from uuid import UUID

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from portal import forms, reach, user_agents
from signage import own_password, own_sessions, two_factor, user_changes, users
from signage.actors import Actor
from signage.errors import Invalid, PlaybillError, TooMany
from signage.ids import NIL_ID
from web import identity
from web.services import connection, now

routes = Blueprint("account", __name__)


class NameForm(Form):
    """What one is called."""

    name = StringField("Name", [InputRequired("Type a name."), Length(max=users.NAME_MAX_CHARS)])


class PasswordForm(Form):
    """The password so far, and from now on."""

    old_password = PasswordField("Current password", [InputRequired("Type your password.")])
    password = PasswordField(
        "New password", [InputRequired("Choose a password of at least 12 characters.")]
    )


@routes.get("/account")
async def show() -> ResponseReturnValue:
    """Show one's own account."""
    return await _page(await identity.signed_in())


@routes.post("/account")
async def rename() -> ResponseReturnValue:
    """Change one's own name."""
    actor = await identity.signed_in()
    form = await forms.submitted(NameForm)
    if form.validate():
        try:
            async with connection() as conn:
                await user_changes.rename(conn, actor, form.name.data or "", now=now())
        except Invalid as error:
            forms.refuse(form, error)
        else:
            await flash("Your name was saved.", "ok")
            return redirect("/account")
    return await _page(actor, name_form=form), 422


@routes.post("/account/password")
async def change_password() -> ResponseReturnValue:
    """Change one's own password; every other session ends."""
    actor = await identity.signed_in()
    form = await forms.submitted(PasswordForm)
    refusal: PlaybillError | None = None
    if form.validate():
        try:
            async with connection() as conn:
                ended = await own_password.change(
                    conn,
                    actor,
                    old=form.old_password.data or "",
                    new=form.password.data or "",
                    session=identity.session_token(),
                    now=now(),
                )
        except (Invalid, TooMany) as error:
            refusal = error
            forms.refuse(form, error)
        else:
            await flash(f"The password is changed. {_others(ended)}", "ok")
            return redirect("/account")
    status = 429 if isinstance(refusal, TooMany) else 422
    return await _page(actor, password_form=form), status, forms.headers(refusal)


@routes.post("/account/sessions/<uuid:session_id>/end")
async def end_session(session_id: UUID) -> ResponseReturnValue:
    """End one of one's own sessions."""
    actor = await identity.signed_in()
    async with connection() as conn:
        await own_sessions.end(conn, actor, session_id, now=now())
    await flash("That session is ended.", "ok")
    return redirect("/account")


@routes.post("/account/sessions/end-others")
async def end_other_sessions() -> ResponseReturnValue:
    """End every session but this one."""
    actor = await identity.signed_in()
    async with connection() as conn:
        ended = await own_sessions.end_others(conn, actor, identity.session_token(), now=now())
    await flash(_others(ended), "ok")
    return redirect("/account")


async def _page(
    actor: Actor, *, name_form: NameForm | None = None, password_form: PasswordForm | None = None
) -> str:
    async with connection() as conn:
        me = await users.find(conn, actor.id or NIL_ID)
        sessions = await own_sessions.list_for(conn, actor, identity.session_token(), now=now())
        codes_left = await two_factor.codes_left(conn, me.id)
    return await render_template(
        "account/show.html",
        me=me,
        name_form=name_form or NameForm(name=me.name),
        password_form=password_form or PasswordForm(),
        sessions=sessions,
        describe=user_agents.describe,
        codes_left=codes_left,
        role=reach.label(me.role),
        reach=reach.sentence(me.role, me.store_ids, me.campaign_ids),
        theme_chosen=request.cookies.get("theme", ""),
    )


def _others(ended: int) -> str:
    if not ended:
        return "You are signed in nowhere else."
    return f"{ended} other {'session is' if ended == 1 else 'sessions are'} ended."
