"""Signing in with password and code, signing out, the first administrator, the theme."""

from quart import Blueprint, Response, flash, redirect, render_template, request, url_for
from quart.typing import ResponseReturnValue
from quart_auth import AuthUser, current_user, login_user, logout_user
from wtforms import EmailField, Form, PasswordField, StringField
from wtforms.validators import InputRequired

from portal import forms
from portal.frame import THEMES, YEAR_S
from signage import sessions, setup
from signage.errors import PlaybillError, TooMany
from signage.sign_in_steps import STEP_LIFE_S
from web import identity
from web.services import address, connection, is_secure, now, request_id, services

STEP_COOKIE = "playbill_step"

routes = Blueprint("sign_in", __name__)


class SignInForm(Form):
    """Who, and the proof of it."""

    email = EmailField("E-mail", [InputRequired("Type your e-mail address.")])
    password = PasswordField("Password", [InputRequired("Type your password.")])


class CodeForm(Form):
    """The second proof."""

    code = StringField("Code", [InputRequired("Type the code of your authenticator.")])


class SetUpForm(Form):
    """The first administrator."""

    name = StringField("Your name", [InputRequired("Type your name.")])
    email = EmailField("E-mail", [InputRequired("Type your e-mail address.")])
    password = PasswordField(
        "Password", [InputRequired("Choose a password of at least 12 characters.")]
    )


@routes.route("/sign-in", methods=["GET", "POST"])
async def sign_in() -> ResponseReturnValue:
    """Show the form; with the right password begin a session, or ask for the code."""
    if await identity.person() is not None:
        return redirect(_next())
    form = await forms.submitted(SignInForm)
    status = 200
    refusal: PlaybillError | None = None
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
            refusal = error
            forms.refuse(form, error)
            status = 429 if isinstance(error, TooMany) else 401
        else:
            return _begun(signed_in)
    elif request.method == "POST":
        status = 422
    page = await render_template("sign_in/show.html", form=form, next=_next())
    return page, status, forms.headers(refusal)


@routes.route("/sign-in/code", methods=["GET", "POST"])
async def code() -> ResponseReturnValue:
    """Ask whose password was right for a code; with the right one begin the session."""
    step = request.cookies.get(_step_cookie(), "")
    form = await forms.submitted(CodeForm)
    status = 200
    refusal: PlaybillError | None = None
    if request.method == "POST" and form.validate():
        try:
            async with connection() as conn:
                signed_in = await sessions.complete(
                    conn,
                    step,
                    form.code.data or "",
                    secret=services().secret,
                    address=address(),
                    user_agent=request.headers.get("User-Agent", ""),
                    request_id=request_id(),
                    now=now(),
                )
        except PlaybillError as error:
            if error.code == "step_over":
                return await _from_the_start(error)
            refusal = error
            forms.refuse(form, error)
            status = 429 if isinstance(error, TooMany) else 401
        else:
            return _begun(signed_in)
    elif request.method == "POST":
        status = 422
    if not step:
        return redirect(url_for("portal.sign_in.sign_in", next=_next()))
    page = await render_template("sign_in/code.html", form=form, next=_next())
    return page, status, forms.headers(refusal)


@routes.post("/sign-out")
async def sign_out() -> ResponseReturnValue:
    """End the session on the server, then forget the cookie."""
    token, actor = current_user.auth_id, await identity.person()
    if token is not None:
        async with connection() as conn:
            await sessions.end(conn, token, actor=actor, now=now())
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
    answer = _to(_next())
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


def _begun(signed_in: sessions.SignedIn | sessions.CodeWanted) -> Response:
    """Keep the session's token and go where one wanted to, or keep the step and ask for a code."""
    if isinstance(signed_in, sessions.CodeWanted):
        answer = _to(url_for("portal.sign_in.code", next=_next()))
        answer.set_cookie(
            _step_cookie(),
            signed_in.token,
            max_age=STEP_LIFE_S,
            httponly=True,
            samesite="Lax",
            secure=is_secure(),
        )
        return answer
    login_user(AuthUser(signed_in.token))
    answer = _to(_next())
    answer.delete_cookie(_step_cookie(), secure=is_secure())
    return answer


async def _from_the_start(error: PlaybillError) -> Response:
    await flash(error.detail, "warn")
    answer = _to(url_for("portal.sign_in.sign_in", next=_next()))
    answer.delete_cookie(_step_cookie(), secure=is_secure())
    return answer


def _step_cookie() -> str:
    return f"__Host-{STEP_COOKIE}" if is_secure() else STEP_COOKIE


def _to(target: str) -> Response:
    answer: Response = redirect(target)  # type: ignore[assignment]  # Quart's own Response
    return answer


def _next() -> str:
    # Only a path of our own: "//elsewhere" and "/\elsewhere" are other hosts to a browser.
    wanted = request.args.get("next") or "/"
    if not wanted.startswith("/") or wanted[1:2] in ("/", "\\"):
        return "/"
    return wanted
