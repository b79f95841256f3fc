"""A takeover from a screen's own page: the screens are named, a banner runs, it ends early."""

from playwright.async_api import Browser, expect

from tests.e2e.browsers import DESKTOP, Complaints
from tests.e2e.site import Site


async def test_a_screen_is_taken_over_from_its_page_and_given_back(
    site: Site, browser: Browser
) -> None:
    context = await browser.new_context(**DESKTOP)
    complaints = Complaints()
    page = complaints.watch(await site.signed_in(context))
    await page.goto(f"{site.program.url}/devices")
    await page.locator("#device-rows tbody a").first.click()
    await page.wait_for_url("**/devices/*")
    screen = await page.get_by_role("heading", level=1).inner_text()
    await page.get_by_role("link", name="Take over", exact=True).click()
    await page.get_by_label("Playlist").select_option(index=1)
    await page.get_by_label("How long").select_option("5")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("interrupts 1 screen for 5 min")).to_be_visible()
    await page.get_by_role("button", name="Take over 1 screen").click()

    await expect(page.get_by_role("heading", level=1, name=screen)).to_be_visible()
    banner = page.get_by_role("region", name="Takeovers")
    await expect(banner).to_contain_text("on 1 screen")
    await expect(page.locator("#why li").first).to_contain_text("Takeover")
    await page.goto(f"{site.program.url}/content")
    await banner.get_by_role("button", name="End now").click()
    await page.get_by_role("dialog").get_by_role("button", name="End now").click()
    await expect(page.get_by_role("heading", level=1, name="Content")).to_be_visible()
    await expect(banner).to_have_count(0)
    await context.close()
    assert complaints == []
