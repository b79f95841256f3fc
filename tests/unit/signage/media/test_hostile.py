"""The hostile corpus: each file is refused with a code and a sentence, or is harmless as stored."""

import asyncio
import hashlib
from pathlib import Path

import psutil
import pytest

from signage.media import intake, probe, storage
from signage.media.facts import MediaRefused
from signage.media.storage import MediaStore
from tests.unit.signage.media import files
from tests.unit.signage.media.hostile import CORPUS, NAMES


def everything_in(store: MediaStore) -> list[Path]:
    return [path for path in store.incoming.parent.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", CORPUS)
async def test_a_hostile_file_is_refused_in_words_or_made_safe(
    store: MediaStore, name: str
) -> None:
    file_name, make, code = CORPUS[name]
    data = make()
    taken, refused = None, None
    try:
        taken = await intake.accept(store, files.pieces(data, 1_000_000), file_name=file_name)
    except MediaRefused as refusal:
        refused = refusal
    if refused is not None:
        assert refused.reason == code, refused.detail
        assert refused.detail.endswith(".")
        assert everything_in(store) == []
        return
    assert taken is not None
    assert code is None, taken.probe
    assert taken.probe.mime in {"image/png", "image/jpeg", "video/mp4", "video/webm"}
    assert taken.sha256 == hashlib.sha256(data).hexdigest()
    assert {path.name for path in everything_in(store)} == {taken.sha256, taken.poster_sha256}
    assert b"root:" not in taken.probe.poster


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_only_for_reading(name: str) -> None:
    shown = intake.shown(name)
    assert len(shown) <= 300
    assert shown.isprintable()
    assert not set(shown) & {"/", "\\"}


async def test_a_film_cut_anywhere_is_refused(store: MediaStore) -> None:
    whole = CORPUS["png behind an mp4"][1]()
    cuts = [len(whole) * step // 12 for step in range(12)]

    async def refusal(length: int) -> str:
        with pytest.raises(MediaRefused) as refused:
            await intake.accept(store, files.pieces(whole[:length]), file_name="a.mp4")
        return refused.value.reason

    assert set(await asyncio.gather(*(refusal(cut) for cut in cuts))) == {"empty", "truncated"}
    assert everything_in(store) == []


async def test_probes_wait_for_each_other_and_leave_no_process(
    store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = 0, 0
    run = probe._run

    async def counted(path: Path, extension: str, time_limit_s: float) -> tuple[bytes, int]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return await run(path, extension, time_limit_s)
        finally:
            running -= 1

    monkeypatch.setattr(probe, "_run", counted)
    pictures = [files.picture("PNG", (16 + size, 16)) for size in range(5)]
    await asyncio.gather(
        *(intake.accept(store, files.pieces(data), file_name="a.png") for data in pictures)
    )
    assert most == probe.PROBES_AT_ONCE
    left = [child.cmdline() for child in psutil.Process().children()]
    assert not [line for line in left if "signage.media.probe_child" in line]


async def test_two_uploads_of_the_same_bytes_at_once_are_stored_once(store: MediaStore) -> None:
    data = files.picture("PNG")
    taken = await asyncio.gather(
        *(intake.accept(store, files.pieces(data, 100), file_name="a.png") for _ in range(6))
    )
    assert {one.sha256 for one in taken} == {hashlib.sha256(data).hexdigest()}
    assert len(everything_in(store)) == 2


async def test_a_bucket_takes_two_of_the_same_at_once(bucket: MediaStore) -> None:
    data = files.picture("PNG")
    await asyncio.gather(
        *(intake.accept(bucket, files.pieces(data), file_name="a.png") for _ in range(3))
    )
    assert len([one async for one in storage.list_all(bucket)]) == 2
    assert everything_in(bucket) == []
