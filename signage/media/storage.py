"""The store of media bytes: a local folder, or a bucket named by URL, through obstore.

Content-addressed: an object is named by the SHA-256 of its bytes, so the same bytes are stored once
and never change. Bytes arrive in ``<data_dir>/incoming`` and move to the store only when kept.
"""

import asyncio
import errno
import hashlib
import os
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from signage.errors import NotFound, Unavailable
from signage.media.facts import MediaRefused

if TYPE_CHECKING:
    from obstore.store import ClientConfig

READ_CHUNK_BYTES = 256 * 1024
WRITE_CHUNK_BYTES = 1024 * 1024
PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 4

NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK)
"""What a folder says that cannot name a file of ``incoming`` as its own."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class MediaStore(msgspec.Struct, frozen=True):
    """Where bytes are kept. ``root`` is the folder of a local store, None for a bucket."""

    objects: ObjectStore
    root: Path | None
    incoming: Path


class Received(msgspec.Struct, frozen=True):
    """A file that has arrived whole and waits on the local disk to be kept or dropped."""

    path: Path
    sha256: str
    size: int


class Stored(msgspec.Struct, frozen=True):
    """An object in the store, ``size`` in bytes."""

    sha256: str
    size: int
    stored_at: datetime


def open_store(
    data_dir: Path, url: str | None = None, options: Mapping[str, str] | None = None
) -> MediaStore:
    """Open ``<data_dir>/media``, or the bucket at an ``s3://``, ``gs://`` or ``az://`` URL.

    ``options`` are a bucket's settings by their lower-case names (``aws_access_key_id``). Without
    credentials in them its vendor's own ways are tried, such as the role of the machine.
    """
    incoming = data_dir / "incoming"
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    if url is not None and not url.startswith("file:"):
        return MediaStore(_bucket(url, dict(options or {})), None, incoming)
    root = Path(url.removeprefix("file://")) if url else data_dir / "media"
    return MediaStore(LocalStore(root, mkdir=True), root, incoming)


@asynccontextmanager
async def receive(
    store: MediaStore, chunks: AsyncIterator[bytes], *, limit_bytes: int
) -> AsyncIterator[Received]:
    """Write what arrives to the local disk, hashing it; MediaRefused past ``limit_bytes``.

    The file is gone when the block ends, however it ends; what ``keep`` stored is not.
    """
    path = store.incoming / f"{uuid4().hex}.part"
    try:
        sha256, size = await _write(path, chunks, limit_bytes)
        yield Received(path, sha256, size)
    finally:
        path.unlink(missing_ok=True)


async def keep(store: MediaStore, received: Received) -> None:
    """Put a received file into the store, durably; nothing is written where its bytes are there.

    The received file stays too: its owner removes it.
    """
    if await _holds(store, received.sha256, received.size):
        return
    if store.root is not None:
        target = store.root / _key(received.sha256)
        if await asyncio.to_thread(_link, received.path, target):
            return
    with _in_words():
        await obstore.put_async(
            store.objects,
            _key(received.sha256),
            received.path,
            chunk_size=PART_BYTES,
            max_concurrency=PARTS_AT_ONCE,
        )


async def keep_bytes(store: MediaStore, data: bytes) -> str:
    """Store bytes the server made itself, a poster, and return their SHA-256."""
    sha256 = name_of(data)
    if not await _holds(store, sha256, len(data)):
        with _in_words():
            await obstore.put_async(store.objects, _key(sha256), data)
    return sha256


def name_of(data: bytes) -> str:
    """Return the name that bytes have in the store: their SHA-256."""
    return hashlib.sha256(data).hexdigest()


async def open_range(
    store: MediaStore, sha256: str, start: int = 0, end: int | None = None
) -> AsyncIterator[bytes]:
    """Yield the bytes from ``start`` up to, not including, ``end``; NotFound when absent."""
    until = await size(store, sha256) if end is None else end
    if until <= start:
        return
    with _in_words():
        found = await obstore.get_async(
            store.objects, _key(sha256), options={"range": (start, until)}
        )
    async for chunk in found.stream(min_chunk_size=READ_CHUNK_BYTES):
        yield bytes(chunk)


async def size(store: MediaStore, sha256: str) -> int:
    """Return the object's size in bytes, or raise NotFound."""
    with _in_words():
        return (await obstore.head_async(store.objects, _key(sha256)))["size"]


