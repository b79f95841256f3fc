"""Looks into a video with FFmpeg (PyAV): codec, displayed size, duration, and its poster."""

import re
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from signage.media.facts import (
    POSTER_LONG_SIDE_PX,
    VIDEO_LIMIT_DURATION_MS,
    VIDEO_LIMIT_PIXELS,
    MediaRefused,
    Probe,
)
from signage.media.layouts import Layout
from signage.media.pictures import jpeg
from signage.media.sniff import Container, mime

POSTER_AT_S = 1.0
POSTER_LOOKS_AT_PIXELS = 120 * 3_840 * 2_160
FLAT_BELOW_LEVELS = 32
DURATION_SLACK_MS = 2_000

_CODECS: dict[str, dict[str, str]] = {
    "mp4": {"h264": "H.264", "hevc": "H.265"},
    "webm": {"vp8": "VP8", "vp9": "VP9", "av1": "AV1"},
}
_PLAIN_PIXELS = {"yuv420p", "yuvj420p"}
_SMOOTHEST_FPS = 60
_WIDEST_PX = 4_096
_DEEP = re.compile(r"p(1[0-6])(?:le|be)$")
_COMMON_SOUND = {"aac", "mp3", "opus", "vorbis"}


def examine(path: Path, found: Container, layout: Layout) -> Probe:
    """Return what the video is, or raise MediaRefused. Its first frame must decode."""
    # The demuxer is named, is handed the open file, and may open nothing by itself: whatever a
    # file refers to, another file or an address, stays unread.
    with (
        path.open("rb") as file,
        av.open(file, mode="r", format=found, options={"protocol_whitelist": "none"}) as opened,
    ):
        stream = _picture_stream(opened)
        codec = _accepted_codec(stream, found)
        _check_size(stream.width, stream.height)
        stream.codec_context.thread_count = 1
        frame, poster = _poster_frame(opened, stream)
        turned = frame.rotation % 180 != 0
        return Probe(
            kind="video",
            mime=mime(found),
            width=stream.height if turned else stream.width,
            height=stream.width if turned else stream.height,
            duration_ms=_duration_ms(opened, stream),
            frame_rate=_frame_rate(stream),
            codec=codec,
            poster=jpeg(poster.rotate(frame.rotation, expand=True)),
            warnings=_warnings(opened, stream, codec, layout),
        )


def _picture_stream(opened: InputContainer) -> VideoStream:
    for stream in opened.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise MediaRefused("no_video", "This file holds sound without a picture. Upload a video.")


def _accepted_codec(stream: VideoStream, found: Container) -> str:
    # A stream that FFmpeg knows no decoder for has no codec, whatever PyAV's types say.
    codec = getattr(stream.codec_context, "codec", None)
    name: str = codec.canonical_name if codec else "something unknown"
    accepted = _CODECS[found]
    if name not in accepted:
        wanted = " or ".join(accepted.values())
        detail = f"This video is encoded as {name}. An {found.upper()} must be {wanted}."
        raise MediaRefused("unsupported_codec", detail)
    return accepted[name]


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= VIDEO_LIMIT_PIXELS:
        detail = (
            f"This video has {width:,} x {height:,} pixels. At most 7,680 x 4,320 are accepted."
        )
        raise MediaRefused("too_many_pixels", detail)


