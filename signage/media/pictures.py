"""Looks into a picture with Pillow: its displayed size, whether it decodes, and its poster."""

import io
import math
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from signage.media.facts import (
    ANIMATION_LIMIT_FRAMES,
    ANIMATION_LIMIT_PIXELS,
    ANIMATION_SHOWN_MS,
    IMAGE_LIMIT_PIXELS,
    IMAGE_LIMIT_SIDE_PX,
    POSTER_LONG_SIDE_PX,
    POSTER_QUALITY,
    MediaRefused,
    Probe,
)
from signage.media.layouts import Layout, truncated
from signage.media.sniff import Container, mime

ORIENTATION_TAG = 0x0112
POSTER_BACKGROUND = "#f4f4f5"

# EXIF 2.3, table 4.6.4: what turns the stored picture into the displayed one.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def examine(path: Path, found: Container, layout: Layout) -> Probe:
    """Return what the picture is, or raise MediaRefused. Its limits are checked before decoding."""
    # Our own limits decide, so that the refusal is ours and not Pillow's warning.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path, formats=[found]) as picture:
            check_size(*picture.size, frames=layout.frames)
            orientation = _orientation(picture)
            width, height = picture.size if orientation < 5 else picture.size[::-1]
            poster = _poster(picture, orientation)
    except UnidentifiedImageError as error:
        detail = f"This starts like a {found} picture but is none. Export it again."
        raise MediaRefused("damaged", detail) from error
    except OSError as error:
        if "truncated" in str(error):
            raise truncated() from error
        raise
    return Probe(
        kind="image",
        mime=mime(found),
        width=width,
        height=height,
        duration_ms=_shown_ms(layout),
        frame_rate=None,
        codec=None,
        poster=poster,
        warnings=_warnings(layout),
    )


def check_size(width: int, height: int, *, frames: int) -> None:
    """Raise MediaRefused where a picture is past what screens and this server can hold."""
    pixels = width * height
    if pixels > IMAGE_LIMIT_PIXELS or max(width, height) > IMAGE_LIMIT_SIDE_PX:
        detail = (
            f"This picture has {width:,} x {height:,} pixels. At most "
            f"{IMAGE_LIMIT_PIXELS // 10**6} megapixels and {IMAGE_LIMIT_SIDE_PX:,} pixels a side "
            "are accepted; a 4K screen shows 3,840 x 2,160."
        )
        raise MediaRefused("too_many_pixels", detail)
    if frames > ANIMATION_LIMIT_FRAMES or frames * pixels > ANIMATION_LIMIT_PIXELS:
        detail = f"This animation is too long ({frames:,} frames). Upload it as an MP4 video."
        raise MediaRefused("too_many_frames", detail)


def jpeg(picture: Image.Image) -> bytes:
    """Return the picture as a poster: a JPEG."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=POSTER_QUALITY, optimize=True)
    return out.getvalue()


def _shown_ms(layout: Layout) -> int | None:
    # Whole rounds, so that it does not break off half-way, and no shorter than a still picture.
    if layout.frames < 2:
        return None
    return layout.loop_ms * math.ceil(ANIMATION_SHOWN_MS / layout.loop_ms)


def _warnings(layout: Layout) -> list[str]:
    if layout.frames < 2:
        return []
    return [
        f"It is an animation of {layout.loop_ms / 1000:g} s and is shown in whole rounds. An MP4 of"
        " it is smaller and runs more smoothly."
    ]


def _orientation(picture: Image.Image) -> int:
    # Broken metadata is no reason to refuse a picture that every browser shows upright.
    try:
        orientation = picture.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # EXIF parsers raise whatever a hostile tag provokes
        return 1
    return orientation if orientation in _UPRIGHT else 1


def _poster(picture: Image.Image, orientation: int) -> bytes:
    bounds = (POSTER_LONG_SIDE_PX, POSTER_LONG_SIDE_PX)
    picture.draft("RGB", bounds)
    picture.load()
    picture.thumbnail(bounds)
    small = picture.convert("RGBA") if picture.has_transparency_data else picture.convert("RGB")
    if small.mode == "RGBA":
        sheet = Image.new("RGB", small.size, POSTER_BACKGROUND)
        sheet.paste(small, mask=small)
        small = sheet
    return jpeg(small.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else small)
