"""Tokens over HTTP: what a player with old, wrong or stolen ones is told."""

import asyncio

import pytest

from signage import devices
from tests.unit.callers import Answer, Caller, assert_refused
from tests.unit.conftest import open_store, pair_screen

DOORS = [
    ("GET", "/plan"),
    ("POST", "/heartbeat"),
    ("POST", "/events"),
    ("GET", "/content/" + "0" * 64),
]


async def refresh(caller: Caller, token: str) -> Answer:
    return await caller.post("/token/refresh", {"refresh_token": token})


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_every_call_of_a_screen_needs_its_token(stranger, method, path):
    answer = await stranger(method, path, {"disk_used_bytes": 1, "events": [{}]})

    assert_refused(answer, 401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Basic cGI6cGI=", "Bearer pbd1_x", "Bearer pbk1_" + "0" * 64, "Bearer ☃"],
)
async def test_what_is_no_device_token_is_invalid(stranger, authorization):
    answer = await stranger.get("/plan", Authorization=authorization.encode().decode("latin-1"))

    assert_refused(answer, 401, "invalid_token")


async def test_an_expired_token_is_told_to_refresh(screen, clock):
    clock.pass_(days=1)

    assert_refused(await screen.get("/plan"), 401, "token_expired")


async def test_a_revoked_screen_is_told_to_pair_again(screen, conn, manager, paired, now):
    await devices.revoke(conn, manager, paired.device_id, now=now)

    assert_refused(await screen.get("/plan"), 401, "token_revoked")


async def test_credentials_are_checked_before_304(screen, stranger):
    etag = (await screen.get("/plan")).headers["ETag"]

    assert_refused(await stranger.get("/plan", If_None_Match=etag), 401, "invalid_token")
    assert_refused(await stranger.get("/plan", If_None_Match="*"), 401, "invalid_token")


async def test_a_refresh_gives_the_next_pair(app, stranger, paired):
    answer = await refresh(stranger, paired.tokens.refresh_token)

    assert answer.status == 200
    assert set(answer.json) == {
        "device_token",
        "refresh_token",
        "token_expires_in",
        "server_time",
    }
    assert answer.json["token_expires_in"] == 24 * 3600
    assert answer.headers["Cache-Control"] == "no-store"
    screen = Caller(app, "/v1/device", Authorization=f"Bearer {answer.json['device_token']}")
    assert (await screen.get("/plan")).status == 200


async def test_twenty_refreshes_at_once_get_one_pair(app_on_pool, pool, now):
    async with pool.acquire() as conn:
        lisbon = await open_store(conn, "LIS-01", "Lisbon", "Europe/Lisbon", now)
        paired = await pair_screen(conn, lisbon, "Window 2", now=now)
    player = Caller(app_on_pool, "/v1/device")

    answers = await asyncio.gather(
        *(refresh(player, paired.tokens.refresh_token) for _ in range(20))
    )

    assert {answer.status for answer in answers} == {200}
    assert len({(a.json["device_token"], a.json["refresh_token"]) for a in answers}) == 1


@pytest.mark.parametrize("token", ["", "x", "pbr1_x", "\x00", "☃" * 500])
async def test_a_wrong_refresh_token_is_401(stranger, token):
    assert_refused(await refresh(stranger, token), 401, "invalid_refresh_token")


async def test_reuse_stops_the_screen_at_once(app, stranger, paired):
    second = (await refresh(stranger, paired.tokens.refresh_token)).json
    screen = Caller(app, "/v1/device", Authorization=f"Bearer {second['device_token']}")
    assert (await screen.get("/plan")).status == 200

    answer = await refresh(stranger, paired.tokens.refresh_token)

    assert_refused(answer, 401, "invalid_refresh_token")
    assert_refused(await screen.get("/plan"), 401, "token_revoked")


@pytest.mark.parametrize(
    ("body", "pointer"), [({}, "/refresh_token"), ({"refresh_token": None}, "/refresh_token")]
)
async def test_a_refresh_without_its_token_is_named(stranger, body, pointer):
    answer = await stranger.post("/token/refresh", body)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


async def test_cookies_open_nothing_here(sign_in, admin):
    signed_in = await sign_in(admin)
    signed_in.prefix = "/v1/device"

    assert_refused(await signed_in.get("/plan"), 401, "invalid_token")
