"""Without a network a screen plays on, starts anew, and loses no proof."""

from playwright.async_api import BrowserContext, Page

from tests.unit.player.conftest import clip, item, on_screen, picture, program, until, video
from tests.unit.player.fake_api import FakeApi, Server

RED = picture("red")
GREEN = video("green", 1)


async def _play(screen: Page, server: Server, api: FakeApi) -> None:
    api.approved = True
    program(api, item("red", 1000, RED), clip("green", 1000, GREEN))
    await screen.goto(f"{server.url}/player")
    await on_screen(screen, "video")
    await until(lambda: api.plays)
    await screen.evaluate("navigator.serviceWorker.ready.then(() => true)")


async def _finished(screen: Page) -> int:
    """How many finished plays wait on the screen's disk."""
    return int(
        await screen.evaluate(
            """() => new Promise((resolve) => {
                const request = indexedDB.open("playbill", 1);
                request.onsuccess = () => {
                    const plays = request.result.transaction("plays").objectStore("plays");
                    const count = plays.index("state").count("closed");
                    count.onsuccess = () => (request.result.close(), resolve(count.result));
                };
            })"""
        )
    )


async def _wait_for_finished(screen: Page, least: int) -> None:
    while await _finished(screen) < least:
        await screen.wait_for_timeout(100)


async def test_plays_of_a_time_without_a_server_are_sent_once_when_it_is_back(
    screen: Page, server: Server, api: FakeApi
) -> None:
    await _play(screen, server, api)
    await server.stop()
    before = len(api.plays)
    await _wait_for_finished(screen, 4)
    await server.start()
    await until(lambda: len(api.plays) >= before + 4)
    ids = [play["event_id"] for play in api.plays]
    assert len(set(ids)) == len(ids)
    assert [play["seq"] for play in api.plays] == list(range(1, len(ids) + 1))


async def test_a_screen_without_a_network_starts_and_plays(
    screen: Page, server: Server, api: FakeApi
) -> None:
    await _play(screen, server, api)
    await server.stop()
    await screen.reload()
    await on_screen(screen, "video")
    await on_screen(screen, "image")
    await server.start()
    before = len(api.downloads)
    seen = len(api.heartbeats)
    await until(lambda: len(api.heartbeats) > seen)
    assert len(api.downloads) == before


async def test_a_power_cut_leaves_an_interrupted_play(
    context: BrowserContext, screen: Page, server: Server, api: FakeApi
) -> None:
    api.approved = True
    program(api, item("red", 600_000, RED))
    await screen.goto(f"{server.url}/player")
    await on_screen(screen, "image")
    await until(lambda: any(beat["now_playing"] for beat in api.heartbeats))
    await screen.close()
    again = await context.new_page()
    await again.goto(f"{server.url}/player")
    left = await until(lambda: [play for play in api.plays if play["result"] == "interrupted"])
    assert left[0]["item_id"] == "item-red"


async def test_a_screen_that_was_signed_out_plays_on_with_a_code_in_the_corner(
    screen: Page, server: Server, api: FakeApi
) -> None:
    await _play(screen, server, api)
    api.approved = False
    api.revoked.add("token-1")
    card = screen.locator("#pairing")
    await card.wait_for(state="visible")
    box, stage = await card.bounding_box(), screen.viewport_size
    assert box
    assert stage
    assert await screen.locator("#user-code").evaluate(
        """(code) => {
            const { x, y, width, height } = code.getBoundingClientRect();
            return code.contains(document.elementFromPoint(x + width / 2, y + height / 2));
        }"""
    )
    assert box["width"] * box["height"] < stage["width"] * stage["height"] / 6
    await on_screen(screen, "video")
    await on_screen(screen, "image")
