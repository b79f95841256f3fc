"""Incidents in the portal: the list, one incident, what people do about it; maintenance."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from signage import incident_life, incidents
from signage.actors import SYSTEM

Open = Callable[..., Awaitable[incidents.Incident]]


@pytest.fixture
def open_(conn, now) -> Open:
    """Open an incident at a screen."""

    async def opened(
        device_id: UUID, kind: str = "offline", severity: Any = "warning", **more: Any
    ) -> incidents.Incident:
        at = more.pop("at", now)
        await incidents.open_for_device(
            conn,
            device_id,
            kind=kind,
            severity=severity,
            summary=f"It is {kind}.",
            evidence=more,
            now=at,
        )
        found = await incidents.list_open(conn, SYSTEM, device_id=device_id)
        return next(one for one in found if one.kind == kind)

    return opened


def titles(page: Any) -> list[str]:
    return [link.get_text(strip=True) for link in page.soup.select("[data-row-link]")]


def badge(page: Any) -> str:
    found = page.soup.select_one('.rail a[href="/incidents"] .rail-count')
    return found.get_text(" ", strip=True) if found else ""


async def test_nothing_is_wrong(enter, manager, open_, window_2, conn, now):
    bruno = await enter(manager)
    page = await bruno.get("/incidents")
    assert page.heading == "Incidents"
    assert "Nothing is wrong There was never an incident" in page.text
    one = await open_(window_2.id, at=now - timedelta(days=6))
    await incident_life.resolve(conn, manager, one.id, now=now - timedelta(days=5))
    page = await bruno.get("/incidents")
    assert "Nothing is wrong Last incident 6 days ago" in page.text
    assert "it took 1 d on average until one was over" in page.text
    assert badge(page) == ""


async def test_they_stand_store_by_store_the_worst_first(
    enter, admin, open_, window_2, madrid_screen
):
    await open_(madrid_screen.id, "silent", "critical")
    await open_(madrid_screen.id, "clock_off")
    await open_(window_2.id, "offline")
    ana = await enter(admin)
    page = await ana.get("/incidents")
    assert [card.get_text(strip=True) for card in page.soup.select("main .card h2")] == [
        "Madrid",
        "Lisbon",
    ]
    assert titles(page) == ["No plays reported", "Clock off", "Offline"]
    assert badge(page) == "3 open"
    assert titles(await ana.get("/incidents?kind=clock_off")) == ["Clock off"]
    assert titles(await ana.get("/incidents?severity=critical")) == ["No plays reported"]
    assert titles(await ana.get(f"/incidents?store_id={window_2.store_id}")) == ["Offline"]
    assert "No incident matches" in (await ana.get("/incidents?kind=restart_loop")).text
    rows = page.soup.select_one("#incident-rows")
    assert (rows["hx-trigger"], rows["hx-get"]) == ("every 15s", "/incidents")
    fragment = await ana.get("/incidents", HX_Request="true", HX_Target="div#incident-rows")
    assert fragment.soup.select("h1") == []
    assert titles(fragment) == titles(page)


async def test_what_was_ticked_is_taken_on(enter, manager, open_, window_2, conn):
    one = await open_(window_2.id)
    bruno = await enter(manager)
    page = await bruno.get("/incidents")
    [button] = page.soup.select(".page-head button.button-primary, header button.button-primary")
    assert (button.get_text(strip=True), button["form"]) == ("Acknowledge", "bulk")
    await bruno.post("/incidents/acknowledge", {})
    assert titles(await bruno.get("/incidents")) == ["Offline"]
    answer = await bruno.post("/incidents/acknowledge", {"ids": [str(one.id)]})
    assert answer.location == "/incidents"
    assert titles(await bruno.get("/incidents")) == []
    taken = await bruno.get("/incidents?state=acknowledged")
    assert titles(taken) == ["Offline"]
    assert "Bruno" in taken.text


async def test_one_incident_says_what_it_is_what_it_costs_and_what_to_do(
    enter, manager, open_, window_2
):
    one = await open_(window_2.id, last_seen_at="2026-11-23T11:00:00+00:00", last_error="No line")
    page = await (await enter(manager)).get(f"/incidents/{one.id}")
    assert page.heading.startswith("Offline: Window 2")
    for words in (
        "Check its power and its network.",
        "Last heard of Mon 23 Nov 2026, 11:00 WET",
        "Its last error No line",
        "Plays lost 0",
        "Opened",
    ):
        assert words in page.text
    assert page.links("Window 2") == [f"/devices/{window_2.id}"]
    assert page.links("Lisbon") == [f"/stores/{window_2.store_id}"]


async def test_people_see_to_it(enter, manager, open_, window_2, conn, add_user):
    one = await open_(window_2.id)
    path = f"/incidents/{one.id}"
    bruno = await enter(manager)
    person = await conn.fetchval("SELECT id FROM users WHERE name = 'Bruno'")
    for verb, values, said in (
        ("acknowledge", {}, "Acknowledged by Bruno"),
        ("assign", {"user_id": str(person)}, "Given to Bruno."),
        ("note", {"text": "The <b>plug</b>"}, "The <b>plug</b>"),
        ("snooze", {"hours": "4"}, "Until 2026-11-23 16:00 UTC."),
        ("assign", {"user_id": ""}, "Given to nobody."),
        ("resolve", {}, "Resolved by Bruno"),
    ):
        assert (await bruno.post(f"{path}/{verb}", values)).location == path
        assert said in (await bruno.get(path)).text
    page = await bruno.get(path)
    assert page.soup.select(f'form[action="{path}/resolve"]') == []
    assert (await bruno.post(f"{path}/resolve", {})).status == 409
    assert titles(await bruno.get("/incidents?state=resolved")) == ["Offline"]


@pytest.mark.parametrize(
    ("verb", "values", "field"),
    [
        ("note", {"text": " "}, "text"),
        ("snooze", {"hours": "0"}, "hours"),
        ("snooze", {"hours": "999"}, "hours"),
        ("assign", {"user_id": "01a20000-0000-7000-8000-000000000000"}, "user_id"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    enter, manager, open_, window_2, verb, values, field
):
    path = f"/incidents/{(await open_(window_2.id)).id}"
    answer = await (await enter(manager)).post(f"{path}/{verb}", values)
    assert answer.status == 422
    assert answer.error_of(field)


async def test_an_installer_reads_and_writes_notes_only(enter, installer, open_, window_2):
    path = f"/incidents/{(await open_(window_2.id)).id}"
    ines = await enter(installer)
    page = await ines.get(path)
    actions = {form["action"] for form in page.soup.select("main form")}
    assert actions == {f"{path}/note"}
    assert (await ines.post(f"{path}/note", {"text": "Was there"})).location == path
    assert (await ines.get("/incidents")).soup.select("main .pick") == []


async def test_a_screen_and_the_overview_lead_to_the_incident(enter, manager, open_, window_2):
    one = await open_(window_2.id)
    bruno = await enter(manager)
    assert (await bruno.get("/")).links("It is offline.") == [f"/incidents/{one.id}"]
    assert (await bruno.get("/")).links("All incidents") == ["/incidents"]
    assert (await bruno.get(f"/devices/{window_2.id}")).links("Incident") == [
        f"/incidents/{one.id}"
    ]


async def test_maintenance_is_planned_and_ended(enter, manager, installer, lisbon, window_2):
    bruno = await enter(manager)
    assert "Nobody works on anything" in (await bruno.get("/maintenance")).text
    new = {"store_id": str(lisbon.id), "starts_in": "0", "hours": "2", "reason": "New tills"}
    assert (await bruno.post("/maintenance", new)).location == "/maintenance"
    page = await bruno.get("/maintenance")
    assert page.heading == "Maintenance"
    assert titles(page) == ["Lisbon"]
    assert "New tills" in page.text
    ines = await enter(installer)
    assert (await ines.get("/maintenance")).soup.select("main form") == []
    [end] = [form["action"] for form in page.soup.select('form[action$="/end"]')]
    assert (await bruno.post(str(end), {})).location == "/maintenance"
    assert titles(await bruno.get("/maintenance")) == []
    screen = {"device_id": str(window_2.id), "starts_in": "0", "hours": "2"}
    assert (await bruno.post("/maintenance", screen)).location == "/maintenance"
    for wrong in ({"hours": "0"}, {"hours": "x"}, {"store_id": "x"}, {"store_id": ""}):
        assert (await bruno.post("/maintenance", new | wrong)).status == 422
