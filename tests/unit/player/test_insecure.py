"""On an address that is not secure the player says so, and plays from memory."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.unit.player.conftest import clip, item, on_screen, picture, program, until, video
from tests.unit.player.fake_api import FakeApi, Server

INSECURE = "http://screens.example"


@pytest.fixture
async def insecure(context: BrowserContext, server: Server) -> AsyncIterator[Page]:
    """A page at a plain http address; what it asks for comes from the fake API."""

    async def forward(route: Route) -> None:
        url = route.request.url.replace(INSECURE, server.url)
        await route.fulfill(response=await route.fetch(url=url))

    await context.route(f"{INSECURE}/**", forward)
    page = await context.new_page()
    await page.goto(f"{INSECURE}/player")
    assert not await page.evaluate("isSecureContext")
    yield page
    await context.unroute_all(behavior="ignoreErrors")
    await page.close()


async def test_the_pairing_page_says_that_offline_play_is_off(insecure: Page) -> None:
    words = insecure.get_by_text("This address is not secure, so offline play is off")
    await expect(words).to_be_visible()


async def test_files_are_verified_and_played_from_memory(insecure: Page, api: FakeApi) -> None:
    api.approved = True
    red, wrong = picture("red"), picture("blue")
    program(api, item("red", 1000, red), clip("green", 1000, video("green", 1)))
    await on_screen(insecure, "image")
    await on_screen(insecure, "video")
    program(api, item("red", 1000, red), item("wrong", 1000, wrong, sha256="0" * 64))
    api.media["0" * 64] = wrong
    beat = await until(lambda: api.heartbeats[-1]["last_error"] and api.heartbeats[-1])
    assert "hash_mismatch" in beat["last_error"]
    await insecure.keyboard.press("d")
    await expect(insecure.locator("#overlay")).to_contain_text("in memory")
