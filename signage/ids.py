"""Identifiers: UUIDv7 (RFC 9562), so that rows made together lie together in an index."""

from uuid import UUID

from uuid_utils.compat import uuid7

NIL_ID = UUID(int=0)
"""Stands for "none" where an id is part of a key and so cannot be null."""


def new_id() -> UUID:
    """Return a new id, greater than those made before it on this machine."""
    return uuid7()
