"""A corpus of files that mean harm or are broken, each made by code, with the code of its refusal.

``None`` stands for a file that is harmless once it is stored under a name of ours and served as
what it was decoded as.
"""

import random
import struct
import zlib
from collections.abc import Callable
from functools import cache

from tests.unit.signage.media import files

Make = Callable[[], bytes]


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data


@cache
def mp4() -> bytes:
    return files.video(frames=5)


@cache
def webm() -> bytes:
    return files.video("libvpx", "webm", frames=5)


def gif_of(frames: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


def png_text(size: int) -> bytes:
    return files.png(8, 8, bytes(16), files.chunk(b"tEXt", b"Comment\0" + b"x" * size))


def png_bomb(kind: bytes, unpacked: int) -> bytes:
    prefix = {b"zTXt": b"Comment\0\0", b"iCCP": b"icc\0\0", b"iTXt": b"Comment\0\1\0\0\0"}[kind]
    packed = files.chunk(kind, prefix + zlib.compress(bytes(unpacked), 9))
    return files.png(8, 8, bytes(16), packed)


def nested_boxes(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = box(b"moov", inner)
    return box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + inner


def data_reference(target: bytes) -> bytes:
    """An MP4 whose samples are said to lie in another file (dref, ISO/IEC 14496-12 8.7.2)."""
    own = box(b"url ", b"\0\0\0\1")
    other = box(b"url ", b"\0\0\0\0" + target + b"\0")
    data = mp4()
    assert own in data
    grown = len(other) - len(own)
    at = data.index(own)
    changed = bytearray(data[:at] + other + data[at + len(own) :])
    for kind in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        place = changed.index(kind) - 4
        changed[place : place + 4] = struct.pack(
            ">I", struct.unpack(">I", changed[place : place + 4])[0] + grown
        )
    return bytes(changed)


def vp8_header(width: int, height: int) -> bytes:
    frame = b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(20)
    body = b"WEBPVP8 " + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_of(width: int, height: int) -> bytes:
    made = files.picture("JPEG")
    at = made.index(b"\xff\xc0") + 5
    return made[:at] + struct.pack(">HH", height, width) + made[at + 4 :]


def noise(length: int) -> bytes:
    return random.Random(length).randbytes(length)


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
CONCAT = b"ffconcat version 1.0\nfile '/etc/passwd'\nduration 1\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>'
PAGE = b"<!doctype html><script>alert(document.domain)</script>"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
)

CORPUS: dict[str, tuple[str, Make, str | None]] = {
    # What is no media, whatever it is called
    "nothing": ("a.png", lambda: b"", "empty"),
    "one byte": ("a.png", lambda: b"\x89", "not_media"),
    "only zeros": ("a.mp4", lambda: bytes(70_000), "not_media"),
    "noise": ("a.mp4", lambda: noise(5000), "not_media"),
    "zip as mp4": ("film.mp4", files.archive, "not_media"),
    "pdf as jpeg": ("a.jpg", lambda: b"%PDF-1.7\n" + noise(99), "not_media"),
    "program as gif": ("a.gif", lambda: b"MZ" + bytes(200), "not_media"),
    "svg as png": ("a.png", lambda: SVG, "not_media"),
    "svg with an entity": ("a.svg", lambda: ENTITIES, "not_media"),
    "page as jpeg": ("a.jpg", lambda: PAGE, "not_media"),
    "page behind a byte order mark": ("a.webp", lambda: b"\xef\xbb\xbf\n" + PAGE, "not_media"),
    "playlist as mp4": ("a.mp4", lambda: PLAYLIST, "not_media"),
    "playlist under its own name": ("a.m3u8", lambda: PLAYLIST, "not_media"),
    "concat script as webm": ("a.webm", lambda: CONCAT, "not_media"),
    "wav as mp4": ("a.mp4", lambda: b"RIFF\0\0\0\0WAVEfmt " + bytes(40), "unsupported_type"),
    "matroska with references": (
        "a.webm",
        lambda: b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska" + b"file:///etc/passwd" * 9,
        "unsupported_type",
    ),
    "heic": ("a.jpg", lambda: b"\0\0\0\x18ftypheic" + bytes(60), "unsupported_type"),
    # Polyglots
    "page that begins like a gif": (
        "a.gif", lambda: b"GIF89a/*" + PAGE + b"*/=0;", "damaged",
    ),
    "page behind a png": ("a.png", lambda: files.picture("PNG") + PAGE, None),
    "zip behind a jpeg": ("a.jpg", lambda: files.picture("JPEG") + files.archive(), None),
    "png behind an mp4": (
        "a.mp4", lambda: mp4() + box(b"free", files.picture("PNG")), None,
    ),
    "script in a png's text": (
        "a.png",
        lambda: files.png(8, 8, bytes(16), files.chunk(b"tEXt", b"Comment\0" + PAGE)),
        None,
    ),
    "png called mp4": ("a.mp4", lambda: files.picture("PNG"), None),
    # Cut short
    "png header only": ("a.png", lambda: files.picture("PNG")[:33], "truncated"),
    "png without its end": ("a.png", lambda: files.picture("PNG")[:-12], "truncated"),
    "half a jpeg": ("a.jpg", lambda: files.picture("JPEG")[:900], "truncated"),
    "half a gif": ("a.gif", lambda: files.picture("GIF")[:300], "truncated"),
    "half a webp": ("a.webp", lambda: files.picture("WEBP")[:90], "truncated"),
    "mp4 without its last byte": ("a.mp4", lambda: mp4()[:-1], "truncated"),
    "mp4 of a header": ("a.mp4", lambda: mp4()[:40], "truncated"),
    "half a webm": ("a.webm", lambda: webm()[: len(webm()) // 2], "truncated"),
    # Larger than they look
    "30,000 x 30,000 png": ("a.png", lambda: files.png(30_000, 30_000), "too_many_pixels"),
    "65,535 x 65,535 jpeg": ("a.jpg", lambda: jpeg_of(65_535, 65_535), "too_many_pixels"),
    "16,383 x 16,383 webp": ("a.webp", lambda: vp8_header(16_383, 16_383), "damaged"),
    "2^31 x 1 png": ("a.png", lambda: files.png(2**31 - 1, 1), "too_many_pixels"),
    "0 x 0 png": ("a.png", lambda: files.png(0, 0), "damaged"),
    "gif of 100,000 frames": ("a.gif", lambda: gif_of(100_000), "too_many_frames"),
    "png text of 20 MB": ("a.png", lambda: png_text(20_000_000), None),
    "zTXt bomb": ("a.png", lambda: png_bomb(b"zTXt", 60_000_000), "damaged"),
    "iTXt bomb": ("a.png", lambda: png_bomb(b"iTXt", 60_000_000), "damaged"),
    "iCCP bomb": ("a.png", lambda: png_bomb(b"iCCP", 60_000_000), "damaged"),
    "200,001 empty boxes": ("a.mp4", lambda: mp4() + box(b"free", b"") * 200_001, "too_complex"),
    # Video headers that lie
    "mp4 boxes in each other": ("a.mp4", lambda: nested_boxes(20_000), "damaged"),
    "mp4 box of negative size": ("a.mp4", lambda: mp4() + b"\0\0\0\4free", "damaged"),
    "mp4 box of 2^63": (
        "a.mp4", lambda: mp4() + struct.pack(">I4sQ", 1, b"free", 2**63), "truncated",
    ),
    "mp4 said to last for years": (
        "a.mp4", lambda: files.patched(mp4(), b"mdhd", 16, b"\xff\xff\xff\xfe"), None,
    ),
    "mp4 of 65,535 x 65,535": (
        "a.mp4", lambda: files.patched(mp4(), b"avc1", 24, b"\xff\xff\xff\xff"), None,
    ),
    "webm said to last for years": ("a.webm", lambda: files.claiming(1e12), "bad_duration"),
    "webm said to last not a number": (
        "a.webm", lambda: files.claiming(float("nan")), None,
    ),
    "mp4 that refers to a local file": ("a.mp4", lambda: data_reference(b"/etc/passwd"), None),
    "mp4 that refers to an address": (
        "a.mp4", lambda: data_reference(b"http://127.0.0.1:9/a.mp4"), None,
    ),
    "mp4 of sound": ("a.mp4", files.sound, "no_video"),
    "mp4 of mpeg4": ("a.mp4", lambda: files.video("mpeg4", frames=2), "unsupported_codec"),
    "mp4 with noise for pictures": (
        "a.mp4", lambda: mp4()[:48] + noise(len(mp4()) - 48), "truncated",
    ),
}  # fmt: skip

NAMES = (
    "../../../etc/cron.d/evil.png",
    "..\\..\\windows\\system32\\evil.png",
    "/etc/passwd",
    "C:\\boot.ini",
    "a\0b.png",
    "a\nb\r\nSet-Cookie: x=1.png",
    "x" * 300 + ".png",
    "x" * 5000,
    "photo\u202egnp.exe",
    "\u200f\u200etest.png",
    "CON",
    "NUL.png",
    "aux.mp4",
    "COM1.png",
    ".",
    "..",
    ".htaccess",
    "<img src=x onerror=alert(1)>.png",
    "'; DROP TABLE content; --.png",
    "=cmd|' /C calc'!A0.png",
    "%2e%2e%2fevil.png",
    "e\u0301\U0001f600.png",
)
