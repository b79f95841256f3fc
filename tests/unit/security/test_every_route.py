"""What holds for every route, whoever wrote it: each is found in the url map and tried."""

import re
from itertools import cycle

import pytest

from tests.unit.admin_api.test_callers import ROUTES as CALLS
from tests.unit.callers import Caller
from tests.unit.device_api.test_callers import ROUTES as OF_SCREENS
from tests.unit.matrix import API, NOBODY, browser_of, listed, pattern, send, served, visitor
from tests.unit.portal.test_callers import ROUTES as PAGES
from tests.unit.security import real_things

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/static/<>/<>"),
    ("GET", "/player"),
    ("GET", "/player/shell.json"),
    ("GET", "/player/sw.js"),
    ("GET", "/player/static/<>/<>"),
}
"""What anybody may fetch: it tells nothing of an installation."""

NEAR = {("GET", "/metrics")}
"""What is answered to this machine, or to who has its token (tests/unit/playbill/test_metrics)."""

OF_ONE_STORE = frozenset(
    {
        "batch_id",
        "claim_id",
        "command_id",
        "device_id",
        "feed_id",
        "incident_id",
        "schedule_id",
        "store_id",
        "takeover_id",
        "window_id",
    }
)
"""What is found by those only who reach its store."""

OF_NO_STORE = {
    "the library that all stores program from": {
        "campaign_id",
        "content_id",
        "etag",
        "group_id",
        "item_id",
        "playlist_id",
    },
    "administrators' own": {"invitation_id", "key_id", "user_id"},
    "somebody's own": {"session_id", "upload_id", "view_id"},
    "a secret by itself": {"token"},
    "a day, or one of two words": {"on", "way"},
}
"""What else a path may name, and why no store limits it."""


def test_every_route_belongs_to_a_table(app):
    tables = listed(PAGES) | listed(CALLS, API) | listed(OF_SCREENS, "/v1/device") | PUBLIC | NEAR

    assert served(app, lambda rule: True) == tables


async def test_what_is_public_needs_nobody(app):
    stranger = Caller(app, "")
    for _, path in PUBLIC:
        answer = await stranger.get(path.replace("<>", "x"))

        assert answer.status == (404 if "<>" in path else 200), path
        assert "Set-Cookie" not in answer.headers, path


# Another store's rows -----------------------------------------------------------------------------


def test_every_id_is_known_to_be_of_a_store_or_of_none(routes):
    named = {name for route in routes for name in route.arguments}

    assert named - OF_ONE_STORE - set().union(*OF_NO_STORE.values()) == set()


@pytest.mark.parametrize("htmx", [None, "true"], ids=["page", "fragment"])
async def test_another_stores_row_answers_like_an_absent_one(
    sign_in, madrid_manager, things, routes, htmx
):
    marta = await browser_of(sign_in, madrid_manager)
    shared = {name: id_ for name, id_ in things.items() if name not in OF_ONE_STORE}
    scoped = [route for route in routes if OF_ONE_STORE.intersection(route.arguments)]
    told = []
    for route in scoped:
        theirs = await send(marta, route, things, HX_Request=htmx)
        absent = await send(marta, route, shared, HX_Request=htmx)

        same = _told(theirs, things) == _told(absent, things)
        if not same or (theirs.status, absent.status) not in ((404, 404), (403, 403)):
            told.append((route.method, route.rule, theirs.status, absent.status))
    assert told == []
    assert len(scoped) > 15


def _told(answer, things) -> str:
    """Return an answer without what differs between any two: ids and the request's number."""
    text = re.sub("[0-9a-f]{32}", "", answer.body.decode())
    for id_ in (*things.values(), NOBODY):
        text = text.replace(str(id_), "")
    return text


# Reading changes nothing --------------------------------------------------------------------------

COUNTED = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS changes
FROM pg_stat_xact_user_tables WHERE schemaname = 'playbill'"""

DERIVED = {"devices", "device_plans", "plan_items", "playout_plans", "playout_plan_items"}
"""Where a plan is kept once it is made: what follows from the configuration, and when it did."""

MAKES_A_PLAN = re.compile("(/v1/admin)?/devices/<>(/.*)?|/pair/claims/<>")
"""Pages of a screen: whoever is first to look at a new plan, has it made."""


async def written(conn) -> dict[str, int]:
    """Return how many rows this transaction has written so far, by table."""
    return {row["relname"]: row["changes"] for row in await conn.fetch(COUNTED)}


async def test_reading_changes_nothing(conn, ana, things, readings):
    await ana.get("/")
    wrote = {}
    for route in readings:
        before = await written(conn)
        answer = await send(ana, route, things)
        after = await written(conn)

        assert answer.status < 500, route.rule
        changed = {table for table in after if after[table] != before.get(table, 0)}
        allowed = DERIVED if MAKES_A_PLAN.fullmatch(pattern(route.rule)) else set()
        if changed - allowed:
            wrote[route.rule] = changed - allowed
    assert wrote == {}
    assert len(readings) > 30


# Forms of elsewhere -------------------------------------------------------------------------------


FORGED = [
    {"X_CSRF_Token": "0" * 64},
    {"X_CSRF_Token": "\xe9"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "https://evil.example.net"},
    {"Origin": "null"},
]


async def test_no_form_of_elsewhere_is_taken(app, conn, ana, things, changes):
    await ana.get("/")
    stranger = visitor(app)
    before = await written(conn)
    for route, forged in zip(changes, cycle(FORGED), strict=False):
        for headers in ({"X_CSRF_Token": None}, {"Sec_Fetch_Site": "cross-site"}, forged):
            assert (await send(ana, route, things, **headers)).status == 403, route.rule
        if not route.prefix:
            unproven = await send(stranger, route, things, X_CSRF_Token=None)
            assert unproven.status == 403, route.rule
    assert await written(conn) == before
    assert len(changes) > 30


# Every change is in the log -----------------------------------------------------------------------

UNAUDITED = {
    "/theme": "it changes a cookie of the browser's and nothing here",
    "/sign-in": "somebody who is signed in is only sent on",
    "/sign-in/code": "nobody waits for a code here, so one is sent back to the start",
    "/forgot-password": "nobody has this address, and nobody is to learn that",
    "/settings/test-mail": "a mail is sent and nothing is changed",
    "/v1/admin/settings/test-mail": "a mail is sent and nothing is changed",
    "/v1/admin/devices/<uuid:device_id>/what-if": "what would play is worked out, and not kept",
    "/pair/codes/import": "the file is only looked through before it is taken",
}
"""What answers well without an entry, and why."""


async def test_every_change_is_in_the_audit_log(conn, ana, things, changes, now):
    filling = await real_things.make(conn, things, now=now)
    done, refused, unaudited = [], {}, []
    for route in changes:
        savepoint = conn.transaction()
        await savepoint.start()
        before = await conn.fetchval("SELECT max(seq) FROM audit_log")
        answer = await send(ana, *real_things.fill(route, filling, things))
        after = await conn.fetchval("SELECT max(seq) FROM audit_log")
        await savepoint.rollback()
        name = f"{route.method} {route.rule}"
        if answer.status >= 400:
            refused[name] = answer.status
        else:
            done.append(name)
            if after == before and route.rule not in UNAUDITED:
                unaudited.append(name)
    assert unaudited == []
    assert {name: refused[name] for name in filling if name in refused} == {}
    assert filling.keys() <= set(done), "a route that there is none of"
    assert len(done) > len(changes) * 2 / 3, done
