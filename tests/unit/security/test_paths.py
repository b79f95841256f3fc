"""Paths: nothing below a folder leads out of it, however it is written."""

import pytest

from signage.errors import NotFound
from signage.media import storage
from tests.unit.callers import Caller

WAYS_OUT = [
    "../ui.py",
    "..%2fui.py",
    "%2e%2e/ui.py",
    "%2e%2e%2fui.py",
    "..%5cui.py",
    "x/../../ui.py",
    "....//ui.py",
    "%252e%252e%252fui.py",
    "..%c0%afui.py",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "app.css%00.py",
    "app.css/../../ui.py",
    ".",
    "vendor",
]


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("folder", ["/static/x", "/player/static/x"])
async def test_no_static_file_leads_out(app, folder, way):
    answer = await Caller(app, "").get(f"{folder}/{way}")

    assert answer.status in (404, 308), answer.body
    assert b"def " not in answer.body
    assert b"root:" not in answer.body


async def test_the_files_themselves_are_there(app):
    answer = await Caller(app, "").get("/static/x/app.css")

    assert answer.status == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("way", ["../plan", "%2e%2e%2fplan", "x", "0" * 63, "0" * 65, "%00" * 64])
async def test_no_digest_leads_out_of_the_media(screen, way):
    answer = await screen.get(f"/content/{way}")

    assert answer.status in (404, 422) or way == "../plan"  # to which the client itself went up


@pytest.mark.parametrize("key", ["../secret.key", "/etc/passwd", "a/../../secret.key", ".."])
async def test_the_media_store_has_nothing_outside_its_folder(tmp_path, key):
    (tmp_path / "secret.key").write_bytes(b"the secret")
    store = storage.open_store(tmp_path, None)

    assert not await storage.exists(store, key)
    with pytest.raises(NotFound):
        storage.local_path(store, key)
    with pytest.raises(NotFound):
        await anext(storage.open_range(store, key, 0, 10))
