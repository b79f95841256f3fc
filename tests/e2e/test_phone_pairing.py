"""Pairing with a phone, counted in taps: a QR code is scanned, the screen plays, the next comes."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

from signage.media import showreel
from tests.e2e.browsers import DESKTOP, PHONE, TIMEOUT_MS, Complaints, chromium
from tests.e2e.program import Running, playbill, serving

PASSWORD = "a long enough password"
TAPS_MAX = 4
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


class Thumb:
    """What somebody does on a phone; only taps count, typing goes on in the tapped field."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0

    async def tap(self, what: Locator) -> None:
        """Tap something that can be seen and is large enough for a thumb."""
        await what.scroll_into_view_if_needed()
        box = await what.bounding_box()
        assert box is not None
        assert box["height"] >= 24, what
        await what.tap()
        self.taps += 1


class Shop(NamedTuple):
    """A running Playbill with one store, its installer Ines, and a key for the admin API."""

    program: Running
    api: httpx.Client


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Screens of this shop report every second."""
    pace = {"PLAYBILL_HEARTBEAT_INTERVAL_S": "1", "PLAYBILL_PLAN_POLL_S": "1"}
    data_dir = tmp_path_factory.mktemp("phone") / "data"
    with serving(data_dir, PLAYBILL_DEMO="0", **pace) as program, _api(program) as api:
        _fill(program, api)
        yield Shop(program, api)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the file."""
    async with chromium() as lent:
        yield lent


async def test_a_roll_out_by_phone_takes_at_most_four_taps_a_screen(
    shop: Shop, browser: Browser
) -> None:
    complaints = Complaints()
    phone = await _installer(shop.program, browser, complaints, color_scheme="light")
    first = await _screen(shop.program, browser, complaints)
    await phone.goto(await _scan(first))
    assert await _approve(phone, "Window 1") <= TAPS_MAX
    played = phone.get_by_text("Its first picture is reported.")
    await expect(played).to_be_visible(timeout=TIMEOUT_MS)
    await expect(first.locator("img:visible").first).to_be_visible()

    thumb = Thumb(phone)
    await thumb.tap(phone.get_by_role("link", name="Add next"))
    second = await _screen(shop.program, browser, complaints)
    label = _expect(shop.api, "Till 4")
    await phone.goto(f"{shop.program.url}/pair?store=LIS&name=Till+4")
    await thumb.tap(phone.get_by_label("Code"))
    await phone.keyboard.type(await _code(second))
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_label("Screen name")).to_have_value("Till 4")
    assert await _approve(phone, None) <= TAPS_MAX - thumb.taps
    joined = phone.get_by_text("It has a key of its own")
    await expect(joined).to_be_visible(timeout=TIMEOUT_MS)
    assert shop.api.get(f"/claims/{label}").json()["state"] == "revoked"
    assert complaints == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_sheet_is_black_on_white_also_in_the_dark(
    shop: Shop, browser: Browser, size: dict[str, Any]
) -> None:
    complaints = Complaints()
    page = await _installer(shop.program, browser, complaints, **size, color_scheme="dark")
    await page.goto(f"{shop.program.url}/pair/codes/import")
    place = f"Shelf of {size['viewport']['width']}"
    screens = "\n".join(f"LIS,{place} {number}" for number in range(24))
    await page.get_by_label("Or paste it here").fill(f"store,name\n{screens}\nNOWHERE,Till")
    await page.get_by_role("button", name="Check the list").click()
    await expect(page.get_by_text("There is no store with the code 'NOWHERE'")).to_be_visible()
    await _is_accessible(page)
    await page.get_by_role("button", name="Make 24 codes").click()
    labels = page.locator(".label")
    await expect(labels).to_have_count(24)
    await _is_accessible(page)
    await page.emulate_media(media="print", color_scheme="dark")
    assert await page.evaluate(COLOURS) == {"rgb(0, 0, 0) on rgb(255, 255, 255)": 24}
    await expect(page.get_by_text("shown only now")).to_be_hidden()
    printed = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 3
    assert complaints == []


