"""What a screen would play: any stretch, layer by layer, what if, and what its own plan lacks."""

from typing import Any

import pytest

from signage import assignments, playlists, schedules
from signage.actors import SYSTEM
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.callers import assert_refused
from tests.unit.conftest import web_page


@pytest.fixture
async def soups(conn, now) -> playlists.Playlist:
    soup = await web_page(conn, "Soup", now)
    items = [NewItem(content_id=soup.id)]
    return await playlists.create(conn, SYSTEM, name="Soups", items=items, now=now)


@pytest.fixture
async def lunch(conn, playlist, soups, window_2, now) -> schedules.Schedule:
    """Soups on Window 2 from noon to two, every day; Lisbon plays "Always on" otherwise."""
    store = Target("store", window_2.store_id)
    await assignments.put(conn, SYSTEM, store, playlist.id, now=now)
    new = schedules.NewSchedule(
        name="Lunch",
        playlist_id=soups.id,
        target=Target("device", window_2.id),
        starts_on=now.date(),
        start_time="12:00",
        end_time="14:00",
        rrule="FREQ=DAILY",
    )
    return await schedules.create(conn, SYSTEM, new, now=now)


DAY = "from=2026-11-24T00:00:00Z&until=2026-11-25T00:00:00Z"


def spans(pieces: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["from"][5:16], one["until"][5:16], one["name"]) for one in pieces]


async def test_a_stretch_is_shown_with_what_each_layer_would_play(
    as_manager, window_2, lunch, playlist
):
    shown = (await as_manager.get(f"/devices/{window_2.id}/preview?{DAY}")).json

    assert spans(shown["plays"]) == [
        ("11-24T00:00", "11-24T12:00", "Always on"),
        ("11-24T12:00", "11-24T14:00", "Lunch"),
        ("11-24T14:00", "11-25T00:00", "Always on"),
    ]
    beneath = {one["layer"]: spans(one["pieces"]) for one in shown["layers"]}
    assert beneath == {
        "device": [("11-24T12:00", "11-24T14:00", "Lunch")],
        "store": [("11-24T00:00", "11-25T00:00", "Always on")],
    }
    assert shown["timezone"] == "Europe/Lisbon"
    assert shown["schedules"] == [{"id": str(lunch.id), "name": "Lunch"}]
    piece = shown["plays"][1]
    assert (piece["kind"], piece["source_id"]) == ("schedule", str(lunch.id))
    assert (piece["layer"], piece["priority"], piece["takeover"]) == ("device", 50, False)


async def test_the_past_is_shown_as_if_today_had_always_been(as_manager, window_2, lunch):
    path = f"/devices/{window_2.id}/preview?from=2026-03-03T00:00:00Z&until=2026-03-04T00:00:00Z"
    assert spans((await as_manager.get(path)).json["plays"]) == [
        ("03-03T00:00", "03-04T00:00", "Always on")
    ]


@pytest.mark.parametrize(
    ("until", "status"),
    [("2026-12-08T00:00:00Z", 200), ("2026-12-08T00:00:01Z", 422), ("2026-11-24T00:00:00Z", 422)],
)
async def test_a_stretch_has_its_bounds(as_manager, window_2, until, status):
    path = f"/devices/{window_2.id}/preview?from=2026-11-24T00:00:00Z&until={until}"
    assert (await as_manager.get(path)).status == status


