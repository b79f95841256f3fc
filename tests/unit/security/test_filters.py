"""Filters, sorting and cursors: whatever is typed there is a value, never part of a statement."""

from itertools import cycle, islice

import pytest

# Every name that a list, a report or a page reads from its address.
NAMES = [
    "action",
    "actor",
    "advertiser_id",
    "archived",
    "at",
    "campaign_id",
    "content_id",
    "cursor",
    "date",
    "day",
    "device_id",
    "entity",
    "entity_id",
    "from",
    "group_by",
    "group_id",
    "health",
    "id",
    "kind",
    "limit",
    "name",
    "next",
    "owner_id",
    "period",
    "playlist_id",
    "q",
    "range",
    "result",
    "role",
    "schedule_id",
    "severity",
    "since",
    "sort",
    "state",
    "status",
    "store_id",
    "tab",
    "tag",
    "target",
    "to",
    "until",
    "upcoming",
    "user_id",
    "view",
    "week",
    "zone",
]

HOSTILE = [
    "'",
    "''; DROP TABLE devices; --",
    "1) OR (1=1",
    "name; DELETE FROM stores",
    "-plays,(SELECT 1)",
    "%",
    "\\",
    "$1",
    "\x00",
    "☃" * 300,
    "9" * 40,
    "-1",
]


@pytest.fixture
async def rows(conn, things) -> dict[str, int]:
    """How many rows each table has that a statement slipped in might touch."""
    return await _rows(conn)


async def test_a_filter_is_only_a_value(conn, ana, things, readings, rows):
    # Each page gets four of them in turn, so that each is tried on every kind of page.
    turn = cycle(HOSTILE)
    for route in readings:
        path = route.path(things)
        for hostile in islice(turn, 4):
            answer = await ana.client.get(path, query_string=dict.fromkeys(NAMES, hostile))

            assert answer.status_code < 500, (path, hostile)
    assert await _rows(conn) == rows


async def test_each_filter_alone_is_only_a_value(ana, things, readings):
    # The API refuses at the first wrong value, so each is tried by itself; every list gets some.
    lists = [route for route in readings if route.prefix and not route.arguments]
    for number, route in enumerate(lists):
        for name in NAMES[number % 4 :: 4]:
            answer = await ana.client.get(route.rule, query_string={name: "1' OR '1'='1"})

            assert answer.status_code < 500, (route.rule, name)


@pytest.mark.parametrize("pattern", ["%", "_", "\\", "%%", "'"])
async def test_a_search_means_what_it_says(as_admin, window_2, pattern):
    answer = await as_admin.client.get(
        "/v1/admin/devices", query_string={"q": pattern}, headers=as_admin.headers
    )

    assert (await answer.get_json())["items"] == []


@pytest.mark.parametrize(
    "sort", ["name; DROP TABLE devices", "(SELECT 1)", "plays desc", "password_hash", "1", "--"]
)
async def test_a_report_is_sorted_by_its_own_columns_only(as_admin, sort):
    answer = await as_admin.client.get(
        "/v1/admin/reports/proof-of-play",
        query_string={"from": "2026-11-01", "to": "2026-11-02", "sort": sort},
        headers=as_admin.headers,
    )

    assert answer.status_code == 422
    assert (await answer.get_json())["errors"][0]["pointer"] == "/sort"


async def _rows(conn) -> dict[str, int]:
    tables = ("devices", "stores", "playlists", "content", "users", "schedules", "campaigns")
    return {table: await conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
