"""The way in for a file: it arrives, is looked into, and only then enters the store."""

from collections.abc import AsyncIterator

import msgspec

from signage.media import probe, storage
from signage.media.facts import UPLOAD_LIMIT_BYTES, Probe


class Accepted(msgspec.Struct, frozen=True):
    """A file in the store, with what it is; ``size`` is in bytes."""

    sha256: str
    size: int
    poster_sha256: str
    file_name: str
    probe: Probe


async def accept(
    store: storage.MediaStore,
    chunks: AsyncIterator[bytes],
    *,
    file_name: str,
    limit_bytes: int = UPLOAD_LIMIT_BYTES,
) -> Accepted:
    """Take in one uploaded file, or raise MediaRefused and leave nothing behind."""
    async with storage.receive(store, chunks, limit_bytes=limit_bytes) as received:
        found = await probe.examine(received.path, file_name=file_name)
        await storage.keep(store, received)
    poster_sha256 = await storage.keep_bytes(store, found.poster)
    return Accepted(received.sha256, received.size, poster_sha256, _shown(file_name), found)


def _shown(file_name: str) -> str:
    # Kept for people to read, never used as a path; browsers of old sent the whole path.
    last = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[:300]
