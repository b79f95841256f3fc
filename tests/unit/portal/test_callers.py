"""Who may open which page: every route of the portal by everybody, signed in or not."""

from datetime import timedelta

import pytest

from signage.actors import Actor
from signage.ids import new_id
from tests.unit.matrix import NOBODY, Row, browser_of, listed, served, visitor

EVERYBODY = frozenset({"admin", "manager", "installer", "analyst", "advertiser"})
VISITORS = EVERYBODY | {"visitor"}
WATCHES = frozenset({"admin", "manager", "installer"})
PROGRAMS = frozenset({"admin", "manager"})
REPORTS = frozenset({"admin", "manager", "analyst", "advertiser"})
READS = frozenset({"admin", "manager", "installer", "analyst"})
ADMINISTERS = frozenset({"admin"})

# Every route, with a form that is right as far as it goes, and the roles that are not refused.
# A page for whoever is not signed in says VISITORS. A new route is one more line.
ROUTES: list[Row] = [
    ("GET", "/", None, EVERYBODY),
    ("GET", "/account", None, EVERYBODY),
    ("POST", "/account", {"name": "Ana"}, EVERYBODY),
    ("POST", "/account/password", {"current": "x", "password": "x"}, EVERYBODY),
    ("POST", "/account/sessions/end-others", {}, EVERYBODY),
    ("POST", f"/account/sessions/{NOBODY}/end", {}, EVERYBODY),
    ("GET", "/account/two-factor", None, EVERYBODY),
    ("POST", "/account/two-factor", {}, EVERYBODY),
    ("POST", "/account/two-factor/codes", {}, EVERYBODY),
    ("POST", "/account/two-factor/off", {}, EVERYBODY),
    ("GET", "/audit", None, ADMINISTERS),
    ("GET", "/audit.csv", None, ADMINISTERS),
    ("GET", f"/calendar/{NOBODY}", None, VISITORS),
    ("GET", "/campaigns", None, REPORTS),
    ("GET", "/campaigns/new", None, PROGRAMS),
    ("POST", "/campaigns/new", {"name": "Autumn"}, PROGRAMS),
    ("GET", f"/campaigns/{NOBODY}", None, REPORTS),
    ("POST", f"/campaigns/{NOBODY}/archive", {}, PROGRAMS),
    ("GET", f"/campaigns/{NOBODY}/edit", None, PROGRAMS),
    ("POST", f"/campaigns/{NOBODY}/edit", {"name": "Winter"}, PROGRAMS),
    ("POST", f"/campaigns/{NOBODY}/restore", {}, PROGRAMS),
    ("GET", "/content", None, PROGRAMS),
    ("POST", "/content", {"name": "Menu"}, PROGRAMS),
    ("POST", "/content/bulk", {"do": "archive", "ids": NOBODY}, PROGRAMS),
    ("POST", "/content/folders/rename", {"from": "a", "to": "b"}, PROGRAMS),
    ("GET", "/content/web-page", None, PROGRAMS),
    (
        "POST",
        "/content/web-page",
        {"name": "Menu", "url": "https://menus.example.com/"},
        PROGRAMS,
    ),
    ("GET", f"/content/{NOBODY}", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/approve", {}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/archive", {}, PROGRAMS),
    ("GET", f"/content/{NOBODY}/edit", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/edit", {"name": "Menu of today"}, PROGRAMS),
    ("GET", f"/content/{NOBODY}/file", None, PROGRAMS),
    ("GET", f"/content/{NOBODY}/history", None, PROGRAMS),
    ("GET", f"/content/{NOBODY}/poster", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/publish", {}, PROGRAMS),
    ("GET", f"/content/{NOBODY}/recall", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/recall", {"reason": "Wrong price"}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/reject", {"reason": "Wrong price"}, PROGRAMS),
    ("GET", f"/content/{NOBODY}/replace", None, PROGRAMS),
    ("POST", f"/content/{NOBODY}/restore", {}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/submit", {}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/unarchive", {}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/unpublish", {}, PROGRAMS),
    ("POST", f"/content/{NOBODY}/versions", {}, PROGRAMS),
    ("GET", "/devices", None, WATCHES),
    ("GET", "/devices.csv", None, WATCHES),
    ("POST", "/devices/bulk", {"do": "restart", "ids": NOBODY}, PROGRAMS),
    ("POST", "/devices/views", {"name": "Offline", "query": "health=offline"}, WATCHES),
    ("POST", f"/devices/views/{NOBODY}", {"name": "Offline"}, WATCHES),
    ("POST", f"/devices/views/{NOBODY}/delete", {}, WATCHES),
    ("GET", f"/devices/{NOBODY}", None, WATCHES),
    ("GET", f"/devices/{NOBODY}/audit", None, WATCHES),
    ("GET", f"/devices/{NOBODY}/commands", None, WATCHES),
    ("POST", f"/devices/{NOBODY}/commands", {"kind": "reload"}, PROGRAMS),
    ("GET", f"/devices/{NOBODY}/incidents", None, WATCHES),
    ("GET", f"/devices/{NOBODY}/plan", None, WATCHES),
    ("GET", f"/devices/{NOBODY}/plans", None, WATCHES),
    ("POST", f"/devices/{NOBODY}/playlist", {"playlist_id": NOBODY}, PROGRAMS),
    ("GET", f"/devices/{NOBODY}/plays", None, WATCHES),
    ("POST", f"/devices/{NOBODY}/reinstate", {}, PROGRAMS),
    ("POST", f"/devices/{NOBODY}/retire", {}, PROGRAMS),
    ("POST", f"/devices/{NOBODY}/revoke", {}, PROGRAMS),
    ("GET", f"/devices/{NOBODY}/screenshot", None, WATCHES),
    ("GET", f"/devices/{NOBODY}/settings", None, WATCHES),
    ("POST", f"/devices/{NOBODY}/settings", {"name": "Tills", "store_id": NOBODY}, PROGRAMS),
    ("GET", "/forgot-password", None, VISITORS),
    ("POST", "/forgot-password", {"email": "x@example.com"}, VISITORS),
    ("GET", "/gallery", None, EVERYBODY),
    ("GET", "/groups", None, READS),
    ("GET", "/groups/new", None, PROGRAMS),
    ("POST", "/groups/new", {"name": "Tills"}, PROGRAMS),
    ("POST", "/groups/order", {}, PROGRAMS),
    ("GET", f"/groups/{NOBODY}", None, READS),
    ("GET", f"/groups/{NOBODY}/add", None, PROGRAMS),
    ("POST", f"/groups/{NOBODY}/delete", {}, PROGRAMS),
    ("POST", f"/groups/{NOBODY}/devices", {"do": "remove", "ids": NOBODY}, PROGRAMS),
    ("GET", f"/groups/{NOBODY}/edit", None, PROGRAMS),
    ("POST", f"/groups/{NOBODY}/edit", {"name": "Tills"}, PROGRAMS),
    ("GET", "/incidents", None, WATCHES),
    ("POST", "/incidents/acknowledge", {"ids": NOBODY}, PROGRAMS),
    ("GET", f"/incidents/{NOBODY}", None, WATCHES),
    ("POST", f"/incidents/{NOBODY}/acknowledge", {}, PROGRAMS),
    ("POST", f"/incidents/{NOBODY}/assign", {"user_id": NOBODY}, PROGRAMS),
    ("POST", f"/incidents/{NOBODY}/note", {"text": "Called them"}, WATCHES),
    ("POST", f"/incidents/{NOBODY}/resolve", {}, PROGRAMS),
    ("POST", f"/incidents/{NOBODY}/snooze", {"hours": "4"}, PROGRAMS),
    ("GET", f"/invitations/{NOBODY}", None, VISITORS),
    ("POST", f"/invitations/{NOBODY}", {}, VISITORS),
    ("GET", "/maintenance", None, WATCHES),
    (
        "POST",
        "/maintenance",
        {"store_id": NOBODY, "starts_in": "0", "hours": "2"},
        PROGRAMS,
    ),
    ("POST", f"/maintenance/{NOBODY}/end", {}, PROGRAMS),
    ("GET", "/pair", None, WATCHES),
    ("POST", "/pair", {"code": "BCDF-GHJK"}, WATCHES),
    ("GET", f"/pair/claims/{NOBODY}", None, WATCHES),
    ("GET", "/pair/codes", None, WATCHES),
    ("POST", f"/pair/codes/batches/{NOBODY}/sheet", {"ttl_s": "86400"}, WATCHES),
    ("GET", "/pair/codes/import", None, WATCHES),
    ("POST", "/pair/codes/import", {"csv": "store,name\nLIS-01,Till"}, WATCHES),
    ("GET", "/pair/codes/new", None, WATCHES),
    ("POST", "/pair/codes/new", {"store_id": NOBODY, "name": "Till"}, WATCHES),
    ("GET", "/pair/codes/sample.csv", None, WATCHES),
    ("POST", "/pair/codes/sheet", {"csv": "store,name\nLIS-01,Till"}, WATCHES),
    ("POST", f"/pair/codes/{NOBODY}/revoke", {}, WATCHES),
    ("POST", "/pair/deny", {"code": "BCDF-GHJK"}, WATCHES),
    ("GET", "/plan-explorer", None, WATCHES),
    ("GET", "/playlists", None, PROGRAMS),
    ("POST", "/playlists", {"name": "Lunch"}, PROGRAMS),
    ("GET", f"/playlists/{NOBODY}", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/archive", {}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/assign", {"kind": "device", "id": NOBODY}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/bulk", {"do": "remove", "ids": NOBODY}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/duplicate", {}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/items", {"content_id": NOBODY}, PROGRAMS),
    ("GET", f"/playlists/{NOBODY}/items/{NOBODY}", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/items/{NOBODY}", {"duration_s": "8"}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/items/{NOBODY}/remove", {}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/name", {"name": "Lunch"}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/order", {"item": NOBODY, "to": "1"}, PROGRAMS),
    ("GET", f"/playlists/{NOBODY}/places", None, PROGRAMS),
    ("GET", f"/playlists/{NOBODY}/preview", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/publish", {}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/redo", {}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/restore", {}, PROGRAMS),
    ("GET", f"/playlists/{NOBODY}/standing", None, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/unassign", {"kind": "device", "id": NOBODY}, PROGRAMS),
    ("POST", f"/playlists/{NOBODY}/undo", {}, PROGRAMS),
    ("GET", "/proof-of-play", None, REPORTS),
    ("GET", "/proof-of-play.csv", None, REPORTS),
    ("GET", f"/reset/{NOBODY}", None, VISITORS),
    ("POST", f"/reset/{NOBODY}", {}, VISITORS),
    ("GET", "/schedules", None, PROGRAMS),
    ("GET", "/schedules/import", None, PROGRAMS),
    ("POST", "/schedules/import", {"text": "BEGIN:VCALENDAR", "target": "fleet"}, PROGRAMS),
    ("GET", "/schedules/new", None, PROGRAMS),
    ("POST", "/schedules/new", {"name": "Lunch", "starts_on": "2026-11-23"}, PROGRAMS),
    ("GET", "/schedules/subscribe", None, PROGRAMS),
    ("POST", "/schedules/subscribe", {"store_id": NOBODY}, PROGRAMS),
    ("POST", f"/schedules/subscribe/{NOBODY}/revoke", {}, PROGRAMS),
    ("GET", f"/schedules/{NOBODY}", None, PROGRAMS),
    ("POST", f"/schedules/{NOBODY}/archive", {}, PROGRAMS),
    ("GET", f"/schedules/{NOBODY}/edit", None, PROGRAMS),
    ("POST", f"/schedules/{NOBODY}/edit", {"name": "Lunch"}, PROGRAMS),
    ("POST", f"/schedules/{NOBODY}/leave-out", {"on": "2026-11-24"}, PROGRAMS),
    (
        "POST",
        f"/schedules/{NOBODY}/move",
        {"on": "2026-11-23", "date": "2026-11-24"},
        PROGRAMS,
    ),
    ("GET", f"/schedules/{NOBODY}/roll-out", None, PROGRAMS),
    ("GET", f"/set-up/{NOBODY}", None, VISITORS),
    ("POST", f"/set-up/{NOBODY}", {}, VISITORS),
    ("GET", "/settings", None, ADMINISTERS),
    ("POST", "/settings", {}, ADMINISTERS),
    ("GET", "/settings/keys", None, ADMINISTERS),
    ("GET", "/settings/keys/new", None, ADMINISTERS),
    ("POST", "/settings/keys/new", {"name": "Till system", "role": "manager"}, ADMINISTERS),
    ("POST", f"/settings/keys/{NOBODY}/revoke", {}, ADMINISTERS),
    ("POST", "/settings/test-mail", {}, ADMINISTERS),
    ("GET", "/sign-in", None, VISITORS),
    ("POST", "/sign-in", {"email": "x@example.com", "password": "x"}, VISITORS),
    ("GET", "/sign-in/code", None, VISITORS),
    ("POST", "/sign-in/code", {}, VISITORS),
    ("GET", "/stores", None, READS),
    ("GET", "/stores.csv", None, READS),
    ("GET", "/stores/import", None, ADMINISTERS),
    ("POST", "/stores/import", {}, ADMINISTERS),
    ("GET", "/stores/import/sample.csv", None, ADMINISTERS),
    ("GET", "/stores/new", None, ADMINISTERS),
    (
        "POST",
        "/stores/new",
        {"code": "FAR-01", "name": "Faro", "timezone": "Europe/Lisbon"},
        ADMINISTERS,
    ),
    ("GET", f"/stores/{NOBODY}", None, READS),
    ("POST", f"/stores/{NOBODY}/archive", {}, ADMINISTERS),
    ("GET", f"/stores/{NOBODY}/edit", None, PROGRAMS),
    (
        "POST",
        f"/stores/{NOBODY}/edit",
        {"code": "LIS-01", "name": "Lisbon", "timezone": "Europe/Lisbon"},
        PROGRAMS,
    ),
    ("POST", f"/stores/{NOBODY}/playlist", {"playlist_id": NOBODY}, PROGRAMS),
    ("GET", "/takeovers", None, PROGRAMS),
    ("POST", "/takeovers", {"playlist_id": NOBODY, "target": "fleet", "minutes": "5"}, PROGRAMS),
    ("GET", "/takeovers/new", None, PROGRAMS),
    ("POST", f"/takeovers/{NOBODY}/end", {}, PROGRAMS),
    ("POST", "/theme", {"theme": "dark"}, VISITORS),
    ("GET", "/users", None, ADMINISTERS),
    ("POST", f"/users/invitations/{NOBODY}/send", {}, ADMINISTERS),
    ("POST", f"/users/invitations/{NOBODY}/withdraw", {}, ADMINISTERS),
    ("GET", "/users/invite", None, ADMINISTERS),
    ("POST", "/users/invite", {"email": "new@example.com", "role": "analyst"}, ADMINISTERS),
    ("GET", f"/users/{NOBODY}", None, ADMINISTERS),
    ("POST", f"/users/{NOBODY}", {"name": "Bruno", "role": "manager"}, ADMINISTERS),
    ("POST", f"/users/{NOBODY}/disable", {}, ADMINISTERS),
    ("POST", f"/users/{NOBODY}/enable", {}, ADMINISTERS),
    ("POST", f"/users/{NOBODY}/reset-link", {}, ADMINISTERS),
    ("POST", f"/users/{NOBODY}/reset-two-factor", {}, ADMINISTERS),
    # The last, as it ends the session that the others are tried with.
    ("POST", "/sign-out", {}, EVERYBODY),
]


def test_every_page_stands_in_the_table(app):
    assert served(app, lambda rule: rule.endpoint.startswith("portal.")) == listed(ROUTES)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
async def test_a_role_is_refused_exactly_what_it_may_not(app, sign_in, role):
    somebody = await browser_of(sign_in, Actor("user", new_id(), "Somebody", role, []))
    for method, path, form, allowed in ROUTES:
        answer = await somebody(method, path, form)

        refused = answer.status == 403 and b"Ask an administrator" in answer.body
        assert refused == (role not in allowed), (method, path, answer.status)
        assert answer.status < 500, (method, path)
        assert answer.status != 401 or path == "/sign-in", (method, path)


@pytest.mark.parametrize("who", ["stranger", "disabled", "idle", "long ago", "signed out"])
async def test_who_is_not_signed_in_gets_no_further_than_signing_in(
    app, sign_in, conn, clock, admin, who
):
    somebody = visitor(app) if who == "stranger" else await browser_of(sign_in, admin)
    match who:
        case "disabled":
            await conn.execute("UPDATE users SET state = 'disabled'")
        case "idle":
            clock.pass_(hours=12, seconds=1)
        case "long ago":
            await conn.execute("UPDATE sessions SET expires_at = $1", clock.now)
        case "signed out":
            await conn.execute("UPDATE sessions SET ended_at = $1", clock.now - timedelta(hours=1))
    for method, path, form, allowed in ROUTES:
        answer = await somebody(method, path, form)

        sent_away = answer.status == 302 and answer.headers["Location"].startswith("/sign-in?next=")
        assert sent_away or "visitor" in allowed, (method, path, answer.status)
        assert answer.status < 500, (method, path)


async def test_a_key_or_a_screens_token_opens_no_page(app, as_admin, screen):
    for caller in (as_admin, screen):
        caller.prefix = ""
        for method, path, _, allowed in ROUTES:
            if method == "GET" and "visitor" not in allowed:
                assert (await caller.get(path)).status == 302, path
