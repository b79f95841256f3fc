"""Every page, light and dark, on a desktop and a phone: accessible, within its width, silent."""

import json
import time

import pyotp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.e2e.browsers import DESKTOP, PHONE, Complaints
from tests.e2e.site import Site

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]

PAGES = {
    "overview": ("/", "Overview"),
    "incidents": ("/incidents", "Incidents"),
    "resolved incidents": ("/incidents?state=resolved", "Incidents"),
    "maintenance": ("/maintenance", "Maintenance"),
    "devices": ("/devices", "Devices"),
    "stores": ("/stores", "Stores"),
    "add store": ("/stores/new", "Add store"),
    "import stores": ("/stores/import", "Import stores"),
    "groups": ("/groups", "Groups"),
    "new group": ("/groups/new", "New group"),
    "pair a screen": ("/pair", "Pair a screen"),
    "pairing codes": ("/pair/codes?state=all", "Pairing codes"),
    "make a code": ("/pair/codes/new", "Make a code"),
    "import screens": ("/pair/codes/import", "Import screens"),
    "content": ("/content", "Content"),
    "content table": ("/content?view=table", "Content"),
    "web page": ("/content/web-page", "Add web page"),
    "playlists": ("/playlists", "Playlists"),
    "schedules": ("/schedules", "Schedules"),
    "schedules by month": ("/schedules?view=month", "Schedules"),
    "schedules by day": ("/schedules?view=day", "Schedules"),
    "new schedule": ("/schedules/new", "New schedule"),
    "campaigns": ("/campaigns", "Campaigns"),
    "new campaign": ("/campaigns/new", "New campaign"),
    "plan explorer": ("/plan-explorer", "Plan explorer"),
    "takeovers": ("/takeovers", "Takeovers"),
    "take over": ("/takeovers/new", "Take over"),
    "proof of play": ("/proof-of-play", "Proof of play"),
    "audit log": ("/audit", "Audit log"),
    "users": ("/users", "Users"),
    "invite": ("/users/invite", "Invite"),
    "settings": ("/settings", "Settings"),
    "api keys": ("/settings/keys", "API keys"),
    "new key": ("/settings/keys/new", "New key"),
    "account": ("/account", "Account"),
    "two-factor": ("/account/two-factor", "Set up two-factor"),
    "gallery": ("/gallery", ""),
}

DEVICE_TABS = ("plan", "plays", "incidents", "commands", "plans", "audit", "settings")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_every_page_is_accessible_and_fits(
    site: Site, browser: Browser, size: dict[str, object]
) -> None:
    context = await browser.new_context(**size, color_scheme="light")
    page = await site.signed_in(context)
    complaints = Complaints()
    complaints.watch(page)
    for path, heading in [*PAGES.values(), *await _pages_of_things(page, site)]:
        await page.goto(site.program.url + path)
        await _check(page, heading)
        # Another theme is other colours and nothing else.
        await page.emulate_media(color_scheme="dark")
        await _run_axe(page, {"type": "rule", "values": ["color-contrast"]})
        await page.emulate_media(color_scheme="light")
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
    await page.get_by_role("region", name="Devices").locator("[data-row-link]").first.click()
    await expect(page.get_by_role("heading", name="Why is this playing?")).to_be_visible()
    await page.goto(f"{site.program.url}/proof-of-play?group_by=store")
    await expect(page.locator("#totals")).to_be_visible()
    await context.close()


async def test_somebody_is_invited_sets_up_two_factor_and_signs_in_with_it(
    site: Site, browser: Browser
) -> None:
    complaints = Complaints()
    office = await browser.new_context(**DESKTOP)
    admin = await site.signed_in(office)
    await admin.goto(f"{site.program.url}/users")
    await admin.get_by_role("link", name="Invite", exact=True).click()
    await admin.get_by_label("E-mail").fill("eva@example.com")
    await admin.get_by_label("Role").select_option("analyst")
    await admin.get_by_role("button", name="Invite").click()
    await _check(admin, "Invitation")
    link = await admin.locator("main code").inner_text()
    await office.close()

    home = await browser.new_context(**PHONE)
    eva = complaints.watch(await home.new_page())
    await eva.goto(link)
    await _check(eva, "Welcome to Playbill")
    await eva.get_by_label("Your name").fill("Eva")
    await eva.get_by_label("Password").fill("a window full of autumn")
    await eva.get_by_role("button", name="Create account").click()
    await eva.goto(f"{site.program.url}/account/two-factor")
    totp = pyotp.TOTP(await eva.locator("main code").inner_text())
    begun = time.time()
    await eva.get_by_label("Code").fill(totp.at(begun))
    await eva.get_by_role("button", name="Turn on").click()
    await _check(eva, "Recovery codes")
    await eva.get_by_role("link", name="I kept them").click()
    await eva.get_by_role("button", name="Account of Eva").click()
    await eva.get_by_role("button", name="Sign out").click()

    await eva.get_by_label("E-mail").fill("eva@example.com")
    await eva.get_by_label("Password").fill("a window full of autumn")
    await eva.get_by_role("button", name="Sign in").click()
    await expect(eva.get_by_label("Code")).to_be_focused()
    await _check(eva, "Sign in")
    # The code that set it up is used; the next one is right already.
    await eva.get_by_label("Code").fill(totp.at(begun + totp.interval))
    await eva.get_by_role("button", name="Sign in").click()
    await eva.get_by_role("button", name="Account of Eva").click()
    await eva.get_by_role("link", name="Account", exact=True).click()
    await expect(eva.get_by_text("10 recovery codes left")).to_be_visible()
    await home.close()
    assert complaints == []


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


async def _pages_of_things(page: Page, site: Site) -> list[tuple[str, str]]:
    await page.goto(f"{site.program.url}/devices")
    device = sorted(await _device_links(page))[0]
    await page.goto(f"{site.program.url}/playlists")
    playlist = await page.locator("[data-row-link]").first.get_attribute("href")
    await page.goto(f"{site.program.url}/schedules?view=list")
    schedule = await page.locator(".agenda a").first.get_attribute("href")
    await page.goto(f"{site.program.url}/campaigns")
    campaign = await page.locator("[data-row-link]").first.get_attribute("href")
    await page.goto(f"{site.program.url}/content")
    content = await page.get_by_role("article").get_by_role("link").first.get_attribute("href")
    await page.goto(f"{site.program.url}/stores")
    store = await page.get_by_role("table").locator("[data-row-link]").first.get_attribute("href")
    await page.goto(f"{site.program.url}/groups")
    group = await page.locator(".order-title a").first.get_attribute("href")
    fleet = [store or "", f"{store}/edit", group or "", f"{group}/edit", f"{group}/add"]
    shown = [f"{playlist}{part}" for part in ("", "/places", "/preview")]
    shown += [campaign or "", f"{campaign}/edit", schedule or ""]
    explored = f"/plan-explorer?device_id={device.rpartition('/')[2]}"
    paths = [
        *fleet,
        *shown,
        device,
        explored,
        *(f"{device}/{tab}" for tab in DEVICE_TABS),
        content or "",
    ]
    paths += [f"{content}/{part}" for part in ("replace", "edit", "history")]
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
    await _run_axe(page, {"type": "tag", "values": AXE_TAGS})


async def _run_axe(page: Page, only: dict[str, object]) -> None:
    found = await Axe().run(page, options={"runOnly": only})
    wrong = found.response["violations"]
    assert wrong == [], f"{page.url}\n{json.dumps(wrong, indent=1)[:4000]}"
