"""The diagnosis: by key or long press, whatever a technician asks, in either orientation."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.unit.player.conftest import item, on_screen, picture, program
from tests.unit.player.fake_api import DEVICE_ID, FakeApi, Server

NAMES = [
    "Screen", "Store", "Device", "Player", "Size", "Plan", "Due now", "On screen", "Next change",
    "Server time", "Content", "Storage", "Server", "Plays",
]  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280)])
async def test_it_says_everything_and_fits(
    screen: Page, server: Server, api: FakeApi, width: int, height: int
) -> None:
    await screen.set_viewport_size({"width": width, "height": height})
    api.approved = True
    program(api, item("red", 1200, picture("red")))
    await screen.goto(f"{server.url}/player")
    await on_screen(screen, "image")
    await screen.keyboard.press("d")
    overlay = screen.get_by_role("complementary", name="Diagnosis")
    await expect(overlay).to_be_focused()
    assert await overlay.locator("dt").all_inner_texts() == NAMES
    for fact in ("Window 2", "Lisbon Centro", DEVICE_ID, "item-red", "1 of 1 here", "answered"):
        await expect(overlay).to_contain_text(fact)
    box = await overlay.bounding_box()
    assert box
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= height
    violations = (await Axe().run(screen)).response["violations"]
    assert [violation["id"] for violation in violations] == []
    await screen.keyboard.press("Escape")
    await expect(overlay).to_be_hidden()


async def test_a_long_press_opens_it_and_another_closes_it(screen: Page, server: Server) -> None:
    await screen.goto(f"{server.url}/player")
    await expect(screen.get_by_text("BCDF-GHJK")).to_be_visible()
    overlay = screen.get_by_role("complementary", name="Diagnosis")
    await screen.mouse.move(5, 5)
    for shown in (True, False):
        await screen.mouse.down()
        await expect(overlay).to_be_visible(visible=shown)
        await screen.mouse.up()
