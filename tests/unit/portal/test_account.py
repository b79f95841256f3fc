"""One's own account: name, password, sessions, and the second factor from set-up to sign-in."""

from collections.abc import Callable

import pyotp
import pytest

from playbill.app import create_app
from playbill.config import Config
from portal import user_agents
from signage import settings
from signage.actors import SYSTEM
from tests.unit.conftest import PASSWORD, SECRET
from tests.unit.portal.conftest import Visitor

NEW = "another window full of snow"
TWO_FACTOR = "/account/two-factor"
SIGN_IN = {"email": "bruno@example.com", "password": PASSWORD}


@pytest.fixture
async def bruno(enter, manager) -> Visitor:
    """Bruno, signed in."""
    return await enter(manager)


@pytest.fixture
async def codes(bruno, conn, clock) -> Callable[[], str]:
    """Turn Bruno's second factor on; the answer tells the code of the moment."""
    key = (await bruno.get(TWO_FACTOR)).soup.select_one("code").get_text()
    totp = pyotp.TOTP(key)
    confirmed = await bruno.post(TWO_FACTOR, {"code": totp.at(clock.now)})
    assert confirmed.heading == "Recovery codes"
    clock.pass_(minutes=1)
    return lambda: totp.at(clock.now)


async def password_is_right(visitor: Visitor) -> str:
    answer = await visitor.post("/sign-in", SIGN_IN, page="/sign-in")
    return answer.location


async def test_a_name_is_changed(bruno):
    assert (await bruno.post("/account", {"name": "Bruno S."}, page="/account")).location
    assert (await bruno.get("/account")).form("/account")["name"] == "Bruno S."
    refused = await bruno.post("/account", {"name": " "}, page="/account")
    assert refused.status == 422
    assert refused.error_of("name")


async def test_a_password_is_changed_with_the_old_one(bruno, visitor):
    assert await password_is_right(visitor) == "/"
    path = "/account/password"

    for old, new, field in (("guess", NEW, "old_password"), (PASSWORD, "short", "password")):
        refused = await bruno.post(path, {"old_password": old, "password": new})
        assert refused.status == 422
        assert refused.error_of(field)
    changed = await bruno.post(path, {"old_password": PASSWORD, "password": NEW})

    assert changed.location == "/account"
    assert "1 other session is ended." in str((await bruno.get("/account")).soup)
    assert (await visitor.get("/account")).location.startswith("/sign-in")


async def test_sessions_are_told_apart_and_ended(bruno, visitor):
    visitor.caller.headers["User-Agent"] = "Mozilla/5.0 (iPhone; CPU) Version/17 Safari/605"
    await password_is_right(visitor)
    page = await bruno.get("/account")
    assert "Safari on iPhone" in page.text
    assert "This one" in page.text
    action = page.soup.select_one('form[action$="/end"]')["action"]

    assert (await bruno.post(str(action), {})).location == "/account"
    assert (await visitor.get("/account")).location.startswith("/sign-in")
    assert (await bruno.get("/account")).status == 200


async def test_all_other_sessions_end_at_once(bruno, visitor):
    await password_is_right(visitor)
    await bruno.post("/account/sessions/end-others", {})

    assert (await visitor.get("/account")).location.startswith("/sign-in")
    assert (await bruno.get("/account")).status == 200


async def test_nobody_ends_somebody_elses_session(bruno, enter, admin, conn):
    await enter(admin)
    theirs = await conn.fetchval(
        "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.name = 'Ana'"
    )

    assert (await bruno.post(f"/account/sessions/{theirs}/end", {})).status == 404


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Gecko/2010 Firefox/130.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17 Safari/605", "Safari on Mac"),
        ("curl/8.0", "curl"),
        ("", "Unknown browser"),
        ("<script>", "Unknown browser"),
    ],
)
def test_a_user_agent_in_words(user_agent, words):
    assert user_agents.describe(user_agent) == words


# Two-factor ---------------------------------------------------------------------------------------


async def test_a_wrong_code_turns_nothing_on(bruno):
    answer = await bruno.post(TWO_FACTOR, {"code": "000000"})

    assert answer.status == 422
    assert answer.error_of("code")
    assert (await bruno.get(TWO_FACTOR)).heading == "Set up two-factor"


async def test_with_it_on_the_password_leads_to_the_code(codes, visitor, bruno):
    page = "/sign-in?next=/account"
    asked = await visitor.post(page, SIGN_IN, page=page)
    assert asked.location == "/sign-in/code?next=/account"
    shown = await visitor.get(asked.location)
    assert shown.heading == "Sign in"
    assert (await visitor.get("/account")).location.startswith("/sign-in")

    wrong = await visitor.post(asked.location, {"code": "000000"}, page=asked.location)
    assert wrong.status == 401
    right = await visitor.post(asked.location, {"code": codes()}, page=asked.location)

    assert right.location == "/account"
    assert (await visitor.get("/account")).heading == "Account"
    cookies = {cookie.name for cookie in visitor.caller.client.cookie_jar}
    assert "playbill_step" not in cookies


