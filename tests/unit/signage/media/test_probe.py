"""What is accepted, and what is known of it."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from signage.media import probe
from signage.media.facts import POSTER_LONG_SIDE_PX, Probe
from tests.unit.signage.media import files

RED = (254, 0, 0)
BLUE = (0, 0, 254)


async def examined(folder: Path, data: bytes, name: str = "") -> Probe:
    path = folder / "upload.part"
    path.write_bytes(data)
    return await probe.examine(path, file_name=name)


def poster_of(found: Probe) -> Image.Image:
    return Image.open(io.BytesIO(found.poster))


def is_near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 40 for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_pictures_are_accepted(tmp_path: Path, kind: str) -> None:
    found = await examined(tmp_path, files.picture(kind))
    assert (found.kind, found.mime) == ("image", f"image/{kind.lower()}")
    assert (found.width, found.height) == files.SIZE
    assert (found.duration_ms, found.frame_rate, found.codec) == (None, None, None)
    assert found.warnings == []


@pytest.mark.parametrize(
    ("encoder", "container", "codec"),
    [
        ("libx264", "mp4", "H.264"),
        ("libx265", "mp4", "H.265"),
        ("libvpx", "webm", "VP8"),
        ("libvpx-vp9", "webm", "VP9"),
        ("libsvtav1", "webm", "AV1"),
    ],
)
async def test_videos_are_accepted(
    tmp_path: Path, encoder: str, container: str, codec: str
) -> None:
    found = await examined(tmp_path, files.video(encoder, container))
    assert (found.kind, found.mime, found.codec) == ("video", f"video/{container}", codec)
    assert (found.width, found.height) == files.SIZE
    assert (found.duration_ms, found.frame_rate) == (1200, 25.0)
    assert poster_of(found).size == files.SIZE


@pytest.mark.parametrize("movflags", ["+faststart", "frag_keyframe+empty_moov"])
async def test_the_duration_is_known_wherever_the_index_is(tmp_path: Path, movflags: str) -> None:
    found = await examined(tmp_path, files.video(movflags=movflags))
    assert found.duration_ms == 1200


async def test_a_live_recording_that_states_no_duration_is_measured(tmp_path: Path) -> None:
    recorded = files.video("libvpx", "webm")
    # The Duration element (0x4489) is renamed to Void (0xEC), as if it had never been written.
    at = recorded.index(b"\x44\x89\x88")
    silent = recorded[:at] + b"\xec\x89" + recorded[at + 2 :]
    found = await examined(tmp_path, silent)
    assert found.duration_ms is not None
    assert 1160 <= found.duration_ms <= 1200


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_poster_is_a_small_jpeg(tmp_path: Path, kind: str) -> None:
    found = await examined(tmp_path, files.picture(kind, (2000, 1000)))
    poster = poster_of(found)
    assert poster.format == "JPEG"
    assert poster.size == (POSTER_LONG_SIDE_PX, POSTER_LONG_SIDE_PX // 2)
    assert is_near(poster.getpixel((10, 10)), RED)


async def test_a_videos_poster_is_no_larger_either(tmp_path: Path) -> None:
    found = await examined(tmp_path, files.video(size=(720, 1280), frames=3))
    assert poster_of(found).size == (360, 640)


async def test_a_video_that_fades_in_has_a_poster_that_shows_something(tmp_path: Path) -> None:
    found = await examined(tmp_path, files.video(black_frames=12))
    assert is_near(poster_of(found).getpixel((10, 100)), RED)


async def test_a_video_that_is_black_throughout_is_accepted(tmp_path: Path) -> None:
    found = await examined(tmp_path, files.video(black_frames=60, frames=60))
    assert found.duration_ms == 2400


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_picture_is_measured_as_it_is_shown(tmp_path: Path, orientation: int) -> None:
    found = await examined(tmp_path, files.turned_jpeg(orientation))
    upright = orientation < 5
    assert (found.width, found.height) == (files.SIZE if upright else files.SIZE[::-1])
    poster = poster_of(found)
    assert poster.size == (found.width, found.height)
    red_comes_first = orientation in {1, 4, 5, 6}
    assert is_near(poster.getpixel((5, 5)), RED if red_comes_first else BLUE)


async def test_a_phones_upright_video_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    found = await examined(tmp_path, files.turned_mp4(files.video()))
    assert (found.width, found.height) == (240, 320)
    poster = poster_of(found)
    assert poster.size == (240, 320)
    assert is_near(poster.getpixel((100, 10)), RED)
    assert is_near(poster.getpixel((100, 310)), BLUE)


async def test_transparency_becomes_paper_in_the_poster(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    found = await examined(tmp_path, out.getvalue())
    assert is_near(poster_of(found).getpixel((25, 25)), (244, 244, 245))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
async def test_every_kind_of_pixel_has_a_poster(tmp_path: Path, mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (40, 30)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    found = await examined(tmp_path, out.getvalue())
    assert poster_of(found).size == (40, 30)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_an_animation_is_shown_in_whole_rounds(tmp_path: Path, kind: str) -> None:
    found = await examined(tmp_path, files.animation(kind, 20))
    assert (found.kind, found.width) == ("image", 16)
    assert found.duration_ms == 13 * 20 * 40
    assert found.warnings[0].startswith("It is an animation of 0.8 s")


async def test_frames_of_no_time_take_as_long_as_browsers_give_them(tmp_path: Path) -> None:
    made = files.animation("GIF", 5)
    hasty = re.sub(rb"(!\xf9\x04.)\x04\x00", lambda at: at[1] + b"\x01\x00", made, flags=re.DOTALL)
    assert (await examined(tmp_path, hasty)).duration_ms == 10_000


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"encoder": "libx265"}, "H.265 does not play in every browser"),
        ({"encoder": "libx265", "pixels": "yuv420p10le"}, "It has 10 bits a colour"),
        ({"size": (4112, 64)}, "It is 4,112 x 64"),
    ],
)
async def test_what_common_players_cannot_decode_is_mentioned(
    tmp_path: Path, made: dict[str, Any], words: str
) -> None:
    found = await examined(tmp_path, files.video(movflags="+faststart", **made))
    assert any(warning.startswith(words) for warning in found.warnings)
    assert not any("index stands" in warning for warning in found.warnings)


@pytest.mark.parametrize(("encoder", "odd"), [("aac", False), ("ac3", True)])
async def test_sound_is_mentioned(tmp_path: Path, encoder: str, odd: bool) -> None:
    found = await examined(tmp_path, files.video_with_sound(encoder))
    assert "It has sound. Screens play it muted." in found.warnings
    assert any("encoded as ac3" in warning for warning in found.warnings) == odd


async def test_the_name_is_not_believed(tmp_path: Path) -> None:
    found = await examined(tmp_path, files.picture("PNG"), "holiday.jpg")
    assert found.mime == "image/png"
    assert found.warnings == ["It is named .jpg but is PNG, and is played as that."]


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "jpeg", "../../a.jpeg", "a.b\x00\n", ""])
async def test_a_fitting_or_missing_extension_needs_no_words(tmp_path: Path, name: str) -> None:
    assert (await examined(tmp_path, files.picture("JPEG"), name)).warnings == []


async def test_what_follows_the_end_is_mentioned(tmp_path: Path) -> None:
    packed = files.archive()
    found = await examined(tmp_path, files.picture("PNG") + packed)
    assert found.mime == "image/png"
    assert found.warnings == [f"{len(packed)} bytes follow its end. Screens ignore them."]


async def test_what_many_screens_cannot_play_is_mentioned(tmp_path: Path) -> None:
    found = await examined(tmp_path, files.video(pixels="yuv444p", fps=100))
    assert [warning.split(".")[0] for warning in found.warnings] == [
        "Its pixel format is yuv444p",
        "It has more than 60 frames a second",
        "Its index stands at its end, so a browser shows nothing before all of it is there",
    ]


async def test_a_broken_orientation_refuses_nothing(tmp_path: Path) -> None:
    broken = files.turned_jpeg(6).replace(b"\x01\x12\x00\x03", b"\x01\x12\xff\xff")
    found = await examined(tmp_path, broken)
    assert (found.width, found.height) == files.SIZE
