"""Detectors: what is wrong opens an incident, which is renewed and ends by itself."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from signage import (
    assignments,
    detectors,
    heartbeats,
    incident_life,
    incident_notes,
    incidents,
    maintenance,
    plans,
    plays,
    settings,
)
from signage.actors import SYSTEM
from signage.ids import new_id
from signage.incidents import Incident
from signage.targets import Target

MINUTE = timedelta(minutes=1)
Beat = Callable[..., Awaitable[None]]


@pytest.fixture
def beat(conn: asyncpg.Connection) -> Beat:
    """Let a screen say something of itself."""

    async def say(device_id: UUID, at: datetime, **said: Any) -> None:
        beat = heartbeats.Heartbeat(**({"disk_used_bytes": 1} | said))
        await heartbeats.record(conn, device_id, beat, address="192.0.2.7", now=at)

    return say


@pytest.fixture
async def on_plan(conn, window_2, playlist, now) -> plans.Plan:
    """Window 2 shows "Always on" day and night, an item of ten seconds."""
    target = Target("device", window_2.id)
    await assignments.put(conn, SYSTEM, target=target, playlist_id=playlist.id, now=now)
    return await plans.current(conn, window_2.id, now=now)


async def look(conn: asyncpg.Connection, at: datetime) -> list[Incident]:
    await detectors.run(conn, now=at)
    return await incidents.list_open(conn, SYSTEM)


def kinds(found: list[Incident]) -> list[str]:
    return [one.kind for one in found]


async def past(conn: asyncpg.Connection, now: datetime) -> list[Incident]:
    filters = incidents.Filters(state="resolved")
    return (await incidents.list_page(conn, SYSTEM, filters, now=now)).items


async def set_(conn: asyncpg.Connection, now: datetime, **values: Any) -> None:
    await settings.change(conn, SYSTEM, settings.Changes(**values), now=now)


# Each detector ------------------------------------------------------------------------------------


async def test_a_screen_that_goes_offline_and_comes_back(conn, beat, window_2, on_plan, now):
    await beat(window_2.id, now)
    assert await look(conn, now + 14 * MINUTE) == []

    [one] = await look(conn, now + 15 * MINUTE)
    assert (one.kind, one.severity, one.device, one.store) == (
        "offline",
        "warning",
        "Window 2",
        "Lisbon",
    )
    assert one.evidence == {"last_seen_at": now.isoformat()}
    assert (one.lost_per_hour, one.opened_at) == (360, now + 15 * MINUTE)
    found = await incidents.find(conn, SYSTEM, one.id, now=now + 75 * MINUTE)
    assert found.plays_lost == 450

    await beat(window_2.id, now + 80 * MINUTE)
    assert await look(conn, now + 80 * MINUTE) == []
    [over] = await past(conn, now)
    assert (over.resolved_at, over.resolved_by, over.plays_lost) == (now + 80 * MINUTE, None, 480)
    history = await incident_notes.list_for(conn, over.id)
    assert [(note.kind, note.actor) for note in history] == [("resolved", ""), ("opened", "")]


async def test_plays_at_stake_make_it_critical(conn, beat, window_2, on_plan, now):
    await beat(window_2.id, now)
    await look(conn, now + 15 * MINUTE)
    await set_(conn, now, critical_plays_per_hour=360)

    [one] = await look(conn, now + 16 * MINUTE)
    assert one.severity == "critical"
    latest = (await incident_notes.list_for(conn, one.id))[0]
    assert latest.text == "It is critical now."


async def test_a_screen_may_be_off_while_its_store_is_closed(conn, beat, window_2, lisbon, now):
    await beat(window_2.id, now)
    await set_(conn, now, offline_only_when_open=True)
    await conn.execute(
        "UPDATE stores SET opening_hours = $1 WHERE id = $2",
        {"mon": [["12:10", "20:00"]]},
        lisbon.id,
    )
    # It opens at 12:10; whoever switches the screen on then has a quarter of an hour for it.
    assert await look(conn, now + 20 * MINUTE) == []
    assert kinds(await look(conn, now + 26 * MINUTE)) == ["offline"]
    assert await look(conn, now + timedelta(hours=9)) == []


async def test_a_screen_that_never_came_online(conn, beat, window_2, now):
    assert await look(conn, now + 59 * MINUTE) == []
    [one] = await look(conn, now + 60 * MINUTE)
    assert (one.kind, one.evidence) == ("never_came_online", {"paired_at": now.isoformat()})
    await beat(window_2.id, now + 61 * MINUTE)
    assert await look(conn, now + 61 * MINUTE) == []


async def test_a_screen_that_keeps_an_old_plan(conn, beat, window_2, on_plan, now):
    for minute in range(0, 11):
        await beat(window_2.id, now + minute * MINUTE, plan_etag="old", now_playing="x")
        found = await look(conn, now + minute * MINUTE)
        assert kinds(found) == ([] if minute < 10 else ["plan_out_of_date"])
    assert found[0].evidence["plan_etag_reported"] == "old"
    at = now + 11 * MINUTE
    await beat(window_2.id, at, plan_etag="older", now_playing="x")
    [one] = await look(conn, at)
    assert (one.id, one.evidence["plan_etag_reported"]) == (found[0].id, "older")
    assert one.updated_at == at
    await beat(window_2.id, at, plan_etag=on_plan.etag, now_playing="x")
    assert await look(conn, at) == []


async def test_a_screen_that_shows_nothing_though_its_plan_has_something(
    conn, beat, window_2, on_plan, now
):
    for minute in range(0, 6):
        await beat(window_2.id, now + minute * MINUTE, plan_etag=on_plan.etag)
        found = await look(conn, now + minute * MINUTE)
        assert kinds(found) == ([] if minute < 5 else ["playing_nothing"])
    await beat(window_2.id, now + 6 * MINUTE, plan_etag=on_plan.etag, last_error="decoder")
    [one] = await look(conn, now + 6 * MINUTE)
    assert one.evidence == {"last_error": "decoder"}
    await beat(window_2.id, now + 7 * MINUTE, plan_etag=on_plan.etag, now_playing="x")
    assert await look(conn, now + 7 * MINUTE) == []


async def test_a_screen_without_a_plan_may_show_nothing(conn, beat, window_2, now):
    etag = (await plans.current(conn, window_2.id, now=now)).etag
    for minute in range(0, 8):
        await beat(window_2.id, now + minute * MINUTE, plan_etag=etag)
        assert await look(conn, now + minute * MINUTE) == []


async def play(
    conn: asyncpg.Connection,
    device_id: UUID,
    plan: plans.Plan,
    at: datetime,
    *,
    result: str = "completed",
) -> None:
    [playlist] = plan.document()["playlists"].values()
    event = {
        "event_id": str(new_id()),
        "event_type": "play",
        "item_id": playlist["items"][0]["item_id"],
        "started_at": at.isoformat(),
        "ended_at": (at + timedelta(seconds=10)).isoformat(),
        "duration_ms": 10_000,
        "result": result,
    }
    [taken] = await plays.ingest(conn, [plays.Batch(device_id, [event])], now=at + MINUTE)
    assert taken.accepted == 1, taken.results


async def test_a_screen_that_says_it_plays_and_reports_none(conn, beat, window_2, on_plan, now):
    on = {"plan_etag": on_plan.etag, "now_playing": "x"}
    for minute in (29, 31, 35):
        await beat(window_2.id, now + minute * MINUTE, **on)
        found = await look(conn, now + minute * MINUTE)
        assert kinds(found) == ([] if minute < 34 else ["silent"])
    await play(conn, window_2.id, on_plan, now + 34 * MINUTE)
    await beat(window_2.id, now + 36 * MINUTE, **on)
    assert await look(conn, now + 36 * MINUTE) == []


async def test_a_screen_whose_plays_fail(conn, beat, window_2, on_plan, now):
    at = now + MINUTE
    on = {"plan_etag": on_plan.etag, "now_playing": "x"}
    for second in (0, 10):
        await play(
            conn, window_2.id, on_plan, now + timedelta(seconds=second), result="content_failed"
        )
    await beat(window_2.id, at, **on)
    assert await look(conn, at) == []
    await play(conn, window_2.id, on_plan, at, result="hardware_failed")
    [one] = await look(conn, at + MINUTE)
    assert one.kind == "playback_errors"
    assert (one.evidence["failed"], one.evidence["plays"]) == (3, 3)
    for number in range(20):
        await play(conn, window_2.id, on_plan, at + timedelta(seconds=20 + 10 * number))
    await beat(window_2.id, at + 4 * MINUTE, **on)
    assert await look(conn, at + 4 * MINUTE) == []


async def test_a_disk_that_fills_up(conn, beat, window_2, now):
    for used, expected in ((89, []), (90, [90]), (95, [95]), (40, [])):
        await beat(window_2.id, now, disk_used_bytes=used * 10**9, disk_total_bytes=10**11)
        found = await look(conn, now)
        assert [one.evidence["percent"] for one in found] == expected
        assert all((one.kind, one.severity) == ("disk_nearly_full", "warning") for one in found)


async def test_a_clock_that_is_off(conn, beat, window_2, now):
    for off, expected in ((119, []), (600, [600_000]), (630, [600_000]), (700, [700_000]), (0, [])):
        await beat(window_2.id, now, sent_at=now - timedelta(seconds=off))
        found = await look(conn, now)
        assert [one.evidence["clock_offset_ms"] for one in found] == expected
        assert all(one.kind == "clock_off" for one in found)


async def test_what_batches_say_of_a_clock_stays_while_heartbeats_say_nothing(
    conn, beat, window_2, now
):
    await incidents.open_for_device(
        conn, window_2.id, kind="clock_off", severity="warning", summary="Off", now=now
    )
    await beat(window_2.id, now)
    assert kinds(await look(conn, now)) == ["clock_off"]


@pytest.mark.parametrize("counter", ["uptime_s", "restarts"])
async def test_a_player_that_starts_again_and_again(conn, beat, window_2, now, counter):
    for start in range(5):
        at = now + start * 2 * MINUTE
        await beat(window_2.id, at, counters={counter: 5 if counter == "uptime_s" else start})
        found = await look(conn, at)
        assert kinds(found) == ([] if start < 4 else ["restart_loop"])
    assert found[0].evidence["restarts"] == 4
    at += 57 * MINUTE
    steady = {"uptime_s": 57 * 60 + 5} if counter == "uptime_s" else {"restarts": 4}
    await beat(window_2.id, at, counters=steady)
    assert await look(conn, at) == []


async def test_files_that_do_not_arrive(conn, beat, window_2, now):
    for minute, missing in ((0, 3), (15, 2), (30, 2), (31, 1), (32, 0)):
        await beat(window_2.id, now + minute * MINUTE, counters={"files_missing": missing})
        found = await look(conn, now + minute * MINUTE)
        assert [one.evidence["files_missing"] for one in found] == (
            [missing] if minute >= 30 and missing else []
        )
        assert all(one.kind == "content_not_downloaded" for one in found)


# A whole store -----------------------------------------------------------------------------------


async def test_a_store_that_goes_dark_is_one_incident(conn, beat, pair, lisbon, madrid_screen, now):
    screens = [(await pair(lisbon, f"Till {n}")).device_id for n in range(5)]
    for n, screen in enumerate(screens):
        await beat(screen, now if n < 2 else now + 2 * MINUTE)
    await beat(madrid_screen.id, now)
    found = await look(conn, now + 15 * MINUTE)
    assert sorted(kinds(found)) == ["offline", "offline", "offline"]

    found = await look(conn, now + 17 * MINUTE)
    assert sorted((one.kind, one.store, one.device) for one in found) == [
        ("offline", "Madrid", "Entrance"),
        ("store_outage", "Lisbon", None),
    ]
    [outage] = [one for one in found if one.kind == "store_outage"]
    assert outage.evidence == {"offline": 5, "screens": 5}
    assert outage.summary.startswith("All 5 screens are offline.")
    folded = [one.folded_into for one in await past(conn, now)]
    assert folded == [outage.id] * 2

    await beat(screens[0], now + 20 * MINUTE)
    [renewed] = [one for one in await look(conn, now + 20 * MINUTE) if one.device is None]
    assert (renewed.id, renewed.evidence["offline"]) == (outage.id, 4)
    assert renewed.summary.startswith("4 of 5 screens are offline.")
    await beat(screens[1], now + 20 * MINUTE)
    found = await look(conn, now + 20 * MINUTE)
    assert sorted(kinds(found)) == ["offline"] * 4
    for screen in (*screens, madrid_screen.id):
        await beat(screen, now + 21 * MINUTE)
    assert await look(conn, now + 21 * MINUTE) == []


# Flapping, hands and maintenance -----------------------------------------------------------------


async def test_what_flaps_is_one_incident(conn, beat, window_2, now):
    await beat(window_2.id, now)
    [first] = await look(conn, now + 20 * MINUTE)
    await beat(window_2.id, now + 21 * MINUTE)
    assert await look(conn, now + 21 * MINUTE) == []
    [again] = await look(conn, now + 40 * MINUTE)
    assert (again.id, again.reopened, again.opened_at) == (first.id, 1, first.opened_at)

    await beat(window_2.id, now + 41 * MINUTE)
    await look(conn, now + 41 * MINUTE)
    [another] = await look(conn, now + 90 * MINUTE)
    assert another.id != first.id


async def test_one_that_was_resolved_by_hand_is_believed_for_a_while(
    conn, beat, window_2, admin, now
):
    await beat(window_2.id, now)
    [one] = await look(conn, now + 20 * MINUTE)
    await incident_life.resolve(conn, admin, one.id, now=now + 20 * MINUTE)
    assert await look(conn, now + 49 * MINUTE) == []
    [another] = await look(conn, now + 51 * MINUTE)
    assert another.id != one.id


@pytest.mark.parametrize("where", ["store", "device"])
async def test_no_incident_opens_in_maintenance(conn, beat, window_2, lisbon, manager, now, where):
    place = {"store_id": lisbon.id} if where == "store" else {"device_id": window_2.id}
    window = maintenance.NewWindow(starts_at=now, ends_at=now + 60 * MINUTE, **place)
    made = await maintenance.plan(conn, manager, window, now=now)
    await beat(window_2.id, now)
    assert await look(conn, now + 59 * MINUTE) == []
    await maintenance.end(conn, manager, made.id, now=now + 59 * MINUTE)
    assert kinds(await look(conn, now + 59 * MINUTE)) == ["offline"]


async def test_retired_screens_are_nobodys_trouble(conn, beat, window_2, now):
    await beat(window_2.id, now)
    assert len(await look(conn, now + 20 * MINUTE)) == 1
    await conn.execute("UPDATE devices SET status = 'retired'")
    assert await look(conn, now + 21 * MINUTE) == []


async def test_one_pass_asks_the_same_statements_of_any_fleet(conn, beat, pair, lisbon, now):
    asked: list[str] = []
    await detectors.run(conn, now=now)
    conn.add_query_logger(lambda record: asked.append(record.query))
    await detectors.run(conn, now=now)
    empty = len(asked)
    for n in range(4):
        await beat((await pair(lisbon, f"Till {n}")).device_id, now)
    asked.clear()
    await detectors.run(conn, now=now + MINUTE)
    assert len(asked) <= empty + 1
    assert empty <= 16