async def exists(store: MediaStore, sha256: str) -> bool:
    """Return whether the bytes are in the store."""
    try:
        await size(store, sha256)
    except NotFound:
        return False
    return True


async def delete(store: MediaStore, sha256: str) -> None:
    """Take the bytes away; absent ones are no error.

    The caller makes sure, under a lock, that no content version names them.
    """
    with suppress(NotFound), _in_words():
        await obstore.delete_async(store.objects, _key(sha256))


def local_path(store: MediaStore, sha256: str) -> Path | None:
    """Return where a local store has the bytes, so that a door can send the file itself."""
    if store.root is None:
        return None
    path = store.root / _key(sha256)
    return path if path.is_file() else None


async def list_all(store: MediaStore) -> AsyncIterator[Stored]:
    """Yield every object, for retention, backup and checks."""
    async for batch in obstore.list(store.objects):
        for entry in batch:
            name = entry["path"].rpartition("/")[2]
            if _SHA256.fullmatch(name):
                yield Stored(name, entry["size"], entry["last_modified"])


def too_large(limit_bytes: int) -> str:
    """Return the sentence for a file past the limit."""
    return f"This file is larger than the {limit_bytes / 1024**2:,.0f} MiB that are allowed."


def sweep_incoming(store: MediaStore, *, older_than_s: float) -> int:
    """Delete what a killed process left in ``incoming`` and return how many files that were."""
    limit = time.time() - older_than_s
    left = (
        path for kind in ("part", "upload", "chunk") for path in store.incoming.glob(f"*.{kind}")
    )
    stale = [path for path in left if path.stat().st_mtime <= limit]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


async def _write(path: Path, chunks: AsyncIterator[bytes], limit_bytes: int) -> tuple[str, int]:
    hasher = hashlib.sha256()
    pending = bytearray()
    total = 0
    file = await asyncio.to_thread(path.open, "xb")
    try:
        async for chunk in chunks:
            total += len(chunk)
            if total > limit_bytes:
                raise MediaRefused("too_large", too_large(limit_bytes))
            pending += chunk
            if len(pending) >= WRITE_CHUNK_BYTES:
                await asyncio.to_thread(_append, file, hasher, bytes(pending))
                pending.clear()
        await asyncio.to_thread(_append, file, hasher, bytes(pending))
    finally:
        await asyncio.to_thread(file.close)
    return hasher.hexdigest(), total


def _append(file: BinaryIO, hasher: "hashlib._Hash", data: bytes) -> None:
    hasher.update(data)
    file.write(data)


async def _holds(store: MediaStore, sha256: str, expected: int) -> bool:
    # Other bytes under the same name can only be a copy that a crash cut short: it is replaced.
    try:
        return await size(store, sha256) == expected
    except NotFound:
        return False


def _link(source: Path, target: Path) -> bool:
    # The bytes reach the disk before the name does, so a power cut leaves all of them or none. The
    # source stays where it is until its owner lets go of it: what refers to the bytes comes later.
    target.parent.mkdir(parents=True, exist_ok=True)
    _sync(source)
    try:
        _name(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return False
    _sync(target.parent)
    return True


def _name(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        # The same bytes, a moment ago; or a copy that a crash cut short, which is replaced.
        if target.stat().st_size != source.stat().st_size:
            target.unlink(missing_ok=True)
            target.hardlink_to(source)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _key(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise NotFound("There is no such file.")
    return f"{sha256[:2]}/{sha256}"


def _bucket(url: str, options: dict[str, str]) -> ObjectStore:
    plain = any(value.startswith("http://") for value in options.values())
    client: ClientConfig = {"allow_http": plain}
    # Its types know the settings of each vendor apart; which are meant, the URL says.
    bucket: ObjectStore = from_url(url, config=options, client_options=client)  # type: ignore[call-overload]
    return bucket


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("There is no such file.") from error
    except BaseError as error:
        detail = "The store of the media files does not answer now. Try again in a few seconds."
        raise Unavailable(detail) from error
