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


async def test_a_store_is_changed_by_who_read_it_last(as_admin, lisbon):
    path = f"/stores/{lisbon.id}"
    read = await as_admin.get(path)

    changed = await as_admin.patch(path, {"address": "Rua 1"}, If_Match=read.headers["ETag"])
    late = await as_admin.patch(path, {"address": "Rua 2"}, If_Match=read.headers["ETag"])

    assert (changed.status, changed.json["address"]) == (200, "Rua 1")
    assert changed.json["updated_at"]
    assert_refused(late, 412, "stale")
    assert (await as_admin.get(path)).headers["ETag"] == changed.headers["ETag"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"opening_hour": {}}, "/opening_hour"),
        ({"timezone": "Lisbon"}, "/timezone"),
        ({"opening_hours": {"monday": []}}, "/opening_hours"),
        (
            {"opening_hours": {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}},
            "/opening_hours/mon",
        ),
        ({"special_days": {"2026-12-24": [["24:00", "08:00"]]}}, "/special_days/2026-12-24"),
    ],
)
async def test_a_wrong_change_of_a_store_is_named(as_admin, lisbon, wrong, pointer):
    answer = await as_admin.patch(f"/stores/{lisbon.id}", wrong)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers[0].startswith(pointer)


async def test_a_manager_changes_hours_and_not_the_zone(as_manager, as_installer, lisbon):
    path = f"/stores/{lisbon.id}"
    hours = {"opening_hours": {"mon": [["08:00", "20:00"]]}}

    assert (await as_manager.patch(path, hours)).json["opening_hours"] == hours["opening_hours"]
    assert_refused(await as_manager.patch(path, {"timezone": "UTC"}), 403, "forbidden")
    assert_refused(await as_installer.patch(path, hours), 403, "forbidden")


async def test_a_store_is_archived_once_it_is_empty(as_admin, window_2, porto):
    standing = await as_admin.delete(f"/stores/{window_2.store_id}")
    assert_refused(standing, 409, "store_has_screens")

    assert (await as_admin.delete(f"/stores/{porto.id}")).status == 204
    assert_refused(await as_admin.get(f"/stores/{porto.id}"), 404, "not_found")
    assert_refused(await as_admin.delete(f"/stores/{porto.id}"), 404, "not_found")


async def test_stores_are_searched_sorted_and_linked(as_admin, lisbon, porto, madrid, window_2):
    first = await as_admin.get("/stores?sort=-screens&limit=2")
    assert first.json["items"][0]["name"] == "Lisbon"
    assert first.json["items"][0]["never"] == first.json["items"][0]["devices"] == 1
    assert 'rel="next"' in first.headers["Link"]
    rest = await as_admin.get(f"/stores?sort=-screens&limit=2&cursor={first.json['next_cursor']}")
    names = [store["name"] for store in first.json["items"] + rest.json["items"]]
    assert sorted(names) == ["Lisbon", "Madrid", "Porto"]

    found = await as_admin.get("/stores?q=opo")
    assert [store["name"] for store in found.json["items"]] == ["Porto"]
    assert_refused(await as_admin.get("/stores?sort=secret"), 422, "invalid")
    assert_refused(await as_admin.get("/stores.csv?sort=secret"), 422, "invalid")


async def test_stores_come_from_a_csv_and_go_into_one(as_admin, lisbon):
    text = "code,name,timezone\nOPO-09,Porto Sul,Europe/Lisbon\nLIS-01,Again,UTC\n"

    dry = await as_admin.post("/stores/import", {"csv": text, "dry_run": True})
    assert [line["outcome"] for line in dry.json["lines"]] == ["held", "refused"]
    taken = await as_admin.post("/stores/import", {"csv": text, "all_or_nothing": False})

    assert (taken.json["taken"], taken.json["refused"]) == (1, 1)
    assert taken.json["lines"][1]["errors"][0]["pointer"] == "/code"
    made = await as_admin.get(f"/stores/{taken.json['lines'][0]['store_id']}")
    assert made.json["code"] == "OPO-09"
    exported = await as_admin.get("/stores.csv")
    assert exported.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert len(exported.body.splitlines()) == 3


async def test_a_group_follows_the_rule_in_its_body(as_admin, window_2, madrid_screen):
    rule = {"store_ids": [str(window_2.store_id)], "models": ["BrightSign XT1145"]}
    made = await as_admin.post("/groups", {"name": "Bright", "rule": rule})
    path = f"/groups/{made.json['id']}"
    assert (made.json["rule"], made.json["devices"]) == (rule, 1)

    wider = await as_admin.patch(path, {"rule": {"models": ["BrightSign XT1145"]}})
    assert wider.json["devices"] == 2
    by_hand = await as_admin.put(f"{path}/devices", {"device_ids": []})
    assert_refused(by_hand, 409, "group_has_rule")
    ended = await as_admin.patch(path, {"rule": None, "name": "By hand"})
    assert (ended.json["rule"], ended.json["devices"], ended.json["name"]) == (None, 2, "By hand")
    assert (await as_admin.put(f"{path}/devices", {"device_ids": []})).json["devices"] == 0


async def test_groups_change_places_at_once(as_admin):
    ids = [(await as_admin.post("/groups", {"name": name})).json["id"] for name in ("A", "B", "C")]

    ordered = await as_admin.put("/groups/order", {"group_ids": ids})

    assert ordered.json["group_ids"] == ids
    listed = (await as_admin.get("/groups?sort=-rank")).json["items"]
    assert [group["name"] for group in listed] == ["A", "B", "C"]
    assert_refused(await as_admin.put("/groups/order", {"group_ids": ids[:2]}), 422, "invalid")


async def test_a_group_is_deleted_unless_it_is_in_use(as_admin, food, playlist):
    target = {"kind": "group", "id": str(food.id)}
    await as_admin.put("/assignments", {"target": target, "playlist_id": str(playlist.id)})

    refused = await as_admin.delete(f"/groups/{food.id}")
    assert_refused(refused, 409, "group_in_use")
    assert "Always on (Always on)" in refused.json["detail"]
    await as_admin.delete(f"/assignments?kind=group&id={food.id}")
    stale = await as_admin.delete(f"/groups/{food.id}", If_Match='"77"')
    assert_refused(stale, 412, "stale")
    assert (await as_admin.delete(f"/groups/{food.id}")).status == 204
    assert_refused(await as_admin.get(f"/groups/{food.id}"), 404, "not_found")


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
    assert (await as_manager.put(path, {"device_ids": [window_2.id]})).json["devices"] == 1
    assert (await as_admin.get(f"/groups/{food.id}")).json["devices"] == 2
    assert (await as_manager.put(path, {"device_ids": []})).json["devices"] == 0
    assert (await as_admin.get(f"/groups/{food.id}")).json["devices"] == 1


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


async def test_a_campaign_is_kept_as_it_was_given(as_manager):
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
    assert (await as_manager.get(f"/campaigns/{made.json['id']}")).json == made.json