def _poster_frame(opened: InputContainer, stream: VideoStream) -> tuple[VideoFrame, Image.Image]:
    # Campaigns fade and slide in, so the poster is what stands there after a second, or the last
    # frame of a shorter one; where that is blank, the first frame.
    shown: VideoFrame | None = None
    first: tuple[VideoFrame, Image.Image] | None = None
    looks = max(1, POSTER_LOOKS_AT_PIXELS // (stream.width * stream.height))
    try:
        for number, frame in enumerate(opened.decode(stream)):
            first = first or (frame, _small(frame))
            shown = frame
            if (frame.time or 0) >= POSTER_AT_S or number + 1 >= looks:
                break
    except av.error.FFmpegError:
        if first is None:
            raise
    if first is None or shown is None:
        raise MediaRefused(
            "damaged", "This video holds no frame that can be shown. Export it again."
        )
    candidate = (shown, _small(shown))
    return candidate if _shows_something(candidate[1]) else first


def _small(frame: VideoFrame) -> Image.Image:
    scale = min(1.0, POSTER_LONG_SIDE_PX / max(frame.width, frame.height))
    width = max(1, round(frame.width * scale))
    height = max(1, round(frame.height * scale))
    shrunk = frame.reformat(width=width, height=height, format="rgb24")
    plane = shrunk.planes[0]
    return Image.frombytes("RGB", (width, height), bytes(plane), "raw", "RGB", plane.line_size)


def _shows_something(picture: Image.Image) -> bool:
    darkest, lightest = picture.convert("L").getextrema()
    return int(lightest) - int(darkest) >= FLAT_BELOW_LEVELS  # type: ignore[arg-type]  # one band


def _duration_ms(opened: InputContainer, stream: VideoStream) -> int:
    # A header may claim any duration; where the last frame ends is what a screen can show.
    measured = _end_of_last_frame_ms(opened, stream)
    declared = _declared_ms(opened, stream) or measured
    if not 0 < declared <= VIDEO_LIMIT_DURATION_MS:
        hours = VIDEO_LIMIT_DURATION_MS // 3_600_000
        raise MediaRefused(
            "bad_duration",
            f"This video says it lasts {declared / 1000:,.0f} s. More than nothing and at most "
            f"{hours} h are accepted.",
        )
    if declared > 2 * measured + DURATION_SLACK_MS:
        raise MediaRefused(
            "bad_duration",
            f"This video says it lasts {declared / 1000:,.0f} s but its frames end after "
            f"{measured / 1000:,.1f} s. Export it again.",
        )
    return declared


def _end_of_last_frame_ms(opened: InputContainer, stream: VideoStream) -> int:
    opened.seek(2**62, stream=stream, backward=True)
    start = stream.start_time or 0
    ends = [
        packet.pts + (packet.duration or 0) - start
        for packet in opened.demux(stream)
        if packet.pts is not None
    ]
    return round(max(ends, default=0) * (stream.time_base or 0) * 1000)


def _declared_ms(opened: InputContainer, stream: VideoStream) -> int:
    if stream.duration is not None and stream.time_base is not None:
        return round(stream.duration * stream.time_base * 1000)
    return round((opened.duration or 0) / 1000)


def _frame_rate(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    return round(float(rate), 3) if rate else None


def _warnings(opened: InputContainer, stream: VideoStream, codec: str, layout: Layout) -> list[str]:
    pixels = stream.codec_context.pix_fmt or "unknown"
    deep = _DEEP.search(pixels)
    told = {
        "H.265 does not play in every browser. H.264 plays on every screen.": codec == "H.265",
        f"It has {deep and deep[1]} bits a colour. Many screens play only 8.": deep is not None,
        f"Its pixel format is {pixels}. Many screens play only yuv420p.": (
            deep is None and pixels not in _PLAIN_PIXELS
        ),
        f"It is {stream.width:,} x {stream.height:,}. Many screens play at most 4,096 pixels a"
        " side.": max(stream.width, stream.height) > _WIDEST_PX,
        "It has more than 60 frames a second. Most screens will drop some.": (
            (_frame_rate(stream) or 0) > _SMOOTHEST_FPS
        ),
        "Its index stands at its end, so a browser shows nothing before all of it is there. Export"
        " it with fast start.": layout.index_last,
    }
    return [words for words, applies in told.items() if applies] + _sound(opened)


def _sound(opened: InputContainer) -> list[str]:
    if not opened.streams.audio:
        return []
    warnings = ["It has sound. Screens play it muted."]
    codec = getattr(opened.streams.audio[0].codec_context, "codec", None)
    name = codec.canonical_name if codec else "something unknown"
    if name not in _COMMON_SOUND:
        warnings.append(
            f"Its sound is encoded as {name}, at which some screens stop. AAC plays everywhere."
        )
    return warnings
