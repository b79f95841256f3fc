"""Hostile and broken files: each is refused in words, quickly, and nothing crashes."""

import asyncio
import os
import random
import resource
import struct
import sys
import zlib
from pathlib import Path

import pytest

from signage.media import probe, probe_child
from signage.media.facts import (
    ANIMATION_LIMIT_FRAMES,
    IMAGE_LIMIT_SIDE_PX,
    VIDEO_LIMIT_DURATION_MS,
    MediaRefused,
)
from signage.media.layouts import BLOCKS_LIMIT
from tests.unit.signage.media import files


async def refusal(folder: Path, data: bytes, name: str = "") -> MediaRefused:
    path = folder / "upload.part"
    path.write_bytes(data)
    with pytest.raises(MediaRefused) as refused:
        await probe.examine(path, file_name=name)
    return refused.value


async def accepted(folder: Path, data: bytes) -> bool:
    path = folder / "upload.part"
    path.write_bytes(data)
    return bool(await probe.examine(path))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Hello, this is a letter.\n" * 50, "This file is named .mp4 but holds text."),
        (files.archive(), "holds a ZIP archive"),
        (b"%PDF-1.7\n", "holds a PDF document"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "holds an SVG"),
        (b"<svg onload='alert(1)'/>", "holds an SVG drawing, which can carry scripts"),
        (b"  <!DOCTYPE html><script>alert(1)</script>", "holds a web page"),
        (b"\x7fELF" + bytes(60), "holds a Linux program"),
        (random.Random(1).randbytes(5000), "holds data of no kind that is known"),
        (bytes(5000), "holds data of no kind that is known"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "holds text"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "holds text"),
    ],
)
async def test_what_is_no_media_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    refused = await refusal(tmp_path, data, "campaign.mp4")
    assert refused.reason == "not_media"
    assert words in refused.detail
    assert refused.errors[0].pointer == "/file"


async def test_without_an_extension_the_name_is_left_out(tmp_path: Path) -> None:
    refused = await refusal(tmp_path, b"some words", "../../etc/passwd")
    assert refused.detail.startswith("This file holds text.")