COLOURS = """() => Object.fromEntries(Object.entries(Object.groupBy(
    [...document.querySelectorAll(".label")].map(getComputedStyle),
    (style) => `${style.color} on ${style.backgroundColor}`,
)).map(([colours, labels]) => [colours, labels.length]))"""


async def _is_accessible(page: Page) -> None:
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
    assert found.response["violations"] == []
    seen = page.viewport_size
    assert seen is not None
    assert await page.evaluate("document.documentElement.scrollWidth") <= seen["width"]


async def _approve(phone: Page, name: str | None) -> int:
    thumb = Thumb(phone)
    if name is not None:
        await thumb.tap(phone.get_by_label("Screen name"))
        await phone.keyboard.type(name)
    await expect(phone.get_by_label("Store")).not_to_have_value("")
    await thumb.tap(phone.get_by_label("This code is on the screen in front of me"))
    await thumb.tap(phone.get_by_role("button", name="Approve and start playing"))
    await expect(phone.get_by_text("It may join your fleet.")).to_be_visible()
    return thumb.taps


async def _screen(program: Running, browser: Browser, complaints: Complaints) -> Page:
    context = await browser.new_context(**DESKTOP)
    screen = complaints.watch(await context.new_page())
    screen.set_default_timeout(TIMEOUT_MS)
    await screen.goto(f"{program.url}/player")
    return screen


async def _code(screen: Page) -> str:
    shown = screen.get_by_text(re.compile(r"^[B-Z]{4}-[B-Z]{4}$"))
    return (await shown.first.inner_text()).strip()


async def _scan(screen: Page) -> str:
    """Return where the QR code on the screen leads, which holds the code that it shows."""
    address = screen.url.partition("/player")[0]
    return f"{address}/pair?code={await _code(screen)}"


async def _installer(
    program: Running, browser: Browser, complaints: Complaints, **context: Any
) -> Page:
    opened = await browser.new_context(**(PHONE | context))
    phone = complaints.watch(await opened.new_page())
    phone.set_default_timeout(TIMEOUT_MS)
    await phone.goto(f"{program.url}/sign-in")
    await phone.get_by_label("E-mail").fill("ines@example.com")
    await phone.get_by_label("Password").fill(PASSWORD)
    await phone.get_by_role("button", name="Sign in").click()
    await expect(phone.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    return phone


def _api(program: Running) -> httpx.Client:
    data_dir = str(program.data_dir)
    key = playbill("key", "add", "tests", "--role", "admin", "--data-dir", data_dir).stdout.strip()
    return httpx.Client(
        base_url=f"{program.url}/v1/admin",
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
    )


def _fill(program: Running, api: httpx.Client) -> None:
    """Open a store with an installer, and let every screen show a picture."""
    store = {"code": "LIS", "name": "Lisbon Centro", "timezone": "Europe/Lisbon"}
    assert api.post("/stores", json=store).status_code == 201
    added = playbill(
        *("user", "add", "ines@example.com", "--role", "installer", "--store", "LIS"),
        *("--password-stdin", "--data-dir", str(program.data_dir)),
        typed=PASSWORD,
    )
    assert added.returncode == 0, added.stderr
    image = next(piece for piece in showreel.PIECES if piece.seconds is None)
    file = ("offer.jpg", showreel.render(image), "image/jpeg")
    content = api.post("/content", files={"file": file})
    assert content.status_code == 201
    items = [{"content_id": content.json()["id"], "duration_ms": 10_000}]
    playlist = api.post("/playlists", json={"name": "Always on", "items": items}).json()
    fleet = {"target": {"kind": "fleet"}, "playlist_id": playlist["id"]}
    assert api.put("/assignments", json=fleet).status_code == 200


def _expect(api: httpx.Client, name: str) -> str:
    made = api.post("/claims/batch", json={"screens": [{"store_code": "LIS", "name": name}]})
    assert made.status_code == 201
    claim_id: str = made.json()["codes"][0]["claim_id"]
    return claim_id
