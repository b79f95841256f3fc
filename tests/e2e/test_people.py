"""People in a real browser: who is given which stores."""

from playwright.async_api import Browser, expect

from tests.e2e.browsers import DESKTOP, Complaints
from tests.e2e.site import Site


async def test_stores_are_clicked_together(site: Site, browser: Browser) -> None:
    complaints = Complaints()
    context = await browser.new_context(**DESKTOP)
    page = complaints.watch(await site.signed_in(context))
    await page.goto(f"{site.program.url}/users/invite")
    options = page.get_by_label("Stores", exact=True).locator("option")
    first, *_, last = [name.strip() for name in await options.all_inner_texts()]
    await options.last.click()
    await options.first.click()
    await expect(page.get_by_text(f"Chosen: {first}, {last}")).to_be_visible()
    await options.last.click()
    await expect(page.get_by_text(f"Chosen: {first}", exact=True)).to_be_visible()
    await context.close()
    assert complaints == []
