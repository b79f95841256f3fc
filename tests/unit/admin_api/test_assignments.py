"""Assignments and schedules over HTTP: what plays where, within one's own stores."""

from typing import Any

import pytest

from signage.ids import new_id
from tests.unit.callers import Caller, assert_refused

LUNCH = {
    "name": "Lunch",
    "starts_on": "2026-11-23",
    "start_time": "12:00",
    "end_time": "14:00",
    "rrule": "FREQ=DAILY",
}


def store(lisbon: Any) -> dict[str, Any]:
    return {"kind": "store", "id": str(lisbon.id)}


async def put(caller: Caller, target: dict[str, Any], playlist: Any) -> Any:
    body = {"target": target, "playlist_id": str(getattr(playlist, "id", playlist))}
    return await caller.put("/assignments", body)


async def test_a_target_has_one_playlist_and_the_last_put_counts(
    as_manager, as_admin, lisbon, playlist
):
    other = (await as_manager.post("/playlists", {"name": "Lunch"})).json["id"]
    first = await put(as_manager, store(lisbon), playlist)
    second = await put(as_manager, store(lisbon), other)

    assert (first.status, second.status) == (200, 200)
    assert first.json["id"] == second.json["id"]
    [listed] = (await as_manager.get("/assignments")).json["items"]
    assert (listed["target"], listed["playlist"]) == (store(lisbon), "Lunch")


async def test_every_kind_of_target_takes_a_playlist(as_admin, lisbon, food, window_2, playlist):
    targets = [
        {"kind": "device", "id": str(window_2.id)},
        {"kind": "group", "id": str(food.id)},
        store(lisbon),
        {"kind": "fleet"},
    ]
    for target in targets:
        assert (await put(as_admin, target, playlist)).json["target"] == target

    listed = (await as_admin.get("/assignments")).json["items"]
    assert [item["target"] for item in listed] == targets
    one = await as_admin.get(f"/assignments?kind=group&id={food.id}")
    assert [item["target"] for item in one.json["items"]] == [targets[1]]
    fleet = await as_admin.get("/assignments?kind=fleet")
    assert [item["target"] for item in fleet.json["items"]] == [targets[3]]


async def test_an_assignment_is_taken_away_once(as_admin, lisbon, playlist):
    await put(as_admin, store(lisbon), playlist)
    await put(as_admin, {"kind": "fleet"}, playlist)

    for query in (f"kind=store&id={lisbon.id}", "kind=fleet"):
        assert (await as_admin.delete(f"/assignments?{query}")).status == 204
        assert_refused(await as_admin.delete(f"/assignments?{query}"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("", "/kind"), ("kind=moon", "/kind"), ("kind=store", "/id"), ("kind=store&id=x", "/id")],
)
async def test_a_wrong_target_to_take_from_is_named(as_admin, query, pointer):
    answer = await as_admin.delete(f"/assignments?{query}")

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


@pytest.mark.parametrize(
    ("target", "pointer"),
    [
        ({"kind": "store"}, "/target/id"),
        ({"kind": "fleet", "id": str(new_id())}, "/target/id"),
        ({"kind": "store", "id": str(new_id())}, "/target/id"),
        ({"kind": "device", "id": str(new_id())}, "/target/id"),
        ({"kind": "group", "id": str(new_id())}, "/target/id"),
        ({"kind": "moon"}, "/target/kind"),
        ({}, "/target/kind"),
    ],
)
async def test_a_wrong_target_is_named(as_admin, playlist, target, pointer):
    answer = await put(as_admin, target, playlist)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


async def test_a_playlist_that_is_not_there_is_named(as_manager, lisbon):
    answer = await put(as_manager, store(lisbon), new_id())

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/playlist_id"]


async def test_nobody_programs_beyond_their_stores(
    as_manager, madrid, madrid_screen, food, playlist
):
    for target, status in (
        ({"kind": "store", "id": str(madrid.id)}, 422),
        ({"kind": "device", "id": str(madrid_screen.id)}, 422),
        ({"kind": "group", "id": str(food.id)}, 403),
        ({"kind": "fleet"}, 403),
    ):
        assigned = await put(as_manager, target, playlist)
        body = LUNCH | {"target": target, "playlist_id": str(playlist.id)}
        scheduled = await as_manager.post("/schedules", body)

        assert (assigned.status, scheduled.status) == (status, status)
    assert (await as_manager.get("/assignments")).json["items"] == []
    assert (await as_manager.get("/schedules")).json["items"] == []


