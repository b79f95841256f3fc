"""The playlist builder in a real browser: with the keyboard alone, and without scripts."""

from playwright.async_api import Browser, Page, expect

from tests.e2e.browsers import DESKTOP, Complaints
from tests.e2e.site import Site


async def test_a_playlist_is_built_with_the_keyboard_alone(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP)
    complaints = Complaints()
    page = complaints.watch(await site.signed_in(context))
    await _new(page, site, "Keys")
    order = page.get_by_role("list", name="Items of Keys").get_by_role("listitem")
    for count, name in enumerate(("Loyalty card", "Store hours", "Click and collect"), 1):
        add = page.get_by_role("button", name=f"Add {name}")
        await add.focus()
        await page.keyboard.press("Enter")
        await expect(order).to_have_count(count)
        await expect(add).to_be_focused()
    handle = order.nth(2).get_by_role("button", name="drag, or press Alt")
    await handle.focus()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.get_by_text("Click and collect is now 2 of 3")).to_be_attached()
    await expect(order.nth(1)).to_contain_text("Click and collect")
    await page.get_by_role("button", name="Undo").focus()
    await page.keyboard.press("Enter")
    await expect(order.nth(2)).to_contain_text("Click and collect")
    await order.nth(0).get_by_role("link", name="Change Loyalty card").focus()
    await page.keyboard.press("Enter")
    await page.get_by_label("Weight").fill("3")
    await page.keyboard.press("Enter")
    await expect(order.nth(0)).to_contain_text("3 times")
    await page.get_by_role("checkbox", name="Select Store hours").focus()
    await page.keyboard.press("Space")
    await page.get_by_label("To position").fill("1")
    await page.get_by_role("button", name="Move", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(order.nth(0)).to_contain_text("Store hours")
    await page.get_by_role("button", name="Play", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("1 of 5: Store hours")).to_be_visible()
    await page.get_by_role("button", name="Publish").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Keys is published.")).to_be_visible()
    await context.close()
    assert complaints == []


async def test_a_playlist_is_built_without_scripts(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP, java_script_enabled=False)
    page = await site.signed_in(context)
    await _new(page, site, "Plain")
    order = page.get_by_role("list", name="Items of Plain").get_by_role("listitem")
    for name in ("Loyalty card", "Store hours"):
        await page.get_by_role("button", name=f"Add {name}").click()
    await expect(order).to_have_count(2)
    await page.get_by_role("button", name="Move up Store hours").click()
    await expect(order.nth(0)).to_contain_text("Store hours")
    await page.get_by_role("link", name="Change Loyalty card").click()
    await page.get_by_label("Seconds").fill("7")
    await page.get_by_role("button", name="Save").click()
    await expect(order.nth(1)).to_contain_text("7 s")
    await page.get_by_role("checkbox", name="Select Store hours").check()
    await page.get_by_role("button", name="Remove").click()
    await expect(order).to_have_count(1)
    await page.get_by_role("button", name="Undo").click()
    await expect(order).to_have_count(2)
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Plain is published.")).to_be_visible()
    await context.close()


async def test_a_move_that_comes_too_late_is_merged_in_place(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP)
    page = await site.signed_in(context)
    await _new(page, site, "Both")
    order = page.get_by_role("list", name="Items of Both").get_by_role("listitem")
    for count, name in enumerate(("Loyalty card", "Store hours"), 1):
        await page.get_by_role("button", name=f"Add {name}").click()
        await expect(order).to_have_count(count)
    other = await context.new_page()
    await other.goto(page.url)
    await other.get_by_role("button", name="Add Click and collect").click()
    theirs = other.get_by_role("list", name="Items of Both").get_by_role("listitem")
    await expect(theirs).to_have_count(3)

    handle = order.nth(1).get_by_role("button", name="drag, or press Alt")
    await handle.focus()
    await page.keyboard.press("Alt+ArrowUp")
    await page.get_by_role("button", name="Keep theirs and apply my change").click()
    await expect(order).to_have_count(3)
    await expect(order.nth(0)).to_contain_text("Store hours")
    await expect(order.nth(2)).to_contain_text("Click and collect")
    await context.close()


async def _new(page: Page, site: Site, name: str) -> None:
    await page.goto(f"{site.program.url}/playlists")
    await page.get_by_role("button", name="New playlist").first.click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
