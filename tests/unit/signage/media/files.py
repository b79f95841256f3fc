"""Files for the tests, real and hostile, each made on the spot."""

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import AsyncIterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
from PIL import Image, ImageDraw

SIZE = (320, 240)


def two_colours(size: tuple[int, int] = SIZE) -> Image.Image:
    """Red on the left half, blue on the right: which way up it is can be seen."""
    picture = Image.new("RGB", size, "red")
    width, height = size
    ImageDraw.Draw(picture).rectangle((width // 2, 0, width, height), fill="blue")
    return picture


def picture(kind: str, size: tuple[int, int] = SIZE, **options: object) -> bytes:
    out = io.BytesIO()
    two_colours(size).save(out, kind, **options)
    return out.getvalue()


def turned_jpeg(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return picture("JPEG", exif=exif)


def animation(kind: str, frames: int, size: tuple[int, int] = (16, 16)) -> bytes:
    # Every frame differs from the last, or the encoder would join them.
    pictures = [Image.new("RGB", size, (n % 256, n // 256, 90)) for n in range(frames)]
    out = io.BytesIO()
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:], duration=40)
    return out.getvalue()


@cache
def video(
    encoder: str = "libx264",
    container: str = "mp4",
    *,
    frames: int = 30,
    size: tuple[int, int] = SIZE,
    pixels: str = "yuv420p",
    fps: int = 25,
    movflags: str = "",
    black_frames: int = 0,
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        options = {"movflags": movflags} if movflags else {}
        with av.open(str(path), "w", format=container, options=options) as out:
            stream = out.add_stream(encoder, rate=fps)
            stream.width, stream.height = size
            stream.pix_fmt = pixels
            stream.options = {"x265-params": "log-level=none"} if encoder == "libx265" else {}
            for number in range(frames):
                shown = Image.new("RGB", size) if number < black_frames else two_colours(size)
                out.mux(stream.encode(av.VideoFrame.from_image(shown)))
            out.mux(stream.encode())
        return path.read_bytes()


def sound(container: str = "mp4") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        with av.open(str(path), "w", format=container) as out:
            stream = out.add_stream("aac", rate=44_100)
            for _ in range(20):
                frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
                frame.planes[0].update(bytes(4096))
                frame.sample_rate = 44_100
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()


def video_with_sound(encoder: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
            pictures, sounds = (
                out.add_stream("libx264", rate=25),
                out.add_stream(encoder, rate=48_000),
            )
            pictures.width, pictures.height = SIZE
            pictures.pix_fmt = "yuv420p"
            for _ in range(5):
                out.mux(pictures.encode(av.VideoFrame.from_image(two_colours())))
            frame = av.AudioFrame(format="fltp", layout="mono", samples=sounds.frame_size or 1024)
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate = 48_000
            out.mux(sounds.encode(frame))
            out.mux(pictures.encode())
            out.mux(sounds.encode())
        return path.read_bytes()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("hello.txt", "hello")
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png(width: int, height: int, data: bytes = b"", extra: bytes = b"") -> bytes:
    """A PNG of one-bit pixels whose header says what it likes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(data))
    return b"\x89PNG\r\n\x1a\n" + header + extra + body + chunk(b"IEND", b"")


def patched(data: bytes, box: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite bytes of an MP4's box; ``offset`` counts from the end of the box's type."""
    at = data.index(box) + 4 + offset
    return data[:at] + value + data[at + len(value) :]


def lasting(seconds: float) -> bytes:
    """An honest MP4 of two frames a long time apart."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        with av.open(str(path), "w", format="mp4") as out:
            stream = out.add_stream("libx264", rate=25)
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuv420p"
            for pts in (0, round(seconds * 25) - 1):
                frame = av.VideoFrame.from_image(two_colours())
                frame.pts, frame.time_base = pts, Fraction(1, 25)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()


def claiming(duration_ms: float) -> bytes:
    """A WebM of 1.2 s whose header (Duration, RFC 9559 section 5.1.2.10) claims another time."""
    made = video("libvpx", "webm")
    at = made.index(b"\x44\x89\x88") + 3
    return made[:at] + struct.pack(">d", duration_ms) + made[at + 8 :]


def turned_mp4(data: bytes) -> bytes:
    """An MP4 to be shown a quarter turn clockwise (tkhd's matrix, ISO/IEC 14496-12 8.3.2)."""
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    return patched(data, b"tkhd", 40, matrix)


async def pieces(data: bytes, length: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), length):
        yield data[start : start + length]
