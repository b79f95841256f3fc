"""Walks the blocks of PNG, GIF, WebP, MP4 and WebM files without decoding them.

A walk tells in time proportional to the number of blocks how many frames there are, where the file
ought to end, and so whether it was cut short, before any decoder spends memory on it.
"""

import struct
from typing import BinaryIO, assert_never

import msgspec

from signage.media.facts import MediaRefused
from signage.media.sniff import Container

BLOCKS_LIMIT = 200_000


class Layout(msgspec.Struct, frozen=True):
    """How many frames are announced, and the offset just past the last block.

    ``loop_ms`` is how long an animation takes from its first frame to its last; ``index_last``
    tells of an MP4 whose index stands behind its pictures.
    """

    frames: int
    end: int
    loop_ms: int = 0
    index_last: bool = False


def walk(file: BinaryIO, size: int, found: Container) -> Layout:
    """Return the layout of a file of ``size`` bytes; MediaRefused where it is cut short."""
    match found:
        case "PNG":
            layout = _png(file, size)
        case "GIF":
            layout = _gif(file)
        case "WEBP":
            layout = _webp(file, size)
        case "mp4":
            layout = _mp4(file, size)
        case "webm":
            layout = _webm(file, size)
        case "JPEG":
            layout = Layout(1, size)
        case _:
            assert_never(found)
    if layout.end > size:
        raise truncated()
    return layout


def truncated() -> MediaRefused:
    """Return the refusal for a file that ends before its content does."""
    return MediaRefused("truncated", "This file ends too early. Export or copy it again.")


def _png(file: BinaryIO, size: int) -> Layout:
    # PNG specification (third edition), section 5: length, type, data, CRC; IEND is the last chunk.
    # The third edition's fcTL: delay_num / delay_den seconds, where 0 stands for 100.
    frames, loop_ms = 0, 0
    offset = 8
    for _ in range(BLOCKS_LIMIT):
        length, kind = struct.unpack(">I4s", _read(file, offset, 8))
        if kind == b"fcTL":
            frames += 1
            numerator, denominator = struct.unpack(">HH", _read(file, offset + 28, 4))
            loop_ms += _as_browsers(1000 * numerator // (denominator or 100))
        offset += 12 + length
        if kind == b"IEND":
            return Layout(max(frames, 1), offset, loop_ms)
        if offset > size:
            raise truncated()
    raise _too_many_blocks()


def _gif(file: BinaryIO) -> Layout:
    # GIF89a, sections 18 to 27: a screen descriptor, then images and extensions up to a trailer.
    frames, loop_ms = 0, 0
    offset = 13 + _colour_table_bytes(_read(file, 10, 1)[0])
    for _ in range(BLOCKS_LIMIT):
        introducer = _read(file, offset, 1)
        if introducer == b";":
            return Layout(frames, offset + 1, loop_ms)
        if introducer == b",":
            frames += 1
            offset += 11 + _colour_table_bytes(_read(file, offset + 9, 1)[0])
        elif introducer == b"!":
            loop_ms += _gif_delay_ms(_read(file, offset, 6))
            offset += 2
        else:
            raise MediaRefused("damaged", "This GIF is damaged. Export it again.")
        offset = _past_sub_blocks(file, offset)
    raise _too_many_blocks()


def _gif_delay_ms(extension: bytes) -> int:
    # A graphic control extension (section 23) has its delay in hundredths of a second.
    if extension[1:3] != b"\xf9\x04":
        return 0
    return _as_browsers(10 * int.from_bytes(extension[4:6], "little"))


def _as_browsers(delay_ms: int) -> int:
    # All of them show a frame of 10 ms and less for 100 ms.
    return delay_ms if delay_ms > 10 else 100


def _colour_table_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _past_sub_blocks(file: BinaryIO, offset: int) -> int:
    file.seek(offset)
    while True:
        length = file.read(1)
        if not length:
            raise truncated()
        if length == b"\0":
            return file.tell()
        file.seek(length[0], 1)


def _webp(file: BinaryIO, size: int) -> Layout:
    # RFC 9649, section 2.3: RIFF chunks, padded to an even length; ANMF is one frame of many.
    end = 8 + int(struct.unpack("<I", _read(file, 4, 4))[0])
    frames, loop_ms = 0, 0
    offset = 12
    for _ in range(BLOCKS_LIMIT):
        if offset >= min(end, size):
            return Layout(max(frames, 1), end, loop_ms)
        kind, length = struct.unpack("<4sI", _read(file, offset, 8))
        if kind == b"ANMF":
            frames += 1
            loop_ms += _as_browsers(int.from_bytes(_read(file, offset + 20, 3), "little"))
        offset += 8 + length + length % 2
    raise _too_many_blocks()


def _mp4(file: BinaryIO, size: int) -> Layout:
    # ISO/IEC 14496-12, section 4.2: a 32-bit size and a type; size 1 has 64 bits after, 0 means "to
    # the end". A file without moov has nothing to play it by: it was cut before it was finished.
    offset = 0
    order: list[bytes] = []
    for _ in range(BLOCKS_LIMIT):
        if offset >= size:
            if b"moov" not in order:
                raise truncated()
            return Layout(1, offset, index_last=order[-1] == b"moov" and len(order) > 1)
        length, kind = struct.unpack(">I4s", _read(file, offset, 8))
        if length == 1:
            length = int(struct.unpack(">Q", _read(file, offset + 8, 8))[0])
        elif length == 0:
            length = size - offset
        if length < 8:
            raise MediaRefused("damaged", "This MP4 is damaged. Export it again.")
        if kind in (b"moov", b"mdat"):
            order.append(kind)
        offset += length
    raise _too_many_blocks()


def _webm(file: BinaryIO, size: int) -> Layout:
    # RFC 8794, sections 4 and 6: the EBML header, then one Segment whose size may be unknown.
    offset = 4
    length, width = _ebml_size(_read(file, offset, 8))
    offset += width + (length or 0)
    if _read(file, offset, 4) != b"\x18\x53\x80\x67":
        raise MediaRefused("damaged", "This WebM is damaged. Export it again.")
    length, width = _ebml_size(_read(file, offset + 4, 8))
    return Layout(1, size if length is None else offset + 4 + width + length)


def _ebml_size(data: bytes) -> tuple[int | None, int]:
    width = 9 - data[0].bit_length()
    if width > 8:
        raise MediaRefused("damaged", "This WebM is damaged. Export it again.")
    value = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), width


def _read(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    data = file.read(count)
    if len(data) < count:
        raise truncated()
    return data


def _too_many_blocks() -> MediaRefused:
    return MediaRefused("too_complex", "This file has too many parts. Export it again.")
