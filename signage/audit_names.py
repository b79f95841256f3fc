"""Names for the audit log: what the ids in its entries are called today.

The log itself holds ids only, so a name that changes, changes here too.
"""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg

NAMED_TABLES = (
    "stores",
    "device_groups",
    "devices",
    "users",
    "api_keys",
    "playlists",
    "content",
    "campaigns",
    "schedules",
)
"""Every table with an id and a name. Ids are unique over all of them."""

Names = dict[str, str]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


async def look_up(conn: asyncpg.Connection, values: Iterable[Any]) -> Names:
    """Return id -> name for every id found anywhere in the values; unknown ids are left out."""
    ids = {UUID(found) for value in values for found in _ids_in(value)}
    if not ids:
        return {}
    rows = await conn.fetch(_NAMES, list(ids))
    return {str(row["id"]): row["name"] for row in rows}


_NAMES = "/* audit_names.look_up */ " + " UNION ALL ".join(
    f"SELECT id, name FROM {table} WHERE id = ANY ($1)" for table in NAMED_TABLES
)


def _ids_in(value: Any) -> Iterable[str]:
    match value:
        case UUID():
            yield str(value)
        case str() if _UUID.fullmatch(value):
            yield value
        case dict():
            for inner in value.values():
                yield from _ids_in(inner)
        case list():
            for inner in value:
                yield from _ids_in(inner)
