"""Files on their way in, in ``<data_dir>/incoming``: named by the server, hashed as they come.

What arrives in one request is an ``Arrival`` and is gone with its request unless it was kept; what
may take several requests is a partial upload (``partial.py``).
"""

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from signage.errors import Refused
from signage.media.facts import MediaRefused
from signage.media.storage import MediaStore, Received, too_large


class Arrival:
    """A file of a form: written like any file, hashed meanwhile; MediaRefused past its limit."""

    def __init__(self, store: MediaStore, limit_bytes: int) -> None:
        self.path = store.incoming / f"{uuid4().hex}.part"
        self.size = 0
        self._limit_bytes = limit_bytes
        self._hasher = hashlib.sha256()
        self._file = self.path.open("x+b")

    def write(self, data: bytes) -> int:
        """Append a piece."""
        self.size += len(data)
        if self.size > self._limit_bytes:
            raise MediaRefused("too_large", too_large(self._limit_bytes))
        self._hasher.update(data)
        with room_on_disk():
            return self._file.write(data)

    def received(self) -> Received:
        """Return what has arrived, all of it on the disk."""
        with room_on_disk():
            self._file.flush()
        return Received(self.path, self._hasher.hexdigest(), self.size)

    def discard(self) -> None:
        """Remove it; what was kept of it is in the store."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def room_on_disk() -> Iterator[None]:
    """Raise Refused ``no_room`` where the disk is full, instead of an error nobody understands."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        detail = "The server's disk is full. Free some room there, then go on with the upload."
        raise Refused(detail, code="no_room") from error
