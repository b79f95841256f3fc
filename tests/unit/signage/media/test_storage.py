import hashlib
import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signage.errors import NotFound
from signage.media import storage
from signage.media.facts import MediaRefused
from signage.media.storage import MediaStore
from tests.unit.signage.media.files import pieces

PLENTY = 10**9
ABSENT = "0" * 64


def noise(length: int) -> bytes:
    return random.Random(length).randbytes(length)


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def kept(store: MediaStore, data: bytes) -> str:
    async with storage.receive(store, pieces(data), limit_bytes=PLENTY) as received:
        await storage.keep(store, received)
    return received.sha256


async def read(store: MediaStore, sha256: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in storage.open_range(store, sha256, start, end)])


@pytest.fixture(params=["store", "bucket"])
def either(request: pytest.FixtureRequest) -> MediaStore:
    found: MediaStore = request.getfixturevalue(request.param)
    return found


async def test_what_is_kept_comes_back_under_its_hash(either: MediaStore) -> None:
    data = noise(3_000_001)
    sha256 = await kept(either, data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert await storage.size(either, sha256) == len(data)
    assert await storage.exists(either, sha256)
    assert await read(either, sha256) == data
    assert files_in(either.incoming) == []


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (0, 700_000), (5, 262_149), (699_999, 700_000), (10, None), (3, 900_000), (8, 8)],
)
async def test_a_range_gives_exactly_its_bytes(
    either: MediaStore, start: int, end: int | None
) -> None:
    data = noise(700_000)
    sha256 = await kept(either, data)
    assert await read(either, sha256, start, end) == data[start:end]


async def test_large_files_are_read_in_pieces(store: MediaStore) -> None:
    sha256 = await kept(store, noise(1_000_000))
    sizes = [len(chunk) async for chunk in storage.open_range(store, sha256)]
    assert len(sizes) >= 3
    assert max(sizes) <= 2 * storage.READ_CHUNK_BYTES


async def test_the_same_bytes_are_stored_once(store: MediaStore) -> None:
    first = await kept(store, noise(5000))
    path = storage.local_path(store, first)
    assert path is not None
    written = path.stat().st_mtime_ns
    assert await kept(store, noise(5000)) == first
    assert path.stat().st_mtime_ns == written
    assert store.root is not None
    assert files_in(store.root) == [path]
    assert files_in(store.incoming) == []


async def test_a_copy_cut_short_by_a_crash_is_replaced(store: MediaStore) -> None:
    sha256 = await kept(store, noise(5000))
    path = storage.local_path(store, sha256)
    assert path is not None
    os.truncate(path, 100)
    await kept(store, noise(5000))
    assert await read(store, sha256) == noise(5000)


async def test_a_local_file_lies_under_the_first_two_letters(store: MediaStore) -> None:
    sha256 = await kept(store, b"abc")
    assert store.root is not None
    assert storage.local_path(store, sha256) == store.root / sha256[:2] / sha256


async def test_a_bucket_has_no_local_path(bucket: MediaStore) -> None:
    assert storage.local_path(bucket, await kept(bucket, b"abc")) is None


async def test_a_file_url_names_a_folder(tmp_path: Path) -> None:
    store = storage.open_store(tmp_path, f"file://{tmp_path}/elsewhere")
    sha256 = await kept(store, b"abc")
    assert (tmp_path / "elsewhere" / sha256[:2] / sha256).read_bytes() == b"abc"


async def test_another_disk_than_the_incoming_one_gets_a_copy(
    store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert await read(store, await kept(store, noise(5000))) == noise(5000)
    assert files_in(store.incoming) == []


async def test_what_is_not_kept_leaves_nothing(store: MediaStore) -> None:
    async with storage.receive(store, pieces(b"abc"), limit_bytes=3) as received:
        assert received.path.read_bytes() == b"abc"
        assert received.path.parent == store.incoming
    assert files_in(store.incoming) == []
    assert not await storage.exists(store, received.sha256)


async def test_the_limit_is_the_last_size_accepted(store: MediaStore) -> None:
    async with storage.receive(store, pieces(b"x" * 5000), limit_bytes=5000) as received:
        assert received.size == 5000
    with pytest.raises(MediaRefused) as refused:
        async with storage.receive(store, pieces(b"x" * 5001), limit_bytes=5000):
            pytest.fail("one byte too many was received")
    assert refused.value.reason == "too_large"
    assert files_in(store.incoming) == []


async def test_an_upload_past_the_limit_is_not_read_to_its_end(store: MediaStore) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1000

    with pytest.raises(MediaRefused):
        async with storage.receive(store, endless(), limit_bytes=2_500_000):
            pytest.fail("an endless upload ended")
    assert sent == 2501


async def test_a_sender_that_goes_away_leaves_nothing(store: MediaStore) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with storage.receive(store, broken(), limit_bytes=PLENTY):
            pytest.fail("half an upload was received")
    assert files_in(store.incoming) == []


@pytest.mark.parametrize(
    "name", [ABSENT, "../../etc/passwd", "a" * 63, "A" * 64, "", "a" * 64 + "/"]
)
async def test_absent_or_impossible_names_are_not_found(either: MediaStore, name: str) -> None:
    with pytest.raises(NotFound):
        await storage.size(either, name)
    with pytest.raises(NotFound):
        await read(either, name, 0, 10)
    assert not await storage.exists(either, name)


async def test_deleting_twice_is_no_error(either: MediaStore) -> None:
    sha256 = await kept(either, b"abc")
    await storage.delete(either, sha256)
    await storage.delete(either, sha256)
    assert not await storage.exists(either, sha256)


async def test_every_object_is_listed(either: MediaStore) -> None:
    wanted = {await kept(either, noise(length)): length for length in (10, 20, 30)}
    listed = {found.sha256: found.size async for found in storage.list_all(either)}
    assert listed == wanted


async def test_bytes_of_our_own_are_stored_once(either: MediaStore) -> None:
    sha256 = await storage.keep_bytes(either, b"poster")
    assert await storage.keep_bytes(either, b"poster") == sha256
    assert await read(either, sha256) == b"poster"


async def test_what_a_killed_process_left_is_swept(store: MediaStore) -> None:
    old, young = store.incoming / "old.part", store.incoming / "young.part"
    old.write_bytes(b"")
    young.write_bytes(b"")
    hour_ago = time.time() - 3600
    os.utime(old, (hour_ago, hour_ago))
    assert storage.sweep_incoming(store, older_than_s=1800) == 1
    assert files_in(store.incoming) == [young]
