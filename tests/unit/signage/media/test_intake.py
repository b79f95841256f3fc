import io
from pathlib import Path

import pytest
from PIL import Image

from signage.media import intake, storage
from signage.media.facts import MediaRefused
from signage.media.storage import MediaStore
from tests.unit.signage.media import files


def everything_in(store: MediaStore) -> list[Path]:
    folder = store.incoming.parent
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_an_accepted_file_is_stored_with_its_poster(store: MediaStore) -> None:
    data = files.picture("PNG", (1920, 1080))
    accepted = await intake.accept(store, files.pieces(data), file_name="menu.png")
    stored = [chunk async for chunk in storage.open_range(store, accepted.sha256)]
    poster = [chunk async for chunk in storage.open_range(store, accepted.poster_sha256)]
    assert b"".join(stored) == data
    assert accepted.size == len(data)
    assert Image.open(io.BytesIO(b"".join(poster))).size == (640, 360)
    assert len(everything_in(store)) == 2


async def test_the_same_file_twice_takes_no_more_room(store: MediaStore) -> None:
    data = files.video(frames=5)
    first = await intake.accept(store, files.pieces(data), file_name="a.mp4")
    again = await intake.accept(store, files.pieces(data), file_name="b.mp4")
    assert (first.sha256, first.poster_sha256) == (again.sha256, again.poster_sha256)
    assert len(everything_in(store)) == 2


@pytest.mark.parametrize(
    "data", [b"", b"text", files.archive(), files.picture("PNG")[:100], files.png(30_000, 30_000)]
)
async def test_a_refused_file_leaves_nothing(store: MediaStore, data: bytes) -> None:
    with pytest.raises(MediaRefused):
        await intake.accept(store, files.pieces(data), file_name="campaign.mp4")
    assert everything_in(store) == []


async def test_the_limit_is_the_last_size_accepted(store: MediaStore) -> None:
    data = files.picture("PNG")
    accepted = await intake.accept(store, files.pieces(data), file_name="", limit_bytes=len(data))
    assert accepted.size == len(data)
    with pytest.raises(MediaRefused) as refused:
        await intake.accept(store, files.pieces(data + b"x"), file_name="", limit_bytes=len(data))
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("menu.png", "menu.png"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\ana\menu.png", "menu.png"),
        ("a\x00b\nc\u202e.png", "abc.png"),
        ("é" * 400, "é" * 300),
        ("", ""),
    ],
)
async def test_a_name_is_only_for_reading(store: MediaStore, sent: str, shown: str) -> None:
    accepted = await intake.accept(store, files.pieces(files.picture("PNG")), file_name=sent)
    assert accepted.file_name == shown
    assert {path.name for path in everything_in(store)} == {
        accepted.sha256,
        accepted.poster_sha256,
    }