async def test_a_used_code_does_not_sign_in_again(codes, visitor, app):
    code = codes()
    await password_is_right(visitor)
    page = "/sign-in/code"
    assert (await visitor.post(page, {"code": code}, page=page)).location == "/"
    await visitor.post("/sign-out", {}, page="/account")

    await password_is_right(visitor)
    assert (await visitor.post(page, {"code": code}, page=page)).status == 401


async def test_the_sixth_wrong_code_has_to_wait(codes, visitor):
    await password_is_right(visitor)
    page = "/sign-in/code"
    tries = [await visitor.post(page, {"code": "000000"}, page=page) for _ in range(6)]

    assert [answer.status for answer in tries] == [401] * 5 + [429]
    assert [answer.retry_after_s > 0 for answer in tries] == [False] * 5 + [True]
    assert (await visitor.post(page, {"code": codes()}, page=page)).status == 429


async def test_without_the_password_there_is_no_code_to_type(codes, visitor, clock):
    assert (await visitor.get("/sign-in/code")).location == "/sign-in?next=/"
    answer = await visitor.post("/sign-in/code", {"code": codes()}, page="/sign-in")
    assert answer.location == "/sign-in?next=/"

    await password_is_right(visitor)
    clock.pass_(minutes=10)
    late = await visitor.post("/sign-in/code", {"code": codes()}, page="/sign-in/code")
    assert late.location == "/sign-in?next=/"


async def test_it_is_turned_off_with_password_and_code(codes, bruno, visitor, clock):
    off = f"{TWO_FACTOR}/off"
    for wrong in (
        {"password": "guess", "code": codes()},
        {"password": PASSWORD, "code": "000000"},
        {"password": PASSWORD, "code": ""},
    ):
        assert (await bruno.post(off, wrong)).status == 422
    clock.pass_(minutes=1)

    assert (await bruno.post(off, {"password": PASSWORD, "code": codes()})).location == "/account"
    assert await password_is_right(visitor) == "/"


async def test_new_recovery_codes_are_shown_once(codes, bruno, visitor):
    page = await bruno.post(f"{TWO_FACTOR}/codes", {"code": codes()})
    assert page.heading == "Recovery codes"
    [first, *rest] = page.soup.select_one("code").get_text().split()
    assert len(rest) == 9
    assert first not in (await bruno.get(TWO_FACTOR)).text
    await password_is_right(visitor)

    answer = await visitor.post("/sign-in/code", {"code": first}, page="/sign-in/code")

    assert answer.location == "/"


# Where administrators need it ---------------------------------------------------------------------


async def require_it(conn, now) -> None:
    changes = settings.Changes(two_factor_required_for_admins=True)
    await settings.change(conn, SYSTEM, changes, now=now)


async def test_an_administrator_without_it_is_led_to_set_it_up(enter, admin, conn, now, clock):
    ana = await enter(admin)
    await require_it(conn, now)

    for path in ("/", "/users", "/account", "/settings", "/devices"):
        assert (await ana.get(path)).location == TWO_FACTOR
    changed = await ana.post("/settings", {"organisation_name": "x"}, page=TWO_FACTOR)
    assert changed.location == TWO_FACTOR
    refused = await ana.caller("GET", "/v1/admin/devices")
    assert (refused.status, refused.code) == (403, "two_factor_required")

    page = await ana.get(TWO_FACTOR)
    assert page.links("Users") == []
    key = page.soup.select_one("code").get_text()
    await ana.post(TWO_FACTOR, {"code": pyotp.TOTP(key).at(clock.now)}, page=TWO_FACTOR)

    assert (await ana.get("/users")).status == 200
    assert (await ana.caller("GET", "/v1/admin/devices")).status == 200


async def test_who_owes_it_may_still_sign_out(enter, admin, conn, now):
    ana = await enter(admin)
    await require_it(conn, now)

    assert (await ana.post("/sign-out", {}, page=TWO_FACTOR)).location == "/sign-in"


async def test_it_is_asked_of_administrators_only(bruno, as_admin, conn, now):
    await require_it(conn, now)

    assert (await bruno.get("/account")).status == 200
    assert (await as_admin.get("/devices")).status == 200


# Cookies ------------------------------------------------------------------------------------------


async def test_a_session_begins_with_a_new_cookie_that_scripts_cannot_read(visitor, bruno):
    token = (await visitor.get("/sign-in")).form("/sign-in?next=/")["csrf_token"]
    body = "&".join(f"{k}={v}" for k, v in (SIGN_IN | {"csrf_token": token}).items())
    answer = await visitor.caller(
        "POST",
        "/sign-in",
        body.replace(" ", "+").encode(),
        Content_Type="application/x-www-form-urlencoded",
    )

    [cookie] = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("playbill=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_on_https_cookies_cannot_be_set_for_this_host_by_others(tmp_path):
    config = Config(data_dir=tmp_path, secret=SECRET, public_url="https://x.example")
    app = create_app(config, pool=None)
    [auth] = app.extensions["QUART_AUTH"]

    assert auth.cookie_name == "__Host-playbill"
    assert auth.cookie_secure
    assert auth.cookie_http_only
