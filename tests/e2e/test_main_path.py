"""The whole job once: a screen is paired, gets content, plays it, and the proof adds up."""

import csv
import io
import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from signage.media import showreel
from tests.e2e.browsers import DESKTOP, PHONE, TIMEOUT_MS, Complaints, chromium
from tests.e2e.program import Running, playbill, serving

PASSWORD = "a long enough password"
ONE_POLL_S = 2


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A real JPEG and a real MP4."""
    image = next(piece for piece in showreel.PIECES if piece.seconds is None)
    video = min((p for p in showreel.PIECES if p.seconds), key=lambda piece: piece.seconds or 0)
    made = [tmp_path / "offer.jpg", tmp_path / "clip.mp4"]
    for path, piece in zip(made, (image, video), strict=True):
        path.write_bytes(showreel.render(piece))
    return made


async def test_a_screen_is_paired_gets_content_plays_it_and_its_plays_add_up(
    tmp_path: Path, files: list[Path]
) -> None:
    pace = {"PLAYBILL_HEARTBEAT_INTERVAL_S": "2", "PLAYBILL_PLAN_POLL_S": str(ONE_POLL_S)}
    complaints = Complaints()
    with serving(tmp_path / "data", PLAYBILL_DEMO="0", **pace) as program:
        async with chromium() as browser:
            manager = await _set_up(program, browser, complaints)
            _open_store(program)
            screen = complaints.watch(await (await browser.new_context(**DESKTOP)).new_page())
            screen.set_default_timeout(TIMEOUT_MS)
            phone = await _pair(program, browser, screen, complaints)
            await _upload(manager, program, files)
            await _program(manager, program)
            await _watch_it_play(screen)
            open_screen = phone.get_by_role("link", name="Open Window 1")
            await expect(open_screen).to_be_visible(timeout=TIMEOUT_MS)
            await _replace_and_recall(manager, screen, program, tmp_path)
            plays = await _read_proof(manager, screen, program)
            assert plays >= 1
    assert complaints == []


async def _set_up(program: Running, browser: Browser, complaints: Complaints) -> Page:
    page = complaints.watch(await (await browser.new_context(**DESKTOP)).new_page())
    page.set_default_timeout(TIMEOUT_MS)
    await page.goto(program.set_up_link)
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("main form button[type=submit]").click()
    await expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    return page


def _open_store(program: Running) -> None:
    data_dir = str(program.data_dir)
    key = playbill("key", "add", "tests", "--role", "admin", "--data-dir", data_dir).stdout.strip()
    made = httpx.post(
        f"{program.url}/v1/admin/stores",
        headers={"Authorization": f"Bearer {key}"},
        json={"code": "LIS", "name": "Lisbon Centro", "timezone": "Europe/Lisbon"},
        trust_env=False,
    )
    assert made.status_code == 201
    added = playbill(
        *("user", "add", "ines@example.com", "--role", "installer", "--store", "LIS"),
        *("--password-stdin", "--data-dir", data_dir),
        typed=PASSWORD,
    )
    assert added.returncode == 0, added.stderr


async def _pair(program: Running, browser: Browser, screen: Page, complaints: Complaints) -> Page:
    await screen.goto(f"{program.url}/player")
    shown = screen.get_by_text(re.compile(r"^[B-Z]{4}-[B-Z]{4}$"))
    code = (await shown.first.inner_text()).strip()
    phone = complaints.watch(await (await browser.new_context(**PHONE)).new_page())
    phone.set_default_timeout(TIMEOUT_MS)
    await phone.goto(f"{program.url}/pair?code={code}")
    await phone.get_by_label("E-mail").fill("ines@example.com")
    await phone.get_by_label("Password").fill(PASSWORD)
    await phone.get_by_role("button", name="Sign in").click()
    await expect(phone.get_by_text(code)).to_be_visible()
    await phone.get_by_label("Screen name").fill("Window 1")
    await phone.get_by_label("This code is on the screen in front of me").check()
    await phone.get_by_role("button", name="Approve and start playing").click()
    await expect(phone.get_by_text("It has a key of its own")).to_be_visible(timeout=TIMEOUT_MS)
    return phone


async def _upload(page: Page, program: Running, files: list[Path]) -> None:
    await page.goto(f"{program.url}/content")
    await page.locator("input[type=file]").set_input_files(files)
    await page.get_by_role("button", name="Upload", exact=True).click()
    for path in files:
        library_card = page.get_by_role("link", name=path.name).first
        await expect(library_card).to_be_visible(timeout=TIMEOUT_MS)


async def _program(page: Page, program: Running) -> None:
    await page.goto(f"{program.url}/playlists")
    await page.get_by_role("button", name="New playlist").first.click()
    await page.get_by_label("Name", exact=True).fill("Window loop")
    await page.get_by_role("button", name="Create").click()
    for name in ("offer.jpg", "clip.mp4"):
        await page.get_by_role("button", name=re.compile(f"^Add {re.escape(name)}")).click()
        order = page.get_by_role("list", name="Items of Window loop")
        await expect(order.get_by_text(name).first).to_be_visible(timeout=TIMEOUT_MS)
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Window loop is published.")).to_be_visible()
    await page.goto(f"{program.url}/devices")
    await expect(page.get_by_role("link", name="Window 1").first).to_be_visible()
    await page.get_by_role("link", name="Window 1").first.click()
    await page.get_by_label("Playlist", exact=True).select_option(label="Window loop")
    await page.get_by_role("button", name="Assign").click()
    await expect(page.get_by_text("Window loop").first).to_be_visible()


async def _watch_it_play(screen: Page) -> None:
    await expect(screen.locator("img:visible, video:visible").first).to_be_visible()
    video = screen.locator("video")
    await screen.wait_for_function(
        "() => [...document.querySelectorAll('video')].some(v => v.currentTime > 0.2)"
    )
    assert await video.count() >= 1


async def _replace_and_recall(page: Page, screen: Page, program: Running, tmp_path: Path) -> None:
    """A new file floats to the screen by itself; a recall takes it off and says when it is."""
    pictures = (piece for piece in showreel.PIECES if piece.seconds is None)
    other = next(piece for piece in pictures if piece.shape == "portrait")
    (tmp_path / "new offer.jpg").write_bytes(showreel.render(other))
    await page.goto(f"{program.url}/content")
    await page.get_by_role("link", name="offer.jpg").first.click()
    await page.get_by_role("link", name="Replace file").click()
    await expect(page.get_by_text("It changes 1 screen")).to_be_visible()
    await page.locator("input[type=file]").set_input_files(tmp_path / "new offer.jpg")
    await page.get_by_role("button", name="Upload", exact=True).click()
    await expect(page.get_by_role("cell", name="Version 2")).to_be_visible(timeout=TIMEOUT_MS)
    await screen.wait_for_function(
        "() => [...document.querySelectorAll('img')].some(i => i.naturalHeight > i.naturalWidth)"
    )
    await page.get_by_role("button", name="Recall", exact=True).click()
    await page.get_by_role("button", name="Recall from 1 screen").click()
    await expect(page.get_by_role("heading", level=1, name="Recall of offer.jpg")).to_be_visible()
    await expect(page.get_by_text("The one screen that had it is clear")).to_be_visible(
        timeout=TIMEOUT_MS
    )
    await page.get_by_role("button", name="Undo recall").click()
    await expect(page.get_by_role("heading", level=1, name="offer.jpg")).to_be_visible()


async def _read_proof(page: Page, screen: Page, program: Running) -> int:
    address = f"{program.url}/proof-of-play?group_by=content"
    cells = page.get_by_role("cell", name=re.compile(r"offer\.jpg|clip\.mp4"))
    counted = page.locator("#totals [data-label=Plays]")
    while True:
        await page.goto(address)
        # A screen that comes into a loop half-way reports its first item as cut short.
        if await cells.count() == 2 and await counted.inner_text() != "0":
            break
        await page.wait_for_timeout(500)
    # Another play between the page and the export would make them differ, and rightly so.
    await screen.close()
    await page.goto(address)
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Export").click()
    exported = await (await started.value).path()
    rows = list(csv.DictReader(io.StringIO(exported.read_text())))
    total = sum(int(row["plays"]) for row in rows)
    shown = await page.locator("#totals").inner_text()
    assert f"{total:,}" in shown
    return total
