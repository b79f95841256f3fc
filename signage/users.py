"""Users: the people who sign in, their role and the stores they reach."""

import re
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, passwords
from signage.actors import Actor, Role
from signage.errors import Conflict, FieldError, Invalid, NotFound
from signage.ids import new_id

EMAIL_MAX_CHARS = 254
NAME_MAX_CHARS = 200
PEOPLE_ROLES: tuple[Role, ...] = ("admin", "manager", "installer", "analyst", "advertiser")


class User(msgspec.Struct, frozen=True):
    """A person. Without stores an administrator or analyst reaches all, the others none."""

    id: UUID
    email: str
    name: str
    role: Role
    state: Literal["active", "disabled"]
    store_ids: list[UUID]
    last_login_at: datetime | None
    created_at: datetime
    updated_at: datetime


async def add(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    store_ids: list[UUID] | None = None,
    now: datetime,
) -> User:
    """Add a person who can sign in at once. Invalid, or Conflict for a known address."""
    actor.require("administer")
    _check(email, name, role)
    password_hash = passwords.hashed(password)
    user_id = new_id()
    async with conn.transaction():
        made = await conn.fetchval(
            """
            /* users.add */
            INSERT INTO users (id, email, name, role, password_hash, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $6)
            ON CONFLICT (lower(email)) DO NOTHING
            RETURNING id
            """,
            user_id,
            email.strip(),
            name.strip(),
            role,
            password_hash,
            now,
        )
        if made is None:
            raise Conflict(f"Somebody has the address {email} already.", code="email_taken")
        await conn.execute(
            """
            /* users.add_stores */
            INSERT INTO user_stores (user_id, store_id) SELECT $1, unnest($2::uuid[])
            """,
            user_id,
            store_ids or [],
        )
        user = await find(conn, user_id)
        await audit.record(
            conn,
            actor,
            action="users.add",
            entity="user",
            entity_id=user_id,
            after=user,
            now=now,
        )
    return user


async def find(conn: asyncpg.Connection, user_id: UUID) -> User:
    """Return the person, or raise NotFound."""
    row = await conn.fetchrow(
        """
        /* users.find */
        SELECT u.id, u.email, u.name, u.role, u.state, u.last_login_at, u.created_at, u.updated_at,
               ARRAY(SELECT s.store_id FROM user_stores s
                     WHERE s.user_id = u.id ORDER BY s.store_id) AS store_ids
        FROM users u WHERE u.id = $1
        """,
        user_id,
    )
    if row is None:
        raise NotFound("There is no such user.")
    return User(**dict(row))


async def any_exist(conn: asyncpg.Connection) -> bool:
    """Return whether anybody can sign in yet."""
    exist: bool = await conn.fetchval("/* users.any_exist */ SELECT EXISTS (SELECT 1 FROM users)")
    return exist


def reach(role: Role, store_ids: list[UUID]) -> list[UUID] | None:
    """Return the stores a person with this role and these stores reaches; None is all of them."""
    if role in ("admin", "analyst") and not store_ids:
        return None
    return store_ids


def _check(email: str, name: str, role: str) -> None:
    errors = []
    if len(email) > EMAIL_MAX_CHARS or not re.fullmatch(r"[^@\s\x00]+@[^@\s\x00]+", email.strip()):
        errors.append(FieldError("/email", "invalid_email", f"{email!r} is no e-mail address."))
    if not 1 <= len(name.strip()) <= NAME_MAX_CHARS:
        errors.append(FieldError("/name", "invalid_name", "A name has 1 to 200 characters."))
    if role not in PEOPLE_ROLES:
        detail = f"{role!r} is no role. The roles are {', '.join(PEOPLE_ROLES)}."
        errors.append(FieldError("/role", "unknown_role", detail))
    if errors:
        raise Invalid(errors)
