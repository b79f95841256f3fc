"""API keys: how a retailer's own systems act, with a role and, where given, some stores only."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, credentials, paging, scopes
from signage.actors import Actor, Role
from signage.errors import FieldError, Invalid, NotFound, Unauthenticated
from signage.ids import new_id
from signage.values import Instant

KEY_PREFIX = "pbk1_"
NAME_MAX_CHARS = 200
USED_EVERY_S = 60

State = Literal["active", "expired", "revoked"]


class NewKey(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A key to make. Without ``store_ids`` it reaches every store, an advertiser's none."""

    name: str
    role: Role
    store_ids: list[UUID] | None = None
    campaign_ids: list[UUID] = []
    expires_at: Instant | None = None


class Key(msgspec.Struct, frozen=True):
    """A key as it stands; the key itself is kept nowhere. ``store_ids`` None is every store."""

    id: UUID
    name: str
    role: Role
    store_ids: list[UUID] | None
    campaign_ids: list[UUID]
    state: State
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Created(msgspec.Struct, frozen=True):
    """A new key and its secret, which is shown this once."""

    key: Key
    secret: str


async def create(conn: asyncpg.Connection, actor: Actor, new: NewKey, *, now: datetime) -> Created:
    """Make a key; only its hash is kept. Invalid for a wrong value."""
    actor.require_everywhere("administer")
    _check(new, now)
    await scopes.check(
        conn, role=new.role, store_ids=new.store_ids or [], campaign_ids=new.campaign_ids
    )
    secret = credentials.random_secret(KEY_PREFIX)
    async with conn.transaction():
        key_id = await _insert(conn, actor, new, secret, now)
        key = await find(conn, actor, key_id, now=now)
        await audit.record(
            conn, actor, action="keys.add", entity="key", entity_id=key_id, after=new, now=now
        )
    return Created(key, secret)


async def add(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    name: str,
    role: Role,
    store_ids: list[UUID] | None = None,
    campaign_ids: list[UUID] | None = None,
    expires_at: datetime | None = None,
    now: datetime,
) -> str:
    """Make a key and return nothing but its secret, as the command line prints it."""
    new = NewKey(
        name=name,
        role=role,
        store_ids=store_ids,
        campaign_ids=campaign_ids or [],
        expires_at=expires_at,
    )
    return (await create(conn, actor, new, now=now)).secret


async def find(conn: asyncpg.Connection, actor: Actor, key_id: UUID, *, now: datetime) -> Key:
    """Return the key, or raise NotFound."""
    actor.require("administer")
    row = await conn.fetchrow(f"/* keys.find */ {_SELECT} WHERE k.id = $2", now, key_id)
    if row is None:
        raise NotFound("There is no such key.")
    return Key(**dict(row))


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Key]:
    """Return a page of keys, newest first, those that are void too."""
    actor.require("administer")
    after = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        f"""
        /* keys.list_page */
        {_SELECT}
        WHERE $2::timestamptz IS NULL OR (k.created_at, k.id) < ($2, $3::uuid)
        ORDER BY k.created_at DESC, k.id DESC
        LIMIT $4
        """,
        now,
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["created_at"], row["id"]])
    return paging.Page([Key(**dict(row)) for row in found], next_cursor)


async def revoke(conn: asyncpg.Connection, actor: Actor, key_id: UUID, *, now: datetime) -> Key:
    """Make a key worth nothing from now on. Twice does no harm."""
    actor.require_everywhere("administer")
    async with conn.transaction():
        before = await find(conn, actor, key_id, now=now)
        revoked = await conn.fetchval(
            """
            /* keys.revoke */
            UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id
            """,
            key_id,
            now,
        )
        if revoked is None:
            return before
        await audit.record(
            conn,
            actor,
            action="keys.revoke",
            entity="key",
            entity_id=key_id,
            before={"name": before.name, "state": before.state},
            after={"name": before.name, "state": "revoked"},
            now=now,
        )
    return await find(conn, actor, key_id, now=now)


async def authenticate(
    conn: asyncpg.Connection, key: str, *, address: str, request_id: str, now: datetime
) -> Actor:
    """Return the actor of the key; Unauthenticated where it is unknown, expired or revoked."""
    row = await conn.fetchrow(
        """
        /* keys.authenticate */
        SELECT id, name, role, store_ids, campaign_ids, last_used_at FROM api_keys
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
        campaign_ids=scopes.campaigns_of(row["role"], row["campaign_ids"]),
        address=address,
        request_id=request_id,
    )


_SELECT = """
SELECT k.id, k.name, k.role, k.store_ids, k.campaign_ids,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
            WHEN k.expires_at <= $1 THEN 'expired' ELSE 'active' END AS state,
       coalesce(u.name, '') AS created_by, k.expires_at, k.last_used_at, k.created_at,
       coalesce(k.revoked_at, k.created_at) AS updated_at
FROM api_keys k LEFT JOIN users u ON u.id = k.created_by"""


def _check(new: NewKey, now: datetime) -> None:
    errors = []
    if not 1 <= len(new.name.strip()) <= NAME_MAX_CHARS:
        detail = "A key's name has 1 to 200 characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    if new.expires_at is not None and new.expires_at <= now:
        detail = "A key cannot expire in the past."
        errors.append(FieldError("/expires_at", "expires_in_the_past", detail))
    if errors:
        raise Invalid(errors)


async def _insert(
    conn: asyncpg.Connection, actor: Actor, new: NewKey, secret: str, now: datetime
) -> UUID:
    key_id: UUID = await conn.fetchval(
        """
        /* keys.add */
        INSERT INTO api_keys (id, name, role, key_hash, store_ids, campaign_ids, created_by,
                              created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        RETURNING id
        """,
        new_id(),
        new.name.strip(),
        new.role,
        credentials.sha256(secret),
        new.store_ids,
        new.campaign_ids,
        actor.id if actor.kind == "user" else None,
        now,
        new.expires_at,
    )
    return key_id
