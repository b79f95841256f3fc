"""What a device did, over HTTP: its places, health, incidents and plays."""

from datetime import timedelta

import pytest

from signage import assignments, incidents
from signage.actors import SYSTEM
from signage.ids import new_id
from signage.targets import Target
from tests.unit.callers import assert_refused


async def test_places_are_listed_the_latest_first(as_admin, window_2, porto, clock):
    clock.pass_(hours=1)
    await as_admin.patch(f"/devices/{window_2.id}", {"store_id": porto.id})

    items = (await as_admin.get(f"/devices/{window_2.id}/placements")).json["items"]

    assert [(place["store"], place["until"]) for place in items] == [
        ("Porto", None),
        ("Lisbon", "2026-11-23T13:00:00Z"),
    ]


async def test_health_has_a_line_for_each_day(as_manager, screen, window_2, clock):
    await screen.post("/heartbeat", {"disk_used_bytes": 5, "last_error": "stalled"})
    clock.pass_(minutes=1)

    items = (await as_manager.get(f"/devices/{window_2.id}/health")).json["items"]

    assert [day["day"] for day in items][::6] == ["2026-11-17", "2026-11-23"]
    today = items[-1]
    assert (today["online_minutes"], today["expected_minutes"]) == (2, 2)
    assert (today["error_minutes"], today["disk_used_bytes"]) == (1, 5)


@pytest.mark.parametrize("days", ["0", "91", "x", "-1", "1e1", "9999", "%D9%A3"])
async def test_wrong_days_are_named(as_manager, window_2, days):
    answer = await as_manager.get(f"/devices/{window_2.id}/health?days={days}")

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/days"]


async def test_incidents_are_listed_open_and_past(as_manager, conn, window_2, now):
    for hours, kind in ((3, "offline"), (2, "clock_drift"), (1, "offline")):
        await incidents.open_for_device(
            conn,
            window_2.id,
            kind=kind,
            severity="warning",
            summary=f"It is {kind}.",
            now=now - timedelta(hours=hours),
        )
        if hours == 3:
            await conn.execute("UPDATE incidents SET resolved_at = $1", now - timedelta(hours=2))
    path = f"/devices/{window_2.id}/incidents"

    items = (await as_manager.get(path)).json["items"]

    assert [(one["kind"], one["resolved_at"] is None) for one in items] == [
        ("offline", True),
        ("clock_drift", True),
        ("offline", False),
    ]
    page = (await as_manager.get(f"{path}?limit=2")).json
    rest = (await as_manager.get(f"{path}?limit=2&cursor={page['next_cursor']}")).json
    assert page["items"] + rest["items"] == items


async def test_plays_are_listed_play_by_play(as_manager, screen, conn, window_2, playlist, now):
    await assignments.put(conn, SYSTEM, Target("fleet"), playlist.id, now=now)
    plan = (await screen.get("/plan")).json
    [loop] = plan["playlists"].values()
    told = [
        {
            "event_id": str(new_id()),
            "event_type": "play",
            "result": "completed",
            "started_at": (now - timedelta(minutes=minutes)).isoformat(),
            "duration_ms": 10_000,
            "item_id": loop["items"][0]["item_id"],
        }
        for minutes in (3, 1, 2)
    ]
    sent = await screen.post("/events", {"events": told})
    assert sent.json["accepted"] == 3, sent.body
    path = f"/devices/{window_2.id}/plays"

    items = (await as_manager.get(path)).json["items"]

    assert [one["event_id"] for one in items] == [told[place]["event_id"] for place in (1, 2, 0)]
    assert {(one["content"], one["store"], one["result"]) for one in items} == {
        ("Menu", "Lisbon", "completed")
    }
    page = (await as_manager.get(f"{path}?limit=2")).json
    rest = (await as_manager.get(f"{path}?limit=2&cursor={page['next_cursor']}")).json
    assert page["items"] + rest["items"] == items
