"""What a screen was to show at an instant, beside what it told: by the plans that were served."""

from datetime import timedelta
from typing import Any

import pytest

from signage import assignments, playlists
from signage.actors import SYSTEM
from signage.ids import new_id
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.callers import assert_refused
from tests.unit.conftest import web_page


@pytest.fixture
async def ask(as_manager, window_2):
    """Ask for the history of Window 2 at an instant."""

    async def asked(at) -> Any:
        stamp = at.isoformat().replace("+00:00", "Z")
        answer = await as_manager.get(f"/devices/{window_2.id}/history?at={stamp}")
        assert answer.status == 200, answer.body
        return answer.json

    return asked


@pytest.fixture
async def menu_item(conn, screen, window_2, playlist, now) -> str:
    """The item that Window 2 was given at noon, to play day and night."""
    await assignments.put(conn, SYSTEM, Target("device", window_2.id), playlist.id, now=now)
    [loop] = (await screen.get("/plan")).json["playlists"].values()
    item_id: str = loop["items"][0]["item_id"]
    return item_id


async def told(screen, item_id: str, at, result: str = "completed", **more: Any) -> None:
    event = {
        "event_id": str(new_id()),
        "event_type": "play",
        "result": result,
        "started_at": at.isoformat(),
        "duration_ms": 10_000,
        "item_id": item_id,
    }
    answer = await screen.post("/events", {"events": [event | more]})
    assert answer.json["accepted"] == 1, answer.json


async def test_the_play_that_came_in_stands_beside_what_was_foreseen(
    ask, screen, menu_item, clock, now, menu, playlist
):
    clock.pass_(minutes=10)
    for seconds in (290, 300, 310):
        await told(screen, menu_item, now + timedelta(seconds=seconds))

    found = await ask(now + timedelta(seconds=305))

    assert found["verdict"] == "as_planned"
    assert found["fetched_in_time"] is True
    assert found["due"]["fetched_at"] == "2026-11-23T12:00:00Z"
    foreseen = found["due"]["foreseen"]
    assert (foreseen["content_id"], foreseen["content"]) == (str(menu.id), "Menu")
    assert (foreseen["playlist"], foreseen["schedule"]) == ("Always on", None)
    assert (foreseen["from"], foreseen["until"]) == (
        "2026-11-23T12:05:00Z",
        "2026-11-23T12:05:10Z",
    )
    assert found["play"]["started_at"] == "2026-11-23T12:05:00Z"
    assert [play["started_at"][-4:-1] for play in found["around"]] == [":50", ":00", ":10"]


async def test_a_plan_that_was_due_but_not_fetched_left_the_former_on_screen(
    ask, conn, screen, menu_item, window_2, clock, now
):
    clock.pass_(minutes=1)
    soup = await web_page(conn, "Soup", clock.now)
    soups = await playlists.create(
        conn, SYSTEM, name="Soups", items=[NewItem(content_id=soup.id)], now=clock.now
    )
    await assignments.put(conn, SYSTEM, Target("device", window_2.id), soups.id, now=clock.now)
    await screen.post("/heartbeat", {"disk_used_bytes": 1})
    clock.pass_(minutes=10)
    await told(screen, menu_item, now + timedelta(minutes=5))

    found = await ask(now + timedelta(minutes=5))

    assert found["due"]["foreseen"]["content"] == "Soup"
    assert (found["fetched_in_time"], found["due"]["fetched_at"]) == (False, None)
    assert found["held"]["foreseen"]["content"] == "Menu"
    assert found["verdict"] == "as_planned"

    await screen.get("/plan")
    again = await ask(now + timedelta(minutes=5))
    assert again["due"]["fetched_at"] == "2026-11-23T12:11:00Z"
    assert again["fetched_in_time"] is False
    assert (await ask(clock.now))["fetched_in_time"] is True


async def test_what_played_else_and_what_failed_is_said(ask, screen, menu_item, clock, now):
    clock.pass_(hours=1)
    await told(screen, menu_item, now + timedelta(minutes=5), "content_failed", error="404")

    found = await ask(now + timedelta(minutes=5, seconds=1))

    assert found["verdict"] == "failed"
    assert (found["play"]["result"], found["play"]["error"]) == ("content_failed", "404")


async def test_without_a_play_it_is_said_whether_the_screen_was_there(
    ask, screen, menu_item, clock, now
):
    await screen.post("/heartbeat", {"disk_used_bytes": 1})
    clock.pass_(hours=2)

    noon, later = await ask(now + timedelta(minutes=1)), await ask(now + timedelta(minutes=90))

    assert (noon["verdict"], noon["minutes_online"]) == ("not_reported", 3)
    assert (later["verdict"], later["minutes_online"]) == ("offline", 0)
    assert later["play"] is None


async def test_before_its_first_plan_and_after_now_there_is_nothing_to_tell(ask, menu_item, now):
    before = await ask(now - timedelta(hours=1))
    assert (before["verdict"], before["due"], before["held"]) == ("no_plan", None, None)
    after = await ask(now + timedelta(hours=1))
    assert (after["verdict"], after["due"]["foreseen"]["content"]) == ("still_to_come", "Menu")


async def test_a_hole_in_the_plan_is_called_one(ask, screen, window_2, clock, now):
    await screen.get("/plan")
    clock.pass_(minutes=1)
    found = await ask(now)
    assert (found["verdict"], found["due"]["foreseen"]) == ("nothing_planned", None)


async def test_another_stores_screen_has_no_history(as_madrid_manager, as_analyst, window_2):
    path = f"/devices/{window_2.id}/history"
    assert_refused(await as_madrid_manager.get(path), 404, "not_found")
    assert_refused(await as_analyst.get(path), 403, "forbidden")


async def test_an_instant_is_an_instant(as_manager, window_2):
    answer = await as_manager.get(f"/devices/{window_2.id}/history?at=yesterday")
    assert_refused(answer, 422, "invalid")
