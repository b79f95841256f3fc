"""Partial uploads: bytes that may come in several requests, hours apart, by several processes.

The file ``<data_dir>/incoming/<upload id>.upload`` is the truth about how much is there, so that
nothing is lost with a killed process. One request at a time may add to it: it holds a file lock,
which ends with the process that holds it.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import msgspec

from signage.errors import Refused
from signage.media.arrivals import room_on_disk
from signage.media.storage import MediaStore, Received

WRITE_BYTES = 2 * 1024 * 1024
HASHERS_KEPT_MAX = 64
SPARE_ROOM_BYTES = 64 * 1024 * 1024

# SHA-256 so far, and of how many bytes; without one the file is read again at its end.
_hashers: "OrderedDict[UUID, tuple[int, hashlib._Hash]]" = OrderedDict()


class Checksum(msgspec.Struct, frozen=True):
    """What the bytes of one request must add up to."""

    algorithm: str
    digest: bytes


def path_of(store: MediaStore, upload_id: UUID) -> Path:
    """Return where an upload's bytes wait."""
    return store.incoming / f"{upload_id.hex}.upload"


def size_of(store: MediaStore, upload_id: UUID) -> int:
    """Return how many bytes are there, 0 for none."""
    try:
        return path_of(store, upload_id).stat().st_size
    except FileNotFoundError:
        return 0


def check_room(store: MediaStore, length_bytes: int) -> None:
    """Raise Refused ``no_room`` where so many bytes do not fit on the disk."""
    if shutil.disk_usage(store.incoming).free < length_bytes + SPARE_ROOM_BYTES:
        detail = "This file does not fit on the server's disk. Free some room there first."
        raise Refused(detail, code="no_room")


def discard(store: MediaStore, upload_id: UUID) -> None:
    """Take the bytes away; absent ones are no error."""
    _hashers.pop(upload_id, None)
    path = path_of(store, upload_id)
    for left in (path, path.with_suffix(".chunk")):
        left.unlink(missing_ok=True)


@asynccontextmanager
async def opened(store: MediaStore, upload_id: UUID) -> AsyncIterator["Partial"]:
    """Lend the upload's file to one request; Refused ``upload_locked`` while another has it."""
    path = path_of(store, upload_id)
    file = path.open("ab", buffering=0)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            detail = "Another request is adding to this upload. Ask for its offset, then go on."
            raise Refused(detail, code="upload_locked", retry_after_s=1) from error
        yield Partial(upload_id, path, file)
    finally:
        file.close()


class Partial:
    """The bytes of one upload while one request may add to them."""

    def __init__(self, upload_id: UUID, path: Path, file: BinaryIO) -> None:
        self.id = upload_id
        self.path = path
        self._file = file

    @property
    def size(self) -> int:
        """How many bytes are there."""
        return os.fstat(self._file.fileno()).st_size

    async def repeat(self, chunks: AsyncIterator[bytes], *, at: int) -> None:
        """Hear again what is there already; Refused ``checksum_mismatch`` where it differs."""
        repeated = b""
        async for chunk in chunks:
            repeated += chunk
            if len(repeated) > self.size - at:
                raise Refused("There is more of it than was announced.", code="too_large")
        with self.path.open("rb") as file:
            file.seek(at)
            if file.read() != repeated:
                detail = "These are not the bytes that came before. Begin anew."
                raise Refused(detail, code="checksum_mismatch")

    async def append(
        self,
        chunks: AsyncIterator[bytes],
        *,
        room_bytes: int,
        checksum: Checksum | None,
    ) -> None:
        """Add what comes; what a broken connection delivered stays.

        Past ``room_bytes`` Refused ``too_large``; where the checksum differs Refused
        ``checksum_mismatch``: then, and also where a checked request ends too early, nothing of it
        is kept.
        """
        if checksum is None:
            await self._write(chunks, self._file, room_bytes, self._hasher(self.size), None)
        else:
            await self._append_checked(chunks, room_bytes, checksum)

    async def received(self) -> Received:
        """Return the file as one that has arrived whole."""
        size = self.size
        hasher = self._hasher(size)
        if hasher is None:
            hasher = await asyncio.to_thread(_hashed, self.path)
        return Received(self.path, hasher.hexdigest(), size)

    def _hasher(self, size: int) -> "hashlib._Hash | None":
        if size == 0:
            return hashlib.sha256()
        counted, hasher = _hashers.get(self.id, (0, None))
        return hasher.copy() if hasher is not None and counted == size else None

    async def _append_checked(
        self, chunks: AsyncIterator[bytes], room_bytes: int, checksum: Checksum
    ) -> None:
        # Unproven bytes stay apart: killed at any moment, the upload holds proven ones only.
        apart = self.path.with_suffix(".chunk")
        proof = hashlib.new(checksum.algorithm)  # the protocol names the algorithm, not we
        try:
            with apart.open("wb", buffering=0) as file:
                await self._write(chunks, file, room_bytes, self._hasher(self.size), proof)
            if proof.digest() != checksum.digest:
                _hashers.pop(self.id, None)
                detail = "The bytes differ from their checksum. Send them again."
                raise Refused(detail, code="checksum_mismatch")
            await _finished(asyncio.to_thread(_copy, apart, self._file))
        finally:
            apart.unlink(missing_ok=True)

    async def _write(
        self,
        chunks: AsyncIterator[bytes],
        file: BinaryIO,
        room_bytes: int,
        hasher: "hashlib._Hash | None",
        proof: "hashlib._Hash | None",
    ) -> None:
        start, added = self.size, 0
        writer = _Writer(file, [one for one in (hasher, proof) if one is not None])
        try:
            async for chunk in chunks:
                added += len(chunk)
                if added > room_bytes:
                    detail = "There is more of it than was announced."
                    raise Refused(detail, code="too_large")
                await writer.add(chunk)
        finally:
            await writer.end()
            _hashers.pop(self.id, None)
            if hasher is not None:
                _hashers[self.id] = (start + writer.written, hasher)
            if len(_hashers) > HASHERS_KEPT_MAX:
                _hashers.popitem(last=False)


class _Writer:
    """Hashes and writes one block in a thread while the next one arrives."""

    def __init__(self, file: BinaryIO, hashers: "list[hashlib._Hash]") -> None:
        self.written = 0
        self._file = file
        self._hashers = hashers
        self._waiting = bytearray()
        self._writing: asyncio.Task[None] | None = None

    async def add(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) >= WRITE_BYTES:
            await self._next()

    async def end(self) -> None:
        await self._next()
        await self._settled()

    async def _next(self) -> None:
        await self._settled()
        block, self._waiting = self._waiting, bytearray()
        self._writing = asyncio.create_task(asyncio.to_thread(self._write, block))

    async def _settled(self) -> None:
        # Cancelled or not: while a thread writes, the file and its lock are not let go.
        if self._writing is not None:
            await asyncio.wait([self._writing])
            self._writing.result()

    def _write(self, block: bytearray) -> None:
        left = memoryview(block)
        with room_on_disk():
            while left:
                left = left[self._file.write(left) :]
        for hasher in self._hashers:
            hasher.update(block)
        self.written += len(block)


async def _finished(work: Coroutine[None, None, None]) -> None:
    # A request that is cancelled meanwhile lets go of the file only when the thread has.
    task = asyncio.create_task(work)
    await asyncio.wait([task])
    task.result()


def _copy(source: Path, target: BinaryIO) -> None:
    with source.open("rb") as file, room_on_disk():
        shutil.copyfileobj(file, target, WRITE_BYTES)


def _hashed(path: Path) -> "hashlib._Hash":
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")
