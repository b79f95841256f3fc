"""The content library in a real browser: files dropped on it, the keyboard alone, a new version."""

import base64
import io
import re
from typing import Any

from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.e2e.browsers import DESKTOP, TIMEOUT_MS, Complaints
from tests.e2e.site import Site

DROP = """([target, files]) => {
  const dataTransfer = new DataTransfer();
  for (const [name, type, text] of files) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], name, { type }));
  }
  const element = document.querySelector(target);
  for (const kind of ["dragover", "drop"]) {
    element.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


def picture(name: str, color: str) -> FilePayload:
    """A plain picture, another one for each colour."""
    data = io.BytesIO()
    Image.new("RGB", (320, 180), color).save(data, "PNG")
    return FilePayload(name=name, mimeType="image/png", buffer=data.getvalue())


async def test_dropped_files_are_gathered_and_uploaded(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP)
    complaints = Complaints()
    page = complaints.watch(await site.signed_in(context, "manager"))
    area = await _library(page, site)
    await _drop(page, ".drop", picture("dropped-red.png", "red"))
    # What misses the area counts too, and adds to what is listed.
    await _drop(page, "h1", picture("dropped-blue.png", "blue"), picture("taken out.png", "teal"))
    rows = area.get_by_role("listitem")
    await expect(rows).to_have_count(3)
    await area.get_by_role("button", name="Remove: taken out.png").click()
    await expect(area.get_by_role("status")).to_have_text("3 files chosen. Press Upload.")
    await area.get_by_role("button", name="Upload", exact=True).click()
    await expect(area.get_by_role("status")).to_have_text("2 files uploaded.", timeout=TIMEOUT_MS)
    for name in ("dropped-red.png", "dropped-blue.png"):
        await expect(page.get_by_role("article").filter(has_text=name)).to_be_visible()
    await context.close()
    assert complaints == []


async def test_a_file_is_uploaded_and_replaced_with_the_keyboard(
    site: Site, browser: Browser
) -> None:
    context = await browser.new_context(**DESKTOP)
    complaints = Complaints()
    page = complaints.watch(await site.signed_in(context, "manager"))
    await _library(page, site)
    await _choose_with_the_keyboard(page, picture("typed.png", "olive"))
    await page.keyboard.press("Enter")
    card = page.get_by_role("article").filter(has_text="typed.png")
    await expect(card).to_be_visible(timeout=TIMEOUT_MS)
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.get_by_text("1 items selected")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="typed.png")).to_be_visible()

    content = page.url
    await page.goto(f"{content}/replace")
    await page.locator("[data-upload][data-ready]").wait_for()
    await page.get_by_label("Goes live at").fill("2030-11-25T08:00")
    await page.get_by_role("heading", level=1).click()
    await _choose_with_the_keyboard(page, picture("typed again.png", "navy"))
    await page.keyboard.press("Enter")
    versions = page.get_by_role("region", name="Versions").get_by_role("row")
    await expect(versions.nth(1)).to_contain_text("goes live", timeout=TIMEOUT_MS)
    await expect(page.get_by_text("Version 2, not on screens")).to_be_visible()
    older = await versions.nth(2).get_by_role("link", name="typed.png").get_attribute("href")
    answer = await page.request.get(f"{site.program.url}{older}")
    assert await answer.body() == picture("typed.png", "olive")["buffer"]

    await page.goto(f"{content}/replace")
    await page.locator("[data-upload][data-ready]").wait_for()
    await _choose_with_the_keyboard(page, picture("the same.png", "navy"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("listitem").filter(has_text="the same.png")).to_contain_text(
        re.compile("version 2|already", re.IGNORECASE), timeout=TIMEOUT_MS
    )
    await context.close()
    assert complaints == []


async def _library(page: Page, site: Site) -> Any:
    await page.goto(f"{site.program.url}/content")
    await page.locator("[data-upload][data-ready]").wait_for()
    return page.get_by_role("region", name="Upload")


async def _drop(page: Page, target: str, *files: FilePayload) -> None:
    sent = [[f["name"], f["mimeType"], base64.b64encode(f["buffer"]).decode()] for f in files]
    await page.evaluate(DROP, [target, sent])


async def _choose_with_the_keyboard(page: Page, file: FilePayload) -> None:
    """Choose a file, which opens a window that is not the page's, and Tab on to the button."""
    field = page.locator("[data-upload] input[type=file]")
    await field.focus()
    await field.set_input_files([file])
    upload = page.get_by_role("button", name="Upload", exact=True)
    while not await upload.evaluate("button => button === document.activeElement"):
        await page.keyboard.press("Tab")
