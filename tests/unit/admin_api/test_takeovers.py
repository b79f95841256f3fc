"""Takeovers over HTTP: a playlist in front of everything, now, and for as long as was said."""

from typing import Any

import pytest

from signage.ids import new_id
from tests.unit.callers import assert_refused

FLEET = {"kind": "fleet"}


@pytest.fixture
def alarm(playlist: Any) -> dict[str, Any]:
    """Ten minutes of the playlist on every screen."""
    return {"playlist_id": str(playlist.id), "target": FLEET, "minutes": 10}


async def test_it_plays_from_this_second_for_the_minutes_given(as_admin, alarm, screen):
    answer = await as_admin.post("/takeovers", alarm)

    assert answer.status == 201
    started = answer.json
    assert answer.headers["Location"] == f"/v1/admin/takeovers/{started['id']}"
    assert started["started_at"] == "2026-11-23T12:00:00Z"
    assert started["ends_at"] == "2026-11-23T12:10:00Z"
    assert (started["ended_at"], started["screens"]) == (None, 1)
    [window] = (await screen.get("/plan")).json["windows"]
    assert window["takeover"] is True
    assert (window["from"], window["until"]) == (started["started_at"], started["ends_at"])


async def test_over_midnight_it_ends_on_the_next_day(as_admin, alarm, clock, screen):
    clock.pass_(hours=11, minutes=55)
    started = (await as_admin.post("/takeovers", alarm)).json

    assert started["ends_at"] == "2026-11-24T00:05:00Z"
    [window] = (await screen.get("/plan")).json["windows"]
    assert window["until"] == "2026-11-24T00:05:00Z"


async def test_a_whole_day_is_the_most(as_admin, alarm, screen):
    started = (await as_admin.post("/takeovers", alarm | {"minutes": 1440})).json
    assert started["ends_at"] == "2026-11-24T12:00:00Z"
    [window] = (await screen.get("/plan")).json["windows"]
    assert window["until"] == "2026-11-24T12:00:00Z"

    for minutes in (0, 1441):
        answer = await as_admin.post("/takeovers", alarm | {"minutes": minutes})
        assert [error["pointer"] for error in answer.json["errors"]] == ["/minutes"]


async def test_ended_early_the_screens_go_back(as_admin, alarm, clock, screen):
    started = (await as_admin.post("/takeovers", alarm)).json
    clock.pass_(minutes=3)

    answer = await as_admin.post(f"/takeovers/{started['id']}/end")

    assert answer.json["ended_at"] == "2026-11-23T12:03:00Z"
    assert (await screen.get("/plan")).json["windows"] == []
    assert_refused(await as_admin.post(f"/takeovers/{started['id']}/end"), 409, "conflict")


async def test_over_it_is_over_by_itself(as_admin, alarm, clock):
    started = (await as_admin.post("/takeovers", alarm)).json
    clock.pass_(minutes=10)

    [listed] = (await as_admin.get("/takeovers")).json["items"]
    assert listed["ended_at"] == "2026-11-23T12:10:00Z"
    assert_refused(await as_admin.post(f"/takeovers/{started['id']}/end"), 409, "conflict")


async def test_a_manager_takes_over_the_own_stores_only(as_manager, alarm, lisbon, madrid):
    own = alarm | {"target": {"kind": "store", "id": str(lisbon.id)}}
    assert (await as_manager.post("/takeovers", own)).json["target_name"] == "Lisbon"
    assert_refused(await as_manager.post("/takeovers", alarm), 403, "forbidden")
    foreign = alarm | {"target": {"kind": "store", "id": str(madrid.id)}}
    assert (await as_manager.post("/takeovers", foreign)).status == 422


async def test_another_stores_takeover_is_not_there(as_manager, as_madrid_manager, alarm, lisbon):
    own = alarm | {"target": {"kind": "store", "id": str(lisbon.id)}}
    started = (await as_manager.post("/takeovers", own)).json

    path = f"/takeovers/{started['id']}"
    assert_refused(await as_madrid_manager.get(path), 404, "not_found")
    assert_refused(await as_madrid_manager.post(f"{path}/end"), 404, "not_found")
    assert (await as_madrid_manager.get("/takeovers")).json["items"] == []


async def test_a_playlist_that_is_not_there_is_refused(as_admin, alarm):
    answer = await as_admin.post("/takeovers", alarm | {"playlist_id": str(new_id())})
    assert [error["pointer"] for error in answer.json["errors"]] == ["/playlist_id"]


async def test_it_stands_in_the_audit_log(as_admin, alarm, conn):
    started = (await as_admin.post("/takeovers", alarm)).json
    await as_admin.post(f"/takeovers/{started['id']}/end")

    rows = await conn.fetch(
        "SELECT action FROM audit_log WHERE entity_id = $1 ORDER BY seq", started["id"]
    )
    assert [row["action"] for row in rows] == ["schedules.create", "schedules.archive"]


async def test_whom_it_would_interrupt_is_counted_store_by_store(
    as_admin, as_manager, screen, lisbon, madrid, madrid_screen
):
    answer = await as_admin.get("/takeovers/reach?kind=fleet")
    assert answer.json["screens"] == 2
    assert {(one["store"], one["screens"]) for one in answer.json["stores"]} == {
        ("Lisbon", 1),
        ("Madrid", 1),
    }
    own = await as_manager.get(f"/takeovers/reach?kind=store&id={lisbon.id}")
    assert (own.json["screens"], own.json["stores"][0]["store_id"]) == (1, str(lisbon.id))
    foreign = await as_manager.get(f"/takeovers/reach?kind=store&id={madrid.id}")
    assert [error["pointer"] for error in foreign.json["errors"]] == ["/id"]
    assert_refused(await as_manager.get("/takeovers/reach?kind=fleet"), 403, "forbidden")
    assert (await as_admin.get("/takeovers/reach?kind=planet")).status == 422
