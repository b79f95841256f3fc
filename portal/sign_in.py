"""Signing in and out, the first administrator's set-up, and the choice of theme."""

from quart import Blueprint, Response, flash, redirect, render_template, request, url_for
from quart.typing import ResponseReturnValue
from quart_auth import AuthUser, current_user, login_user, logout_user
from wtforms import EmailField, Form, PasswordField, StringField
from wtforms.validators import InputRequired

from portal import forms
from portal.frame import THEMES, YEAR_S
from signage import sessions, setup
from signage.errors import PlaybillError, TooMany
from web import identity
from web.services import address, connection, is_secure, now, request_id

routes = Blueprint("sign_in", __name__)


class SignInForm(Form):
    """Who, and the proof of it."""

    email = EmailField("E-mail", [InputRequired("Type your e-mail address.")])
    password = PasswordField("Password", [InputRequired("Type your password.")])


class SetUpForm(Form):
    """The first administrator."""

    name = StringField("Your name", [InputRequired("Type your name.")])
    email = EmailField("E-mail", [InputRequired("Type your e-mail address.")])
    password = PasswordField(
        "Password", [InputRequired("Choose a password of at least 12 characters.")]
    )


@routes.route("/sign-in", methods=["GET", "POST"])
async def sign_in() -> ResponseReturnValue:
    """Show the form; with the right password begin a session and go where one wanted to."""
    if await identity.person() is not None:
        return redirect(_next())
    form = await forms.submitted(SignInForm)
    status = 200
    if request.method == "POST" and form.validate():
        try:
            async with connection() as conn:
                signed_in = await sessions.sign_in(
                    conn,
                    email=form.email.data or "",
                    password=form.password.data or "",
                    address=address(),
                    user_agent=request.headers.get("User-Agent", ""),
                    request_id=request_id(),
                    now=now(),
                )
        except PlaybillError as error:
            forms.refuse(form, error)
            status = 429 if isinstance(error, TooMany) else 401
        else:
            login_user(AuthUser(signed_in.token))
            return redirect(_next())
    elif request.method == "POST":
        status = 422
    return await render_template("sign_in/show.html", form=form, next=_next()), status


@routes.post("/sign-out")
async def sign_out() -> ResponseReturnValue:
    """End the session on the server, then forget the cookie."""
    token = current_user.auth_id
    if token is not None:
        async with connection() as conn:
            await sessions.end(conn, token, now=now())
    logout_user()
    return redirect(url_for("portal.sign_in.sign_in"))


@routes.route("/set-up/<token>", methods=["GET", "POST"])
async def set_up(token: str) -> ResponseReturnValue:
    """Make the first administrator by the link that the first start printed."""
    async with connection() as conn:
        await setup.check(conn, token, now=now())
    form = await forms.submitted(SetUpForm)
    status = 200
    if request.method == "POST" and form.validate():
        try:
            await _create_first_administrator(token, form)
        except PlaybillError as error:
            forms.refuse(form, error)
            status = 422
        else:
            await flash("Welcome to Playbill. You are its first administrator.", "ok")
            return redirect("/")
    elif request.method == "POST":
        status = 422
    return await render_template("sign_in/set_up.html", form=form, token=token), status


@routes.post("/theme")
async def theme() -> ResponseReturnValue:
    """Remember light, dark, or what the device prefers."""
    chosen = (await request.form).get("theme", "")
    answer: Response = redirect(_next())  # type: ignore[assignment]  # Quart's own Response
    if chosen in THEMES:
        answer.set_cookie("theme", chosen, max_age=YEAR_S, samesite="Lax", secure=is_secure())
    else:
        answer.delete_cookie("theme")
    return answer


async def _create_first_administrator(token: str, form: SetUpForm) -> None:
    async with connection() as conn:
        user = await setup.create_first_administrator(
            conn,
            token,
            email=form.email.data or "",
            name=form.name.data or "",
            password=form.password.data or "",
            now=now(),
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


def _next() -> str:
    # Only a path of our own: "//elsewhere" and "/\elsewhere" are other hosts to a browser.
    wanted = request.args.get("next") or "/"
    if not wanted.startswith("/") or wanted[1:2] in ("/", "\\"):
        return "/"
    return wanted
