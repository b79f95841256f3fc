"""Commands from the console: done once, and answered."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.unit.player.conftest import clip, item, on_screen, picture, program, until, video
from tests.unit.player.fake_api import FakeApi, Server

RED = picture("red", 1600, 900)


@pytest.fixture
async def playing(screen: Page, server: Server, api: FakeApi) -> Page:
    api.approved = True
    program(api, item("red", 2000, RED))
    await screen.goto(f"{server.url}/player")
    await on_screen(screen, "image")
    return screen


async def _command(api: FakeApi, kind: str, **args: Any) -> dict[str, Any]:
    command_id = f"0193559e-0000-7000-8000-{len(api.commands):012}"
    api.commands.append({"command_id": command_id, "kind": kind, "args": args})
    return dict(await until(lambda: api.results.get(command_id)))


async def test_identify_shows_which_screen_it_is(playing: Page, api: FakeApi) -> None:
    result = await _command(api, "identify", name="Window 2", store_name="Lisbon Centro")
    assert result["status"] == "done"
    await expect(playing.locator("#identify")).to_contain_text("Window 2")
    await expect(playing.locator("#identify")).to_contain_text("Lisbon Centro")


async def test_a_screenshot_shows_what_is_on_screen(playing: Page, api: FakeApi) -> None:
    assert (await _command(api, "screenshot"))["status"] == "done"
    shot = Image.open(io.BytesIO(api.screenshots[0]))
    assert shot.size == (1440, 900)
    red, green, blue = shot.convert("RGB").getpixel((720, 450))
    assert red > 240
    assert green + blue < 20


async def test_a_video_can_be_captured_too(playing: Page, api: FakeApi) -> None:
    program(api, clip("green", 60_000, video("lime", 1)))
    await on_screen(playing, "video")
    assert (await _command(api, "screenshot"))["status"] == "done"
    shot = Image.open(io.BytesIO(api.screenshots[0])).convert("RGB")
    assert shot.getpixel((720, 450))[1] > 200


async def test_reload_is_answered_first_and_done_once(playing: Page, api: FakeApi) -> None:
    await playing.evaluate("window.beforeReload = true")
    assert (await _command(api, "reload"))["status"] == "done"
    await playing.wait_for_function("!window.beforeReload")
    await playing.evaluate("window.afterReload = true")
    api.results.clear()
    await until(lambda: api.results)
    assert await playing.evaluate("window.afterReload")


async def test_a_web_page_cannot_reboot_and_says_so(playing: Page, api: FakeApi) -> None:
    result = await _command(api, "reboot")
    assert result["status"] == "failed"
    assert "restart" in result["detail"]


async def test_a_command_of_a_later_server_is_answered(playing: Page, api: FakeApi) -> None:
    result = await _command(api, "make_coffee")
    assert result == {"status": "failed", "detail": "This player knows no command make_coffee."}


async def test_clearing_the_cache_fetches_everything_anew(playing: Page, api: FakeApi) -> None:
    before = len(api.downloads)
    assert (await _command(api, "clear_cache"))["status"] == "done"
    await until(lambda: len(api.downloads) > before)
    await on_screen(playing, "image")