async def test_assignments_of_other_stores_are_not_listed(
    as_admin, as_manager, madrid, madrid_screen, playlist
):
    await put(as_admin, store(madrid), playlist)
    await put(as_admin, {"kind": "device", "id": str(madrid_screen.id)}, playlist)

    assert (await as_manager.get("/assignments")).json["items"] == []


# Schedules ----------------------------------------------------------------------------------------


async def schedule(caller: Caller, target: dict[str, Any], playlist: Any, **more: Any) -> Any:
    body = LUNCH | {"target": target, "playlist_id": str(playlist.id)} | more
    return await caller.post("/schedules", body)


async def test_a_schedule_is_kept_as_it_was_meant(as_manager, lisbon, playlist):
    made = await schedule(
        as_manager,
        store(lisbon),
        playlist,
        ends_on="2026-12-24",
        exdates=["2026-12-08"],
        rdates=["2026-12-31"],
        timezone="Europe/Lisbon",
        priority=80,
        only_when_open=True,
    )

    assert made.status == 201
    kept = (await as_manager.get(f"/schedules/{made.json['id']}")).json
    assert kept == made.json
    assert kept["target"] == store(lisbon)
    assert (kept["start_time"], kept["end_time"]) == ("12:00:00", "14:00:00")
    assert (kept["exdates"], kept["rdates"]) == (["2026-12-08"], ["2026-12-31"])
    assert (kept["priority"], kept["takeover"], kept["enabled"]) == (80, False, True)


async def test_a_schedule_is_put_away_once(as_manager, lisbon, playlist):
    made = await schedule(as_manager, store(lisbon), playlist)
    path = f"/schedules/{made.json['id']}"

    assert (await as_manager.delete(path)).status == 204
    assert_refused(await as_manager.delete(path), 404, "not_found")
    assert_refused(await as_manager.get(path), 404, "not_found")
    assert (await as_manager.get("/schedules")).json["items"] == []


async def test_a_schedule_of_another_store_is_absent(as_admin, as_madrid_manager, lisbon, playlist):
    made = await schedule(as_admin, store(lisbon), playlist)
    path = f"/schedules/{made.json['id']}"

    assert_refused(await as_madrid_manager.get(path), 404, "not_found")
    assert_refused(await as_madrid_manager.delete(path), 404, "not_found")
    assert (await as_madrid_manager.get("/schedules")).json["items"] == []
    assert (await as_admin.get(path)).status == 200


async def test_a_fleet_schedule_is_seen_by_a_store_but_not_taken_away(
    as_admin, as_manager, playlist
):
    made = await schedule(as_admin, {"kind": "fleet"}, playlist)
    path = f"/schedules/{made.json['id']}"

    assert (await as_manager.get(path)).status == 200
    assert_refused(await as_manager.delete(path), 403, "forbidden")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"priority": 101}, "/priority"),
        ({"priority": -1}, "/priority"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"start_time": "25:00"}, "/start_time"),
        ({"start_time": "noon"}, "/start_time"),
        ({"rrule": "FREQ=SOMETIMES"}, "/rrule"),
        ({"rrule": "FREQ=SECONDLY"}, "/rrule"),
        ({"rrule": "FREQ=DAILY;" + "X" * 600}, "/rrule"),
        ({"starts_on": "2026-02-30"}, "/starts_on"),
        ({"playlist_id": str(new_id())}, "/playlist_id"),
        ({"repeat": True}, "/repeat"),
    ],
)
async def test_a_wrong_schedule_is_named_and_not_kept(as_admin, lisbon, playlist, wrong, pointer):
    answer = await schedule(as_admin, store(lisbon), playlist, **wrong)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]
    assert (await as_admin.get("/schedules")).json["items"] == []
