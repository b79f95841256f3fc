"""Users: the people who sign in, their role, and the stores and campaigns they reach.

Nobody is deleted, as the audit log names them; somebody who leaves is disabled.
"""

import asyncio
import re
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging, passwords, scopes
from signage.actors import Actor, Role
from signage.errors import Conflict, FieldError, Invalid, NotFound
from signage.ids import new_id

EMAIL_MAX_CHARS = 254
NAME_MAX_CHARS = 200

State = Literal["active", "disabled"]


class User(msgspec.Struct, frozen=True):
    """A person. Without stores an administrator or analyst reaches all, the others none."""

    id: UUID
    email: str
    name: str
    role: Role
    state: State
    store_ids: list[UUID]
    campaign_ids: list[UUID]
    two_factor: bool
    last_login_at: datetime | None
    last_seen_at: datetime | None
    revision: int
    created_at: datetime
    updated_at: datetime


class Filters(msgspec.Struct, frozen=True):
    """Which people a list shows; ``q`` looks in names and addresses."""

    q: str | None = None
    role: Role | None = None
    state: State | None = None


NO_FILTERS = Filters()


async def add(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    store_ids: list[UUID] | None = None,
    campaign_ids: list[UUID] | None = None,
    now: datetime,
) -> User:
    """Add a person who can sign in at once. Invalid, or Conflict for a known address."""
    actor.require_everywhere("administer")
    check_identity(email, name)
    stores, campaigns = store_ids or [], campaign_ids or []
    await scopes.check(conn, role=role, store_ids=stores, campaign_ids=campaigns)
    password_hash = await asyncio.to_thread(passwords.hashed, password)
    async with conn.transaction():
        user_id = await _insert(conn, email, name, role, campaigns, password_hash, now)
        await write_stores(conn, user_id, stores)
        user = await find(conn, user_id)
        await audit.record(
            conn,
            actor,
            action="users.add",
            entity="user",
            entity_id=user_id,
            after=audited(user),
            now=now,
        )
    return user


async def find(conn: asyncpg.Connection, user_id: UUID) -> User:
    """Return the person, or raise NotFound."""
    row = await conn.fetchrow(f"/* users.find */ {_SELECT} WHERE u.id = $1", user_id)
    if row is None:
        raise NotFound("There is no such user.")
    return User(**dict(row))


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
) -> paging.Page[User]:
    """Return a page of people by name; the disabled ones too, unless the filter says otherwise."""
    actor.require("administer")
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        f"""
        /* users.list_page */
        {_SELECT}
        WHERE {_MATCHES} AND ($4::text IS NULL OR (u.name, u.id) > ($4, $5::uuid))
        ORDER BY u.name, u.id
        LIMIT $6
        """,
        *_filter_values(filters),
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([User(**dict(row)) for row in found], next_cursor)


async def count(conn: asyncpg.Connection, filters: Filters = NO_FILTERS) -> int:
    """Return how many people match."""
    found: int = await conn.fetchval(
        f"/* users.count */ SELECT count(*) FROM users u WHERE {_MATCHES}",
        *_filter_values(filters),
    )
    return found


async def any_exist(conn: asyncpg.Connection) -> bool:
    """Return whether anybody can sign in yet."""
    exist: bool = await conn.fetchval("/* users.any_exist */ SELECT EXISTS (SELECT 1 FROM users)")
    return exist


def check_identity(email: str, name: str | None = None) -> None:
    """Raise Invalid unless it is an e-mail address and, where given, a name."""
    errors = []
    if len(email) > EMAIL_MAX_CHARS or not re.fullmatch(r"[^@\s\x00]+@[^@\s\x00]+", email.strip()):
        errors.append(FieldError("/email", "invalid_email", f"{email!r} is no e-mail address."))
    if name is not None and not 1 <= len(name.strip()) <= NAME_MAX_CHARS:
        errors.append(FieldError("/name", "invalid_name", "A name has 1 to 200 characters."))
    if errors:
        raise Invalid(errors)


async def write_stores(conn: asyncpg.Connection, user_id: UUID, store_ids: list[UUID]) -> None:
    """Give the person exactly these stores, in the caller's transaction."""
    await conn.execute(
        """
        /* users.drop_stores */
        DELETE FROM user_stores WHERE user_id = $1 AND store_id <> ALL ($2::uuid[])
        """,
        user_id,
        store_ids,
    )
    await conn.execute(
        """
        /* users.add_stores */
        INSERT INTO user_stores (user_id, store_id) SELECT $1, unnest($2::uuid[])
        ON CONFLICT DO NOTHING
        """,
        user_id,
        store_ids,
    )


def audited(user: User) -> dict[str, Any]:
    """Return what the audit log keeps of a person: what can be decided about them."""
    fields = ("email", "name", "role", "state", "store_ids", "campaign_ids")
    return {field: getattr(user, field) for field in fields}


_SELECT = """
SELECT u.id, u.email, u.name, u.role, u.state, u.campaign_ids,
       u.totp_since IS NOT NULL AS two_factor, u.last_login_at, u.last_seen_at,
       u.revision, u.created_at, u.updated_at,
       ARRAY(SELECT s.store_id FROM user_stores s
             WHERE s.user_id = u.id ORDER BY s.store_id) AS store_ids
FROM users u"""

_MATCHES = """($1::text IS NULL OR u.name ILIKE '%' || $1 || '%' OR u.email ILIKE '%' || $1 || '%')
    AND ($2::text IS NULL OR u.role = $2) AND ($3::text IS NULL OR u.state = $3)"""


def _filter_values(filters: Filters) -> list[Any]:
    return [paging.like(filters.q), filters.role, filters.state]


async def _insert(
    conn: asyncpg.Connection,
    email: str,
    name: str,
    role: Role,
    campaign_ids: list[UUID],
    password_hash: str,
    now: datetime,
) -> UUID:
    made: UUID | None = await conn.fetchval(
        """
        /* users.add */
        INSERT INTO users (id, email, name, role, campaign_ids, password_hash, created_at,
                           updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (lower(email)) DO NOTHING
        RETURNING id
        """,
        new_id(),
        email.strip(),
        name.strip(),
        role,
        campaign_ids,
        password_hash,
        now,
    )
    if made is None:
        raise Conflict(f"Somebody has the address {email} already.", code="email_taken")
    return made
