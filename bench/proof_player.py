"""The web player in a real Chromium, at full size: changes of item, memory, a month of plays."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from statistics import median
from time import monotonic
from typing import Any

from PIL import Image
from playwright.async_api import CDPSession, Page

from bench.proof_report import Report, Say, must
from player.pages import build
from tests.e2e.browsers import chromium
from tests.unit.player.conftest import clip, item, on_screen, picture, program, until, video
from tests.unit.player.fake_api import FakeApi, Server, serving

CHANGES = 50
MEMORY_ITEMS = 20
MEMORY_S = 3600
SAMPLED_EVERY_S = 30
HEAP_GROWTH_MAX = 1.2
BACKLOG_EVENTS = 300_000
BACKLOG_HEAP_MAX_MB = 100
TURN_MS = 1500
"""Longer than the shortest play that counts, so that a change may take a few frames."""
SMALL = {"viewport": {"width": 480, "height": 270}}
COLOURS = ("red", "lime", "aqua", "yellow", "fuchsia")
DARK = 30
"""Of 255: the least bright of the colours has 54, black has 0, a JPEG of black a few more."""
MB = 1e6

# At every frame of the page: whether the layer in front has something to show, and what is late.
WATCH = """() => {
    const seen = window.seen = { frames: 0, blank: 0, waits: [] };
    const held = new Map();
    const count = (video) => video.requestVideoFrameCallback((now) => {
        held.set(video, now);
        count(video);
    });
    document.querySelectorAll("video").forEach(count);
    let former = null;
    const look = (now) => {
        const front = document.querySelector("#stage.showing .layer.front");
        const video = front?.querySelector("video");
        seen.frames += 1;
        if (!video || video.readyState < 2) seen.blank += 1;
        if (former && video && video !== former) seen.waits.push(now - (held.get(former) ?? now));
        former = video ?? former;
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""

FILL = """async ({ root, from, to }) => {
    const { Store } = await import(`${root}/store.js`);
    const store = await Store.open();
    const rows = [];
    for (let seq = from; seq < to; seq += 1) {
        const event_id = `0193559e-0000-7000-8000-${String(seq).padStart(12, "0")}`;
        const event = { event_id, seq, event_type: "play", item_id: `item-${seq % 20}`,
            plan_etag: "0123456789abcdef0123456789abcdef", planned_duration_ms: 10000,
            result: "completed", started_at: new Date(seq * 1e4).toISOString(),
            duration_ms: 10000, player_version: "1.0.0", clock_offset_ms: 12 };
        rows.push({ event_id, state: "closed", device_id: "device-1", seq, at: seq, event });
    }
    await store.putPlays(rows);
    store.db.close();
}"""

SEND = """async ({ root }) => {
    const names = ["store", "clock", "credentials", "api", "outbox"];
    const [{ Store }, { Clock }, { Credentials }, { Api }, { Outbox }] = await Promise.all(
        names.map((name) => import(`${root}/${name}.js`)));
    const store = await Store.open();
    const clock = new Clock({ offsetMs: 0 });
    const credentials = new Credentials(store, clock);
    await credentials.keep({ device_id: "device-1", device_token: "token-1",
        refresh_token: "refresh-1", token_expires_in: 86400 });
    await new Outbox(store, new Api(clock, credentials)).send("device-1");
    return store.countFinishedPlays("device-1");
}"""


async def changes(say: Say, count: int = CHANGES) -> Report:
    """Look at every frame while one video follows another."""
    async with _screen() as (page, api, server):
        api.approved = True
        program(api, *(clip(name, TURN_MS, video(name, TURN_MS / 1000)) for name in COLOURS))
        await page.goto(f"{server.url}/player")
        await on_screen(page, "video")
        await until(lambda: len(api.plays) > len(COLOURS))
        say("every file is there")
        pictures = await _watch_compositor(page)
        await page.evaluate(WATCH)
        first = len(api.plays)
        await until(lambda: len(api.plays) >= first + count, 30 + 3 * count)
        seen = await page.evaluate("window.seen")
        plays = api.plays[first : first + count]
    dark = sum(_brightness(data) < DARK for data in pictures)
    must(seen["blank"] == 0, f"{seen['blank']} of {seen['frames']} frames showed nothing")
    must(dark == 0, f"{dark} of {len(pictures)} composed pictures were dark")
    must({play["result"] for play in plays} == {"completed"}, "a play was not whole")
    return Report(
        title="The web player from one video to the next",
        how=f"{len(COLOURS)} videos of {TURN_MS} ms at 25 frames a second. At every animation"
        " frame the layer in front must have a decoded frame; besides, every picture that"
        " Chromium composed is looked at, and none may be dark. The wait is the time from the"
        " last frame of one video until the next one is in front.",
        seen={
            "Changes of item": str(count),
            "Animation frames looked at, blank among them": f"{seen['frames']:,}, 0",
            "Composed pictures looked at, dark among them": f"{len(pictures):,}, 0",
            "Wait at a change, median and longest": _spread(seen["waits"]),
            "Begun after its turn's start, median and longest": _spread(_lateness(plays)),
        },
    )


async def memory(say: Say, duration_s: float = MEMORY_S, items: int = MEMORY_ITEMS) -> Report:
    """Play pictures and videos in turn; what is in use after a collection must not grow."""
    async with _screen() as (page, api, server):
        api.approved = True
        program(api, *(_either(number) for number in range(items)))
        await page.goto(f"{server.url}/player")
        await until(lambda: len(api.plays) > items, 30 + 2 * items)
        session = await page.context.new_cdp_session(page)
        samples = []
        begun = monotonic()
        while monotonic() - begun < duration_s:
            samples.append(await _memory(session))
            used, nodes = samples[-1]
            say(f"{used / MB:.2f} MB, {nodes} nodes and listeners, {len(api.plays)} plays")
            await asyncio.sleep(min(SAMPLED_EVERY_S, duration_s / 4))
        samples.append(await _memory(session))
        played = len(api.plays)
    heap = [sample[0] for sample in samples]
    growth = median(heap[-3:]) / median(heap[:3])
    must(growth <= HEAP_GROWTH_MAX, f"the heap grew {growth:.2f} times")
    must(samples[-1][1] <= samples[0][1] + 10, "nodes and listeners of the page grew")
    return Report(
        title="The memory of the web player",
        how=f"{items} items, pictures and videos in turn, {TURN_MS} ms each. Sampled every"
        f" {SAMPLED_EVERY_S} s after a collection: heap, nodes and listeners in use.",
        seen={
            "Duration": f"{duration_s / 60:.0f} minutes, {played:,} plays",
            "Heap in use, first, last and most": _megabytes(heap[0], heap[-1], max(heap)),
            "Nodes and listeners, first and last": f"{samples[0][1]} and {samples[-1][1]}",
        },
    )


async def backlog(say: Say, events: int = BACKLOG_EVENTS) -> Report:
    """Fill the disk with a month of plays; each must be sent once, the oldest first."""
    async with _screen() as (page, api, server):
        api.tokens = 1
        tally = Tally()
        api.batches = tally  # type: ignore[assignment] - counts, and keeps nothing
        await page.goto(f"{server.url}/blank")
        root = f"/player/static/{build()}"
        for start in range(1, events + 1, 2000):
            span = {"from": start, "to": min(start + 2000, events + 1)}
            await page.evaluate(FILL, {"root": root, **span})
        say(f"{events:,} plays are on the disk")
        session = await page.context.new_cdp_session(page)
        begun = monotonic()
        sending = asyncio.ensure_future(page.evaluate(SEND, {"root": root}))
        most = 0.0
        while not sending.done():
            most = max(most, (await session.send("Runtime.getHeapUsage"))["usedSize"])
            await asyncio.wait([sending], timeout=0.5)
        left, took_s = sending.result(), monotonic() - begun
    must(tally.last == events and left == 0, f"{tally.last} arrived, {left} are left")
    must(most / MB <= BACKLOG_HEAP_MAX_MB, f"{most / MB:.0f} MB of heap")
    return Report(
        title="A month of plays in the web player",
        how="The plays of a month without a network in IndexedDB, sent when there is one again:"
        " each once and in the order of their numbers, whatever the memory holds.",
        seen={
            "Plays on disk and received": f"{events:,} and {tally.last:,}",
            "Received twice, missing or out of order": "0",
            "Batches": f"{tally.batches:,}, at most {tally.largest} plays each",
            "Most heap in use while sending": f"{most / MB:.1f} MB",
            "Sent within": f"{took_s:.0f} s",
        },
    )


class Tally:
    """Takes batches in, and keeps only how far they came."""

    def __init__(self) -> None:
        self.last = self.batches = self.largest = 0

    def append(self, batch: list[dict[str, Any]]) -> None:
        """Count a batch; its numbers must go on where the former one ended."""
        numbers = [event["seq"] for event in batch]
        expected = list(range(self.last + 1, self.last + 1 + len(batch)))
        must(numbers == expected, f"after {self.last} came {numbers[:3]}")
        self.last += len(batch)
        self.batches += 1
        self.largest = max(self.largest, len(batch))


@asynccontextmanager
async def _screen() -> AsyncIterator[tuple[Page, FakeApi, Server]]:
    api = FakeApi()
    async with serving(api) as server, chromium() as browser:
        context = await browser.new_context(**SMALL)
        yield await context.new_page(), api, server


async def _watch_compositor(page: Page) -> list[str]:
    session = await page.context.new_cdp_session(page)
    pictures: list[str] = []
    pending = set()

    def keep(event: dict[str, Any]) -> None:
        pictures.append(event["data"])
        sent = session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})
        pending.add(task := asyncio.ensure_future(sent))
        task.add_done_callback(pending.discard)

    session.on("Page.screencastFrame", keep)
    await session.send(
        "Page.startScreencast", {"format": "jpeg", "quality": 50, "everyNthFrame": 1}
    )
    return pictures


