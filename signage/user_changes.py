"""What is decided about people: their name, role and reach, and whether they may sign in."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, resets, scopes, sessions, users
from signage.actors import Actor, Role
from signage.errors import Conflict, Stale
from signage.ids import NIL_ID
from signage.users import State, User


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """What an administrator may change of somebody; what is left out stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    store_ids: list[UUID] | msgspec.UnsetType = msgspec.UNSET
    campaign_ids: list[UUID] | msgspec.UnsetType = msgspec.UNSET
    state: State | msgspec.UnsetType = msgspec.UNSET


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    user_id: UUID,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> User:
    """Change what is given; disabling somebody ends their sessions and links.

    NotFound, Invalid, Stale, or Conflict where no administrator of every store would be left.
    """
    actor.require_everywhere("administer")
    async with conn.transaction():
        # One change of people at a time: two administrators cannot disable each other at once.
        await conn.execute(
            "/* users.lock */ SELECT pg_advisory_xact_lock(hashtext('playbill.users'))"
        )
        before = await users.find(conn, user_id)
        wanted = _changed(before, changes)
        users.check_identity(before.email, wanted.name)
        await scopes.check(
            conn,
            role=wanted.role,
            store_ids=wanted.store_ids,
            campaign_ids=wanted.campaign_ids,
        )
        await _keep_an_administrator(conn, before, wanted)
        await _update(conn, wanted, revision, now)
        await users.write_stores(conn, user_id, wanted.store_ids)
        if wanted.state == "disabled":
            await sessions.end_all(conn, user_id, now=now)
            await resets.withdraw(conn, user_id, now=now)
        after = await users.find(conn, user_id)
        await _record(conn, actor, before, after, now)
    return after


async def rename(conn: asyncpg.Connection, actor: Actor, name: str, *, now: datetime) -> User:
    """Let somebody change what they themselves are called. Invalid for no name."""
    async with conn.transaction():
        before = await users.find(conn, actor.id or NIL_ID)
        users.check_identity(before.email, name)
        await _update(conn, msgspec.structs.replace(before, name=name), None, now)
        after = await users.find(conn, before.id)
        await _record(conn, actor, before, after, now)
    return after


def _changed(before: User, changes: Changes) -> User:
    given = msgspec.structs.asdict(changes)
    wanted = {key: value for key, value in given.items() if value is not msgspec.UNSET}
    # Another role than an advertiser's has no campaigns, and need not be told to drop them.
    if wanted.get("role", "advertiser") != "advertiser":
        wanted.setdefault("campaign_ids", [])
    return msgspec.structs.replace(before, **wanted)


async def _keep_an_administrator(conn: asyncpg.Connection, before: User, wanted: User) -> None:
    if not _administers(before) or _administers(wanted):
        return
    others = await conn.fetchval(
        """
        /* users.other_administrators */
        SELECT EXISTS (
            SELECT 1 FROM users u
            WHERE u.role = 'admin' AND u.state = 'active' AND u.id <> $1
                  AND NOT EXISTS (SELECT 1 FROM user_stores s WHERE s.user_id = u.id))
        """,
        before.id,
    )
    if not others:
        detail = f"{before.name} is the last active administrator. Make somebody else one first."
        raise Conflict(detail, code="last_administrator")


def _administers(user: User) -> bool:
    """Only an administrator of every store can change people."""
    return user.role == "admin" and user.state == "active" and not user.store_ids


async def _update(
    conn: asyncpg.Connection, wanted: User, revision: int | None, now: datetime
) -> None:
    written = await conn.fetchval(
        """
        /* users.change */
        UPDATE users SET name = $3, role = $4, state = $5, campaign_ids = $6, updated_at = $7,
                         revision = revision + 1
        WHERE id = $1 AND ($2::int IS NULL OR revision = $2)
        RETURNING id
        """,
        wanted.id,
        revision,
        wanted.name.strip(),
        wanted.role,
        wanted.state,
        wanted.campaign_ids,
        now,
    )
    if written is None:
        detail = f"{wanted.name} was changed by somebody else meanwhile. Load it again."
        missed = wanted.revision - (revision or 0)
        raise Stale(detail, entity="user", entity_id=wanted.id, missed=missed)


async def _record(
    conn: asyncpg.Connection, actor: Actor, before: User, after: User, now: datetime
) -> None:
    await audit.record(
        conn,
        actor,
        action="users.change",
        entity="user",
        entity_id=after.id,
        before=users.audited(before),
        after=users.audited(after),
        now=now,
    )
