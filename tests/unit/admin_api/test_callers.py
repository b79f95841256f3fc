"""Who may call the admin API: every route by every kind of caller, by key and by session."""

from datetime import timedelta
from typing import Any

import pytest

from signage import keys, sessions
from signage.actors import SYSTEM
from tests.unit.callers import Caller, assert_refused
from tests.unit.matrix import NOBODY
from web.services import EXTENSION

TARGET = {"kind": "fleet"}

EVERYBODY = frozenset({"admin", "manager", "installer", "analyst", "advertiser"})
PAIRS = frozenset({"admin", "manager", "installer"})
PROGRAMS = frozenset({"admin", "manager"})
REPORTS = frozenset({"admin", "manager", "analyst", "advertiser"})
READS = frozenset({"admin", "manager", "installer", "analyst"})
ADMINISTERS = frozenset({"admin"})

# Every route, with a body that is right as far as it goes, and the roles that are not refused.
ROUTES: list[tuple[str, str, object, frozenset[str]]] = [
    ("GET", "/assignments", None, PROGRAMS),
    ("PUT", "/assignments", {"target": TARGET, "playlist_id": NOBODY}, PROGRAMS),
    ("DELETE", "/assignments?kind=fleet", None, PROGRAMS),
    ("GET", "/audit", None, ADMINISTERS),
    ("GET", "/audit.csv", None, ADMINISTERS),
    ("GET", f"/calendar-feeds?kind=store&id={NOBODY}", None, PROGRAMS),
    ("POST", "/calendar-feeds", {"target": TARGET}, PROGRAMS),
    ("GET", f"/calendar-feeds/{NOBODY}", None, PROGRAMS),
    ("DELETE", f"/calendar-feeds/{NOBODY}", None, PROGRAMS),
    ("GET", "/campaigns", None, REPORTS),
    ("POST", "/campaigns", {"name": "Summer"}, PROGRAMS),
    ("GET", f"/campaigns/{NOBODY}", None, REPORTS),
    ("PATCH", f"/campaigns/{NOBODY}", {"name": "Summer"}, PROGRAMS),
    ("DELETE", f"/campaigns/{NOBODY}", None, PROGRAMS),
    ("POST", f"/campaigns/{NOBODY}/restore", None, PROGRAMS),
    ("GET", "/claims", None, PAIRS),
    ("POST", "/claims", {"store_id": NOBODY}, PAIRS),
    ("GET", f"/claims/{NOBODY}", None, PAIRS),
    ("DELETE", f"/claims/{NOBODY}", None, PAIRS),
    ("POST", "/claims/approve", {"user_code": "x", "store_id": NOBODY}, PAIRS),
    ("POST", "/claims/batch", {"screens": [{"store_code": "X", "name": "x"}]}, PAIRS),
    ("POST", f"/claims/batch/{NOBODY}", {}, PAIRS),
    ("POST", "/claims/deny", {"user_code": "x"}, PAIRS),
    ("GET", "/content", None, PROGRAMS),
    ("POST", "/content", {"kind": "url", "url": "https://menus.example.com"}, PROGRAMS),
    ("GET", f"/content/{NOBODY}", None, PROGRAMS),
    ("PATCH", f"/content/{NOBODY}", {"name": "x"}, PROGRAMS),
    ("DELETE", f"/content/{NOBODY}", None, PROGRAMS),
    ("GET", f"/content/{NOBODY}/versions", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/versions", {"url": "https://example.com"}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/publish", {"version": 1}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/unpublish", {"at": "2026-11-24T00:00:00Z"}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/submit", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/approve", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/reject", {"reason": "Blurred"}, PROGRAMS),
    ("GET", f"/content/{NOBODY}/recall", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/recall", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/restore", None, PROGRAMS),
    ("GET", f"/content/{NOBODY}/uses", None, PROGRAMS),
    ("POST", "/content/bulk", {"ids": [NOBODY], "do": "archive"}, PROGRAMS),
    ("GET", "/content/folders", None, PROGRAMS),
    ("POST", "/content/folders/rename", {"from": "a", "to": "b"}, PROGRAMS),
    ("GET", "/devices", None, PAIRS),
    ("GET", "/devices.csv", None, PAIRS),
    ("POST", "/devices/bulk", {"action": "retire", "device_ids": [NOBODY]}, PROGRAMS),
    ("GET", "/devices/views", None, PAIRS),
    ("POST", "/devices/views", {"name": "Tills"}, PAIRS),
    ("GET", f"/devices/views/{NOBODY}", None, PAIRS),
    ("PATCH", f"/devices/views/{NOBODY}", {"name": "Tills"}, PAIRS),
    ("DELETE", f"/devices/views/{NOBODY}", None, PAIRS),
    ("GET", f"/devices/{NOBODY}", None, PAIRS),
    ("PATCH", f"/devices/{NOBODY}", {"name": "x"}, PROGRAMS),
    ("POST", f"/devices/{NOBODY}/retire", None, PROGRAMS),
    ("POST", f"/devices/{NOBODY}/revoke", None, PROGRAMS),
    ("POST", f"/devices/{NOBODY}/reinstate", None, PROGRAMS),
    ("GET", f"/devices/{NOBODY}/commands", None, PAIRS),
    ("POST", f"/devices/{NOBODY}/commands", {"kind": "reload"}, PROGRAMS),
    ("GET", f"/devices/{NOBODY}/commands/{NOBODY}", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/plan", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/plan-lag", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/plans", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/preview", None, PAIRS),
    ("POST", f"/devices/{NOBODY}/what-if", {}, PROGRAMS),
    ("GET", f"/devices/{NOBODY}/explain", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/placements", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/health", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/history", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/incidents", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/plays", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/screenshot", None, PAIRS),
    ("GET", f"/devices/{NOBODY}/screenshot/image", None, PAIRS),
    ("GET", f"/playout-plans/{NOBODY}", None, PAIRS),
    ("GET", "/groups", None, READS),
    ("POST", "/groups", {"name": "Tills"}, PROGRAMS),
    ("PUT", "/groups/order", {"group_ids": []}, PROGRAMS),
    ("GET", f"/groups/{NOBODY}", None, READS),
    ("PATCH", f"/groups/{NOBODY}", {"name": "Tills"}, PROGRAMS),
    ("DELETE", f"/groups/{NOBODY}", None, PROGRAMS),
    ("PUT", f"/groups/{NOBODY}/devices", {"device_ids": []}, PROGRAMS),
    ("GET", "/incidents", None, PAIRS),
    ("GET", f"/incidents/{NOBODY}", None, PAIRS),
    ("POST", f"/incidents/{NOBODY}/acknowledge", None, PROGRAMS),
    ("POST", f"/incidents/{NOBODY}/assign", {"user_id": NOBODY}, PROGRAMS),
    ("POST", f"/incidents/{NOBODY}/note", {"text": "Called them"}, PAIRS),
    ("POST", f"/incidents/{NOBODY}/resolve", None, PROGRAMS),
    ("POST", f"/incidents/{NOBODY}/snooze", {"until": "2026-11-23T14:00:00Z"}, PROGRAMS),
    ("GET", "/invitations", None, ADMINISTERS),
    ("POST", "/invitations", {"email": "eva@example.com", "role": "analyst"}, ADMINISTERS),
    ("GET", f"/invitations/{NOBODY}", None, ADMINISTERS),
    ("DELETE", f"/invitations/{NOBODY}", None, ADMINISTERS),
    ("POST", f"/invitations/{NOBODY}/send", None, ADMINISTERS),
    ("GET", "/keys", None, ADMINISTERS),
    ("POST", "/keys", {"name": "Tills", "role": "analyst"}, ADMINISTERS),
    ("GET", f"/keys/{NOBODY}", None, ADMINISTERS),
    ("DELETE", f"/keys/{NOBODY}", None, ADMINISTERS),
    ("GET", "/maintenance", None, PAIRS),
    (
        "POST",
        "/maintenance",
        {
            "store_id": NOBODY,
            "starts_at": "2026-11-23T12:00:00Z",
            "ends_at": "2026-11-23T14:00:00Z",
        },
        PROGRAMS,
    ),
    ("GET", f"/maintenance/{NOBODY}", None, PAIRS),
    ("POST", f"/maintenance/{NOBODY}/end", None, PROGRAMS),
    ("GET", "/playlists", None, PROGRAMS),
    ("POST", "/playlists", {"name": "Lunch"}, PROGRAMS),
    ("GET", f"/playlists/{NOBODY}", None, PROGRAMS),
    ("PATCH", f"/playlists/{NOBODY}", {"name": "Lunch"}, PROGRAMS),
    ("DELETE", f"/playlists/{NOBODY}", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/publish", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/undo", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/redo", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/duplicate", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/restore", None, PROGRAMS),
    ("GET", f"/playlists/{NOBODY}/uses", None, PROGRAMS),
    ("GET", "/reports/proof-of-play?from=2026-11-01&to=2026-11-02", None, REPORTS),
    ("GET", "/reports/proof-of-play.csv?from=2026-11-01&to=2026-11-02", None, REPORTS),
    ("GET", "/schedules", None, PROGRAMS),
    (
        "POST",
        "/schedules",
        {
            "name": "Lunch",
            "playlist_id": NOBODY,
            "target": TARGET,
            "starts_on": "2026-11-23",
            "all_day": True,
        },
        PROGRAMS,
    ),
    ("GET", f"/schedules/{NOBODY}", None, PROGRAMS),
    ("DELETE", f"/schedules/{NOBODY}", None, PROGRAMS),
    ("PATCH", f"/schedules/{NOBODY}", {"name": "Lunch"}, PROGRAMS),
    ("PATCH", f"/schedules/{NOBODY}/occurrences/{NOBODY}", {"name": "Lunch"}, PROGRAMS),
    ("DELETE", f"/schedules/{NOBODY}/occurrences/{NOBODY}", None, PROGRAMS),
    ("POST", "/schedules/impact", {"playlist_id": NOBODY, "target": TARGET}, PROGRAMS),
    (
        "POST",
        "/schedules/import",
        {"calendar": "BEGIN:VCALENDAR", "playlist_id": NOBODY, "target": TARGET},
        PROGRAMS,
    ),
    ("GET", "/settings", None, ADMINISTERS),
    ("PATCH", "/settings", {"approval_required": True}, ADMINISTERS),
    ("POST", "/settings/test-mail", {"to": "ana@example.com"}, ADMINISTERS),
    ("GET", "/stores", None, READS),
    ("GET", "/stores.csv", None, READS),
    ("POST", "/stores", {"code": "X", "name": "X", "timezone": "UTC"}, ADMINISTERS),
    ("GET", "/takeovers", None, PROGRAMS),
    ("POST", "/takeovers", {"playlist_id": NOBODY, "target": TARGET, "minutes": 5}, PROGRAMS),
    ("GET", "/takeovers/reach?kind=fleet", None, PROGRAMS),
    ("GET", f"/takeovers/{NOBODY}", None, PROGRAMS),
    ("POST", f"/takeovers/{NOBODY}/end", None, PROGRAMS),
    ("GET", "/uploads", None, PROGRAMS),
    ("POST", "/uploads", None, PROGRAMS),
    ("GET", f"/uploads/{NOBODY}", None, PROGRAMS),
    ("PATCH", f"/uploads/{NOBODY}", None, PROGRAMS),
    ("POST", f"/uploads/{NOBODY}", None, PROGRAMS),
    ("DELETE", f"/uploads/{NOBODY}", None, PROGRAMS),
    ("POST", "/stores/import", {"csv": ""}, ADMINISTERS),
    ("GET", f"/stores/{NOBODY}", None, READS),
    ("PATCH", f"/stores/{NOBODY}", {"address": "x"}, PROGRAMS),
    ("DELETE", f"/stores/{NOBODY}", None, ADMINISTERS),
    ("GET", "/users", None, ADMINISTERS),
    ("GET", f"/users/{NOBODY}", None, ADMINISTERS),
    ("PATCH", f"/users/{NOBODY}", {"name": "Eva"}, ADMINISTERS),
    ("POST", f"/users/{NOBODY}/reset-link", None, ADMINISTERS),
    ("POST", f"/users/{NOBODY}/reset-two-factor", None, ADMINISTERS),
]


def test_every_route_stands_in_the_table(app):
    served = {
        (method, _pattern(rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/admin")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    listed = {
        (method, "/v1/admin" + path.partition("?")[0].replace(NOBODY, "<>"))
        for method, path, _, _ in ROUTES
    }
    assert served == listed


def _pattern(rule: str) -> str:
    parts = ["<>" if part.startswith("<") else part for part in rule.split("/")]
    return "/".join(parts)


async def test_nobody_calls_anything(as_nobody):
    for method, path, body, _ in ROUTES:
        answer = await as_nobody(method, path, body)
        assert_refused(answer, 401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", sorted(EVERYBODY))
async def test_a_role_is_refused_exactly_what_it_may_not(integration, role):
    caller = await integration(role, [])
    for method, path, body, allowed in ROUTES:
        answer = await caller(method, path, body)

        if role in allowed:
            refused = answer.status == 403 and b"Ask an administrator" in answer.body
            assert not refused, (method, path)
            assert answer.status < 500, (method, path)
        else:
            assert_refused(answer, 403, "forbidden")


async def test_a_screen_is_nobody_here(app, paired):
    screen = Caller(app, "/v1/admin", Authorization=f"Bearer {paired.tokens.device_token}")

    assert_refused(await screen.get("/devices"), 401, "invalid_key")


# Another store's rows -----------------------------------------------------------------------------


async def test_another_stores_screen_is_absent_whatever_is_asked(as_madrid_manager, window_2):
    here = f"/devices/{window_2.id}"
    for method, path, body in (
        ("GET", here, None),
        ("PATCH", here, {"name": "Mine"}),
        ("POST", f"{here}/retire", None),
        ("POST", f"{here}/revoke", None),
        ("POST", f"{here}/reinstate", None),
        ("GET", f"{here}/commands/{NOBODY}", None),
        ("GET", f"{here}/plans", None),
        ("GET", f"{here}/placements", None),
        ("GET", f"{here}/health", None),
        ("GET", f"{here}/incidents", None),
        ("GET", f"{here}/plays", None),
        ("GET", f"{here}/commands", None),
        ("POST", f"{here}/commands", {"kind": "reboot"}),
        ("GET", f"{here}/plan", None),
        ("GET", f"{here}/explain", None),
        ("GET", f"/stores/{window_2.store_id}", None),
    ):
        other = await as_madrid_manager(method, path, body)
        absent = await as_madrid_manager(
            method,
            path.replace(str(window_2.id), NOBODY).replace(str(window_2.store_id), NOBODY),
            body,
        )

        assert_refused(other, 404, "not_found")
        assert other.json | {"request_id": ""} == absent.json | {"request_id": ""}


async def test_lists_hold_only_ones_own_stores(as_madrid_manager, window_2, madrid_screen):
    devices = (await as_madrid_manager.get("/devices")).json["items"]
    stores = (await as_madrid_manager.get("/stores")).json["items"]

    assert [device["name"] for device in devices] == ["Entrance"]
    assert [store["name"] for store in stores] == ["Madrid"]


# Keys ---------------------------------------------------------------------------------------------


async def add_key(conn: Any, now: Any, **more: Any) -> str:
    return await keys.add(conn, SYSTEM, name="Till system", role="admin", **more, now=now)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer x", "Bearer pbk1_" + "0" * 64, "Bearer \xe9", "Basic YTpi", "pbk1_x"],
)
async def test_what_is_no_key_opens_nothing(as_nobody, authorization):
    answer = await as_nobody.get("/devices", Authorization=authorization)

    assert answer.status == 401
    assert answer.code in ("invalid_key", "unauthenticated")


async def test_the_scheme_is_read_without_case(as_nobody, conn, now):
    key = await add_key(conn, now)

    assert (await as_nobody.get("/devices", Authorization=f"bearer  {key} ")).status == 200


async def test_a_key_expires(as_nobody, conn, now, clock):
    key = await add_key(conn, now, expires_at=now + timedelta(days=1))
    bearer = f"Bearer {key}"
    assert (await as_nobody.get("/devices", Authorization=bearer)).status == 200

    clock.pass_(days=1)

    assert_refused(await as_nobody.get("/devices", Authorization=bearer), 401, "invalid_key")


async def test_a_revoked_key_opens_nothing(as_admin, conn, now):
    assert (await as_admin.get("/devices")).status == 200
    await conn.execute("UPDATE api_keys SET revoked_at = $1", now)

    assert_refused(await as_admin.get("/devices"), 401, "invalid_key")


async def test_a_wrong_key_is_not_helped_by_a_session(sign_in, admin):
    signed_in = await sign_in(admin)

    answer = await signed_in.get("/devices", Authorization="Bearer pbk1_wrong")

    assert_refused(answer, 401, "invalid_key")


async def test_what_a_key_did_is_audited_as_the_key(as_admin, conn):
    answer = await as_admin.post("/groups", {"name": "Tills"})

    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'groups.create'")
    assert entry["actor_kind"] == "key"
    assert entry["actor_id"] == await conn.fetchval("SELECT id FROM api_keys")
    assert entry["entity_id"] == answer.json["id"]


# Sessions -----------------------------------------------------------------------------------------


@pytest.fixture
async def signed_in(sign_in, manager) -> Caller:
    """Bruno, signed in to the portal."""
    return await sign_in(manager)


@pytest.fixture
async def csrf_token(signed_in: Caller) -> str:
    """The token on the pages that Bruno sees."""
    page = await Caller.get(_at_portal(signed_in), "/")
    found = page.body.decode().partition("X-CSRF-Token")[2]
    if not found:
        found = page.body.decode().partition('name="csrf_token"')[2]
    return next(part for part in found.replace("'", '"').split('"') if len(part) == 64)


def _at_portal(signed_in: Caller) -> Caller:
    portal = Caller(signed_in.app, "")
    portal.client = signed_in.client
    return portal


async def test_a_session_reads_without_more(signed_in, window_2):
    answer = await signed_in.get("/devices")

    assert [device["name"] for device in answer.json["items"]] == ["Window 2"]


async def test_a_session_changes_with_the_token_of_the_pages(signed_in, csrf_token, window_2):
    answer = await signed_in.patch(
        f"/devices/{window_2.id}",
        {"name": "Window 3"},
        X_CSRF_Token=csrf_token,
        Sec_Fetch_Site="same-origin",
    )

    assert (answer.status, answer.json["name"]) == (200, "Window 3")


@pytest.mark.parametrize(
    "headers",
    [
        {"X_CSRF_Token": None},
        {"X_CSRF_Token": "0" * 64},
        {"X_CSRF_Token": "\xe9"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example.net"},
        {"Origin": "null"},
        {"Origin": "https://["},
    ],
)
async def test_a_session_changes_nothing_from_elsewhere(signed_in, csrf_token, window_2, headers):
    answer = await signed_in.patch(
        f"/devices/{window_2.id}", {"name": "Gone"}, **({"X_CSRF_Token": csrf_token} | headers)
    )

    assert_refused(answer, 403, "csrf")
    assert (await signed_in.get(f"/devices/{window_2.id}")).json["name"] == "Window 2"


async def test_our_own_origin_is_the_public_one_too(signed_in, csrf_token, window_2, app):
    app.extensions[EXTENSION].public_url = "https://screens.example.com"
    answer = await signed_in.patch(
        f"/devices/{window_2.id}",
        {"name": "Window 3"},
        X_CSRF_Token=csrf_token,
        Origin="https://screens.example.com",
    )

    assert answer.status == 200


async def test_a_session_idles_away_and_ends_for_good(sign_in, manager, clock, conn):
    signed_in = await sign_in(manager)
    clock.pass_(hours=11)
    assert (await signed_in.get("/devices")).status == 200
    clock.pass_(hours=11)
    assert (await signed_in.get("/devices")).status == 200
    clock.pass_(hours=12, seconds=1)

    assert_refused(await signed_in.get("/devices"), 401, "unauthenticated")


async def test_disabling_somebody_ends_their_sessions(signed_in, conn):
    await conn.execute("UPDATE users SET state = 'disabled'")

    assert_refused(await signed_in.get("/devices"), 401, "unauthenticated")


async def test_signing_out_ends_the_session_on_the_server(app, conn, add_user, manager, now):
    user = await add_user(manager)
    begun = await sessions.begin(conn, user, address="", user_agent="", now=now)
    caller = Caller(app, "/v1/admin")
    cookie = app.extensions["QUART_AUTH"][0].dump_token(begun.token, app)
    caller.client.set_cookie("localhost", "playbill", cookie)
    assert (await caller.get("/devices")).status == 200

    await sessions.end(conn, begun.token, now=now)

    assert_refused(await caller.get("/devices"), 401, "unauthenticated")
