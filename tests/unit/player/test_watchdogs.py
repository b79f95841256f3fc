"""What gives no sign of life: the director, and the worker that downloads."""

from typing import Any

import pytest
from playwright.async_api import Page

from player.pages import build
from tests.unit.player.conftest import RunModule
from tests.unit.player.fake_api import Server


@pytest.fixture
async def timed(screen: Page, server: Server, run_alone: RunModule) -> Any:
    """Run a script in a page whose clock stands until the test moves it."""
    await screen.clock.install(time=0)
    await screen.goto(f"{server.url}/blank")
    await screen.clock.pause_at(1000)
    return run_alone


async def test_a_frozen_director_has_the_page_begin_anew_but_not_over_and_over(
    screen: Page, timed: RunModule
) -> None:
    await timed(
        "watchdog.js", "window.anew = 0; watch(() => 0, () => (window.anew += 1)); return null"
    )
    await screen.clock.run_for(299_000)
    assert await screen.evaluate("anew") == 0
    await screen.clock.run_for(3000)
    assert await screen.evaluate("anew") > 0


async def test_a_director_that_beats_is_left_alone(screen: Page, timed: RunModule) -> None:
    script = """
        window.anew = 0;
        watch(() => performance.now() - 4000, () => (window.anew += 1));
        return null
    """
    await timed("watchdog.js", script)
    await screen.clock.run_for(400_000)
    assert await screen.evaluate("anew") == 0


async def test_a_frozen_director_is_noticed_within_seconds(screen: Page, timed: RunModule) -> None:
    script = """
        window.anew = 0; window.beat = null;
        watch(() => window.beat ?? performance.now(), () => (window.anew += 1));
        return null
    """
    await timed("watchdog.js", script)
    await screen.clock.run_for(400_000)
    await screen.evaluate("window.beat = performance.now()")
    await screen.clock.run_for(4500)
    assert await screen.evaluate("anew") == 0
    await screen.clock.run_for(2500)
    assert await screen.evaluate("anew") > 0


async def test_a_worker_without_a_beat_is_replaced_and_who_waits_is_told(
    screen: Page, timed: RunModule
) -> None:
    script = """
        window.workers = [];
        window.Worker = class {
            constructor() { workers.push(this); }
            postMessage() {}
            terminate() { this.ended = true; }
        };
        const { Downloads } = await import(given.address);
        window.downloads = new Downloads();
        downloads.order({ url: "/x" }).then((reply) => (window.reply = reply));
        return null
    """
    address = f"/player/static/{build()}/downloads.js"
    await timed("ids.js", script, address=address)
    await screen.clock.run_for(29_000)
    assert await screen.evaluate("workers.length") == 1
    await screen.clock.run_for(10_000)
    assert await screen.evaluate("reply.error") == "The download worker gave no sign of life."
    assert await screen.evaluate("workers.map((worker) => Boolean(worker.ended))") == [True, False]
    assert await screen.evaluate("downloads.restarts") == 1


async def test_a_worker_that_beats_is_left_alone(screen: Page, timed: RunModule) -> None:
    script = """
        window.Worker = class { constructor() { window.worker = this; } };
        const { Downloads } = await import(given.address);
        window.downloads = new Downloads();
        setInterval(() => worker.onmessage({ data: { beat: true } }), 5000);
        return null
    """
    address = f"/player/static/{build()}/downloads.js"
    await timed("ids.js", script, address=address)
    await screen.clock.run_for(120_000)
    assert await screen.evaluate("downloads.restarts") == 0
