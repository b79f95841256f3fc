"""Content owners: the people and keys that added what is in the library."""

from uuid import UUID

import asyncpg
import msgspec

OWNERS_MAX = 200


class Owner(msgspec.Struct, frozen=True):
    """Somebody who added content."""

    id: UUID
    name: str


async def list_all(conn: asyncpg.Connection) -> list[Owner]:
    """Return the owners by name, at most OWNERS_MAX; each is one step through an index."""
    rows = await conn.fetch(
        """
        /* content_owners.list_all */
        SELECT p.id, p.name
        FROM (SELECT id, name FROM users UNION ALL SELECT id, name FROM api_keys) AS p
        WHERE EXISTS (SELECT 1 FROM content c WHERE c.created_by = p.id)
        ORDER BY p.name, p.id LIMIT $1
        """,
        OWNERS_MAX,
    )
    return [Owner(**dict(row)) for row in rows]
