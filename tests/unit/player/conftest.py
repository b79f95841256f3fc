"""A real Chromium, the fake device API, and media that are really pictures and really videos."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import av
import pytest
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page

import player.pages
from tests.e2e.browsers import DESKTOP, Complaints, chromium
from tests.unit.player.fake_api import FakeApi, Server, serving

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


@pytest.fixture
async def run(server: Server, screen: Page) -> RunModule:
    """Run JavaScript in the browser with every name that a module of the player exports.

    ``await run("ids.js", "newId(given.now)", now=5)``; a body with ``return`` may be longer.
    """
    await screen.goto(f"{server.url}/blank")

    async def evaluate(module: str, script: str, **given: Any) -> Any:
        body = script if "return " in script else f"return {script}"
        address = f"/player/static/{player.pages.build()}/{module}"
        return await screen.evaluate(
            """async ([address, body, given]) => {
                const module = await import(address);
                const names = Object.keys(module);
                const run = Object.getPrototypeOf(async () => {}).constructor;
                return run("given", ...names, body)(given, ...Object.values(module));
            }""",
            [address, body, json.loads(json.dumps(given))],
        )

    return evaluate


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
