"""Two-factor: setting one's own up, its recovery codes, and turning it off."""

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired

from portal import forms, qr
from signage import own_password, two_factor, users
from signage.actors import Actor
from signage.errors import Invalid, PlaybillError, TooMany
from signage.ids import NIL_ID
from web import identity
from web.services import connection, now, services

routes = Blueprint("two_factor", __name__)


class CodeForm(Form):
    """A code of the authenticator."""

    code = StringField("Code", [InputRequired("Type the code of your authenticator.")])


class OffForm(CodeForm):
    """Both proofs, as turning it off takes away the second one."""

    password = PasswordField("Password", [InputRequired("Type your password.")])


@routes.route("/account/two-factor", methods=["GET", "POST"])
async def show() -> ResponseReturnValue:
    """Show how to set it up and confirm that with a code, or show what is set up."""
    actor = await identity.signed_in()
    form = await forms.submitted(CodeForm)
    refusal: PlaybillError | None = None
    if request.method == "POST" and form.validate():
        try:
            async with connection() as conn:
                codes = await two_factor.confirm(
                    conn, actor, form.code.data or "", secret=services().secret, now=now()
                )
        except (Invalid, TooMany) as error:
            refusal = error
            forms.refuse(form, error)
        else:
            return await render_template("two_factor/codes.html", codes=codes, fresh=True)
    return await _page(actor, form, OffForm()), _status(form, refusal), forms.headers(refusal)


@routes.post("/account/two-factor/codes")
async def renew_codes() -> ResponseReturnValue:
    """Make ten new recovery codes, shown this once; those before are void."""
    actor = await identity.signed_in()
    form = await forms.submitted(CodeForm)
    refusal: PlaybillError | None = None
    if form.validate():
        try:
            async with connection() as conn:
                codes = await two_factor.renew_recovery_codes(
                    conn, actor, form.code.data or "", secret=services().secret, now=now()
                )
        except (Invalid, TooMany) as error:
            refusal = error
            forms.refuse(form, error)
        else:
            return await render_template("two_factor/codes.html", codes=codes, fresh=False)
    return await _page(actor, form, OffForm()), _status(form, refusal), forms.headers(refusal)


@routes.post("/account/two-factor/off")
async def turn_off() -> ResponseReturnValue:
    """Turn it off, with the password and a code."""
    actor = await identity.signed_in()
    form = await forms.submitted(OffForm)
    refusal: PlaybillError | None = None
    if form.validate():
        try:
            async with connection() as conn:
                await own_password.prove(
                    conn, actor, form.password.data or "", field="password", now=now()
                )
                await two_factor.turn_off(
                    conn, actor, form.code.data or "", secret=services().secret, now=now()
                )
        except (Invalid, TooMany) as error:
            refusal = error
            forms.refuse(form, error)
        else:
            await flash("Two-factor is off. Your password alone signs you in.", "ok")
            return redirect("/account")
    return await _page(actor, CodeForm(), form), _status(form, refusal), forms.headers(refusal)


async def _page(actor: Actor, form: CodeForm, off_form: OffForm) -> str:
    async with connection() as conn:
        me = await users.find(conn, actor.id or NIL_ID)
        if me.two_factor:
            left = await two_factor.codes_left(conn, me.id)
            return await render_template(
                "two_factor/show.html", form=form, off_form=off_form, codes_left=left
            )
        offered = await two_factor.offer(conn, actor, secret=services().secret)
    return await render_template(
        "two_factor/set_up.html",
        form=form,
        offered=offered,
        code=qr.svg(offered.uri),
        owed=actor.owes_two_factor,
    )


def _status(form: Form, refusal: PlaybillError | None) -> int:
    return 429 if isinstance(refusal, TooMany) else forms.status(form)
