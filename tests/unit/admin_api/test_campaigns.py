"""Campaigns over HTTP: booked, changed, archived, and how they stand."""

import pytest

from signage.ids import new_id
from tests.unit.callers import Answer, Caller, assert_refused

BOOKED = {
    "name": "Autumn coffee",
    "advertiser": "Example Roasters",
    "contract_number": "EX-2041",
    "starts_on": "2026-11-18",
    "ends_on": "2026-11-28",
    "planned_plays": 1100,
}


async def book(caller: Caller, **more: object) -> Answer:
    return await caller.post("/campaigns", BOOKED | more)


async def test_a_campaign_is_booked_and_stands_against_its_plan(as_admin):
    made = await book(as_admin)

    assert (made.status, made.json | BOOKED) == (201, made.json)
    assert (made.json["state"], made.json["played"], made.json["expected_plays"]) == (
        "running", 0, 550,
    )  # fmt: skip
    assert (made.json["pace"], made.json["revision"]) == (0, 1)
    shown = await as_admin.get(f"/campaigns/{made.json['id']}")
    assert (shown.json, shown.headers["ETag"]) == (made.json, '"1"')


async def test_a_change_keeps_what_is_left_out_and_may_be_guarded(as_manager):
    made = await book(as_manager)
    path = f"/campaigns/{made.json['id']}"

    changed = await as_manager.patch(path, {"planned_plays": None}, If_Match=made.headers["ETag"])

    assert (changed.json["planned_plays"], changed.json["advertiser"]) == (
        None, "Example Roasters",
    )  # fmt: skip
    stale = await as_manager.patch(path, {"name": "x"}, If_Match=made.headers["ETag"])
    assert_refused(stale, 412, "stale")
    assert (await as_manager.patch(path, {"name": "Tea"})).json["name"] == "Tea"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"ends_on": "2026-11-17"}, "/ends_on"),
        ({"planned_plays": -1}, "/planned_plays"),
        ({"planned_plays": "many"}, "/planned_plays"),
        ({"starts_on": "soon"}, "/starts_on"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_a_wrong_value_is_named(as_manager, body, pointer):
    made = await book(as_manager)
    for answer in (
        await book(as_manager, **body),
        await as_manager.patch(f"/campaigns/{made.json['id']}", body),
    ):
        assert_refused(answer, 422, "invalid")
        assert answer.pointers == [pointer]


async def test_an_archived_campaign_is_listed_only_where_asked_for(as_manager):
    made = await book(as_manager)
    path = f"/campaigns/{made.json['id']}"

    assert (await as_manager.delete(path)).status == 204

    assert (await as_manager.get("/campaigns")).json["items"] == []
    [archived] = (await as_manager.get("/campaigns?state=archived")).json["items"]
    assert archived["state"] == "archived"
    assert_refused(await as_manager.delete(path), 404, "not_found")
    assert (await as_manager.post(f"{path}/restore")).json["state"] == "running"


async def test_an_absent_campaign_is_not_found(as_manager):
    path = f"/campaigns/{new_id()}"
    for answer in (
        await as_manager.get(path),
        await as_manager.patch(path, {"name": "x"}),
        await as_manager.delete(path),
        await as_manager.post(f"{path}/restore"),
    ):
        assert_refused(answer, 404, "not_found")


async def test_the_list_searches_sorts_and_pages(as_admin):
    for name, planned in (("A", 3), ("B", 1), ("C", 2)):
        await book(as_admin, name=name, planned_plays=planned)

    page = await as_admin.get("/campaigns?q=roasters&sort=-planned_plays&limit=2")
    rest = await as_admin.get(
        f"/campaigns?q=roasters&sort=-planned_plays&cursor={page.json['next_cursor']}"
    )

    assert [one["name"] for one in page.json["items"] + rest.json["items"]] == ["A", "C", "B"]
    assert 'rel="next"' in page.headers["Link"]
    assert (await as_admin.get("/campaigns?q=nobody")).json["items"] == []
    wrong = await as_admin.get("/campaigns?sort=colour")
    assert_refused(wrong, 422, "invalid")
    assert wrong.pointers == ["/sort"]


async def test_an_analyst_reads_and_changes_nothing(as_admin, as_analyst):
    made = await book(as_admin)
    path = f"/campaigns/{made.json['id']}"
    assert (await as_analyst.get(path)).status == 200
    for refused in (
        await book(as_analyst),
        await as_analyst.patch(path, {"name": "x"}),
        await as_analyst.delete(path),
        await as_analyst.post(f"{path}/restore"),
    ):
        assert_refused(refused, 403, "forbidden")
