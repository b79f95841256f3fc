"""Heartbeats: what a screen reports stands in its row, and the answer sets its pace."""

from datetime import datetime, timedelta

import pytest

from signage import commands, devices
from signage.actors import SYSTEM
from tests.unit.callers import assert_refused

LEAST = {"disk_used_bytes": 1}


@pytest.fixture
def reported(conn, paired, clock):
    """What the console shows of Window 2 now."""

    async def load() -> devices.Device:
        return await devices.find(conn, SYSTEM, paired.device_id, now=clock.now)

    return load


async def test_everything_a_screen_reports_is_kept(screen, reported, now, menu):
    sent = {
        "now_playing": {"item_id": "k7f3", "started_at": "2026-11-23T11:59:55Z", "frame": 1500},
        "disk_used_bytes": 3_000_000_000,
        "disk_total_bytes": 16_000_000_000,
        "plan_etag": "abc",
        "last_error": "decoder stalled",
        "counters": {"plays": 7, "any key": 0},
        "sent_at": "2026-11-23T11:55:00Z",
        "player_version": "1.5.0",
        "device_info": {"serial": "L8D25A001234", "os": "9.1"},
    }

    answer = await screen.post("/heartbeat", sent)

    assert answer.status == 200
    device = await reported()
    assert device.last_seen_at == now
    assert device.health == "online"
    assert device.now_playing == {
        "item_id": "k7f3",
        "started_at": "2026-11-23T11:59:55Z",
        "frame": 1500,
    }
    assert (device.disk_used_bytes, device.disk_total_bytes) == (3_000_000_000, 16_000_000_000)
    assert (device.plan_etag_reported, device.last_error) == ("abc", "decoder stalled")
    assert device.counters == {"plays": 7, "any key": 0}
    assert device.clock_offset_ms == 5 * 60 * 1000
    assert (device.player_version, device.device_info) == ("1.5.0", sent["device_info"])


async def test_the_answer_has_the_plan_the_pace_and_the_commands(screen, now):
    answer = await screen.post("/heartbeat", LEAST)

    assert set(answer.json) == {
        "server_time",
        "plan_etag",
        "heartbeat_interval_s",
        "plan_poll_s",
        "commands",
    }
    assert datetime.fromisoformat(answer.json["server_time"]) == now
    assert 54 <= answer.json["heartbeat_interval_s"] <= 66
    assert 54 <= answer.json["plan_poll_s"] <= 66
    assert answer.json["commands"] == []
    assert (await screen.get("/plan")).headers["ETag"] == f'"{answer.json["plan_etag"]}"'


async def test_the_paces_of_a_fleet_differ(screen):
    paces = {
        (await screen.post("/heartbeat", LEAST)).json["heartbeat_interval_s"] for _ in range(20)
    }

    assert len(paces) > 1


async def test_the_least_heartbeat_keeps_what_it_does_not_speak_of(screen, reported):
    await screen.post("/heartbeat", LEAST | {"player_version": "1.5.0", "disk_total_bytes": 9})
    await screen.post("/heartbeat", {"disk_used_bytes": 2})

    device = await reported()
    assert (device.disk_used_bytes, device.disk_total_bytes) == (2, 9)
    assert device.player_version == "1.5.0"
    assert device.device_info["serial"] == "L8D25A001234"


async def test_an_error_that_is_over_is_no_longer_shown(screen, reported):
    await screen.post("/heartbeat", LEAST | {"last_error": "stalled", "now_playing": "k7f3"})
    assert (await reported()).now_playing == {"item_id": "k7f3"}

    await screen.post("/heartbeat", LEAST | {"last_error": None, "now_playing": None})

    device = await reported()
    assert (device.last_error, device.now_playing) == (None, None)


