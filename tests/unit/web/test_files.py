"""Stored files over HTTP, from folder and bucket: ranges, and what keeps browsers safe."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from quart import Quart

from signage.media import storage
from signage.media.storage import MediaStore
from tests.unit.callers import Answer, Caller
from tests.unit.signage.media import files
from web.services import EXTENSION

FILM = files.video(frames=10)
TUS = {"Tus_Resumable": "1.0.0", "Content_Type": "application/offset+octet-stream"}


@pytest.fixture(params=["folder", "bucket"])
def media(request: pytest.FixtureRequest, app: Quart, tmp_path: Path) -> Iterator[MediaStore]:
    """Where this application keeps its media: each test runs on both."""
    services = app.extensions[EXTENSION]
    before = services.media
    if request.param == "bucket":
        server = request.getfixturevalue("s3_server")
        server.empty()
        services.media = storage.open_store(tmp_path, server.url, server.options)
    else:
        services.media = storage.open_store(tmp_path)
    yield services.media
    services.media = before


@pytest.fixture
async def uploaded(media: MediaStore, as_manager: Caller) -> str:
    """The id of a film that came by tus."""
    answer = await as_manager.post("/uploads", FILM, **TUS, Upload_Length=str(len(FILM)))
    assert answer.status == 201, answer.body
    return answer.headers["Upload-Content"].rpartition("/")[2]


@pytest.fixture
async def browser(sign_in, manager) -> Caller:
    """Bruno's browser."""
    caller = await sign_in(manager)
    caller.prefix = ""
    return caller


async def fetch(browser: Caller, content_id: str, **headers: str) -> Answer:
    return await browser.get(f"/content/{content_id}/file", **headers)


async def test_a_file_comes_whole(browser, uploaded):
    answer = await fetch(browser, uploaded)

    assert (answer.status, answer.body) == (200, FILM)
    assert answer.headers["Content-Length"] == str(len(FILM))
    assert answer.headers["ETag"] == f'"{hashlib.sha256(FILM).hexdigest()}"'


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-299", 100, 300), ("bytes=500-", 500, None),
     ("bytes=-10", -10, None), ("bytes=10-99999999", 10, None)],
)  # fmt: skip
async def test_a_range_comes_as_it_was_asked_for(browser, uploaded, asked, start, end):
    answer = await fetch(browser, uploaded, Range=asked)

    assert (answer.status, answer.body) == (206, FILM[start:end])


async def test_what_is_beyond_the_end_is_416(browser, uploaded):
    assert (await fetch(browser, uploaded, Range=f"bytes={len(FILM)}-")).status == 416


async def test_what_a_browser_holds_is_not_sent_again(browser, uploaded):
    tag = (await fetch(browser, uploaded)).headers["ETag"]

    assert (await fetch(browser, uploaded, If_None_Match=tag)).status == 304


async def test_no_stored_file_is_a_document_of_ours(browser, uploaded):
    for path in ("file", "poster"):
        answer = await browser.get(f"/content/{uploaded}/{path}")

        assert answer.status == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Content-Type"] in ("video/mp4", "image/jpeg")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("a.png", b"<svg onload=alert(1)>"),
        ("a.html", b"<!doctype html><script>alert(1)</script>"),
    ],
)
async def test_drawings_and_pages_are_never_stored(media, as_manager, name, data):
    answer = await as_manager.post("/uploads", data, **TUS, Upload_Length=str(len(data)))

    assert answer.json["errors"][0]["code"] == "not_media"
    assert [one async for one in storage.list_all(media)] == []
    assert list(media.incoming.iterdir()) == []


async def test_names_on_disk_are_the_servers(media, as_manager, browser, uploaded):
    stored = {one.sha256 async for one in storage.list_all(media)}
    content = (await as_manager.get(f"/content/{uploaded}")).json

    assert stored == {content["sha256"], content["poster_sha256"]}
    assert list(media.incoming.iterdir()) == []
    if media.root is not None:
        paths = [path for path in media.root.rglob("*") if path.is_file()]
        assert {path.relative_to(media.root).as_posix() for path in paths} == {
            f"{sha256[:2]}/{sha256}" for sha256 in stored
        }


async def test_the_same_bytes_are_stored_once(media, as_manager, uploaded):
    before = {one.sha256: one.stored_at async for one in storage.list_all(media)}

    again = await as_manager.post("/uploads", FILM, **TUS, Upload_Length=str(len(FILM)))

    assert again.status == 201
    assert {one.sha256: one.stored_at async for one in storage.list_all(media)} == before


async def test_lost_bytes_are_404(media, browser, uploaded):
    await storage.delete(media, hashlib.sha256(FILM).hexdigest())

    assert (await fetch(browser, uploaded)).status == 404


async def test_a_store_that_is_away_is_503(app, browser, uploaded, tmp_path):
    services = app.extensions[EXTENSION]
    away = {"aws_endpoint_url": "http://127.0.0.1:9", "aws_region": "x"}
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    before = services.media
    services.media = storage.open_store(tmp_path, "s3://media", away | keys)
    try:
        answer = await fetch(browser, uploaded)
    finally:
        services.media = before

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"


async def test_each_version_has_an_address_of_its_own(browser, uploaded, as_manager):
    path, longer = f"/content/{uploaded}/file", files.video(frames=20)
    metadata = f"content_id {base64.b64encode(uploaded.encode()).decode()}"
    replaced = await as_manager.post(
        "/uploads", longer, **TUS, Upload_Length=str(len(longer)), Upload_Metadata=metadata
    )
    assert replaced.status == 201, replaced.body

    assert (await browser.get(f"{path}?v=1")).body == FILM
    newest, second = await browser.get(path), await browser.get(f"{path}?v=2")
    assert newest.body == second.body == longer
    assert "immutable" in second.headers["Cache-Control"]
    assert newest.headers["Cache-Control"] == "private, no-cache"
    for nothing in ("3", "x", "-1", "9" * 30):
        assert (await browser.get(f"{path}?v={nothing}")).status == 404
