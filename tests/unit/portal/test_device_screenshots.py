"""A device's page shows what the screen shows beside what its plan says."""

import pytest

from signage import assignments
from signage.actors import SYSTEM
from signage.targets import Target
from tests.unit.device_api.test_screenshot import picture


@pytest.fixture
async def bruno(enter, manager):
    return await enter(manager)


async def test_before_the_first_the_page_says_how_to_get_one(bruno, window_2):
    page = await bruno.get(f"/devices/{window_2.id}")

    assert "No screenshot yet" in page.soup.select_one("#screenshot").get_text()


async def test_the_picture_stands_beside_what_was_planned(
    bruno, screen, conn, window_2, playlist, clock
):
    here = Target("device", window_2.id)
    await assignments.put(conn, SYSTEM, here, playlist_id=playlist.id, now=clock.now)
    clock.pass_(minutes=1)
    assert (await screen.get("/plan")).status == 200
    clock.pass_(minutes=1)
    await screen.put("/screenshot", picture())

    page = await bruno.get(f"/devices/{window_2.id}")

    card = page.soup.select_one("#screenshot")
    shown = card.select_one('img[alt="What Window 2 showed"]')
    image = await bruno.caller("GET", shown["src"])
    assert (image.status, image.body) == (200, picture())
    assert "Its plan: Menu, from Always on" in card.get_text()


async def test_without_a_plan_it_says_so(bruno, screen, window_2):
    await screen.put("/screenshot", picture())

    page = await bruno.get(f"/devices/{window_2.id}")

    assert "Nothing was planned" in page.soup.select_one("#screenshot").get_text()


async def test_another_stores_picture_is_absent(bruno, madrid_screen):
    assert (await bruno.get(f"/devices/{madrid_screen.id}/screenshot")).status == 404
