"""What holds for every noun: lists and cursors, errors by name, limits, and hostile input."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from signage import playlists, stores
from signage.actors import SYSTEM
from tests.unit.callers import assert_refused
from web import rate_limits
from web.services import EXTENSION

STORE = {"code": "BRA-01", "name": "Braga", "timezone": "Europe/Lisbon"}
LISTS = ["/campaigns", "/claims", "/content", "/devices", "/groups", "/playlists", "/schedules"]


async def open_stores(conn: Any, count: int, now: Any) -> None:
    for number in range(count):
        new = stores.NewStore(code=f"S{number}", name=f"Store {number % 2}", timezone="UTC")
        await stores.create(conn, SYSTEM, new, now=now)


async def test_a_list_is_read_by_its_links_without_gap_or_repeat(as_admin, conn, now):
    await open_stores(conn, 5, now)
    seen, path = [], "/stores?limit=2"
    while path:
        answer = await as_admin.get(path)
        seen += [(store["name"], store["id"]) for store in answer.json["items"]]
        link = answer.headers.get("Link", "")
        if answer.json["next_cursor"] is None:
            assert link == ""
            break
        assert link.endswith('>; rel="next"')
        following = urlsplit(link[1:].partition(">")[0])
        assert parse_qs(following.query) == {
            "limit": ["2"],
            "cursor": [answer.json["next_cursor"]],
        }
        path = f"{following.path.removeprefix('/v1/admin')}?{following.query}"

    assert len(seen) == 5
    assert seen == sorted(set(seen))


async def test_a_link_keeps_filters_and_follows_the_public_url(as_admin, conn, app, pair, lisbon):
    app.extensions[EXTENSION].public_url = "https://screens.example.com"
    for name in ("Till 1", "Till 2"):
        await pair(lisbon, name)

    answer = await as_admin.get("/devices?limit=1&q=Till&status=active", Host="evil.example.net")

    link = answer.headers["Link"]
    assert link.startswith("<https://screens.example.com/v1/admin/devices?limit=1&q=Till&status=")


@pytest.mark.parametrize("path", ["/stores", *LISTS])
async def test_a_page_holds_1_to_1000(as_admin, path):
    for limit in ("1", "1000"):
        assert (await as_admin.get(f"{path}?limit={limit}")).status == 200
    for limit in ("1001", "0", "-1", "x", "", "1e3", "%D9%A1", "000000001001", "9" * 5000):
        answer = await as_admin.get(f"{path}?limit={limit}")

        assert_refused(answer, 422, "invalid")
        assert answer.pointers == ["/limit"]


@pytest.mark.parametrize("path", ["/stores", *LISTS])
async def test_a_cursor_that_no_list_gave_is_refused(as_admin, path):
    for cursor in ("x", "%00", "bnVsbA", "W10", "WyJhIiwiYiJd", "%C3%A9", "WzEsMl0", "====="):
        answer = await as_admin.get(f"{path}?cursor={cursor}")

        assert_refused(answer, 422, "invalid")
        assert answer.pointers == ["/cursor"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("store_id=x", "/store_id"),
        ("status=asleep", "/status"),
        ("health=fine", "/health"),
        ("group_id=1", "/group_id"),
    ],
)
async def test_a_wrong_filter_is_named(as_admin, query, pointer):
    answer = await as_admin.get(f"/devices?{query}")

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


@pytest.mark.parametrize(
    "query", ["q=%00", "tag=%00", "q=%25", "q=\\", "tag=%F0%9F%8D%8B", "q=%FF"]
)
async def test_no_search_is_a_fault_of_ours(as_admin, window_2, query):
    assert (await as_admin.get(f"/devices?{query}")).status in (200, 422)


CREATES: list[tuple[str, dict[str, Any]]] = [
    ("/stores", STORE),
    ("/groups", {"name": "Tills"}),
    ("/campaigns", {"name": "Summer"}),
    ("/content", {"kind": "url", "url": "https://menus.example.com"}),
    ("/playlists", {"name": "Lunch"}),
]


@pytest.mark.parametrize(("path", "body"), CREATES)
async def test_what_is_made_is_found_where_it_says(as_admin, path, body):
    made = await as_admin.post(path, body)

    assert made.status == 201, made.body
    assert made.headers["Location"] == f"/v1/admin{path}/{made.json['id']}"
    assert {"id", "created_at", "updated_at", "revision"} <= set(made.json)
    assert made.headers["ETag"] == f'"{made.json["revision"]}"'
    found = await as_admin.get(f"{path}/{made.json['id']}")
    assert (found.status, found.json) == (200, made.json)
    listed = (await as_admin.get(path)).json["items"]
    assert made.json["id"] in [item["id"] for item in listed]


@pytest.mark.parametrize(("path", "body"), CREATES)
async def test_an_unknown_field_is_refused_by_name(as_admin, conn, path, body):
    before = await conn.fetchval("SELECT count(*) FROM audit_log")

    answer = await as_admin.post(path, body | {"colour": "red"})

    assert_refused(answer, 422, "invalid")
    [error] = answer.json["errors"]
    assert (error["pointer"], error["code"]) == ("/colour", "unknown_field")
    assert await conn.fetchval("SELECT count(*) FROM audit_log") == before


@pytest.mark.parametrize(("path", "body"), CREATES)
async def test_a_missing_field_is_named(as_admin, path, body):
    for name in body:
        answer = await as_admin.post(path, {key: body[key] for key in body if key != name})

        assert_refused(answer, 422, "invalid")
        [error] = answer.json["errors"]
        assert (error["pointer"], error["code"]) == (f"/{name}", "missing_field")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "not_json"),
        (b"{", 400, "not_json"),
        (b'{"name":"\\ud800"}', 400, "not_json"),
        (b'{"name":"\xff"}', 400, "not_json"),
        (b'{"rank":NaN,"name":"x"}', 400, "not_json"),
        (b'{"name":"a\\u0000b"}', 422, "invalid"),
        (b'{"name":"x","rank":2147483648}', 422, "invalid"),
        (b'{"name":"x","rank":1.5}', 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b'{"name":"' + b"x" * 1024 * 1024 + b'"}', 413, "too_large"),
    ],
)
async def test_a_broken_body_is_refused_and_nothing_is_kept(as_admin, body, status, code):
    assert_refused(await as_admin.post("/groups", body), status, code)

    assert (await as_admin.get("/groups")).json["items"] == []


HOSTILE = [
    None, True, -1, 0, 2**31, 2**63, 2**64, 10**400, 1e308, "", " ", "\x00", "x" * 20_000,
    "🍋", "\u202e", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2026-11-23T12:00:00", "2026-11-23T12:00:00Z",
    "https://[", "24:00", [], [[]], [None], ["\x00"], ["x" * 20_000], {},
    {"": 1}, {"mon": [["24:00", "24:00"]]},
    {"0001-01-01": [["08:00", "20:00"]]}, {"kind": "device"}, {"kind": "fleet", "id": "x"},
]  # fmt: skip

FIELDS = {
    "/stores": "code name timezone address region opening_hours closures special_days",
    "/groups": "name rank",
    "/campaigns": "name advertiser contract_number starts_on ends_on planned_plays",
    "/content": "kind url name campaign_id tags folder valid_from valid_until",
    "/playlists": "name items draft",
    "/schedules": "name playlist_id target starts_on ends_on start_time end_time all_day rrule "
    "exdates rdates timezone priority takeover only_when_open enabled",
    "/claims": "store_id name group_ids ttl_s",
}


@pytest.mark.parametrize("path", sorted(FIELDS))
async def test_no_value_of_a_create_is_a_fault_of_ours(
    as_admin, monkeypatch, lisbon, playlist: playlists.Playlist, path
):
    monkeypatch.setattr(rate_limits.RateLimit, "take", lambda *_: None)
    right = dict(CREATES) | {
        "/claims": {"store_id": lisbon.id},
        "/schedules": {
            "name": "Lunch",
            "playlist_id": playlist.id,
            "target": {"kind": "store", "id": lisbon.id},
            "starts_on": "2026-11-23",
            "all_day": True,
        },
    }
    for field in FIELDS[path].split():
        for value in HOSTILE:
            sent = json.dumps(right[path] | {field: value}, default=str).encode()
            answer = await as_admin.post(path, sent)

            assert answer.status in (201, 400, 409, 422), (field, value, answer.body)


@pytest.mark.parametrize("field", ["name", "store_id", "group_ids", "tags", "notes", "status"])
async def test_no_value_of_a_change_is_a_fault_of_ours(as_admin, window_2, field):
    for value in HOSTILE:
        sent = json.dumps({field: value}).encode()
        answer = await as_admin.patch(f"/devices/{window_2.id}", sent)

        assert answer.status in (200, 400, 422), (value, answer.body)


ITEM_FIELDS = (
    "content_id playlist_id duration_ms version campaign_id not_before not_after weight id"
)


@pytest.mark.parametrize("field", ITEM_FIELDS.split())
async def test_no_value_of_an_item_is_a_fault_of_ours(as_admin, menu, field):
    right = {"content_id": str(menu.id), "not_before": "2026-11-23T12:00:00Z"}
    for value in HOSTILE:
        sent = json.dumps({"name": "Lunch", "items": [right | {field: value}]}).encode()
        answer = await as_admin.post("/playlists", sent)

        assert answer.status in (201, 400, 409, 422), (value, answer.body)


@pytest.mark.parametrize(
    "at",
    ["x", "2026-11-23", "2026-11-23T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z",
     "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "%00", "2026-11-23T12:00:00%2B01:00",
     "1850-01-01T00:00:00Z", "2999-01-01T00:00:00Z"],
)  # fmt: skip
@pytest.mark.parametrize("view", ["plan", "explain"])
async def test_no_instant_is_a_fault_of_ours(as_admin, window_2, at, view):
    answer = await as_admin.get(f"/devices/{window_2.id}/{view}?at={at}")

    assert answer.status in (200, 422), answer.body
    if answer.status == 422:
        assert answer.pointers == ["/at"]


@pytest.mark.parametrize("path", ["/nowhere", "/devices/x", "/devices/1/commands", "/stores/"])
async def test_what_is_not_there_is_404(as_admin, path):
    assert_refused(await as_admin.get(path), 404, "not_found")


async def test_a_wrong_method_names_the_right_ones(as_admin):
    answer = await as_admin.put("/stores", STORE)

    assert_refused(answer, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].replace(" ", "").split(","))


async def test_form_data_is_415_where_json_is_meant(as_admin):
    answer = await as_admin.post(
        "/stores", b"code=x", Content_Type="application/x-www-form-urlencoded"
    )
    assert_refused(answer, 415, "unsupported_media_type")


async def test_a_key_sees_how_much_of_its_limit_is_left(as_admin, monkeypatch):
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: 1000.0)
    answers = [await as_admin.get("/groups") for _ in range(2)]

    assert answers[0].headers["RateLimit-Policy"] == '"default";q=1200;w=60'
    assert [answer.headers["RateLimit"] for answer in answers] == [
        '"default";r=599;t=60',
        '"default";r=598;t=60',
    ]


async def test_no_secret_is_in_any_answer(app, as_admin, paired, conn, sign_in, admin):
    await sign_in(admin)
    hashes = await conn.fetchrow("SELECT token_hash, refresh_hash FROM devices")
    for path in ("/stores", *LISTS, f"/devices/{paired.device_id}"):
        body = (await as_admin.get(path)).body.decode()

        for secret in ("_hash", "pbd1_", "pbr1_", "pbk1_", "dpc_", hashes["token_hash"].hex()):
            assert secret not in body
