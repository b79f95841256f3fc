"""Keyset paging: a cursor holds the last row's sort keys, so a page costs the same anywhere."""

import base64
from typing import Any, Generic, TypeVar

import msgspec

from signage.errors import Invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000

Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """Some rows and the cursor of the page after them, or None at the end."""

    items: list[Row]
    next_cursor: str | None


def cut(rows: list[Any], limit: int, keys: Any) -> tuple[list[Any], str | None]:
    """Split ``limit + 1`` fetched rows into the page and the cursor made by ``keys(last row)``."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode(keys(rows[limit - 1]))


def encode(keys: list[Any]) -> str:
    """Return an opaque cursor for the sort keys of a row."""
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")


def decode(cursor: str | None, shape: type[Any]) -> Any:
    """Return the sort keys in a cursor as ``shape``, None without one; Invalid if not ours."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=shape)
    except ValueError as error:
        detail = "This cursor is not one that a list gave. Start again without it."
        raise Invalid.field("/cursor", "invalid_cursor", detail) from error


def like(q: str | None) -> str | None:
    """Return what somebody searches for as a LIKE pattern that means itself, None where empty."""
    if not q or not q.strip():
        return None
    return (
        q.strip().replace("\x00", "").replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    )
