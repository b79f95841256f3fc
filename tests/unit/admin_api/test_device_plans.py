"""Plans of a device over HTTP: what it is due, what it was given, and why it plays that."""

from uuid import UUID

import pytest

from signage import assignments, schedules
from signage.actors import SYSTEM
from signage.targets import Target
from tests.unit.callers import assert_refused


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


# What it was given --------------------------------------------------------------------------------


async def test_revisions_are_listed_with_when_they_were_fetched(
    as_manager, screen, window_2, lunch, conn, playlist, clock
):
    first = (await screen.get("/plan")).headers["ETag"].strip('"')
    clock.pass_(minutes=5)
    await assignments.remove(conn, SYSTEM, Target("store", window_2.store_id), now=clock.now)
    second = (await screen.post("/heartbeat", {"disk_used_bytes": 1})).json["plan_etag"]
    path = f"/devices/{window_2.id}/plans"

    items = (await as_manager.get(path)).json["items"]

    assert [(item["etag"], item["due_from"], item["fetched_at"]) for item in items] == [
        (second, "2026-11-23T12:05:00Z", None),
        (first, "2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z"),
    ]
    page = (await as_manager.get(f"{path}?limit=1")).json
    rest = (await as_manager.get(f"{path}?limit=1&cursor={page['next_cursor']}")).json
    assert (page["items"] + rest["items"], rest["next_cursor"]) == (items, None)


async def test_a_plan_is_shown_as_it_was_served_to_who_has_a_screen_that_was_due_it(
    as_manager, as_madrid_manager, screen, lunch
):
    served = await screen.get("/plan")
    etag = served.headers["ETag"].strip('"')

    shown = await as_manager.get(f"/playout-plans/{etag}")

    assert (shown.status, shown.body) == (200, served.body)
    assert shown.headers["ETag"] == served.headers["ETag"]
    assert_refused(await as_madrid_manager.get(f"/playout-plans/{etag}"), 404, "not_found")
    assert_refused(await as_manager.get("/playout-plans/nothing"), 404, "not_found")