async def _memory(session: CDPSession) -> tuple[float, int]:
    await session.send("HeapProfiler.collectGarbage")
    used = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    counters = await session.send("Memory.getDOMCounters")
    return used, counters["nodes"] + counters["jsEventListeners"]


def _either(number: int) -> dict[str, Any]:
    # Another size for each, so that no two are the same file.
    if number % 2:
        return clip(
            f"video-{number}", TURN_MS, video("lime", TURN_MS / 1000, 320, 180 + 2 * number)
        )
    return item(f"picture-{number}", TURN_MS, picture("red", 1280, 720 + number))


def _brightness(jpeg: str) -> float:
    shown = Image.open(io.BytesIO(base64.b64decode(jpeg))).convert("L").resize((1, 1))
    return float(shown.getpixel((0, 0)))  # type: ignore[arg-type] - a grey pixel is one number


def _lateness(plays: list[dict[str, Any]]) -> list[float]:
    # Turns begin at whole multiples of their length, as the anchor is the epoch.
    starts = [datetime.fromisoformat(play["started_at"]).timestamp() * 1000 for play in plays]
    return [start % TURN_MS for start in starts]


def _spread(values: list[float]) -> str:
    return f"{median(values):.0f} ms and {max(values):.0f} ms"


def _megabytes(*values: float) -> str:
    return ", ".join(f"{value / MB:.2f} MB" for value in values)
