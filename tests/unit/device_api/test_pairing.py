"""Pairing over HTTP: what a player and an installer send and get, to the letter."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from signage import claims, new_claims, settings
from signage.actors import SYSTEM
from signage.ids import new_id
from tests.unit.callers import Answer, Caller, assert_refused
from tests.unit.conftest import DEVICE_INFO, SECRET, open_store
from web.services import EXTENSION

INSTALL_SECRET = "d2b1f06c9d7e4a3c8f5b0e1a7c6d9e8f"
CREATE = "/pairing/create-claim"
CLAIM = "/pairing/claim"


async def ask_in(stranger: Caller, **more: Any) -> dict[str, Any]:
    answer = await stranger.post(CREATE, {"device_info": DEVICE_INFO} | more)
    assert answer.status == 201, answer.body
    return answer.json


async def redeem(caller: Caller, code: str, **more: Any) -> Answer:
    return await caller.post(CLAIM, {"claim_code": code, "device_info": DEVICE_INFO} | more)


async def test_a_screen_gets_what_it_needs_to_show_a_code(stranger, now):
    claim = await ask_in(stranger)

    assert claim["claim_code"].startswith("dpc_")
    assert claim["user_code"][4] == "-"
    assert claim["verification_uri"] == "http://localhost/pair"
    assert claim["verification_uri_complete"] == (
        f"http://localhost/pair?code={claim['user_code']}"
    )
    assert claim["qr_svg"].startswith('<svg viewBox="0 0 ')
    assert ' width="' in claim["qr_svg"]
    assert (claim["expires_in"], claim["interval"]) == (600, 5)
    assert datetime.fromisoformat(claim["server_time"]) == now


async def test_the_whole_way_of_a_screen_into_a_store(stranger, as_installer, lisbon, app, clock):
    claim = await ask_in(stranger)
    waiting = await redeem(stranger, claim["claim_code"])
    assert_refused(waiting, 400, "authorization_pending")
    assert waiting.headers["Retry-After"] == "5"
    approved = await as_installer.post(
        "/claims/approve",
        {"user_code": claim["user_code"], "store_id": lisbon.id, "name": "Window 2"},
    )
    assert approved.status == 200

    answer = await redeem(stranger, claim["claim_code"])

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    paired = answer.json
    assert set(paired) == {
        "device_id",
        "device_token",
        "refresh_token",
        "token_expires_in",
        "heartbeat_interval_s",
        "plan_poll_s",
        "server_time",
    }
    assert 54 <= paired["heartbeat_interval_s"] <= 66
    screen = Caller(app, "/v1/device", Authorization=f"Bearer {paired['device_token']}")
    assert (await screen.get("/plan")).status == 200


async def test_polling_too_fast_is_429_slow_down(stranger):
    claim = await ask_in(stranger)
    await redeem(stranger, claim["claim_code"])

    answer = await redeem(stranger, claim["claim_code"])

    assert_refused(answer, 429, "slow_down")
    assert answer.headers["Retry-After"] == "10"


async def test_a_screen_turned_away_is_403_access_denied(stranger, as_installer):
    claim = await ask_in(stranger)
    denied = await as_installer.post("/claims/deny", {"user_code": claim["user_code"]})
    assert (denied.status, denied.json["state"]) == (200, "denied")

    assert_refused(await redeem(stranger, claim["claim_code"]), 403, "access_denied")


async def test_an_expired_long_code_is_400_expired_token(stranger, clock):
    claim = await ask_in(stranger)
    clock.pass_(minutes=10)

    assert_refused(await redeem(stranger, claim["claim_code"]), 400, "expired_token")


async def test_wrong_short_codes_cannot_be_told_apart(stranger, as_installer, lisbon, clock):
    async def typed(**more: Any) -> dict[str, Any]:
        return (await as_installer.post("/claims", {"store_id": lisbon.id} | more)).json

    used, revoked, expired = await typed(), await typed(), await typed(ttl_s=60)
    await redeem(stranger, used["claim_code"])
    await as_installer.delete(f"/claims/{revoked['id']}")
    clock.pass_(minutes=2)

    codes = [used["claim_code"], revoked["claim_code"], expired["claim_code"], "BCDF-GHJK-LMNP"]
    answers = [await redeem(stranger, code) for code in codes]

    for answer in answers:
        assert_refused(answer, 400, "invalid_claim_code")
        assert "Retry-After" not in answer.headers
    bodies = [answer.json | {"request_id": ""} for answer in answers]
    assert bodies == [bodies[0]] * 4


async def test_fifty_players_with_one_code_give_one_device(app_on_pool, pool, now):
    async with pool.acquire() as conn:
        from_console = await _typed_code(conn, now)
    players = [Caller(app_on_pool, "/v1/device") for _ in range(50)]

    answers = await asyncio.gather(*(redeem(player, from_console) for player in players))

    assert sorted(answer.status for answer in answers) == [200] + [400] * 49
    assert {answer.code for answer in answers if answer.status == 400} == {"invalid_claim_code"}


async def _typed_code(conn: Any, now: datetime) -> str:
    lisbon = await open_store(conn, "LIS-01", "Lisbon", "Europe/Lisbon", now)
    claim = await new_claims.open_for_console(
        conn, SYSTEM, claims.Approval(lisbon.id), secret=SECRET, now=now
    )
    return claim.claim_code


async def test_a_lost_reply_is_repeated_for_the_same_installation(
    stranger, as_installer, lisbon, app
):
    code = (await as_installer.post("/claims", {"store_id": lisbon.id})).json["claim_code"]
    lost = (await redeem(stranger, code, install_secret=INSTALL_SECRET)).json

    again = await redeem(stranger, code, install_secret=INSTALL_SECRET)

    assert again.status == 200
    assert again.json["device_id"] == lost["device_id"]
    old = Caller(app, "/v1/device", Authorization=f"Bearer {lost['device_token']}")
    assert_refused(await old.get("/plan"), 401, "invalid_token")
    new = Caller(app, "/v1/device", Authorization=f"Bearer {again.json['device_token']}")
    assert (await new.get("/plan")).status == 200
    third = await redeem(stranger, code, install_secret=INSTALL_SECRET)
    assert_refused(third, 400, "invalid_claim_code")


@pytest.mark.parametrize(("length", "status"), [(15, 422), (16, 201), (200, 201), (201, 422)])
async def test_an_install_secret_has_16_to_200_characters(stranger, length, status):
    body = {"device_info": DEVICE_INFO, "install_secret": "x" * length}

    answer = await stranger.post(CREATE, body)

    assert answer.status == status
    if status == 422:
        assert answer.pointers == ["/install_secret"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/claim_code"),
        ({"claim_code": "x"}, "/device_info"),
        ({"claim_code": 12, "device_info": {}}, "/claim_code"),
        ({"claim_code": "x", "device_info": []}, "/device_info"),
        ({"claim_code": "x", "device_info": {}, "install_secret": 1}, "/install_secret"),
    ],
)
async def test_wrong_values_are_named(stranger, body, pointer):
    answer = await stranger.post(CLAIM, body)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


async def test_fields_a_newer_player_sends_are_ignored(stranger):
    claim = await ask_in(stranger, invented_in="2031", device_info=DEVICE_INFO | {"lidar": True})

    answer = await redeem(stranger, claim["claim_code"], invented_in="2031")
    assert_refused(answer, 400, "authorization_pending")


async def test_device_info_over_16_kib_is_refused(stranger):
    answer = await stranger.post(CREATE, {"device_info": {"a": "x" * 16_400}})

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/device_info"]


async def test_links_are_made_with_the_public_url_and_never_with_the_host(stranger, app):
    app.extensions[EXTENSION].public_url = "https://screens.example.com"
    spoofed = await stranger.post(
        CREATE,
        {"device_info": DEVICE_INFO},
        Host="evil.example.net",
        X_Forwarded_Host="evil.example.net",
    )

    assert spoofed.json["verification_uri"] == "https://screens.example.com/pair"
    assert "evil" not in spoofed.body.decode()


async def test_too_many_claims_of_one_installation_are_429(stranger, conn, admin, now):
    limits = settings.Changes(pending_claims_per_install_max=2)
    await settings.change(conn, admin, limits, now=now)
    for _ in range(2):
        await ask_in(stranger, install_secret=INSTALL_SECRET)

    answer = await stranger.post(
        CREATE, {"device_info": DEVICE_INFO, "install_secret": INSTALL_SECRET}
    )

    assert_refused(answer, 429, "too_many_claims")
    assert int(answer.headers["Retry-After"]) > 0


# The console's call ------------------------------------------------------------------------------


async def test_an_installer_gets_a_code_to_type(app, as_installer, lisbon, food, stranger):
    console = Caller(app, "/v1/device", **as_installer.headers)

    answer = await console.post(
        CREATE, {"store_id": lisbon.id, "name": "Till 1", "group_ids": [food.id], "ttl_s": 3600}
    )

    assert answer.status == 201
    assert set(answer.json) == {"claim_id", "claim_code", "expires_at", "server_time"}
    assert len(answer.json["claim_code"].replace("-", "")) == 12
    typed = answer.json["claim_code"].lower().replace("-", "")
    assert (await redeem(stranger, typed)).status == 200


async def test_a_code_to_type_needs_somebody_with_the_pairing_right(
    app, stranger, as_analyst, as_advertiser, screen, lisbon
):
    body = {"store_id": lisbon.id}

    assert_refused(await stranger.post(CREATE, body), 401, "unauthenticated")
    assert_refused(await screen.post(CREATE, body), 401, "invalid_key")
    for somebody in (as_analyst, as_advertiser):
        console = Caller(app, "/v1/device", **somebody.headers)
        assert_refused(await console.post(CREATE, body), 403, "forbidden")


async def test_a_code_is_for_a_store_of_ones_own(app, as_installer, madrid):
    console = Caller(app, "/v1/device", **as_installer.headers)
    for store_id in (madrid.id, new_id()):
        answer = await console.post(CREATE, {"store_id": store_id})

        assert_refused(answer, 422, "invalid")
        assert answer.pointers == ["/store_id"]


async def test_a_session_makes_a_code_only_from_our_own_pages(app, sign_in, installer, lisbon):
    signed_in = await sign_in(installer)
    signed_in.prefix = "/v1/device"

    assert_refused(await signed_in.post(CREATE, {"store_id": lisbon.id}), 403, "csrf")
