"""Names what a file holds by its first bytes, so that the right decoder, and no other, is tried.

The name only chooses the decoder; the decoder decides. Everything else is refused here, in words.
"""

import re
from collections.abc import AsyncIterator
from typing import Literal, assert_never

from signage.media.facts import MediaRefused

HEAD_BYTES = 4096

Container = Literal["PNG", "JPEG", "GIF", "WEBP", "mp4", "webm"]

_ACCEPTED = "Upload a PNG, JPEG, WebP or GIF picture, or an MP4 or WebM video."
_ISO_PICTURES = {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}
_ISO_SOUNDS = {b"M4A ", b"M4B ", b"M4P "}
_OTHER_MEDIA = (
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"8BPS", "a Photoshop document"),
    (b"FLV\x01", "a Flash video"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
    (b"OggS", "an Ogg file"),
    (b"ID3", "an MP3 sound"),
    (b"\xff\xfb", "an MP3 sound"),
    (b"fLaC", "a FLAC sound"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", "a ZIP archive (or an Office document)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
)


_EXTENSION = re.compile(r"\.([a-z0-9]{1,8})$", re.IGNORECASE)


def extension(file_name: str) -> str:
    """Return the uploader's extension without its dot, "" without one: it is for words only."""
    named = _EXTENSION.search(file_name)
    return named[1].lower() if named else ""


def container(head: bytes, extension: str) -> Container:
    """Return what the first bytes announce, or raise MediaRefused saying what they hold instead."""
    if not head:
        raise MediaRefused("empty", "This file is empty. Choose another one.")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return _iso_media(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(head)
    raise _neither(head, extension)


async def looked_at(chunks: AsyncIterator[bytes], file_name: str) -> AsyncIterator[bytes]:
    """Hand a file's chunks on; MediaRefused as soon as its first bytes show what it is not."""
    head = b""
    async for chunk in chunks:
        if len(head) < HEAD_BYTES:
            head += chunk[: HEAD_BYTES - len(head)]
            if len(head) == HEAD_BYTES:
                container(head, extension(file_name))
        yield chunk


def mime(found: Container) -> str:
    """Return the media type a file of this kind is served with."""
    match found:
        case "PNG" | "JPEG" | "GIF" | "WEBP":
            return f"image/{found.lower()}"
        case "mp4" | "webm":
            return f"video/{found}"
        case _:
            assert_never(found)


def _iso_media(brand: bytes) -> Container:
    if brand in _ISO_PICTURES:
        raise _unsupported("a HEIC or AVIF picture", "Save it as JPEG or PNG.")
    if brand in _ISO_SOUNDS:
        raise MediaRefused("no_video", "This file holds sound without a picture. Upload a video.")
    if brand == b"qt  ":
        raise _unsupported("a QuickTime film", "Export it as MP4 with H.264.")
    return "mp4"


def _matroska(head: bytes) -> Container:
    # EBML DocType (RFC 8794, section 11.2.5): WebM names itself, any other Matroska is not played.
    if b"webm" in head[:128]:
        return "webm"
    raise _unsupported("a Matroska video", "Export it as MP4 or WebM.")


def _neither(head: bytes, extension: str) -> MediaRefused:
    if head.startswith(b"RIFF"):
        return _unsupported("an AVI video or a WAV sound", "Export it as MP4 with H.264.")
    for magic, description in _OTHER_MEDIA:
        if head.startswith(magic):
            return _unsupported(description, _ACCEPTED)
    return MediaRefused("not_media", f"{_but_holds(extension, _file(head))} {_ACCEPTED}")


def _unsupported(description: str, advice: str) -> MediaRefused:
    return MediaRefused("unsupported_type", f"This is {description}. {advice}")


def _but_holds(extension: str, description: str) -> str:
    named = f"This file is named .{extension} but holds" if extension else "This file holds"
    return f"{named} {description}."


def _file(head: bytes) -> str:
    for magic, description in _OTHER_FILES:
        if head.startswith(magic):
            return description
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text:
        return "an SVG drawing, which can carry scripts"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script", b"<body")):
        return "a web page"
    if any(byte < 9 for byte in head):
        return "data of no kind that is known"
    return "text"
