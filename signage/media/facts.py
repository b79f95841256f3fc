"""What is known of a file that was accepted, why one is refused, and the limits in between.

The probing process and the server both import this, so it stays free of decoders and of I/O.
"""

from typing import Literal

import msgspec

from signage.errors import FieldError, Invalid

UPLOAD_LIMIT_BYTES = 2 * 1024**3
IMAGE_LIMIT_PIXELS = 50_000_000
IMAGE_LIMIT_SIDE_PX = 16_384
ANIMATION_LIMIT_FRAMES = 1_000
ANIMATION_LIMIT_PIXELS = 2_000_000_000
ANIMATION_SHOWN_MS = 10_000
VIDEO_LIMIT_PIXELS = 7_680 * 4_320
VIDEO_LIMIT_DURATION_MS = 6 * 60 * 60 * 1000
POSTER_LONG_SIDE_PX = 640
POSTER_QUALITY = 82

Kind = Literal["image", "video"]
RefusalCode = Literal[
    "empty",
    "too_large",
    "not_media",
    "unsupported_type",
    "unsupported_codec",
    "no_video",
    "truncated",
    "damaged",
    "too_many_pixels",
    "too_many_frames",
    "bad_duration",
    "too_complex",
    "probe_timeout",
    "probe_failed",
]


class Probe(msgspec.Struct, frozen=True):
    """What decoding told. Sizes are as displayed: rotation and EXIF orientation are applied.

    ``frame_rate`` and ``codec`` are a video's only. ``duration_ms`` is a video's, or as many whole
    rounds of an animation as take ``ANIMATION_SHOWN_MS`` at least.
    ``poster`` is a JPEG of at most 640 px on its long side; ``warnings`` are sentences for people.
    """

    kind: Kind
    mime: str
    width: int
    height: int
    duration_ms: int | None
    frame_rate: float | None
    codec: str | None
    poster: bytes
    warnings: list[str]


class Refusal(msgspec.Struct, frozen=True):
    """The probing process's answer when a file cannot be played."""

    code: RefusalCode
    detail: str


class MediaRefused(Invalid):
    """The uploaded file is not accepted; ``reason`` is its code, ``detail`` says what to do."""

    def __init__(self, reason: RefusalCode, detail: str) -> None:
        super().__init__([FieldError("/file", reason, detail)])
        self.reason: RefusalCode = reason
