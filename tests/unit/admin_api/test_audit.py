"""The audit log at the admin API: filters, pages, and what an entry says."""

import pytest

from signage import audit, devices
from tests.unit.callers import assert_refused


@pytest.fixture
async def renamed(conn, admin, window_2, now):
    return await devices.change(conn, admin, window_2.id, devices.Changes(name="Window 3"), now=now)


async def test_an_entry_says_what_was_before_and_after(as_admin, admin, renamed):
    [entry] = (await as_admin.get("/audit?action=devices.change")).json["items"]

    assert entry["what"] == "Renamed the screen Window 2 to Window 3"
    assert (entry["actor_kind"], entry["actor_id"]) == ("user", str(admin.id))
    assert (entry["entity"], entry["entity_id"]) == ("device", str(renamed.id))
    assert (entry["before"]["name"], entry["after"]["name"]) == ("Window 2", "Window 3")
    assert [change["field"] for change in entry["changes"]] == ["name"]
    assert entry["id"] == str(entry["seq"])
    assert len(entry["hash"]) == 64


async def test_the_latest_stands_first_and_pages_go_back(as_admin, conn, admin, now):
    for number in range(5):
        await audit.record(conn, admin, action="x.do", entity="x", entity_id=number, now=now)

    first = await as_admin.get("/audit?action=x.do&limit=3")
    rest = await as_admin.get(f"/audit?action=x.do&limit=3&cursor={first.json['next_cursor']}")

    assert [entry["entity_id"] for entry in first.json["items"]] == ["4", "3", "2"]
    assert [entry["entity_id"] for entry in rest.json["items"]] == ["1", "0"]
    assert rest.json["next_cursor"] is None
    assert 'rel="next"' in first.headers["Link"]
    assert "action=x.do" in first.headers["Link"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("actor=bob", "/actor"), ("from=yesterday", "/from"), ("limit=0", "/limit")],
)
async def test_a_filter_that_is_none_is_refused(as_admin, query, pointer):
    answer = await as_admin.get(f"/audit?{query}")

    assert (answer.status, answer.pointers) == (422, [pointer])


async def test_a_cursor_from_elsewhere_is_refused(as_admin):
    answer = await as_admin.get("/audit?cursor=WyJhIl0")

    assert (answer.status, answer.pointers) == (422, ["/cursor"])


async def test_managers_see_only_the_trail_on_their_screens(as_manager, conn, manager, renamed):
    assert_refused(await as_manager.get("/audit"), 403, "forbidden")
    assert_refused(await as_manager.get("/audit.csv"), 403, "forbidden")

    trail = await audit.list_for(conn, manager, entity="device", entity_id=renamed.id, limit=10)
    assert [entry.action for entry in trail] == ["devices.change", "pairing.redeem"]
    assert {entry.address for entry in trail} == {None}
