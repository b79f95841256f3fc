"""Every page, light and dark, on a desktop and a phone: accessible, within its width, silent."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect

from db.embedded import EmbeddedServer
from playbill import database
from playbill.config import Config, from_environment
from signage import demo
from signage.media.storage import open_store
from tests.e2e.browsers import DESKTOP, PHONE, TIMEOUT_MS, Complaints, chromium
from tests.e2e.program import Running, serving

SMALL_DEMO = demo.Size(stores=3, days=1, clip_seconds=1)
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]

PAGES = {
    "overview": ("/", "Overview"),
    "devices": ("/devices", "Devices"),
    "pair a screen": ("/pair", "Pair a screen"),
    "content": ("/content", "Content"),
    "web page": ("/content/web-page", "Add web page"),
    "playlists": ("/playlists", "Playlists"),
    "proof of play": ("/proof-of-play", "Proof of play"),
    "gallery": ("/gallery", ""),
}


class Site:
    """A running Playbill with a small demo, and the password of each role."""

    def __init__(self, program: Running, passwords: dict[str, str]) -> None:
        self.program = program
        self.passwords = passwords

    async def signed_in(self, context: BrowserContext, role: str = "admin") -> Page:
        """Open a page of somebody with the role."""
        page = await context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        await page.goto(f"{self.program.url}/sign-in")
        await page.get_by_label("E-mail").fill(f"{role}@demo.example")
        await page.get_by_label("Password").fill(self.passwords[role])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
        return page


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site that every test of this file reads and none changes."""
    data_dir: Path = tmp_path_factory.mktemp("pages") / "data"
    config = from_environment({"PLAYBILL_DATA_DIR": str(data_dir)})
    people = await asyncio.to_thread(_fill, config)
    with serving(data_dir, PLAYBILL_GALLERY="1") as program:
        yield Site(program, {person.role: person.password for person in people})


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the file."""
    async with chromium() as lent:
        yield lent


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_every_page_is_accessible_and_fits(
    site: Site, browser: Browser, theme: str, size: dict[str, object]
) -> None:
    context = await browser.new_context(**size, color_scheme=theme)
    page = await site.signed_in(context)
    complaints = Complaints()
    complaints.watch(page)
    for path, heading in [*PAGES.values(), *await _pages_of_things(page, site)]:
        await page.goto(site.program.url + path)
        await _check(page, heading)
    await context.close()
    assert complaints == []


async def test_signed_out_pages_are_accessible(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**PHONE)
    page = await context.new_page()
    await page.goto(f"{site.program.url}/devices")
    await _check(page, "Sign in")
    await page.get_by_label("E-mail").fill("nobody@demo.example")
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("E-mail or password is wrong.")).to_be_visible()
    await _check(page, "Sign in")
    await context.close()


async def test_a_role_sees_only_what_it_may_use(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP)
    page = await site.signed_in(context, "installer")
    rail = page.get_by_role("navigation", name="Main")
    assert await rail.get_by_role("link", name="Devices").count() == 1
    assert await rail.get_by_role("link", name="Content").count() == 0
    answer = await page.goto(f"{site.program.url}/proof-of-play")
    assert answer is not None
    assert answer.status == 403
    await context.close()


async def test_a_manager_finds_nothing_of_other_stores(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP)
    admin = await site.signed_in(context)
    await admin.goto(f"{site.program.url}/devices")
    everywhere = await _device_links(admin)
    other = await browser.new_context(**DESKTOP)
    manager = await site.signed_in(other, "manager")
    await manager.goto(f"{site.program.url}/devices")
    own = await _device_links(manager)
    hidden = everywhere - own
    assert own
    assert hidden
    for path in hidden:
        answer = await manager.goto(site.program.url + path)
        assert answer is not None
        assert answer.status == 404
    await context.close()
    await other.close()


async def test_the_main_pages_work_without_javascript(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP, java_script_enabled=False)
    page = await site.signed_in(context)
    await page.get_by_role("link", name="Devices").first.click()
    await page.get_by_role("region", name="Devices").get_by_role("link").first.click()
    await expect(page.get_by_role("heading", name="Why is this playing?")).to_be_visible()
    await page.goto(f"{site.program.url}/proof-of-play?group_by=store")
    await expect(page.locator("#totals")).to_be_visible()
    await context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_text_named_mp4_is_refused_with_the_reason(
    site: Site, browser: Browser, scripts: bool
) -> None:
    context = await browser.new_context(**DESKTOP, java_script_enabled=scripts)
    page = await site.signed_in(context)
    await page.goto(f"{site.program.url}/content")
    before = await page.get_by_role("article").count()
    disguised = FilePayload(name="film.mp4", mimeType="video/mp4", buffer=b"These are words.")
    await page.locator("input[type=file]").set_input_files(disguised)
    await page.get_by_role("button", name="Upload", exact=True).click()
    await expect(page.get_by_text("named .mp4 but holds text").first).to_be_visible()
    await page.goto(f"{site.program.url}/content")
    assert await page.get_by_role("article").count() == before
    await context.close()


async def test_the_theme_is_remembered(site: Site, browser: Browser) -> None:
    context = await browser.new_context(**DESKTOP, color_scheme="light")
    page = await site.signed_in(context)
    await page.get_by_role("button", name="Switch to dark").click()
    await expect(page.locator("html[data-theme=dark]")).to_be_attached()
    await page.goto(f"{site.program.url}/devices")
    await expect(page.locator("html[data-theme=dark]")).to_be_attached()
    await context.close()


def _fill(config: Config) -> list[demo.SignIn]:
    async def fill(server: EmbeddedServer) -> list[demo.SignIn]:
        async with database.migrated(database.Database(server.dsn)) as conn:
            people = await demo.load(
                conn,
                open_store(config.data_dir),
                secret=config.secret,
                now=datetime.now(UTC),
                size=SMALL_DEMO,
            )
        assert people
        return people

    with EmbeddedServer(config.data_dir) as server:
        return asyncio.run(fill(server))


async def _pages_of_things(page: Page, site: Site) -> list[tuple[str, str]]:
    await page.goto(f"{site.program.url}/devices")
    device = sorted(await _device_links(page))[0]
    await page.goto(f"{site.program.url}/playlists")
    playlist = await page.get_by_role("table").get_by_role("link").first.get_attribute("href")
    await page.goto(f"{site.program.url}/content")
    content = await page.get_by_role("article").get_by_role("link").first.get_attribute("href")
    paths = [device, f"{device}/plan", f"{device}/edit", playlist or "", content or ""]
    return [(path, "") for path in paths]


async def _device_links(page: Page) -> set[str]:
    links = page.get_by_role("region", name="Devices").get_by_role("link")
    hrefs = await links.evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return {href for href in hrefs if href.startswith("/devices/")}


async def _check(page: Page, heading: str) -> None:
    headings = page.get_by_role("heading", level=1)
    assert await headings.count() == 1, page.url
    if heading:
        assert await headings.inner_text() == heading
    width = await page.evaluate("document.documentElement.scrollWidth")
    seen = page.viewport_size
    assert seen is not None
    assert width <= seen["width"], f"{page.url} scrolls sideways: {width}"
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
    wrong = found.response["violations"]
    assert wrong == [], f"{page.url}\n{json.dumps(wrong, indent=1)[:4000]}"
