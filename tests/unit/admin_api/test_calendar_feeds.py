"""Calendar feeds and imports over HTTP: given out, listed, taken back; looked through, made."""

import pytest

from tests.unit.callers import Caller, assert_refused

EVENT = "SUMMARY:Lunch\r\nDTSTART:20261124T120000\r\nDTEND:20261124T140000\r\nUID:1\r\n"
FILE = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{EVENT}END:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def lisbons(lisbon) -> dict[str, str]:
    return {"kind": "store", "id": str(lisbon.id)}


async def test_an_address_is_told_once_listed_and_taken_back(as_manager, app, lisbons):
    made = await as_manager.post("/calendar-feeds", {"target": lisbons})
    assert made.status == 201
    path = "/calendar/" + made.json["url"].rpartition("/")[2]
    assert (await Caller(app, "").get(path)).body.startswith(b"BEGIN:VCALENDAR")

    listed = (await as_manager.get(f"/calendar-feeds?kind=store&id={lisbons['id']}")).json
    assert [one["id"] for one in listed["items"]] == [made.json["id"]]
    shown = await as_manager.get(made.headers["Location"].removeprefix("/v1/admin"))
    assert shown.json == listed["items"][0]
    assert "url" not in shown.json

    assert (await as_manager.delete(f"/calendar-feeds/{made.json['id']}")).status == 204
    assert (await Caller(app, "").get(path)).status == 404
    again = await as_manager.delete(f"/calendar-feeds/{made.json['id']}")
    assert_refused(again, 404, "not_found")


async def test_a_feed_of_another_store_is_not_there(as_manager, as_madrid_manager, lisbons):
    made = (await as_manager.post("/calendar-feeds", {"target": lisbons})).json
    path = f"/calendar-feeds/{made['id']}"
    assert_refused(await as_madrid_manager.get(path), 404, "not_found")
    assert_refused(await as_madrid_manager.delete(path), 404, "not_found")
    assert_refused(
        await as_madrid_manager.post("/calendar-feeds", {"target": lisbons}), 404, "not_found"
    )


async def test_the_fleet_has_no_feed(as_admin):
    refused = await as_admin.post("/calendar-feeds", {"target": {"kind": "fleet"}})
    assert refused.pointers == ["/target"]
    assert (await as_admin.get("/calendar-feeds")).pointers == ["/kind"]


async def test_a_file_is_looked_through_and_then_made(as_manager, lisbons, playlist):
    body = {"calendar": FILE, "playlist_id": str(playlist.id), "target": lisbons}

    dry = await as_manager.post("/schedules/import", body | {"dry_run": True})
    assert (dry.status, dry.json["taken"], dry.json["made"]) == (200, 1, [])
    assert dry.json["lines"][0]["schedule"]["start_time"] == "12:00:00"
    assert (await as_manager.get("/schedules")).json["items"] == []

    done = await as_manager.post("/schedules/import", body)
    assert done.status == 201
    [made] = (await as_manager.get("/schedules")).json["items"]
    assert (made["id"], made["name"]) == (done.json["made"][0], "Lunch")


async def test_an_import_can_be_refused(as_manager, lisbons, playlist, menu):
    body = {"calendar": FILE, "playlist_id": str(playlist.id), "target": lisbons}
    assert (await as_manager.post("/schedules/import", body | {"calendar": "Hi"})).code in (
        "no_calendar",
        "no_events",
    )
    unknown = await as_manager.post("/schedules/import", body | {"playlist_id": str(menu.id)})
    assert unknown.pointers == ["/playlist_id"]
    assert (await as_manager.post("/schedules/import", body | {"sure": True})).pointers == ["/sure"]
