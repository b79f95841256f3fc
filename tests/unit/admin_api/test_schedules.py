"""Schedules over HTTP: made, changed as a whole or by date, and weighed before they are saved."""

from typing import Any

import pytest

from signage.ids import new_id
from tests.unit.callers import Caller, assert_refused

FLEET = {"kind": "fleet"}
LUNCH = {
    "name": "Lunch",
    "starts_on": "2026-11-23",
    "start_time": "12:00",
    "end_time": "14:00",
    "rrule": "FREQ=DAILY",
}


@pytest.fixture
async def other(as_admin) -> str:
    """A second playlist, by its id."""
    return (await as_admin.post("/playlists", {"name": "Drinks"})).json["id"]


@pytest.fixture
async def drinks(as_admin, menu) -> str:
    """A playlist that plays something, by its id."""
    body = {"name": "Happy hour", "items": [{"content_id": str(menu.id), "duration_ms": 10_000}]}
    return (await as_admin.post("/playlists", body)).json["id"]


@pytest.fixture
async def lunch(as_admin, playlist) -> dict[str, Any]:
    """Lunch, every day from noon to two on the whole fleet."""
    body = LUNCH | {"playlist_id": str(playlist.id), "target": FLEET}
    return (await as_admin.post("/schedules", body)).json


async def named(caller: Caller) -> dict[str, Any]:
    found = (await caller.get("/schedules")).json["items"]
    return {f"{item['name']} {item['starts_on']}": item for item in found}


# As a whole -------------------------------------------------------------------------------------


async def test_what_is_given_is_changed_and_the_rest_stays(as_admin, lunch, other):
    answer = await as_admin.patch(
        f"/schedules/{lunch['id']}", {"start_time": "11:30", "playlist_id": other, "priority": 70}
    )

    assert answer.status == 200
    assert answer.headers["ETag"] == '"2"'
    changed = {"start_time": "11:30:00", "playlist_id": other, "playlist": "Drinks", "priority": 70}
    moved = ("revision", "updated_at")
    expected = {key: value for key, value in (lunch | changed).items() if key not in moved}
    assert {key: answer.json[key] for key in expected} == expected


async def test_null_takes_a_value_away(as_admin, lunch):
    answer = await as_admin.patch(f"/schedules/{lunch['id']}", {"rrule": None})
    assert answer.json["rrule"] is None


async def test_a_change_can_be_wrong(as_admin, lunch):
    path = f"/schedules/{lunch['id']}"
    wrong = {
        "/rrule": {"rrule": "FREQ=HOURLY"},
        "/ends_on": {"rrule": None, "ends_on": "2026-12-01"},
        "/priority": {"priority": 101},
        "/playlist_id": {"playlist_id": str(new_id())},
        "/name": {"name": ""},
        "/start_time": {"start_time": None},
    }
    for pointer, body in wrong.items():
        answer = await as_admin.patch(path, body)
        assert answer.status == 422, body
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


async def test_a_change_of_an_old_revision_is_refused(as_admin, lunch):
    path = f"/schedules/{lunch['id']}"
    await as_admin.patch(path, {"name": "Long lunch"})

    stale = await as_admin.patch(path, {"name": "Short lunch"}, If_Match='"1"')

    assert_refused(stale, 412, "stale")
    assert (await as_admin.get(path)).json["name"] == "Long lunch"


async def test_a_schedule_of_another_store_is_not_there(
    as_manager, as_madrid_manager, lisbon, playlist
):
    target = {"kind": "store", "id": str(lisbon.id)}
    body = LUNCH | {"playlist_id": str(playlist.id), "target": target}
    path = f"/schedules/{(await as_manager.post('/schedules', body)).json['id']}"

    assert_refused(await as_madrid_manager.get(path), 404, "not_found")
    assert_refused(await as_madrid_manager.patch(path, {"name": "Mine"}), 404, "not_found")
    assert_refused(await as_madrid_manager.delete(path), 404, "not_found")
    occurrence = f"{path}/occurrences/2026-11-24"
    assert_refused(await as_madrid_manager.delete(occurrence), 404, "not_found")


async def test_a_manager_cannot_change_what_reaches_beyond_the_own_stores(as_manager, lunch):
    answer = await as_manager.patch(f"/schedules/{lunch['id']}", {"name": "Mine"})
    assert_refused(answer, 403, "forbidden")


