"""Signing in and out, the first administrator, and what a form must prove."""

import pytest

from signage import sessions, setup, users
from tests.unit.conftest import PASSWORD

WRONG = "E-mail or password is wrong."


async def test_a_visitor_is_sent_to_sign_in_and_comes_back_where_they_were(
    visitor, add_user, admin
):
    await add_user(admin)
    sent = await visitor.get("/devices?q=window")
    assert (sent.status, sent.location) == (302, "/sign-in?next=/devices?q%3Dwindow")
    values = {"email": f"{admin.name.lower()}@example.com", "password": PASSWORD}
    signed_in = await visitor.post(sent.location, values, page=sent.location)
    assert (signed_in.status, signed_in.location) == (302, "/devices?q=window")
    assert (await visitor.get("/devices?q=window")).heading == "Devices"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_nobody_is_sent_to_another_site(visitor, add_user, admin, elsewhere):
    await add_user(admin)
    page = f"/sign-in?next={elsewhere}"
    values = {"email": f"{admin.name.lower()}@example.com", "password": PASSWORD}
    assert (await visitor.post(page, values, page=page)).location == "/"


async def test_a_wrong_password_and_an_unknown_person_get_one_answer(visitor, add_user, admin):
    await add_user(admin)
    for email in (f"{admin.name.lower()}@example.com", "nobody@example.com"):
        values = {"email": email, "password": "not the password"}
        answer = await visitor.post("/sign-in", values, page="/sign-in")
        assert answer.status == 401
        assert WRONG in answer.text


async def test_the_sixth_try_in_a_quarter_of_an_hour_has_to_wait(visitor, add_user, admin):
    await add_user(admin)
    values = {"email": f"{admin.name.lower()}@example.com", "password": "not the password"}
    tries = [await visitor.post("/sign-in", values, page="/sign-in") for _ in range(6)]
    assert [answer.status for answer in tries] == [401] * sessions.FREE_FAILURES + [429]
    assert [answer.retry_after_s > 0 for answer in tries] == [False] * 5 + [True]


async def test_signing_out_ends_the_session_on_the_server(enter, admin):
    somebody = await enter(admin)
    cookies = somebody.caller.client.cookie_jar
    kept = [cookie.value for cookie in cookies if cookie.name == "playbill"]
    assert (await somebody.post("/sign-out", {})).location == "/sign-in"
    somebody.caller.client.set_cookie("localhost", "playbill", kept[0])
    assert (await somebody.get("/")).location.startswith("/sign-in")


async def test_a_form_without_its_token_changes_nothing(enter, admin, conn):
    somebody = await enter(admin)
    answer = await somebody.post("/playlists", {"name": "Sneaked in", "csrf_token": "forged"})
    assert answer.status == 403
    assert await conn.fetchval("SELECT count(*) FROM playlists WHERE name = 'Sneaked in'") == 0


async def test_the_set_up_link_makes_the_first_administrator_once(visitor, conn, now):
    token = await setup.open_link(conn, now=now)
    page = f"/set-up/{token}"
    values = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    assert (await visitor.post(page, values, page=page)).location == "/"
    assert (await visitor.get("/")).heading == "Overview"
    assert await users.any_exist(conn)
    assert (await visitor.get(page)).status == 404


async def test_a_short_password_is_refused_at_its_field(visitor, conn, now):
    page = f"/set-up/{await setup.open_link(conn, now=now)}"
    values = {"name": "Ada", "email": "ada@example.com", "password": "short"}
    answer = await visitor.post(page, values, page=page)
    assert answer.status == 422
    assert "12 to 200 characters" in answer.error_of("password")
    assert not await users.any_exist(conn)


async def test_an_unknown_set_up_link_is_not_found(visitor):
    assert (await visitor.get("/set-up/0000")).status == 404


async def test_the_theme_is_kept_in_a_cookie(enter, admin):
    somebody = await enter(admin)
    await somebody.post("/theme?next=/devices", {"theme": "dark"})
    page = await somebody.get("/devices")
    root = page.soup.select_one("html")
    assert root is not None
    assert root["data-theme"] == "dark"