async def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert (await refusal(tmp_path, b"")).reason == "empty"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"BM" + bytes(60), "a BMP picture"),
        (b"II*\x00" + bytes(60), "a TIFF picture"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(60), "a HEIC or AVIF picture"),
        (b"\x00\x00\x00\x14ftypqt  " + bytes(60), "a QuickTime film"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "an AVI video"),
        (b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska" + bytes(60), "a Matroska video"),
    ],
)
async def test_media_that_screens_do_not_play_is_named(
    tmp_path: Path, data: bytes, words: str
) -> None:
    refused = await refusal(tmp_path, data)
    assert refused.reason == "unsupported_type"
    assert words in refused.detail


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_half_a_picture_is_refused(tmp_path: Path, kind: str) -> None:
    whole = files.picture(kind, (400, 300))
    assert (await refusal(tmp_path, whole[: len(whole) // 2])).reason == "truncated"


@pytest.mark.parametrize("movflags", ["", "+faststart"])
async def test_an_mp4_that_was_cut_is_refused(tmp_path: Path, movflags: str) -> None:
    whole = files.video(movflags=movflags)
    for length in (len(whole) - 1, len(whole) // 2, 40, 12):
        refused = await refusal(tmp_path, whole[:length])
        assert refused.reason == "truncated"
        assert "ends too early" in refused.detail


async def test_a_webm_that_was_cut_is_refused(tmp_path: Path) -> None:
    whole = files.video("libvpx", "webm")
    assert (await refusal(tmp_path, whole[: len(whole) // 2])).reason == "truncated"


@pytest.mark.parametrize("magic", ["PNG", "JPEG", "GIF", "WEBP", "mp4", "webm"])
async def test_a_first_few_honest_bytes_convince_nobody(tmp_path: Path, magic: str) -> None:
    whole = files.picture(magic) if magic.isupper() else _short_video(magic)
    noise = random.Random(2).randbytes(len(whole) + 4000)
    refused = await refusal(tmp_path, whole[:60] + noise)
    assert refused.reason in {"damaged", "truncated", "too_many_pixels", "bad_duration"}


def _short_video(container: str) -> bytes:
    return files.video("libx264" if container == "mp4" else "libvpx", container, frames=3)


@pytest.mark.parametrize("container", ["mp4", "webm"])
async def test_frames_of_noise_are_refused_or_survived(tmp_path: Path, container: str) -> None:
    whole = _short_video(container)
    broken = bytearray(whole)
    random.Random(3).shuffle(broken[60:])
    for at in range(60, len(whole), 7):
        broken[at] ^= 0x55
    refused = await refusal(tmp_path, bytes(broken))
    assert refused.reason in {"damaged", "truncated", "unsupported_codec", "no_video"}


async def test_a_page_that_begins_like_a_gif_is_refused(tmp_path: Path) -> None:
    page = b"GIF89a/*<html>*/=0;alert(document.domain)//</html>"
    assert (await refusal(tmp_path, page, "cat.gif")).reason in {"damaged", "truncated"}


async def test_a_header_that_promises_too_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    refused = await refusal(tmp_path, files.png(30_000, 30_000))
    assert refused.reason == "too_many_pixels"
    assert "30,000 x 30,000" in refused.detail


async def test_the_longest_side_is_the_last_accepted(tmp_path: Path) -> None:
    row = bytes(1 + IMAGE_LIMIT_SIDE_PX // 8)
    assert await accepted(tmp_path, files.png(IMAGE_LIMIT_SIDE_PX, 1, row))
    refused = await refusal(tmp_path, files.png(IMAGE_LIMIT_SIDE_PX + 1, 1, row + b"\0"))
    assert refused.reason == "too_many_pixels"


async def test_fifty_megapixels_are_the_last_accepted(tmp_path: Path) -> None:
    row = bytes(1 + 10_000 // 8)
    assert await accepted(tmp_path, files.png(10_000, 5_000, row * 5_000))
    refused = await refusal(tmp_path, files.png(10_000, 5_001, row * 5_001))
    assert refused.reason == "too_many_pixels"


async def test_the_longest_animation_is_the_last_accepted(tmp_path: Path) -> None:
    assert await accepted(tmp_path, files.animation("GIF", ANIMATION_LIMIT_FRAMES, (4, 4)))
    refused = await refusal(tmp_path, files.animation("GIF", ANIMATION_LIMIT_FRAMES + 1, (4, 4)))
    assert refused.reason == "too_many_frames"
    assert "MP4" in refused.detail


async def test_an_animation_of_large_frames_is_refused_by_its_pixels(tmp_path: Path) -> None:
    # Forty-one frames of 7,000 x 7,000 fit in a few bytes each and in no screen's memory.
    head = b"GIF89a" + struct.pack("<HHBBB", 7_000, 7_000, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    refused = await refusal(tmp_path, head + frame * 41 + b";")
    assert refused.reason == "too_many_frames"


async def test_a_file_of_endless_small_parts_is_refused(tmp_path: Path) -> None:
    many = files.chunk(b"teXt", b"") * BLOCKS_LIMIT
    assert (await refusal(tmp_path, files.png(8, 8, bytes(16), many))).reason == "too_complex"


async def test_a_text_chunk_that_unpacks_to_gigabytes_is_survived(tmp_path: Path) -> None:
    bomb = files.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(300_000_000), 9))
    assert (await refusal(tmp_path, files.png(8, 8, bytes(16), bomb))).reason == "damaged"


async def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    refused = await refusal(tmp_path, files.sound())
    assert refused.reason == "no_video"


async def test_another_codec_is_named(tmp_path: Path) -> None:
    refused = await refusal(tmp_path, files.video("mpeg4"))
    assert refused.reason == "unsupported_codec"
    assert refused.detail == ("This video is encoded as mpeg4. An MP4 must be H.264 or H.265.")


@pytest.mark.parametrize("claim_ms", [5_000, 3_600_000, 1e10, -5_000])
async def test_a_duration_that_the_frames_do_not_bear_out_is_refused(
    tmp_path: Path, claim_ms: float
) -> None:
    refused = await refusal(tmp_path, files.claiming(claim_ms))
    assert refused.reason == "bad_duration"


async def test_six_hours_are_the_longest(tmp_path: Path) -> None:
    limit_s = VIDEO_LIMIT_DURATION_MS / 1000
    assert await accepted(tmp_path, files.lasting(limit_s))
    refused = await refusal(tmp_path, files.lasting(limit_s + 1))
    assert refused.reason == "bad_duration"
    assert "at most 6 h" in refused.detail


async def test_time_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "upload.part"
    path.write_bytes(files.picture("PNG"))
    with pytest.raises(MediaRefused) as refused:
        await probe.examine(path, time_limit_s=0.001)
    assert refused.value.reason == "probe_timeout"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import os; os.kill(os.getpid(), 11)", "probe_failed"),
        ("import os; os.kill(os.getpid(), 24)", "probe_timeout"),
        ("print('not JSON')", "probe_failed"),
        ("print('{}')", "probe_failed"),
        ("print('x' * 10_000_000)", "probe_failed"),
        ("pass", "probe_failed"),
    ],
)
async def test_however_the_process_ends_there_is_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    _stand_in(tmp_path, monkeypatch, script)
    assert (await refusal(tmp_path, files.picture("PNG"))).reason == reason


async def test_the_process_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBILL_SECRET", "s3cret")
    seen = tmp_path / "seen"
    script = f"import os; open({str(seen)!r}, 'w').write(repr(dict(os.environ)))"
    _stand_in(tmp_path, monkeypatch, script)
    await refusal(tmp_path, b"anything")
    assert "PYTHONPATH" in seen.read_text()
    assert "s3cret" not in seen.read_text()


async def test_a_caller_that_gives_up_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    script = f"import os, signal; open({str(started)!r}, 'w').write(str(os.getpid())); "
    _stand_in(tmp_path, monkeypatch, script + "signal.pause()")
    looking = asyncio.create_task(probe.examine(tmp_path / "upload.part"))
    pid = int(await asyncio.to_thread(started.read_text))
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    package = folder / "signage" / "media"
    package.mkdir(parents=True)
    for path in (package.parent / "__init__.py", package / "__init__.py"):
        path.write_text("")
    (package / "probe_child.py").write_text(script)
    monkeypatch.setattr(probe, "_IMPORT_ROOT", folder)


def test_memory_processor_and_files_are_limited() -> None:
    pid = os.fork()
    if pid == 0:
        probe_child.limit_resources()
        limits = (
            resource.getrlimit(resource.RLIMIT_AS)[0] == probe_child.MEMORY_LIMIT_BYTES,
            resource.getrlimit(resource.RLIMIT_CPU)[0] == probe_child.CPU_LIMIT_S,
            resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 0,
            resource.getrlimit(resource.RLIMIT_NOFILE)[0] == probe_child.OPEN_FILES_LIMIT,
        )
        os._exit(0 if all(limits) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize("seed", range(12))
async def test_bytes_changed_at_random_never_get_past_an_answer(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    makers = (
        lambda: files.picture("PNG"),
        lambda: files.picture("JPEG"),
        lambda: files.animation("WEBP", 5),
        lambda: files.animation("GIF", 5),
        lambda: files.video(frames=5),
        lambda: files.video("libvpx-vp9", "webm", frames=5),
    )
    data = bytearray(makers[seed % len(makers)]())
    for _ in range(20):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path = tmp_path / "upload.part"
    path.write_bytes(data)
    try:
        found = await probe.examine(path)
    except MediaRefused as refused:
        assert refused.reason not in {"probe_timeout", "probe_failed"}, refused.detail
    else:
        assert found.width > 0
        assert sys.getsizeof(found.poster) < probe.ANSWER_LIMIT_BYTES
