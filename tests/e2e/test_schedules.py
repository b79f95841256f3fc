"""The calendar in a real browser: drawn by hand, one date changed, weighed, saved, rolled out."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import httpx
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browsers import DESKTOP, Complaints
from tests.e2e.site import Site

NEXT_WEEK = 7


async def test_a_schedule_is_drawn_weighed_saved_moved_and_rolled_out(
    site: Site, browser: Browser
) -> None:
    context = await browser.new_context(**DESKTOP)
    complaints = Complaints()
    page = complaints.watch(await site.signed_in(context))
    screen = await _paired(page, site)
    monday = _monday()
    calendar = f"{site.program.url}/schedules?target=device:{screen.id}&on={monday}"

    # Empty space, from 13:00 down to 15:00.
    await page.goto(calendar)
    await _drag(page, _slot(page, monday, 13), down_hours=2)
    await expect(page.get_by_role("heading", level=1, name="New schedule")).to_be_visible()
    await expect(page.get_by_label("From")).to_have_value("13:00")
    await expect(page.get_by_label("Until")).to_have_value("15:00")
    await page.get_by_label("Name", exact=True).fill("Drawn by hand")
    await page.get_by_label("Playlist").select_option(index=1)
    await page.get_by_label("Repeat").select_option("daily")
    weigh = page.locator("#weigh")
    await expect(weigh.get_by_text("Every day")).to_be_visible()
    await expect(weigh.get_by_role("listitem").first).to_contain_text("13:00 to 15:00")
    await expect(weigh.get_by_text("1 screen of 1")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", level=1, name="Drawn by hand")).to_be_visible()

    # The screen reports the plan that it is due, and the page says so by itself.
    await expect(page.locator("#roll-out").get_by_text("0 of 1 screen")).to_be_visible()
    await screen.report_due_plan()
    await expect(page.get_by_text("The one screen plays by it")).to_be_visible()

    # Only Tuesday goes an hour and a half later, with the keyboard and its dialog.
    await page.goto(calendar)
    tuesday = monday + timedelta(days=1)
    await _event(page, tuesday, "Drawn by hand").focus()
    for _ in range(6):
        await page.keyboard.press("Alt+ArrowDown")
    await page.get_by_role("button", name="Only this one").click()
    await expect(_event(page, tuesday, "Drawn by hand, .*, 14:30 to 16:30")).to_be_focused()
    await expect(_event(page, monday, "Drawn by hand, .*, 13:00 to 15:00")).to_be_visible()

    # Another one over it: the calendar says who wins.
    await _drag(page, _slot(page, tuesday, 12), down_hours=3)
    await page.get_by_label("Name", exact=True).fill("In its way")
    await page.get_by_label("Playlist").select_option(index=1)
    await page.get_by_label("Priority").fill("80")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.goto(calendar)
    row = page.get_by_role("region", name="Conflicts").get_by_role("row", name="Drawn by hand")
    await expect(row).to_contain_text("In its way")
    await expect(row).to_contain_text("30 min")
    await context.close()
    assert complaints == []


async def test_one_date_is_changed_without_scripts(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP, java_script_enabled=False)
    page = await site.signed_in(context)
    monday = _monday() + timedelta(days=NEXT_WEEK)
    await page.goto(f"{site.program.url}/schedules/new?target=fleet&on={monday}")
    await page.get_by_label("Name", exact=True).fill("Plain hours")
    await page.get_by_label("Playlist").select_option(index=1)
    await page.get_by_label("Repeat").select_option("weekly")
    await page.get_by_role("button", name="Show what changes").click()
    await expect(page.locator("#weigh").get_by_text("Every week on Monday")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("link", name="On the calendar").click()
    await _event(page, monday, "Plain hours").click()
    await page.get_by_role("link", name="Edit only this one").click()
    await page.get_by_label("Until").fill("18:00")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("It takes the place of")).to_be_visible()
    await context.close()


class Screen(NamedTuple):
    """A screen of its own, as its player talks to the program."""

    id: str
    url: str
    headers: dict[str, str]

    async def report_due_plan(self) -> None:
        """Fetch the plan that is due and say in a heartbeat that it plays."""
        async with httpx.AsyncClient(headers=self.headers, trust_env=False, timeout=30) as player:
            plan = await player.get(f"{self.url}/v1/device/plan")
            etag = plan.headers["ETag"].strip('"')
            beat = {"plan_etag": etag, "disk_used_bytes": 1}
            answer = await player.post(f"{self.url}/v1/device/heartbeat", json=beat)
            assert answer.status_code == 200, answer.text


async def _paired(page: Page, site: Site) -> Screen:
    url = site.program.url
    headers = await page.evaluate("JSON.parse(document.body.getAttribute('hx-headers:inherited'))")
    stores = await (await page.request.get(f"{url}/v1/admin/stores?limit=1")).json()
    wanted = {"store_id": stores["items"][0]["id"], "name": "Counter"}
    claim = await page.request.post(f"{url}/v1/admin/claims", data=wanted, headers=headers)
    redeemed = {"claim_code": (await claim.json())["claim_code"], "device_info": {"model": "Test"}}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as player:
        paired = (await player.post(f"{url}/v1/device/pairing/claim", json=redeemed)).json()
    token = {"Authorization": f"Bearer {paired['device_token']}", "Accept-Encoding": "identity"}
    return Screen(paired["device_id"], url, token)


async def _drag(page: Page, slot: Locator, *, down_hours: int) -> None:
    await slot.scroll_into_view_if_needed()
    box = await slot.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] * 0.9
    await page.mouse.move(x, box["y"] + 2)
    await page.mouse.down()
    await page.mouse.move(x, box["y"] + box["height"], steps=2)
    await page.mouse.move(x, box["y"] + box["height"] * down_hours - 3, steps=2)
    await page.mouse.up()


def _slot(page: Page, on: date, hour: int) -> Locator:
    return page.locator(f'[data-day="{on}"] [data-slot="{hour}"]')


def _event(page: Page, on: date, name: str) -> Locator:
    return page.locator(f'[data-day="{on}"]').get_by_role("link", name=re.compile("^" + name))


def _monday() -> date:
    """A week that lies ahead, whatever day it is."""
    today = datetime.now(UTC).date()
    return today + timedelta(days=NEXT_WEEK - today.weekday())
