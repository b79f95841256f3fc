"""Uploads as people and programs make them: broken off, gone on with, refused, kept in a bucket."""

import asyncio
import hashlib
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import FilePayload, Page, Request, Route, expect
from tusclient.client import TusClient

from tests import s3
from tests.e2e.browsers import DESKTOP, TIMEOUT_MS, Complaints, chromium
from tests.e2e.program import Running, playbill, serving
from tests.unit.signage.media import files

PASSWORD = "a long enough password"
PADDING_BYTES = 10_000_000
BACK_WITHIN_S = 30.0


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film of some megabytes, most of them an empty box."""
    path = tmp_path / "film.mp4"
    box = (PADDING_BYTES + 8).to_bytes(4, "big") + b"free" + bytes(PADDING_BYTES)
    path.write_bytes(files.video(frames=10) + box)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Playbill with its media in the data directory."""
    with serving(tmp_path_factory.mktemp("folder") / "data", PLAYBILL_DEMO="0") as program:
        yield program


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Playbill with its media in a bucket."""
    data_dir = tmp_path_factory.mktemp("bucket") / "data"
    with (
        s3.running() as server,
        serving(data_dir, PLAYBILL_DEMO="0", **server.environment) as program,
    ):
        yield program


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_an_upload_survives_the_server_that_took_half_of_it(
    request: pytest.FixtureRequest, place: str, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program: Running = request.getfixturevalue(place)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    headers = {"Authorization": f"Bearer {_key(program)}"}
    client = TusClient(f"{program.url}/v1/admin/uploads", headers=headers)
    told = {"filename": "film.mp4", "name": "Autumn film"}
    data = io.BytesIO(film.read_bytes())
    begun = client.uploader(
        file_stream=data, chunk_size=4_000_000, metadata=told, upload_checksum=True
    )
    begun.upload(stop_at=8_000_000)
    [worker] = program.workers()
    worker.kill()
    _wait_until_back(program)

    resumed = client.uploader(file_stream=data, chunk_size=6_000_000, url=begun.url)
    assert resumed.offset == 8_000_000
    resumed.upload()

    made = httpx.get(
        program.url + resumed.request.response_headers["upload-content"],
        headers=headers,
        trust_env=False,
    ).json()
    assert made["name"] == "Autumn film"
    assert made["sha256"] == hashlib.sha256(film.read_bytes()).hexdigest()
    assert list((program.data_dir / "incoming").iterdir()) == []
    kept_here = [path for path in (program.data_dir / "media").rglob("*") if path.is_file()]
    assert len(kept_here) == (2 if place == "folder" else 0)


async def test_files_are_uploaded_in_the_browser(folder: Running, film: Path) -> None:
    complaints = Complaints()
    async with chromium() as browser:
        page = complaints.watch(await (await browser.new_context(**DESKTOP)).new_page())
        await _set_up(page, folder)
        await _refused_beside_taken(page, folder)
        await _cancelled(page, folder, film)
        await _gone_on_with(page, folder, film)
    _media_are_checked_and_collected(folder)
    assert [one for one in complaints if "ERR_" not in one] == []


async def _set_up(page: Page, program: Running) -> None:
    page.set_default_timeout(TIMEOUT_MS)
    await page.goto(program.set_up_link)
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("main form button[type=submit]").click()
    await expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible(
        timeout=TIMEOUT_MS
    )


async def _choose(page: Page, program: Running, *chosen: Path | FilePayload) -> None:
    await page.goto(f"{program.url}/content")
    area = page.get_by_role("region", name="Upload")
    await area.locator("input[type=file]").set_input_files(list(chosen))
    await area.get_by_role("button", name="Upload", exact=True).click()


async def _refused_beside_taken(page: Page, program: Running) -> None:
    words = FilePayload(name="words.mp4", mimeType="video/mp4", buffer=b"These are words.")
    picture = files.picture("PNG")
    taken = FilePayload(name="poster.png", mimeType="image/png", buffer=picture)
    await _choose(page, program, words, taken)
    area = page.get_by_role("region", name="Upload")
    await expect(area.get_by_text("named .mp4 but holds text").first).to_be_visible(
        timeout=TIMEOUT_MS
    )
    await expect(area.get_by_role("link", name="poster.png")).to_be_visible(timeout=TIMEOUT_MS)
    await expect(area.get_by_role("status")).to_have_text(
        "1 file uploaded, 1 not.", timeout=TIMEOUT_MS
    )


async def _cancelled(page: Page, program: Running, film: Path) -> None:
    async def never(route: Route) -> None:
        begun.set()

    begun = asyncio.Event()
    await page.route("**/v1/admin/uploads/*", never)
    await _choose(page, program, film)
    await asyncio.wait_for(begun.wait(), TIMEOUT_MS / 1000)
    await page.unroute("**/v1/admin/uploads/*", never)
    await page.get_by_role("button", name="Cancel: film.mp4").click()
    await expect(page.get_by_text("Cancelled")).to_be_visible(timeout=TIMEOUT_MS)


async def _gone_on_with(page: Page, program: Running, film: Path) -> None:
    sent: list[str] = []

    async def cut(route: Route, request: Request) -> None:
        at = request.headers.get("upload-offset", "")
        sent.append(f"{request.method} {at}".strip())
        if at == "8388608" and sent.count("PATCH 8388608") < 2:
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/v1/admin/uploads/*", cut)
    await _choose(page, program, film)
    await expect(page.get_by_role("link", name="film.mp4", exact=True)).to_be_visible(
        timeout=TIMEOUT_MS
    )
    cut_at = sent.index("PATCH 8388608")
    assert sent[cut_at : cut_at + 3] == ["PATCH 8388608", "HEAD", "PATCH 8388608"]
    await page.unroute("**/v1/admin/uploads/*", cut)


def _media_are_checked_and_collected(program: Running) -> None:
    data_dir = str(program.data_dir)
    checked = playbill("media", "check", "--data-dir", data_dir).stderr
    assert re.search(r"^[4-9] files are whole\.$", checked, re.MULTILINE), checked
    said = playbill("media", "collect", "--yes", "--data-dir", data_dir)
    assert "0 files deleted" in said.stderr, said.stderr


def _key(program: Running) -> str:
    made = playbill("key", "add", "tus", "--role", "admin", "--data-dir", str(program.data_dir))
    return made.stdout.strip()


def _wait_until_back(program: Running) -> None:
    deadline = time.monotonic() + BACK_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if program.get("/sign-in").status_code == 200:
                return
        except httpx.TransportError:
            continue
    pytest.fail("the server did not come back")
