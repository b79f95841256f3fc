"""What goes wrong in shops: full disks, files that are gone, clocks that are wrong, crashes."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from player import pages
from tests.unit.player.conftest import item, on_screen, picture, program, until
from tests.unit.player.fake_api import ALWAYS, FakeApi, Server, iso

RED, BLUE = picture("red"), picture("blue")
MB = 1_000_000
STREAMED_FROM_BYTES = 64 * 1024 * 1024


@pytest.fixture
async def paired(screen: Page, server: Server, api: FakeApi) -> Page:
    api.approved = True
    await screen.goto(f"{server.url}/player")
    await until(lambda: api.heartbeats)
    return screen


def _large(data: bytes, size: int, mark: bytes = b"") -> bytes:
    """The same picture with bytes after its end, which browsers ignore."""
    return data + mark + bytes(size - len(data) - len(mark))


def _completed(api: FakeApi, name: str) -> list[dict[str, Any]]:
    return [p for p in api.plays if p.get("item_id") == name and p["result"] == "completed"]


async def _quota(page: Page, server: Server, size: int | None) -> None:
    session = await page.context.new_cdp_session(page)
    more = {} if size is None else {"quotaSize": size}
    await session.send("Storage.overrideQuotaForOrigin", {"origin": server.url, **more})


async def test_on_a_full_disk_what_fits_plays_and_the_heartbeat_says_so(
    paired: Page, server: Server, api: FakeApi
) -> None:
    await _quota(paired, server, 6 * MB)
    huge = item("huge", 1200, _large(RED, 12 * MB))
    program(api, item("red", 1200, RED), huge, item("blue", 1200, BLUE))
    await until(lambda: _completed(api, "item-red") and _completed(api, "item-blue"))
    await until(lambda: api.heartbeats[-1]["last_error"] == "The storage is full.")
    assert not _completed(api, "item-huge")
    await _quota(paired, server, None)
    await until(lambda: _completed(api, "item-huge"))
    await until(lambda: api.heartbeats[-1]["last_error"] is None)


async def test_room_is_made_by_dropping_what_only_the_plan_before_needed(
    paired: Page, server: Server, api: FakeApi
) -> None:
    await _quota(paired, server, 12 * MB)
    program(api, item("red", 1200, RED), item("old", 1200, _large(BLUE, 7 * MB, b"old")))
    await until(lambda: _completed(api, "item-old"))
    program(api, item("red", 1200, RED), item("new", 1200, _large(BLUE, 7 * MB, b"new")))
    await until(lambda: _completed(api, "item-new"))
    beat = api.heartbeats[-1]
    assert beat["disk_used_bytes"] < 8 * MB
    assert beat["counters"]["files_missing"] == 0


async def test_a_file_that_the_server_has_not_is_asked_for_three_times_and_reported(
    paired: Page, api: FakeApi
) -> None:
    program(api, item("red", 1200, RED), item("blue", 1200, BLUE))
    gone = hashlib.sha256(BLUE).hexdigest()
    del api.media[gone]
    await until(lambda: "http_404" in (api.heartbeats[-1]["last_error"] or ""))
    await until(lambda: len(_completed(api, "item-red")) >= 2)
    assert [sha for sha, _ in api.downloads].count(gone) == 3
    assert {p["error"] for p in api.plays if p["result"] == "skipped"} == {"not_downloaded"}


async def test_a_large_file_is_verified_as_it_streams(paired: Page, api: FakeApi) -> None:
    large = _large(RED, STREAMED_FROM_BYTES + 1)
    program(api, item("large", 1500, large))
    await until(lambda: _completed(api, "item-large"))
    assert api.heartbeats[-1]["disk_used_bytes"] == len(large)


async def test_a_device_two_hours_behind_plays_by_the_servers_clock(
    screen: Page, server: Server, api: FakeApi
) -> None:
    api.approved = True
    now = datetime.now(UTC)
    window = {"from": iso(now - timedelta(minutes=1)), "until": iso(now + timedelta(minutes=30))}
    window |= {"anchor": ALWAYS, "playlist": "p1", "schedule_id": "s", "layer": "store"}
    program(api, item("red", 1200, RED), windows=[window | {"takeover": False}])
    await screen.clock.install(time=now - timedelta(hours=2))
    await screen.goto(f"{server.url}/player")
    [play, *_] = await until(lambda: _completed(api, "item-red"))
    assert abs(play["clock_offset_ms"] - 7_200_000) < 60_000
    await screen.locator("body").press("d")
    await expect(screen.locator("#overlay")).to_contain_text("this device is off by -72")


async def test_a_crash_of_the_page_leaves_an_interrupted_play(
    context: BrowserContext, paired: Page, server: Server, api: FakeApi
) -> None:
    program(api, item("red", 1200, RED))
    await until(lambda: _completed(api, "item-red"))
    program(api, item("blue", 600_000, BLUE))
    await until(lambda: (api.heartbeats[-1]["now_playing"] or {}).get("item_id") == "item-blue")
    session = await context.new_cdp_session(paired)
    async with paired.expect_event("crash"):
        crash = asyncio.ensure_future(session.send("Page.crash"))
    crash.cancel()
    again = await context.new_page()
    await again.goto(f"{server.url}/player")
    await paired.close()
    blue = ("item-blue", "interrupted")
    await until(lambda: blue in [(p.get("item_id"), p["result"]) for p in api.plays])
    numbers = [play["seq"] for play in api.plays]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_newer_player_is_kept_whole_and_begun_while_nothing_plays(
    paired: Page, server: Server, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paired.evaluate("navigator.serviceWorker.ready.then(() => true)")
    newer = "f" * 16
    monkeypatch.setattr(pages, "build", lambda: newer)
    await paired.evaluate("dispatchEvent(new Event('online'))")
    await paired.locator(f'html[data-build="{newer}"]').wait_for(state="attached")
    assert await paired.evaluate("caches.keys()") == [f"player-{newer}"]
    await server.stop()
    await paired.reload()
    assert await paired.evaluate("document.documentElement.dataset.build") == newer
    await paired.get_by_role("heading", name="Paired. Waiting for a plan").wait_for()


async def test_a_newer_player_waits_while_something_plays(
    paired: Page, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(api, item("red", 1200, RED), timezone=_where_it_is_noon())
    await on_screen(paired, "image")
    before = await paired.evaluate("document.documentElement.dataset.build")
    newer = "e" * 16
    monkeypatch.setattr(pages, "build", lambda: newer)
    await paired.evaluate("dispatchEvent(new Event('online'))")
    await paired.wait_for_function(f"async () => (await caches.keys()).includes('player-{newer}')")
    played = len(api.plays)
    await until(lambda: len(api.plays) > played + 1)
    assert await paired.evaluate("document.documentElement.dataset.build") == before


def _where_it_is_noon() -> str:
    ahead = 12 - datetime.now(UTC).hour
    # POSIX signs: Etc/GMT-3 is three hours ahead of Greenwich.
    return "UTC" if ahead == 0 else f"Etc/GMT{-ahead:+d}"
