"""Devices over HTTP: change with If-Match, commands, and why a screen plays what it plays."""

from uuid import UUID

import pytest

from signage import assignments, schedules
from signage.actors import SYSTEM
from signage.targets import Target
from tests.unit.callers import assert_refused


async def test_a_screen_is_shown_with_its_revision_as_tag(as_manager, window_2):
    answer = await as_manager.get(f"/devices/{window_2.id}")

    assert answer.status == 200
    assert answer.headers["ETag"] == f'"{window_2.revision}"'
    assert (answer.json["name"], answer.json["store"]) == ("Window 2", "Lisbon")


async def test_several_fields_change_at_once(as_admin, window_2, porto, food):
    changes = {
        "name": "Window 3",
        "store_id": porto.id,
        "group_ids": [food.id],
        "tags": ["4k"],
        "notes": "Moved",
    }

    answer = await as_admin.patch(f"/devices/{window_2.id}", changes)

    assert answer.status == 200
    shown = answer.json
    assert (shown["name"], shown["store"], shown["tags"]) == ("Window 3", "Porto", ["4k"])
    assert shown["group_ids"] == [str(food.id)]
    assert answer.headers["ETag"] == f'"{window_2.revision + 1}"'


@pytest.mark.parametrize("field", ['"{now}"', 'W/"{now}"', "*", '"x", "{now}"'])
async def test_if_match_with_the_current_tag_changes(as_manager, window_2, field):
    sent = field.format(now=window_2.revision)
    answer = await as_manager.patch(f"/devices/{window_2.id}", {"name": "New"}, If_Match=sent)

    assert (answer.status, answer.json["name"]) == (200, "New")


@pytest.mark.parametrize("field", ['"0"', '"999"', "1", "", '"'])
async def test_if_match_with_another_tag_changes_nothing(as_manager, window_2, field):
    answer = await as_manager.patch(f"/devices/{window_2.id}", {"name": "New"}, If_Match=field)

    assert_refused(answer, 412, "stale")
    assert (await as_manager.get(f"/devices/{window_2.id}")).json["name"] == "Window 2"


async def test_the_second_of_two_who_edit_is_told(as_manager, window_2):
    tag = (await as_manager.get(f"/devices/{window_2.id}")).headers["ETag"]
    first = await as_manager.patch(f"/devices/{window_2.id}", {"name": "First"}, If_Match=tag)
    second = await as_manager.patch(f"/devices/{window_2.id}", {"name": "Second"}, If_Match=tag)

    assert first.status == 200
    assert_refused(second, 412, "stale")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"status": "asleep"}, "/status"),
        ({"tags": "4k"}, "/tags"),
        ({"tags": ["4k", 4]}, "/tags/1"),
        ({"group_ids": ["x"]}, "/group_ids/0"),
        ({"device_info": {}}, "/device_info"),
        ({"last_seen_at": "2026-11-23T12:00:00Z"}, "/last_seen_at"),
    ],
)
async def test_a_wrong_change_is_named(as_manager, window_2, changes, pointer):
    answer = await as_manager.patch(f"/devices/{window_2.id}", changes)

    assert_refused(answer, 422, "invalid")
    named = answer.pointers[0]
    assert named in (pointer, pointer.replace("/1", "/...").replace("/0", "/..."))


async def test_a_screen_cannot_be_moved_to_a_store_out_of_reach(as_manager, window_2, madrid):
    answer = await as_manager.patch(f"/devices/{window_2.id}", {"store_id": madrid.id})

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/store_id"]


@pytest.mark.parametrize(("verb", "status"), [("retire", "retired"), ("revoke", "revoked")])
async def test_a_screen_is_taken_out_of_service_and_doing_it_again_is_the_same(
    as_manager, screen, window_2, verb, status
):
    for _ in range(2):
        answer = await as_manager.post(f"/devices/{window_2.id}/{verb}")

        assert (answer.status, answer.json["status"]) == (200, status)
    assert_refused(await screen.get("/plan"), 401, "token_revoked")


# Commands -----------------------------------------------------------------------------------------