async def test_moving_a_schedule_outdates_the_plans_of_both_targets(
    as_admin, conn, lunch, lisbon, window_2, madrid_screen, screen
):
    async def wanted() -> list[int]:
        rows = await conn.fetch("SELECT plan_wanted FROM devices ORDER BY name")
        return [row["plan_wanted"] for row in rows]

    at_first = await wanted()
    target = {"kind": "store", "id": str(lisbon.id)}
    await as_admin.patch(f"/schedules/{lunch['id']}", {"target": target})

    # Entrance in Madrid was reached by the fleet, Window 2 in Lisbon is by both.
    assert [then - first for first, then in zip(at_first, await wanted(), strict=True)] == [1, 2]


async def test_the_list_can_be_filtered(as_admin, lunch, lisbon, playlist, other):
    target = {"kind": "store", "id": str(lisbon.id)}
    body = {"name": "Night", "playlist_id": other, "target": target, "starts_on": "2026-11-23"}
    await as_admin.post("/schedules", body | {"all_day": True, "takeover": True})

    async def names(query: str) -> list[str]:
        items = (await as_admin.get(f"/schedules?{query}")).json["items"]
        return [item["name"] for item in items]

    assert await names("q=nch") == ["Lunch"]
    assert await names(f"playlist_id={other}") == ["Night"]
    assert await names("kind=fleet") == ["Lunch"]
    assert await names(f"target_id={lisbon.id}") == ["Night"]
    assert await names("takeover=true") == ["Night"]
    assert await names("enabled=false") == []


# By date ----------------------------------------------------------------------------------------


async def test_one_date_is_left_out(as_admin, lunch, screen):
    answer = await as_admin.delete(f"/schedules/{lunch['id']}/occurrences/2026-11-24")

    assert answer.status == 204
    assert (await as_admin.get(f"/schedules/{lunch['id']}")).json["exdates"] == ["2026-11-24"]
    windows = (await screen.get("/plan")).json["windows"]
    assert [window["from"][:10] for window in windows] == ["2026-11-23", "2026-11-25", "2026-11-26"]


async def test_one_date_gets_values_of_its_own(as_admin, lunch, screen):
    answer = await as_admin.patch(
        f"/schedules/{lunch['id']}/occurrences/2026-11-24", {"start_time": "10:00"}
    )

    assert answer.status == 200
    alone = answer.json
    assert (alone["series_id"], alone["series_on"]) == (lunch["id"], "2026-11-24")
    assert (alone["starts_on"], alone["rrule"]) == ("2026-11-24", None)
    windows = (await screen.get("/plan")).json["windows"]
    assert [window["from"][:16] for window in windows] == [
        "2026-11-23T12:00",
        "2026-11-24T10:00",
        "2026-11-25T12:00",
        "2026-11-26T12:00",
    ]


async def test_what_was_changed_by_hand_stays_when_the_series_is_edited(as_admin, lunch):
    path = f"/schedules/{lunch['id']}"
    await as_admin.patch(f"{path}/occurrences/2026-11-24", {"start_time": "10:00"})

    await as_admin.patch(path, {"start_time": "13:00"})

    found = await named(as_admin)
    assert found["Lunch 2026-11-24"]["start_time"] == "10:00:00"
    assert found["Lunch 2026-11-23"]["exdates"] == ["2026-11-24"]


async def test_a_date_and_all_following_go_on_otherwise(as_admin, lunch, screen):
    path = f"/schedules/{lunch['id']}/occurrences/2026-11-25?extent=following"
    answer = await as_admin.patch(path, {"end_time": "15:00"})

    assert (answer.json["starts_on"], answer.json["rrule"]) == ("2026-11-25", "FREQ=DAILY")
    windows = (await screen.get("/plan")).json["windows"]
    assert [window["until"][:16] for window in windows] == [
        "2026-11-23T14:00",
        "2026-11-24T14:00",
        "2026-11-25T15:00",
        "2026-11-26T15:00",
    ]


async def test_later_exceptions_belong_to_what_goes_on(as_admin, lunch):
    path = f"/schedules/{lunch['id']}/occurrences"
    await as_admin.patch(f"{path}/2026-11-24", {"start_time": "10:00"})
    await as_admin.patch(f"{path}/2026-11-27", {"start_time": "10:00"})

    made = await as_admin.patch(f"{path}/2026-11-25?extent=following", {"end_time": "15:00"})

    found = await named(as_admin)
    assert found["Lunch 2026-11-24"]["series_id"] == lunch["id"]
    assert found["Lunch 2026-11-27"]["series_id"] == made.json["id"]


