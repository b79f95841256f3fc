"""The plan explorer: choose a screen and a moment, see who plays and why, and what if."""

import pytest

from signage import assignments, playlists, schedules
from signage.actors import SYSTEM
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.conftest import web_page


@pytest.fixture
async def soups(conn, now) -> playlists.Playlist:
    soup = await web_page(conn, "Soup", now)
    items = [NewItem(content_id=soup.id)]
    return await playlists.create(conn, SYSTEM, name="Soups", items=items, now=now)


@pytest.fixture
async def lunch(conn, playlist, soups, window_2, now) -> schedules.Schedule:
    """Soups on Window 2 from noon to two, every day; Lisbon plays "Always on" otherwise."""
    store = Target("store", window_2.store_id)
    await assignments.put(conn, SYSTEM, store, playlist.id, now=now)
    new = schedules.NewSchedule(
        name="Lunch",
        playlist_id=soups.id,
        target=Target("device", window_2.id),
        starts_on=now.date(),
        start_time="12:00",
        end_time="14:00",
        rrule="FREQ=DAILY",
    )
    return await schedules.create(conn, SYSTEM, new, now=now)


def card(page, name: str) -> str:
    return page.soup.select_one(f"#{name}").get_text(" ", strip=True)


async def test_at_first_a_screen_is_chosen(enter, manager, window_2):
    somebody = await enter(manager)
    page = await somebody.get("/plan-explorer")
    assert page.heading == "Plan explorer"
    [button] = page.soup.select('form[action="/plan-explorer"] button')
    assert button.get_text(strip=True) == "Explain this moment"
    assert "Choose a screen" in page.text
    assert page.soup.select_one('nav a[href="/plan-explorer"][aria-current="page"]')


async def test_a_name_leads_to_its_only_screen_and_several_are_offered(
    enter, manager, window_2, pair, lisbon, madrid_screen
):
    somebody = await enter(manager)
    only = await somebody.get("/plan-explorer?q=window&at=2026-11-24T12:30")
    at = "2026-11-24T12%3A30"
    assert only.location == f"/plan-explorer?device_id={window_2.id}&at={at}"
    await pair(lisbon, "Window 3")
    several = await somebody.get("/plan-explorer?q=window&at=2026-11-24T12:30")
    assert several.links("Window 2") == [f"/plan-explorer?device_id={window_2.id}&at={at}"]
    assert several.links("Window 3")
    none = await somebody.get("/plan-explorer?q=entrance")
    assert "No screen matches entrance" in none.text


async def test_screens_looked_at_are_offered_again(enter, manager, window_2):
    somebody = await enter(manager)
    await somebody.get(f"/plan-explorer?device_id={window_2.id}")
    page = await somebody.get("/plan-explorer")
    assert "Recent screens" in page.text
    assert page.links("Window 2") == [f"/plan-explorer?device_id={window_2.id}"]


async def test_a_moment_has_a_winner_and_every_loser_with_its_rule(enter, manager, window_2, lunch):
    path = f"/plan-explorer?device_id={window_2.id}&at=2026-11-24T12:30"
    page = await (await enter(manager)).get(path)
    winner, loser = page.soup.select("#why li")
    assert "Lunch: Soups" in winner.get_text(" ")
    assert "Plays" in winner.get_text(" ")
    assert "Plays only when no schedule applies" in loser.get_text(" ")
    field = page.soup.select_one('form[action="/plan-explorer"] input[name="at"]')
    assert field["value"] == "2026-11-24T12:30"
    assert page.links("Lunch: Soups") == [f"/schedules/{lunch.id}"]


async def test_another_name_in_the_form_looks_for_another_screen(
    enter, manager, window_2, pair, lisbon
):
    till = await pair(lisbon, "Till")
    path = f"/plan-explorer?device_id={window_2.id}&q=till"
    answer = await (await enter(manager)).get(path)
    assert answer.location == f"/plan-explorer?device_id={till.device_id}"


async def test_the_plan_a_screen_holds_is_compared(
    enter, manager, window_2, lunch, screen, conn, clock, playlist, soups
):
    somebody = await enter(manager)
    path = f"/plan-explorer?device_id={window_2.id}"
    assert "reported no plan yet" in card(await somebody.get(path), "lag")
    etag = (await screen.get("/plan")).headers["ETag"].strip('"')
    await screen.post("/heartbeat", {"disk_used_bytes": 1, "plan_etag": etag})
    assert "holds the plan it is due" in card(await somebody.get(path), "lag")
    clock.pass_(minutes=1)
    await schedules.archive(conn, SYSTEM, lunch.id, now=clock.now)
    behind = await somebody.get(path)
    first = behind.soup.select("#lag tbody tr")[0].get_text(" ", strip=True)
    assert "Soups Lunch Always on Always on" in first
    assert "Soup, version 1" in card(behind, "lag")


async def test_what_if_a_schedule_were_off(enter, manager, window_2, lunch):
    path = f"/plan-explorer?device_id={window_2.id}&off={lunch.id}"
    page = await (await enter(manager)).get(path)
    assert [row.get_text() for row in page.soup.select(".timeline-row")][:2] == [
        "On screen",
        "With the change",
    ]
    changes = page.soup.select("#what-if tbody tr")
    assert "Soups Lunch Always on Always on" in changes[0].get_text(" ", strip=True)
    assert page.soup.select_one(f'option[value="{lunch.id}"][selected]')


async def test_what_if_a_playlist_were_added(enter, manager, window_2, lunch, soups, conn):
    path = (
        f"/plan-explorer?device_id={window_2.id}&date=2026-12-01&zoom=day"
        f"&playlist_id={soups.id}&start=18:00&end=20:00&layer=store&priority=10"
    )
    page = await (await enter(manager)).get(path)
    [change] = page.soup.select("#what-if tbody tr")
    text = change.get_text(" ", strip=True)
    assert "Tue 1 Dec 18:00 to 20:00" in text
    assert "Always on Always on Soups What if" in text
    assert await conn.fetchval("SELECT count(*) FROM schedules") == 1


@pytest.mark.parametrize("wrong", ["start=noon&end=14:00", "start=&end=", "priority=1000"])
async def test_a_draft_that_makes_no_sense_is_refused_at_its_field(
    enter, manager, window_2, soups, wrong
):
    path = f"/plan-explorer?device_id={window_2.id}&playlist_id={soups.id}&start=12:00&end=13:00"
    page = await (await enter(manager)).get(f"{path.rpartition('&start')[0]}&{wrong}")
    assert page.status == 200
    assert page.error_of("playlist_id")
    assert not page.soup.select("#what-if table")


async def test_who_does_not_program_explores_but_tries_nothing(enter, installer, window_2, lunch):
    path = f"/plan-explorer?device_id={window_2.id}&off={lunch.id}"
    page = await (await enter(installer)).get(path)
    assert page.status == 200
    assert not page.soup.select("#what-if")
    assert not page.soup.select('main a[href^="/playlists/"], main a[href^="/schedules/"]')


async def test_a_screen_of_another_store_is_not_found(enter, madrid_manager, window_2):
    somebody = await enter(madrid_manager)
    assert (await somebody.get(f"/plan-explorer?device_id={window_2.id}")).status == 404