async def test_the_life_of_a_command(as_manager, screen, window_2, clock):
    path = f"/devices/{window_2.id}/commands"

    async def shown() -> list[tuple[str, str]]:
        return [(c["kind"], c["state"]) for c in (await as_manager.get(path)).json["items"]]

    sent = await as_manager.post(path, {"kind": "identify", "args": {"seconds": 5}})
    assert sent.status == 201
    assert sent.headers["Location"] == f"/v1/admin{path}/{sent.json['id']}"
    clock.pass_(seconds=1)
    await as_manager.post(path, {"kind": "reload"})
    assert await shown() == [("reload", "queued"), ("identify", "queued")]

    beat = await screen.post("/heartbeat", {"disk_used_bytes": 1})
    assert [command["kind"] for command in beat.json["commands"]] == ["identify", "reload"]
    assert await shown() == [("reload", "delivered"), ("identify", "delivered")]

    result = {"status": "failed", "detail": "no display"}
    await screen.post(f"/commands/{sent.json['id']}/result", result)
    assert await shown() == [("reload", "delivered"), ("identify", "failed")]

    clock.pass_(minutes=10)
    assert await shown() == [("reload", "expired"), ("identify", "failed")]
    beat = await screen.post("/heartbeat", {"disk_used_bytes": 1})
    assert beat.json["commands"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/kind"),
        ({"kind": "format_disk"}, "/kind"),
        ({"kind": "reload", "args": []}, "/args"),
        ({"kind": "reload", "args": {"a": "x" * 5000}}, "/args"),
        ({"kind": "reload", "at": "noon"}, "/at"),
    ],
)
async def test_a_wrong_command_is_named_and_not_sent(as_manager, window_2, body, pointer):
    answer = await as_manager.post(f"/devices/{window_2.id}/commands", body)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]
    assert (await as_manager.get(f"/devices/{window_2.id}/commands")).json["items"] == []


async def test_a_command_is_in_the_audit_log(as_manager, conn, window_2):
    await as_manager.post(f"/devices/{window_2.id}/commands", {"kind": "reboot"})

    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'commands.send'")
    assert entry["entity_id"] == str(window_2.id)
    assert entry["after"]["kind"] == "reboot"


# Plan and explanation -----------------------------------------------------------------------------


@pytest.fixture
async def lunch(conn, playlist, window_2, now) -> UUID:
    """Every day from noon to two the playlist is scheduled on Window 2, over the store's own."""
    target = Target("device", window_2.id)
    new = schedules.NewSchedule(
        name="Lunch",
        playlist_id=playlist.id,
        target=target,
        starts_on=now.date(),
        start_time="12:00",
        end_time="14:00",
        rrule="FREQ=DAILY",
    )
    store = Target("store", window_2.store_id)
    await assignments.put(conn, SYSTEM, store, playlist.id, now=now)
    made = await schedules.create(conn, SYSTEM, new, now=now)
    return made.id


async def test_a_plan_of_any_instant_keeps_nothing(as_manager, conn, window_2, lunch):
    later = await as_manager.get(f"/devices/{window_2.id}/plan?at=2027-03-01T00:00:00Z")
    sooner = await as_manager.get(f"/devices/{window_2.id}/plan?at=2026-11-25T00:00:00Z")

    assert later.json["from"] == "2027-03-01T00:00:00Z"
    assert len([w for w in later.json["windows"] if w["schedule_id"] == str(lunch)]) >= 3
    assert sooner.json["from"] == "2026-11-25T00:00:00Z"
    assert await conn.fetchval("SELECT count(*) FROM playout_plans") == 0


async def test_an_explanation_names_winner_and_losers(as_manager, window_2, lunch):
    at = "2026-11-24T12:30:00Z"
    answer = await as_manager.get(f"/devices/{window_2.id}/explain?at={at}")

    assert answer.status == 200
    winner, [loser] = answer.json["winner"], answer.json["losers"]
    assert (winner["kind"], winner["id"], winner["name"]) == ("schedule", str(lunch), "Lunch")
    assert winner["layer"] == "device"
    assert winner["window"] == {"from": "2026-11-24T12:00:00Z", "until": "2026-11-24T14:00:00Z"}
    assert (loser["kind"], loser["layer"]) == ("assignment", "store")
    assert loser["reason"]["code"]
    assert loser["reason"]["text"]


async def test_nothing_assigned_is_explained_too(as_manager, window_2):
    answer = await as_manager.get(f"/devices/{window_2.id}/explain")

    assert answer.json["winner"]["kind"] == "nothing"
    assert answer.json["losers"] == []
