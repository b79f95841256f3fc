"""Store names: the store that somebody means by what they typed."""

from uuid import UUID

import asyncpg

from signage.actors import Actor
from signage.errors import Invalid


async def find_id(conn: asyncpg.Connection, actor: Actor, typed: str) -> UUID:
    """Return the store with this code or name, in whatever case; Invalid unless it is just one."""
    rows = await conn.fetch(
        """
        /* store_names.find_id */
        SELECT id, lower(code) = lower($1) AS by_code FROM stores
        WHERE archived_at IS NULL AND lower($1) IN (lower(code), lower(name))
              AND ($2::uuid[] IS NULL OR id = ANY ($2))
        ORDER BY by_code DESC
        LIMIT 2
        """,
        typed.strip(),
        actor.store_ids,
    )
    if len(rows) == 1 or (rows and rows[0]["by_code"]):
        found: UUID = rows[0]["id"]
        return found
    detail = "Several stores are called so. Type the code." if rows else "There is no such store."
    raise Invalid.field("/store", "unknown_store", detail)
