"""Device groups: screens programmed together; the larger rank wins where two groups apply.

Screens are put in a group by hand, or follow its rule. Names, counts and screens are shown within
the actor's stores; what reaches beyond them (ranks, rules, deleting) takes somebody who does.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, group_rules, paging, stores
from signage.actors import Actor
from signage.errors import Conflict, Forbidden, Invalid, NotFound
from signage.group_rules import Rule
from signage.ids import new_id

NAME_MAX_CHARS = 200


class Group(msgspec.Struct, frozen=True):
    """A group. Without ``rule`` its screens are put in by hand."""

    id: UUID
    name: str
    rank: int
    rule: Rule | None
    revision: int
    created_at: datetime
    updated_at: datetime


class Counted(Group, frozen=True):
    """A group and how many screens of the actor's stores are in it."""

    devices: int


async def find(conn: asyncpg.Connection, group_id: UUID) -> Group:
    """Return the group, or raise NotFound."""
    row = await conn.fetchrow(
        f"/* groups.find */ SELECT {_COLUMNS} {_FROM} AND g.id = $1", group_id
    )
    if row is None:
        raise NotFound("There is no such group.")
    return msgspec.convert(dict(row), Group)


async def find_for(conn: asyncpg.Connection, actor: Actor, group_id: UUID) -> Counted:
    """Return the group with how many of the actor's screens are in it, or raise NotFound."""
    stores.require_reader(actor)
    row = await conn.fetchrow(
        f"""
        /* groups.find_for */
        SELECT {_COLUMNS}, (SELECT count(*) FROM device_group_members m
                            WHERE m.group_id = g.id AND {_counts(actor)}) AS devices
        {_FROM} AND g.id = $2
        """,
        actor.store_ids,
        group_id,
    )
    if row is None:
        raise NotFound("There is no such group.")
    return msgspec.convert(dict(row), Counted)


async def list_all(conn: asyncpg.Connection) -> list[Group]:
    """Return every group by name."""
    rows = await conn.fetch(f"/* groups.list_all */ SELECT {_COLUMNS} {_FROM} ORDER BY g.name")
    return [msgspec.convert(dict(row), Group) for row in rows]


async def list_by_hand(conn: asyncpg.Connection) -> list[Group]:
    """Return the groups that people put screens in, by name: those without a rule."""
    return [group for group in await list_all(conn) if group.rule is None]


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    q: str | None = None,
    sort: str | None = None,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
) -> paging.Page[Counted]:
    """Return a page of groups by name, or with ``sort`` of ``-rank`` the winning ones first."""
    stores.require_reader(actor)
    if sort not in (None, "name", "-rank"):
        raise Invalid.field("/sort", "unknown_sort", "Groups are sorted by name or by -rank.")
    by_rank = sort == "-rank"
    after = paging.decode(cursor, tuple[int, UUID] if by_rank else tuple[str, UUID])
    order = "rank DESC, id DESC" if by_rank else "name, id"
    rows = await conn.fetch(
        f"""
        /* groups.list_page */
        WITH page AS (
            SELECT {_COLUMNS}
            {_FROM} AND ($2::text IS NULL OR g.name ILIKE '%' || $2 || '%')
                    AND ($3::uuid IS NULL OR {"(g.rank, g.id) <" if by_rank else "(g.name, g.id) >"}
                         ($4::{"int" if by_rank else "text"}, $3))
            ORDER BY {order}
            LIMIT $5
        ), held AS (
            {_HELD_ANYWHERE if actor.store_ids is None else _HELD_IN_STORES}
        )
        SELECT page.id, page.name, page.rank, page.rule, page.revision, page.created_at,
               page.updated_at, coalesce(held.devices, 0)::int AS devices
        FROM page LEFT JOIN held ON held.group_id = page.id
        ORDER BY {order}
        """,
        actor.store_ids,
        paging.like(q),
        after and after[1],
        after and after[0],
        limit + 1,
    )
    key = "rank" if by_rank else "name"
    found, next_cursor = paging.cut(rows, limit, lambda row: [row[key], row["id"]])
    return paging.Page([msgspec.convert(dict(row), Counted) for row in found], next_cursor)


async def create(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    name: str,
    rank: int | None = None,
    rule: Rule | None = None,
    now: datetime,
) -> Counted:
    """Make a group; without ``rank`` it gets one more than the largest.

    Conflict where the name or the rank is taken, Forbidden for a rule beyond the actor's stores.
    """
    actor.require("manage")
    name = checked_name(name)
    await check_rule(conn, actor, rule)
    group_id = new_id()
    async with conn.transaction():
        await group_rules.hold_alone(conn)
        try:
            async with conn.transaction():
                await conn.execute(_INSERT, group_id, name, rank, rule, now)
        except asyncpg.UniqueViolationError as error:
            raise taken() from error
        if rule is not None:
            await group_rules.follow(conn, group_id=group_id, now=now)
        group = await find_for(conn, actor, group_id)
        await note(conn, actor, "groups.create", group_id, None, audited(group), now)
    return group


