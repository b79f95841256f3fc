"""A screen at work: what is on it, and what it says was on it."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.browsers import Complaints
from tests.unit.player.conftest import clip, item, on_screen, picture, program, until, video
from tests.unit.player.fake_api import ALWAYS, FakeApi, Server, iso

RED, BLUE = picture("red"), picture("blue")
GREEN = video("green", 1)


@pytest.fixture
async def paired(screen: Page, server: Server, api: FakeApi) -> Page:
    """A screen that is paired and has no plan yet."""
    api.approved = True
    await screen.goto(f"{server.url}/player")
    await until(lambda: api.heartbeats)
    return screen


def _plays(api: FakeApi, *results: str) -> list[dict[str, Any]]:
    plays = [play for play in api.plays if play["event_type"] == "play"]
    return [play for play in plays if not results or play["result"] in results]


async def test_pictures_and_videos_play_in_turn_and_every_play_is_sent_once(
    paired: Page, api: FakeApi, complaints: Complaints
) -> None:
    program(api, item("red", 1500, RED), clip("green", 1500, GREEN), item("blue", 1500, BLUE))
    await on_screen(paired, "image")
    await on_screen(paired, "video")
    await until(lambda: len(_plays(api, "completed")) >= 5)
    assert len({play["event_id"] for play in api.plays}) == len(api.plays)
    assert [play["seq"] for play in api.plays] == list(range(1, len(api.plays) + 1))
    order = [play["item_id"] for play in _plays(api, "completed", "interrupted")][3:]
    following = {"item-red": "item-green", "item-green": "item-blue", "item-blue": "item-red"}
    assert all(following[one] == other for one, other in pairwise(order))
    assert complaints == []


async def test_at_every_frame_something_of_the_plan_is_shown(paired: Page, api: FakeApi) -> None:
    program(api, item("red", 1000, RED), clip("green", 1000, GREEN))
    await on_screen(paired, "video")
    gaps = await paired.evaluate(
        """() => new Promise((resolve) => {
            const gaps = [];
            const until = performance.now() + 4000;
            const look = () => {
                const front = [...document.querySelectorAll(".layer.front")];
                const [img, video] = front[0]?.children ?? [];
                const seen = front[0]?.dataset.kind === "image"
                    ? img.complete && img.naturalWidth > 0 : video?.readyState >= 2;
                if (front.length !== 1 || !seen) gaps.push(front[0]?.outerHTML ?? "nothing");
                if (performance.now() < until) requestAnimationFrame(look); else resolve(gaps);
            };
            look();
        })"""
    )
    assert gaps == []


async def test_the_heartbeat_says_what_is_on_screen_and_that_it_moves(
    paired: Page, api: FakeApi
) -> None:
    program(api, clip("green", 3000, video("green", 3)))
    await until(lambda: sum(1 for beat in api.heartbeats if beat["now_playing"]) >= 3)
    beats = [beat for beat in api.heartbeats if beat["now_playing"]]
    frames = [beat["now_playing"]["frame"] for beat in beats]
    assert all(one < other for one, other in pairwise(frames))
    assert beats[-1]["now_playing"]["item_id"] == "item-green"
    assert beats[-1]["plan_etag"] == api.etag
    assert beats[-1]["disk_used_bytes"] > 0
    assert beats[-1]["counters"]["files_missing"] == 0
    assert "device_info" not in beats[-1]


async def test_a_video_shorter_than_its_turn_repeats(paired: Page, api: FakeApi) -> None:
    program(api, clip("green", 3000, GREEN))
    await on_screen(paired, "video")
    assert await paired.locator(".layer.front video").evaluate("(video) => video.loop")
    await until(lambda: _plays(api, "completed"))


async def test_a_video_longer_than_its_turn_is_cut_and_counts_as_complete(
    paired: Page, api: FakeApi
) -> None:
    program(api, clip("long", 1500, video("green", 6)), item("red", 1000, RED))
    done = await until(lambda: [p for p in _plays(api, "completed") if "long" in p["item_id"]])
    assert done[0]["duration_ms"] < 3000


async def test_a_takeover_cuts_what_plays(paired: Page, api: FakeApi) -> None:
    program(api, item("red", 60_000, RED))
    await on_screen(paired, "image")
    now = datetime.now(UTC)
    takeover = {"from": iso(now), "until": iso(now + timedelta(hours=1)), "anchor": iso(now)}
    window = takeover | {"playlist": "p1", "schedule_id": "s", "layer": "store", "takeover": True}
    program(api, clip("green", 1500, GREEN), windows=[window])
    await on_screen(paired, "video")
    cut = await until(lambda: _plays(api, "interrupted"))
    assert cut[0]["item_id"] == "item-red"
    assert cut[0]["duration_ms"] < 60_000


async def test_a_plan_that_keeps_the_item_lets_it_play_to_its_end(
    paired: Page, api: FakeApi
) -> None:
    program(api, item("red", 3000, RED))
    await until(lambda: _plays(api, "completed"))
    old = api.etag
    program(api, item("red", 3000, RED), item("blue", 3000, BLUE))
    await until(lambda: api.heartbeats[-1]["plan_etag"] != old)
    await until(lambda: any("blue" in play["item_id"] for play in _plays(api)))
    results = [play["result"] for play in _plays(api) if play["result"] != "skipped"]
    assert set(results[results.index("completed") :]) == {"completed"}


async def test_a_broken_file_is_reported_and_something_else_plays(
    paired: Page, api: FakeApi
) -> None:
    program(api, item("broken", 1500, b"no picture at all"), item("red", 1500, RED))
    failed = await until(lambda: _plays(api, "content_failed"))
    assert failed[0]["item_id"] == "item-broken"
    assert failed[0]["error"]
    await until(lambda: len([p for p in _plays(api, "completed") if "red" in p["item_id"]]) >= 2)
    beat = await until(lambda: api.heartbeats[-1]["last_error"] and api.heartbeats[-1])
    assert "item-broken" in beat["last_error"]
    assert beat["counters"]["content_failures"] == 1


async def test_a_video_that_no_browser_can_play_is_reported(paired: Page, api: FakeApi) -> None:
    program(api, clip("broken", 1500, b"no video at all" * 100), item("red", 1500, RED))
    failed = await until(lambda: _plays(api, "content_failed"))
    assert failed[0]["error"].startswith("media_error_4")
    await until(lambda: _plays(api, "completed"))


async def test_a_file_with_other_bytes_than_planned_is_never_played(
    paired: Page, api: FakeApi
) -> None:
    program(api, item("red", 1500, RED), item("blue", 1500, BLUE))
    blue = next(sha for sha, data in api.media.items() if data == BLUE)
    api.media[blue] = BLUE[:-1] + b"?"
    skipped = await until(lambda: [p for p in _plays(api, "skipped") if "blue" in p["item_id"]])
    assert skipped[0]["error"] == "not_downloaded"
    beat = await until(lambda: api.heartbeats[-1]["last_error"] and api.heartbeats[-1])
    assert "hash_mismatch" in beat["last_error"]
    assert [sha for sha, _ in api.downloads].count(blue) == 3
    assert not [play for play in _plays(api, "completed") if "blue" in play["item_id"]]


async def test_a_download_goes_on_where_it_broke_off(paired: Page, api: FakeApi) -> None:
    api.dropped_after = 1000
    program(api, item("red", 1500, RED + b"\0" * 50_000))
    await on_screen(paired, "image")
    assert [field for _, field in api.downloads] == [None, "bytes=1000-"]


async def test_nothing_scheduled_is_a_calm_screen_that_says_when_it_goes_on(
    paired: Page, api: FakeApi
) -> None:
    begins = datetime.now(UTC) + timedelta(days=2)
    window = {"from": iso(begins), "until": iso(begins + timedelta(hours=1)), "anchor": ALWAYS}
    window |= {"playlist": "p1", "schedule_id": None, "layer": "store", "takeover": False}
    program(api, item("red", 1500, RED), windows=[window])
    await expect(paired.get_by_role("heading", name="Nothing is scheduled now")).to_be_visible(
        timeout=15_000
    )
    await expect(paired.locator("#message p")).to_contain_text("Next on ")
    assert _plays(api) == []


async def test_a_screen_that_nobody_can_see_counts_no_plays(paired: Page, api: FakeApi) -> None:
    program(api, item("red", 1000, RED))
    await until(lambda: _plays(api, "completed"))
    await paired.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    await until(lambda: api.heartbeats[-1]["now_playing"] is None)
    await until(lambda: api.heartbeats[-1]["counters"]["plays_waiting"] == 0)
    counted, beats = len(_plays(api)), len(api.heartbeats)
    await until(lambda: len(api.heartbeats) > beats + 2)
    assert len(_plays(api)) == counted


async def test_a_web_page_plays_in_a_sandbox(
    paired: Page, api: FakeApi, complaints: Complaints
) -> None:
    async def offers(route: Route) -> None:
        await route.fulfill(body="<h1>Offers</h1>", content_type="text/html")

    await paired.context.route("https://offers.example/**", offers)
    page = item("page", 1500, b"", kind="url", url="https://offers.example/today", mime=None)
    program(api, page)
    await on_screen(paired, "url")
    frame = paired.locator(".layer.front iframe")
    assert await frame.get_attribute("sandbox") == "allow-scripts allow-same-origin"
    assert await frame.get_attribute("referrerpolicy") == "no-referrer"
    await expect(frame.content_frame.get_by_role("heading", name="Offers")).to_be_visible()
    first = await frame.element_handle()
    await until(lambda: len(_plays(api, "completed")) >= 2)
    assert first and await first.evaluate("(frame) => frame.isConnected")
    assert complaints == []


async def test_a_web_page_that_is_not_secure_is_refused(paired: Page, api: FakeApi) -> None:
    page = item("page", 1500, b"", kind="url", url="http://offers.example/", mime=None)
    program(api, page, item("red", 1500, RED))
    failed = await until(lambda: _plays(api, "content_failed"))
    assert failed[0]["error"] == "insecure_url"


async def test_a_file_that_comes_in_time_for_its_turn_is_not_missed(
    paired: Page, api: FakeApi
) -> None:
    program(api, item("red", 5000, RED))
    await on_screen(paired, "image")
    turns_of_red_and_blue_begin = 10
    await until(lambda: time.time() % turns_of_red_and_blue_begin < 1)
    api.refuse(f"/content/{hashlib.sha256(BLUE).hexdigest()}", (503, "busy"))
    program(api, item("red", 5000, RED), item("blue", 5000, BLUE))
    await until(lambda: any("blue" in play["item_id"] for play in _plays(api)))
    first = next(play for play in _plays(api) if "blue" in play["item_id"])
    assert first["result"] == "completed"
