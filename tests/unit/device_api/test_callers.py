"""Who may call the device API: every route by every kind of caller."""

from datetime import timedelta

import pytest

from signage import commands, devices
from signage.actors import SYSTEM
from tests.unit.callers import assert_refused
from tests.unit.matrix import NOBODY, Row, browser_of, listed, served

SCREENS = frozenset({"screen"})
ANYBODY = frozenset({"screen", "anybody"})
DIGEST = NOBODY

# Every route, with a body that is right as far as it goes. ANYBODY where a screen has no token yet.
ROUTES: list[Row] = [
    ("POST", f"/commands/{NOBODY}/result", {"status": "done"}, SCREENS),
    ("GET", f"/content/{DIGEST}", None, SCREENS),
    ("POST", "/events", {"events": []}, SCREENS),
    ("POST", "/heartbeat", {"disk_used_bytes": 1}, SCREENS),
    ("GET", "/plan", None, SCREENS),
    ("PUT", "/screenshot", {}, SCREENS),
    ("POST", "/pairing/claim", {"claim_code": "x"}, ANYBODY),
    ("POST", "/pairing/create-claim", {"device_info": {}}, ANYBODY),
    ("POST", "/token/refresh", {"refresh_token": "x"}, ANYBODY),
]
GUARDED = [row for row in ROUTES if "anybody" not in row[3]]


def test_every_route_stands_in_the_table(app):
    of_screens = served(app, lambda rule: rule.rule.startswith("/v1/device"))

    assert of_screens == listed(ROUTES, "/v1/device")


async def test_a_screen_is_let_in_everywhere(screen):
    for method, path, body, _ in GUARDED:
        answer = await screen(method, path, body)

        assert answer.status not in (401, 403), (method, path)
        assert answer.status < 500, (method, path)


async def test_a_screen_without_a_token_may_only_pair(stranger):
    for method, path, body, _ in GUARDED:
        assert_refused(await stranger(method, path, body), 401, "invalid_token")


async def test_keys_and_people_are_no_screens(app, as_admin, sign_in, admin):
    as_admin.prefix = "/v1/device"
    person = await browser_of(sign_in, admin, "/v1/device")
    for method, path, body, _ in GUARDED:
        assert_refused(await as_admin(method, path, body), 401, "invalid_token")
        assert_refused(await person(method, path, body), 401, "invalid_token")


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("revoked", "token_revoked"),
        ("retired", "token_revoked"),
        ("expired", "token_expired"),
        ("replaced", "invalid_token"),
    ],
)
async def test_an_old_token_says_what_to_do(screen, conn, paired, clock, what, code):
    match what:
        case "expired":
            clock.pass_(days=1)
        case "replaced":
            await conn.execute("UPDATE devices SET token_hash = sha256('x')")
        case _:
            changes = devices.Changes(status=what)
            await devices.change(conn, SYSTEM, paired.device_id, changes, now=clock.now)
    for method, path, body, _ in GUARDED:
        assert_refused(await screen(method, path, body), 401, code)


async def test_another_screens_command_is_absent(app, conn, screen, pair, madrid, admin, now):
    other = await pair(madrid, "Entrance")
    sent = await commands.send(conn, admin, other.device_id, kind="reload", now=now)
    body = {"status": "done"}

    theirs = await screen.post(f"/commands/{sent.id}/result", body)
    absent = await screen.post(f"/commands/{NOBODY}/result", body)

    assert_refused(theirs, 404, "not_found")
    assert theirs.json | {"request_id": ""} == absent.json | {"request_id": ""}


async def test_a_session_beside_a_token_changes_nothing(app, sign_in, admin, paired, clock):
    person = await browser_of(sign_in, admin, "/v1/device")
    person.headers["Authorization"] = f"Bearer {paired.tokens.device_token}"
    assert (await person.get("/plan")).status == 200

    clock.now += timedelta(days=1)

    assert_refused(await person.get("/plan"), 401, "token_expired")
