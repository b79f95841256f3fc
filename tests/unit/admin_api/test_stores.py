"""Stores, groups and campaigns over HTTP."""

import pytest

from signage.ids import new_id
from tests.unit.callers import assert_refused

BRAGA = {"code": "BRA-01", "name": "Braga", "timezone": "Europe/Lisbon"}


async def test_a_store_is_kept_as_it_was_given(as_admin):
    given = BRAGA | {
        "address": "Rua do Souto 1",
        "region": "Norte",
        "opening_hours": {"mon": [["08:00", "13:00"], ["14:00", "24:00"]], "sun": []},
        "closures": ["2026-12-25"],
        "special_days": {"2026-12-24": [["08:00", "12:00"]]},
    }

    made = await as_admin.post("/stores", given)

    assert made.status == 201
    assert {key: made.json[key] for key in given} == given
    assert made.json["devices"] == 0


async def test_a_code_is_one_stores_own(as_admin):
    await as_admin.post("/stores", BRAGA)

    answer = await as_admin.post("/stores", BRAGA | {"name": "Other"})

    assert_refused(answer, 409, "store_code_taken")
    assert len((await as_admin.get("/stores")).json["items"]) == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"code": ""}, "/code"),
        ({"code": "a b"}, "/code"),
        ({"code": "x" * 33}, "/code"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"timezone": "Lisbon"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"address": "x" * 501}, "/address"),
        ({"region": "x" * 201}, "/region"),
        ({"opening_hours": {"mon": [["08:00", "08:00"]]}}, "/opening_hours/mon"),
        ({"opening_hours": {"mon": [["8:00", "20:00"]]}}, "/opening_hours/mon"),
        ({"opening_hours": {"mon": [["08:00", "20:00"]] * 9}}, "/opening_hours/mon"),
        ({"special_days": {"2026-12-24": [["x", "y"]]}}, "/special_days/2026-12-24"),
        ({"closures": ["2026-02-30"]}, "/closures/0"),
        ({"closures": ["2026-12-25"] * 1001}, "/special_days"),
    ],
)
async def test_a_wrong_value_of_a_store_is_named(as_admin, wrong, pointer):
    answer = await as_admin.post("/stores", BRAGA | wrong)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers[0] in (pointer, pointer.replace("/0", "/..."))


async def test_a_group_ranks_above_those_before_it(as_manager):
    ranks = [
        (await as_manager.post("/groups", {"name": name})).json["rank"] for name in ("A", "B", "C")
    ]

    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize("second", [{"name": "Tills"}, {"name": "Other", "rank": 7}])
async def test_a_groups_name_and_rank_are_its_own(as_manager, second):
    await as_manager.post("/groups", {"name": "Tills", "rank": 7})

    assert_refused(await as_manager.post("/groups", second), 409, "group_exists")


async def test_a_group_holds_exactly_the_screens_given(as_admin, food, window_2, madrid_screen):
    path = f"/groups/{food.id}/devices"
    both = [window_2.id, madrid_screen.id, window_2.id]
    assert (await as_admin.put(path, {"device_ids": both})).json["devices"] == 2

    answer = await as_admin.put(path, {"device_ids": [madrid_screen.id]})

    assert (answer.status, answer.json["devices"]) == (200, 1)
    held = (await as_admin.get(f"/devices?group_id={food.id}")).json["items"]
    assert [device["name"] for device in held] == ["Entrance"]


async def test_a_manager_neither_takes_nor_puts_screens_of_other_stores(
    as_admin, as_manager, food, window_2, madrid_screen
):
    path = f"/groups/{food.id}/devices"
    await as_admin.put(path, {"device_ids": [madrid_screen.id]})

    refused = await as_manager.put(path, {"device_ids": [window_2.id, madrid_screen.id]})
    assert_refused(refused, 422, "invalid")
    assert refused.pointers == ["/device_ids"]
    assert (await as_manager.put(path, {"device_ids": [window_2.id]})).json["devices"] == 2
    assert (await as_manager.put(path, {"device_ids": []})).json["devices"] == 1


async def test_unknown_screens_and_groups_are_told_apart(as_admin, food):
    unknown = await as_admin.put(f"/groups/{food.id}/devices", {"device_ids": [new_id()]})
    absent = await as_admin.put(f"/groups/{new_id()}/devices", {"device_ids": []})

    assert_refused(unknown, 422, "invalid")
    assert_refused(absent, 404, "not_found")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"ends_on": "2026-10-31"}, "/ends_on"),
        ({"planned_plays": -1}, "/planned_plays"),
        ({"planned_plays": 2**63}, "/planned_plays"),
        ({"starts_on": "soon"}, "/starts_on"),
    ],
)
async def test_a_wrong_value_of_a_campaign_is_named(as_manager, wrong, pointer):
    given = {"name": "Autumn", "starts_on": "2026-11-01", "ends_on": "2026-11-30"}

    answer = await as_manager.post("/campaigns", given | wrong)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


async def test_a_campaign_is_kept_as_it_was_given(as_manager, as_analyst):
    given = {
        "name": "Autumn",
        "advertiser": "Example Roasters",
        "contract_number": "EX-1",
        "starts_on": "2026-11-01",
        "ends_on": "2026-11-30",
        "planned_plays": 90_000,
    }

    made = await as_manager.post("/campaigns", given)

    assert {key: made.json[key] for key in given} == given
    assert (await as_analyst.get(f"/campaigns/{made.json['id']}")).json == made.json