async def test_from_the_first_date_on_it_is_the_whole_series(as_admin, lunch):
    path = f"/schedules/{lunch['id']}/occurrences/2026-11-23?extent=following"
    answer = await as_admin.patch(path, {"name": "Dinner"})

    assert (answer.json["id"], answer.json["name"]) == (lunch["id"], "Dinner")


async def test_a_series_ends_before_a_date(as_admin, lunch):
    path = f"/schedules/{lunch['id']}/occurrences/2026-11-25?extent=following"
    assert (await as_admin.delete(path)).status == 204
    assert (await as_admin.get(f"/schedules/{lunch['id']}")).json["ends_on"] == "2026-11-24"


@pytest.mark.parametrize(
    ("on", "pointer"),
    [("2026-11-22", "/on"), ("tomorrow", "/on"), ("2026-11-24?extent=all", "/extent")],
)
async def test_an_occurrence_that_is_none_is_refused(as_admin, lunch, on, pointer):
    answer = await as_admin.delete(f"/schedules/{lunch['id']}/occurrences/{on}")
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


# Impact -----------------------------------------------------------------------------------------


async def test_the_impact_of_a_new_schedule_says_what_goes_and_what_comes(
    as_admin, lisbon, window_2, madrid_screen, playlist, drinks
):
    always = {"target": FLEET, "playlist_id": str(playlist.id)}
    await as_admin.put("/assignments", always)
    target = {"kind": "store", "id": str(lisbon.id)}
    body = LUNCH | {"playlist_id": drinks, "target": target, "starts_on": "2026-11-25"}

    found = (await as_admin.post("/schedules/impact", body)).json

    assert (found["reached"], found["changed"], found["plays"]) == (1, 1, True)
    assert found["first_at"] == "2026-11-25T12:00:00Z"
    # Seven days from the evening before the first: six lunches of two hours.
    hours = 3_600_000
    [lost], [gained] = found["loses"], found["gains"]
    assert (lost["playlist"], lost["screens"]) == ("Always on", 1)
    assert (gained["playlist"], gained["duration_ms"]) == ("Happy hour", lost["duration_ms"])
    assert gained["duration_ms"] % (2 * hours) == 0
    assert found["holes"] == []
    assert (await as_admin.get("/schedules")).json["items"] == []


async def test_the_impact_of_a_change_names_what_never_plays_again(
    as_admin, lunch, window_2, drinks
):
    body = LUNCH | {"playlist_id": drinks, "target": FLEET, "start_time": "09:00", "priority": 90}
    body |= {"name": "All morning", "end_time": "15:00"}

    found = (await as_admin.post("/schedules/impact", body)).json

    assert [one["name"] for one in found["silenced"]] == ["Lunch"]


async def test_the_impact_of_switching_off_shows_the_holes(as_admin, lunch, window_2):
    body = {"id": lunch["id"], "enabled": False}

    found = (await as_admin.post("/schedules/impact", body)).json

    assert found["plays"] is False
    assert [hole["from"][11:16] for hole in found["holes"]][1:3] == ["12:00", "12:00"]
    assert {hole["screens"] for hole in found["holes"]} == {1}


async def test_the_impact_of_something_beaten_is_nothing(as_admin, lunch, window_2, drinks):
    body = LUNCH | {"playlist_id": drinks, "target": FLEET, "priority": 1}

    found = (await as_admin.post("/schedules/impact", body)).json

    assert (found["reached"], found["changed"], found["plays"]) == (1, 0, False)
    assert found["first_at"] is None


async def test_a_wrong_proposal_is_refused_as_it_would_be_at_saving(as_admin, playlist):
    body = LUNCH | {"playlist_id": str(playlist.id), "target": FLEET, "rrule": "FREQ=HOURLY"}
    answer = await as_admin.post("/schedules/impact", body)
    assert [error["pointer"] for error in answer.json["errors"]] == ["/rrule"]

    answer = await as_admin.post("/schedules/impact", {"name": "Nothing"})
    assert [error["pointer"] for error in answer.json["errors"]] == ["/playlist_id"]


async def test_impact_needs_no_more_resolutions_for_more_screens_alike(
    as_admin, pair, lisbon, playlist, monkeypatch
):
    from signage import planning  # noqa: PLC0415 - only to count its calls

    for number in range(5):
        await pair(lisbon, f"Screen {number}")
    calls = []
    resolve = planning.resolve
    monkeypatch.setattr(planning, "resolve", lambda *a: calls.append(a) or resolve(*a))
    body = LUNCH | {"playlist_id": str(playlist.id), "target": FLEET}

    found = (await as_admin.post("/schedules/impact", body)).json

    assert (found["changed"], len(calls)) == (5, 2)
