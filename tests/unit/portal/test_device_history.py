"""The tabs of a screen's page: what it played, what was wrong, what it was sent and given."""

from datetime import timedelta

import pytest

from signage import assignments, commands, devices, incidents
from signage.actors import SYSTEM
from signage.ids import new_id
from signage.targets import Target

TABS = ["Now", "Plays", "Incidents", "Commands", "Plans", "Audit", "Settings"]


@pytest.mark.parametrize("tab", ["", *(f"/{label.lower()}" for label in TABS[1:])])
async def test_every_tab_has_an_address_the_name_and_the_way_to_the_others(
    enter, manager, window_2, tab
):
    here = f"/devices/{window_2.id}"
    page = await (await enter(manager)).get(here + tab)
    assert (page.status, page.heading) == (200, "Window 2")
    tabs = page.soup.select('nav[aria-label="Parts of this screen\'s page"] a')
    assert [link.get_text(strip=True) for link in tabs] == TABS
    [current] = [link["href"] for link in tabs if link.get("aria-current") == "page"]
    assert current == here + tab


async def test_plays_are_listed_where_they_were_played(
    enter, manager, screen, window_2, playlist, conn, now
):
    await assignments.put(conn, SYSTEM, Target("fleet"), playlist.id, now=now)
    [loop] = (await screen.get("/plan")).json["playlists"].values()
    event = {
        "event_id": str(new_id()),
        "event_type": "play",
        "result": "completed",
        "started_at": (now - timedelta(minutes=1)).isoformat(),
        "duration_ms": 10_000,
        "item_id": loop["items"][0]["item_id"],
    }
    somebody = await enter(manager)
    tab = f"/devices/{window_2.id}/plays"
    assert "No plays yet" in (await somebody.get(tab)).text
    await screen.post("/events", {"events": [event]})
    [row] = (await somebody.get(tab)).soup.select("tbody tr")
    cells = [cell.get_text(" ", strip=True) for cell in row.select("td")]
    assert cells == ["Menu", "Completed", "Mon 23 Nov 2026, 11:59 WET", "10 s", "Lisbon"]


async def test_incidents_open_and_past_are_listed(enter, manager, window_2, conn, now):
    somebody = await enter(manager)
    tab = f"/devices/{window_2.id}/incidents"
    assert "Nothing was ever wrong" in (await somebody.get(tab)).text
    for hours, kind in ((3, "offline"), (1, "clock_drift")):
        at = now - timedelta(hours=hours)
        await incidents.open_for_device(
            conn, window_2.id, kind=kind, severity="warning", summary="Look at it.", now=at
        )
        if kind == "offline":
            await conn.execute("UPDATE incidents SET resolved_at = $1", at + timedelta(minutes=90))
    rows = (await somebody.get(tab)).soup.select("tbody tr")
    texts = [row.get_text(" ", strip=True) for row in rows]
    assert "Clock drift" in texts[0] and "Open" in texts[0] and "and counting" in texts[0]
    assert "Offline" in texts[1] and "Resolved" in texts[1] and "1 h 30 min" in texts[1]


async def test_a_long_list_goes_on_under_earlier(enter, manager, window_2, conn, now):
    for second in range(51):
        at = now - timedelta(seconds=second)
        await commands.send(conn, SYSTEM, window_2.id, kind="reload", now=at)
    somebody = await enter(manager)
    first = await somebody.get(f"/devices/{window_2.id}/commands")
    assert len(first.soup.select("tbody tr")) == 50
    [earlier] = first.links("Earlier")
    second = await somebody.get(earlier)
    assert len(second.soup.select("tbody tr")) == 1
    assert not second.links("Earlier")


async def test_plans_are_listed_with_what_became_of_each(enter, manager, screen, window_2):
    somebody = await enter(manager)
    tab = f"/devices/{window_2.id}/plans"
    etag = (await screen.get("/plan")).headers["ETag"].strip('"')
    assert "Due" in (await somebody.get(tab)).text
    await screen.post("/heartbeat", {"disk_used_bytes": 1, "plan_etag": etag})
    [row] = (await somebody.get(tab)).soup.select("tbody tr")
    assert etag[:12] in row.get_text()
    assert "Playing" in row.get_text()


async def test_the_whole_plan_has_a_page(enter, manager, window_2):
    page = await (await enter(manager)).get(f"/devices/{window_2.id}/plan")
    assert page.heading == "Plan of Window 2"
    assert page.links("Revisions") == [f"/devices/{window_2.id}/plans"]


async def test_the_audit_trail_says_who_did_what(enter, manager, window_2, conn, now):
    changes = devices.Changes(name="Window 3")
    await devices.change(conn, SYSTEM, window_2.id, changes, now=now)
    page = await (await enter(manager)).get(f"/devices/{window_2.id}/audit")
    latest = page.soup.select("tbody tr")[0].get_text(" ", strip=True)
    assert "Renamed the screen Window 2 to Window 3" in latest
    assert "Playbill" in latest


async def test_an_installer_reads_every_tab(enter, installer, window_2):
    somebody = await enter(installer)
    for label in TABS[1:]:
        assert (await somebody.get(f"/devices/{window_2.id}/{label.lower()}")).status == 200