@pytest.mark.parametrize(
    ("offset", "shown_ms"),
    [
        (timedelta(seconds=60), 0),
        (timedelta(seconds=-60), 0),
        (timedelta(seconds=61), 61_000),
        (timedelta(days=-400), -400 * 86_400_000),
    ],
)
async def test_a_wrong_clock_is_noticed(screen, reported, now, offset, shown_ms):
    await screen.post("/heartbeat", LEAST | {"sent_at": now - offset})

    assert (await reported()).clock_offset_ms == shown_ms


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("disk_used_bytes", "1"),
        ("disk_used_bytes", None),
        ("disk_used_bytes", 1.5),
        ("disk_used_bytes", -1),
        ("disk_used_bytes", 2**63),
        ("disk_total_bytes", 2**63),
        ("now_playing", 7),
        ("now_playing", {"started_at": "2026-11-23T11:59:55Z"}),
        ("counters", {"plays": -1}),
        ("counters", {"plays": "7"}),
        ("counters", {str(number): 1 for number in range(101)}),
        ("plan_etag", 1),
        ("sent_at", "yesterday"),
        ("sent_at", "2026-11-23T11:55:00"),
        ("last_error", ["stalled"]),
        ("device_info", "none"),
        ("device_info", {"serial": "\x00"}),
    ],
)
async def test_a_wrong_type_is_refused_and_nothing_is_kept(screen, reported, field, value):
    answer = await screen.post("/heartbeat", LEAST | {field: value})

    assert_refused(answer, 422, "invalid")
    assert (await reported()).last_seen_at is None


async def test_a_heartbeat_without_its_one_field_names_it(screen):
    answer = await screen.post("/heartbeat", {})

    assert_refused(answer, 422, "invalid")
    assert answer.json["errors"][0]["code"] == "missing_field"
    assert answer.pointers == ["/disk_used_bytes"]


async def test_fields_of_newer_players_are_ignored(screen):
    answer = await screen.post(
        "/heartbeat",
        LEAST | {"lidar": [1, 2], "now_playing": {"item_id": "k7f3", "mood": "calm"}},
    )

    assert answer.status == 200


async def test_text_that_cannot_be_kept_is_cut_not_refused(screen, reported):
    await screen.post("/heartbeat", LEAST | {"last_error": "a\x00b" + "x" * 5000})

    assert (await reported()).last_error == "ab" + "x" * 1998


async def test_a_late_heartbeat_does_not_turn_time_back(screen, reported, clock, now):
    await screen.post("/heartbeat", LEAST)
    clock.pass_(seconds=-30)

    await screen.post("/heartbeat", LEAST)

    assert (await reported()).last_seen_at == now


async def test_a_command_is_repeated_until_its_result(screen, conn, manager, paired, clock):
    sent = await commands.send(
        conn, manager, paired.device_id, kind="identify", args={"seconds": 10}, now=clock.now
    )
    args = {"name": "Window 2", "store_name": "Lisbon", "seconds": 10}
    due = {"command_id": str(sent.id), "kind": "identify", "args": args}
    for _ in range(2):
        assert (await screen.post("/heartbeat", LEAST)).json["commands"] == [due]

    answer = await screen.post(f"/commands/{sent.id}/result", {"status": "done", "detail": "ok"})

    assert answer.status == 200
    assert set(answer.json) == {"server_time"}
    assert (await screen.post("/heartbeat", LEAST)).json["commands"] == []


async def test_the_first_result_of_a_command_stands(screen, conn, manager, paired, clock):
    sent = await commands.send(conn, manager, paired.device_id, kind="reload", now=clock.now)
    for result in ({"status": "done"}, {"status": "failed", "detail": "late"}):
        assert (await screen.post(f"/commands/{sent.id}/result", result)).status == 200

    shown = await commands.find(conn, SYSTEM, paired.device_id, sent.id, now=clock.now)
    assert (shown.state, shown.detail) == ("done", None)


async def test_a_command_of_another_screen_is_absent(screen, conn, madrid_screen, clock):
    sent = await commands.send(conn, SYSTEM, madrid_screen.id, kind="reload", now=clock.now)

    answer = await screen.post(f"/commands/{sent.id}/result", {"status": "done"})

    assert_refused(answer, 404, "not_found")
    shown = await commands.find(conn, SYSTEM, madrid_screen.id, sent.id, now=clock.now)
    assert shown.state == "queued"


@pytest.mark.parametrize("body", [{}, {"status": "maybe"}, {"status": "done", "detail": 7}])
async def test_a_result_has_to_make_sense(screen, conn, manager, paired, clock, body):
    sent = await commands.send(conn, manager, paired.device_id, kind="reload", now=clock.now)

    assert_refused(await screen.post(f"/commands/{sent.id}/result", body), 422, "invalid")


async def test_a_result_for_what_is_no_id_is_404(screen):
    assert_refused(
        await screen.post("/commands/no-id/result", {"status": "done"}), 404, "not_found"
    )
