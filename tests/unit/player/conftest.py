"""A real Chromium, the fake device API, and media that are really pictures and really videos."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import av
import pytest
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, expect

from player.pages import build
from tests.e2e.browsers import DESKTOP, TIMEOUT_MS, Complaints, chromium
from tests.unit.player.fake_api import FakeApi, Server, make_plan, serving

FRAMES_PER_S = 25

RunModule = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as lent:
        yield lent


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def server(api: FakeApi) -> AsyncIterator[Server]:
    async with serving(api) as running:
        yield running


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser profile: what the player keeps on disk lives and ends with it."""
    opened = await browser.new_context(**DESKTOP)
    yield opened
    await opened.close()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
async def screen(context: BrowserContext, complaints: Complaints) -> Page:
    """A page that complains into ``complaints``."""
    return complaints.watch(await context.new_page())


@pytest.fixture(scope="session")
async def run(browser: Browser) -> AsyncIterator[RunModule]:
    """Run JavaScript in the browser with every name that a module of the player exports.

    ``await run("ids.js", "newId(given.now)", now=5)``; a body with ``return`` may be longer. The
    page is shared: for modules that keep nothing.
    """
    page = await browser.new_page()
    async with serving(FakeApi()) as server:
        await page.goto(f"{server.url}/blank")
        yield partial(_evaluate, page)
    await page.close()


@pytest.fixture
async def run_alone(server: Server, screen: Page) -> RunModule:
    """The same in a page, a profile and with an API of the test's own."""
    await screen.goto(f"{server.url}/blank")
    return partial(_evaluate, screen)


async def _evaluate(page: Page, module: str, script: str, **given: Any) -> Any:
    body = script if "return " in script else f"return {script}"
    address = f"/player/static/{build()}/{module}"
    return await page.evaluate(
        """async ([address, body, given]) => {
            const module = await import(address);
            const names = Object.keys(module);
            const run = Object.getPrototypeOf(async () => {}).constructor;
            return run("given", ...names, body)(given, ...Object.values(module));
        }""",
        [address, body, given],
    )


def picture(colour: str, width: int = 640, height: int = 360) -> bytes:
    """A PNG of one colour."""
    drawn = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(drawn, "PNG")
    return drawn.getvalue()


def video(colour: str, seconds: float, width: int = 320, height: int = 180) -> bytes:
    """An MP4 (H.264) of one colour."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frame = av.VideoFrame.from_image(Image.new("RGB", (width, height), colour))
        for number in range(round(seconds * FRAMES_PER_S)):
            frame.pts = number
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return made.getvalue()


async def until(true: Callable[[], Any], timeout_s: float = 40) -> Any:
    """Wait until something is so, and return it; fail once it has not come to be for too long."""
    async with asyncio.timeout(timeout_s):
        while not (found := true()):  # noqa: ASYNC110 - a browser's page sets no event here
            await asyncio.sleep(0.02)
    return found


def item(name: str, ms: int, data: bytes, **more: Any) -> dict[str, Any]:
    """An item of a plan: a picture unless it is said to be something else."""
    return {"name": name, "ms": ms, "data": data} | more


def clip(name: str, ms: int, data: bytes) -> dict[str, Any]:
    """A video as an item of a plan."""
    return item(name, ms, data, kind="video", mime="video/mp4")


def program(api: FakeApi, *items: dict[str, Any], **more: Any) -> None:
    """Let these items play always, and the server have their files."""
    for each in items:
        if each.get("data"):
            api.add_media(each["data"])
    api.plan = make_plan(list(items), **more)


async def on_screen(page: Page, kind: str) -> None:
    """Wait until this kind of content is what people see."""
    await expect(page.locator(f'#stage.showing .layer.front[data-kind="{kind}"]')).to_be_visible(
        timeout=TIMEOUT_MS
    )
