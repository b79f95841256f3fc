"""Forgotten passwords: asking for a link by mail, and choosing another password with one."""

from quart import Blueprint, current_app, flash, redirect, render_template, request, url_for
from quart.typing import ResponseReturnValue
from wtforms import EmailField, Form, PasswordField
from wtforms.validators import InputRequired

from portal import forms
from signage import resets
from signage.errors import Invalid
from web import people
from web.services import address, connection, now, services

routes = Blueprint("resets", __name__)


class AskForm(Form):
    """Whose password is forgotten."""

    email = EmailField("E-mail", [InputRequired("Type your e-mail address.")])


class ResetForm(Form):
    """The password from now on."""

    password = PasswordField(
        "New password", [InputRequired("Choose a password of at least 12 characters.")]
    )


@routes.route("/forgot-password", methods=["GET", "POST"])
async def ask() -> ResponseReturnValue:
    """Mail a link to whoever has the address; nobody can tell from the answer if there is one."""
    form = await forms.submitted(AskForm)
    asked = request.method == "POST" and form.validate()
    if asked:
        async with connection() as conn:
            await resets.count_ask(conn, address=address(), now=now())
    page = await render_template("resets/ask.html", form=form, asked=asked, mails=_can_mail())
    if asked:
        # After the answer, so that its time tells nothing either.
        current_app.add_background_task(_mail_link, form.email.data)
    return page, forms.status(form)


@routes.route("/reset/<token>", methods=["GET", "POST"])
async def use(token: str) -> ResponseReturnValue:
    """Let whoever has the link choose another password; they sign in with it themselves."""
    form = await forms.submitted(ResetForm)
    async with connection() as conn:
        user = await resets.find(conn, token, now=now())
        if request.method == "POST" and form.validate():
            try:
                await resets.use(conn, token, form.password.data or "", now=now())
            except Invalid as error:
                forms.refuse(form, error)
            else:
                await flash("The password is changed. Sign in with it.", "ok")
                return redirect(url_for("portal.sign_in.sign_in"))
    page = await render_template("resets/use.html", form=form, token=token, person=user)
    return page, forms.status(form)


def _can_mail() -> bool:
    # Without a public address the link would be made for whatever Host the asker sent.
    return services().mailer is not None and services().public_url is not None


async def _mail_link(email: str) -> None:
    if not _can_mail():
        return
    async with connection() as conn:
        reset = await resets.ask(conn, email, now=services().clock())
    if reset is not None:
        await people.mail_reset(reset, people.reset_link(reset))