async def follow_rules(
    conn: asyncpg.Connection, device_ids: list[UUID] | None, *, now: datetime
) -> int:
    """Let screens follow the rules of groups; return how many memberships changed.

    To be called in the transaction that changed their tags, store, status or model, which had
    better begin with ``group_rules.hold``. None stands for every screen.
    """
    await group_rules.hold(conn)
    changes = await group_rules.follow(conn, device_ids, now=now)
    return sum(len(change.came) + len(change.left) for change in changes)


async def require_all(conn: asyncpg.Connection, group_ids: list[UUID]) -> None:
    """Raise Invalid unless screens can be put by hand in every one of these groups."""
    known: int = await conn.fetchval(
        """
        /* groups.require_all */
        SELECT count(*) FROM device_groups
        WHERE id = ANY ($1) AND archived_at IS NULL AND rule IS NULL
        """,
        group_ids,
    )
    if known != len(set(group_ids)):
        detail = "One of these groups does not exist, or takes its screens by a rule."
        raise Invalid.field("/group_ids", "unknown_group", detail)


async def require_reach(conn: asyncpg.Connection, actor: Actor, group: Group) -> None:
    """Raise Forbidden where the group holds, or may take in, screens of others' stores."""
    group_rules.require_reach(actor, group.rule)
    if actor.store_ids is None:
        return
    beyond = await conn.fetchval(
        """
        /* groups.reaches_beyond */
        SELECT EXISTS (SELECT 1 FROM device_group_members m JOIN devices d ON d.id = m.device_id
                       WHERE m.group_id = $1 AND NOT d.store_id = ANY ($2))
        """,
        group.id,
        actor.store_ids,
    )
    if beyond:
        raise Forbidden("This group holds screens in stores that are not yours.")


async def check_rule(conn: asyncpg.Connection, actor: Actor, rule: Rule | None) -> None:
    """Raise Invalid for a wrong rule, Forbidden for one that reaches beyond the actor's stores."""
    if rule is not None:
        await group_rules.check(conn, rule)
        group_rules.require_reach(actor, rule)


def checked_name(name: str) -> str:
    """Return the name without space round it; Invalid where it is empty or too long."""
    if not 1 <= len(name.strip()) <= NAME_MAX_CHARS:
        detail = f"A group's name has 1 to {NAME_MAX_CHARS} characters."
        raise Invalid.field("/name", "invalid_name", detail)
    return name.strip()


def taken() -> Conflict:
    """Return the refusal of a name or rank that another group has."""
    return Conflict("Another group has this name or rank.", code="group_exists")


def audited(group: Group) -> dict[str, Any]:
    """Return what the audit log keeps of a group: all that people may change."""
    return {"name": group.name, "rank": group.rank, "rule": group.rule}


async def note(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    group_id: UUID,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    now: datetime,
) -> None:
    """Append an entry on the group to the audit log."""
    await audit.record(
        conn,
        actor,
        action=action,
        entity="group",
        entity_id=group_id,
        before=before,
        after=after,
        now=now,
    )


_COLUMNS = "g.id, g.name, g.rank, g.rule, g.revision, g.created_at, g.updated_at"

# Retired screens are few, so leaving them out beats looking at each of a fleet's memberships.
_ANYWHERE = """$1::uuid[] IS NULL AND NOT EXISTS (
    SELECT 1 FROM devices d WHERE d.id = m.device_id AND d.status = 'retired')"""

_IN_STORES = """EXISTS (
    SELECT 1 FROM devices d
    WHERE d.id = m.device_id AND d.status <> 'retired' AND d.store_id = ANY ($1))"""

# Counting all of a fleet's memberships and taking those of the few retired screens off again is
# twice as fast as looking each of them up.
_HELD_ANYWHERE = """
SELECT group_id, sum(counted) AS devices
FROM (SELECT group_id, count(*) AS counted FROM device_group_members
      WHERE $1::uuid[] IS NULL AND group_id IN (SELECT id FROM page)
      GROUP BY group_id
      UNION ALL
      SELECT m.group_id, -count(*)
      FROM devices d JOIN device_group_members m ON m.device_id = d.id
      WHERE d.status = 'retired'
      GROUP BY m.group_id) AS both_counts
GROUP BY group_id"""

_HELD_IN_STORES = """
SELECT m.group_id, count(*) AS devices
FROM devices d JOIN device_group_members m ON m.device_id = d.id
WHERE d.store_id = ANY ($1) AND d.status <> 'retired' AND m.group_id IN (SELECT id FROM page)
GROUP BY m.group_id"""

_FROM = "FROM device_groups g WHERE g.archived_at IS NULL"

_INSERT = """
/* groups.create */
INSERT INTO device_groups (id, name, rank, rule, created_at, updated_at)
SELECT $1, $2, coalesce($3, (SELECT coalesce(max(rank), 0) + 1 FROM device_groups)), $4, $5, $5"""


def _counts(actor: Actor) -> str:
    return _ANYWHERE if actor.store_ids is None else _IN_STORES