async def test_what_if_shows_the_difference_and_saves_nothing(
    as_manager, conn, window_2, lunch, soups
):
    body = {
        "from": "2026-11-24T00:00:00Z",
        "until": "2026-11-25T00:00:00Z",
        "off": [str(lunch.id)],
        "add": {
            "playlist_id": str(soups.id),
            "starts_on": "2026-11-24",
            "start_time": "18:00",
            "end_time": "20:00",
            "layer": "store",
            "priority": 10,
        },
    }
    before = await conn.fetchval("SELECT plan_wanted FROM devices")

    shown = (await as_manager.post(f"/devices/{window_2.id}/what-if", body)).json

    assert spans(shown["tried"])[1] == ("11-24T18:00", "11-24T20:00", "What if")
    changes = [
        (one["from"][11:16], one["before"]["name"], one["after"]["name"])
        for one in shown["differences"]
    ]
    assert changes == [("12:00", "Lunch", "Always on"), ("18:00", "Always on", "What if")]
    assert await conn.fetchval("SELECT count(*) FROM schedules WHERE enabled") == 1
    assert await conn.fetchval("SELECT plan_wanted FROM devices") == before


async def test_an_unknown_playlist_cannot_be_tried(as_manager, window_2):
    add = {
        "playlist_id": str(window_2.id),
        "starts_on": "2026-11-24",
        "start_time": "18:00",
        "end_time": "20:00",
    }
    answer = await as_manager.post(f"/devices/{window_2.id}/what-if", {"add": add})
    assert [error["pointer"] for error in answer.json["errors"]] == ["/add/playlist_id"]
    odd = await as_manager.post(f"/devices/{window_2.id}/what-if", {"of": []})
    assert odd.status == 422


async def test_the_plan_a_screen_holds_is_compared_with_the_due_one(
    as_manager, screen, conn, window_2, playlist, soups, now, clock
):
    path = f"/devices/{window_2.id}/plan-lag"
    await assignments.put(conn, SYSTEM, Target("device", window_2.id), playlist.id, now=now)
    none = (await as_manager.get(path)).json
    assert (none["held"], none["known"], none["changes"]) == (None, False, [])
    etag = (await screen.get("/plan")).headers["ETag"].strip('"')
    await screen.post("/heartbeat", {"disk_used_bytes": 1, "plan_etag": etag})
    same = (await as_manager.get(path)).json
    assert (same["held"], same["due"], same["known"], same["changes"]) == (etag, etag, True, [])

    clock.pass_(minutes=1)
    await assignments.put(conn, SYSTEM, Target("device", window_2.id), soups.id, now=clock.now)
    lag = (await as_manager.get(path)).json

    [change] = lag["changes"]
    assert change["from"] == "2026-11-23T12:01:00Z"
    assert (change["held"]["playlist"], change["due"]["playlist"]) == ("Always on", "Soups")
    assert change["held"]["schedule_id"] is None
    assert (lag["new_content"], lag["gone_content"]) == (["Soup, version 1"], ["Menu, version 1"])

    await screen.post("/heartbeat", {"disk_used_bytes": 1, "plan_etag": "another"})
    assert (await as_manager.get(path)).json["known"] is False


async def test_yesterdays_plan_is_compared_as_far_as_both_reach(
    as_manager, screen, conn, window_2, playlist, now, clock
):
    await assignments.put(conn, SYSTEM, Target("device", window_2.id), playlist.id, now=now)
    etag = (await screen.get("/plan")).headers["ETag"].strip('"')
    await screen.post("/heartbeat", {"disk_used_bytes": 1, "plan_etag": etag})
    clock.pass_(days=1)
    lag = (await as_manager.get(f"/devices/{window_2.id}/plan-lag")).json
    assert lag["due"] != lag["held"]
    assert lag["changes"] == []
    # By the time it is a week old they have nothing in common to compare.
    clock.pass_(days=7)
    assert (await as_manager.get(f"/devices/{window_2.id}/plan-lag")).json["changes"] == []


async def test_another_stores_screen_is_not_there(as_madrid_manager, as_installer, window_2):
    for path in ("preview", "plan-lag"):
        answer = await as_madrid_manager.get(f"/devices/{window_2.id}/{path}")
        assert_refused(answer, 404, "not_found")
    answer = await as_madrid_manager.post(f"/devices/{window_2.id}/what-if", {})
    assert_refused(answer, 404, "not_found")
    assert (await as_installer.get(f"/devices/{window_2.id}/preview")).status == 200
