"""API keys: how a retailer's own systems act, with a role and, where given, some stores only."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from signage import audit, credentials
from signage.actors import Actor, Role
from signage.errors import Invalid, Unauthenticated
from signage.ids import new_id

KEY_PREFIX = "pbk1_"
NAME_MAX_CHARS = 200
USED_EVERY_S = 60


async def add(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    name: str,
    role: Role,
    store_ids: list[UUID] | None = None,
    expires_at: datetime | None = None,
    now: datetime,
) -> str:
    """Return a new key. It is shown this once; only its hash is kept."""
    actor.require("administer")
    if not 1 <= len(name.strip()) <= NAME_MAX_CHARS:
        raise Invalid.field("/name", "invalid_name", "A key's name has 1 to 200 characters.")
    key = credentials.random_secret(KEY_PREFIX)
    key_id = new_id()
    async with conn.transaction():
        await conn.execute(
            """
            /* keys.add */
            INSERT INTO api_keys (id, name, role, key_hash, store_ids, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            key_id,
            name.strip(),
            role,
            credentials.sha256(key),
            store_ids,
            now,
            expires_at,
        )
        await audit.record(
            conn,
            actor,
            action="keys.add",
            entity="key",
            entity_id=key_id,
            after={"name": name, "role": role},
            now=now,
        )
    return key


async def authenticate(
    conn: asyncpg.Connection, key: str, *, address: str, request_id: str, now: datetime
) -> Actor:
    """Return the actor of the key; Unauthenticated where it is unknown, expired or revoked."""
    row = await conn.fetchrow(
        """
        /* keys.authenticate */
        SELECT id, name, role, store_ids, last_used_at FROM api_keys
        WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
        """,
        credentials.sha256(key),
        now,
    )
    if row is None:
        raise Unauthenticated("This API key is not valid.", code="invalid_key")
    if row["last_used_at"] is None or now - row["last_used_at"] > timedelta(seconds=USED_EVERY_S):
        await conn.execute(
            "/* keys.note_use */ UPDATE api_keys SET last_used_at = $2 WHERE id = $1",
            row["id"],
            now,
        )
    # Without stores a key reaches all of them, which must not be so for somebody from outside.
    unbounded_advertiser = row["role"] == "advertiser" and row["store_ids"] is None
    return Actor(
        kind="key",
        id=row["id"],
        name=row["name"],
        role=row["role"],
        store_ids=[] if unbounded_advertiser else row["store_ids"],
        address=address,
        request_id=request_id,
    )
