"""The way in for a file: it arrives, is looked into, and only then enters the store."""

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from signage.media import probe, storage
from signage.media.facts import UPLOAD_LIMIT_BYTES, Probe

FILE_NAME_MAX_CHARS = 300

Reserve = Callable[[list[str]], Awaitable[None]]
"""Keeps bytes of these hashes from being collected until something refers to them."""


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
    reserve: Reserve | None = None,
) -> Accepted:
    """Take in one uploaded file, or raise MediaRefused and leave nothing behind."""
    async with storage.receive(store, chunks, limit_bytes=limit_bytes) as received:
        return await take(store, received, file_name=file_name, reserve=reserve)


async def take(
    store: storage.MediaStore,
    received: storage.Received,
    *,
    file_name: str,
    reserve: Reserve | None = None,
) -> Accepted:
    """Look into a file that has arrived and keep it, or raise MediaRefused. Its name is cleaned."""
    found = await probe.examine(received.path, file_name=file_name)
    poster_sha256 = storage.name_of(found.poster)
    if reserve is not None:
        await reserve([received.sha256, poster_sha256])
    await storage.keep(store, received)
    await storage.keep_bytes(store, found.poster)
    return Accepted(received.sha256, received.size, poster_sha256, shown(file_name), found)


def shown(file_name: str) -> str:
    """Return an uploader's file name as people may read it; it is never used as a path."""
    # Browsers of old sent the whole path.
    last = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[:FILE_NAME_MAX_CHARS]
