"""Cookies: which flags they have, and that a session cannot be chosen for somebody."""

from http.cookies import SimpleCookie

import pytest

from playbill.app import create_app
from playbill.config import Config
from tests.unit.callers import OneConnection
from tests.unit.conftest import PASSWORD, SECRET
from tests.unit.matrix import Browser, visitor


def cookies(answer) -> dict[str, dict[str, str]]:
    """Return the cookies an answer sets: their flags by name, in lower case."""
    found = {}
    for line in answer.headers.getlist("Set-Cookie"):
        jar = SimpleCookie(line)
        for name, morsel in jar.items():
            flags = {key: str(value) for key, value in morsel.items() if value}
            found[name] = flags | {"value": morsel.value}
    return found


async def sign_in(browser: Browser, email: str, password: str = PASSWORD):
    return await browser("POST", "/sign-in", {"email": email, "password": password})


@pytest.fixture
async def ana_email(add_user, admin) -> str:
    return (await add_user(admin)).email


async def test_the_session_is_kept_from_scripts_and_other_sites(app, ana_email):
    answer = await sign_in(visitor(app), ana_email)

    flags = cookies(answer)["playbill"]
    assert (flags["httponly"], flags["samesite"], flags["path"]) == ("True", "Lax", "/")
    assert "domain" not in flags
    assert "secure" not in flags


async def test_over_https_it_is_bound_to_the_host(conn, ana_email, clock, tmp_path):
    pool = OneConnection()
    pool.conn = conn
    config = Config(data_dir=tmp_path, secret=SECRET, public_url="https://screens.example.com")
    app = create_app(config, pool=pool, clock=clock)
    async with app.test_app():
        browser = visitor(app)
        browser.scope = {"scheme": "https"}
        answer = await sign_in(browser, ana_email)

    flags = cookies(answer)["__Host-playbill"]
    assert (flags["secure"], flags["httponly"], flags["path"]) == ("True", "True", "/")
    assert "domain" not in flags
    assert "playbill" not in cookies(answer)


async def test_the_cookie_of_a_visitor_is_no_less_guarded(app):
    browser = visitor(app)
    browser.client.cookie_jar.clear()
    answer = await browser.get("/sign-in")

    flags = cookies(answer)["playbill_visitor"]
    assert (flags["httponly"], flags["samesite"]) == ("True", "Lax")


async def test_a_session_is_new_with_every_sign_in(app, ana_email):
    first = cookies(await sign_in(visitor(app), ana_email))["playbill"]["value"]
    second = cookies(await sign_in(visitor(app), ana_email))["playbill"]["value"]

    assert first != second


async def test_a_session_that_somebody_planted_is_not_taken_over(app, ana_email):
    browser = visitor(app)
    browser.client.set_cookie("localhost", "playbill", "planted")
    assert (await browser.get("/devices")).status == 302
    given = cookies(await sign_in(browser, ana_email))["playbill"]["value"]

    assert given != "planted"
    assert "planted" not in given


async def test_a_cookie_that_was_changed_is_nobodys(app, ana):
    jar = ana.client.cookie_jar
    value = next(cookie.value for cookie in jar if cookie.name == "playbill")
    for forged in (value[:-1], value + "x", value.swapcase(), ""):
        ana.client.set_cookie("localhost", "playbill", forged)
        assert (await ana.get("/devices")).status == 302, forged
    ana.client.set_cookie("localhost", "playbill", value)
    assert (await ana.get("/devices")).status == 200


async def test_signing_out_takes_the_cookie_and_the_session(app, ana):
    value = next(cookie.value for cookie in ana.client.cookie_jar if cookie.name == "playbill")

    answer = await ana("POST", "/sign-out", {})

    assert cookies(answer)["playbill"]["value"] == ""
    ana.client.set_cookie("localhost", "playbill", value)
    assert (await ana.get("/devices")).status == 302
