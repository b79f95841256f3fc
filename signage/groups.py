"""Device groups: screens programmed together; the larger rank wins where two groups apply."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging
from signage.actors import Actor
from signage.errors import Conflict, Invalid, NotFound
from signage.ids import new_id

NAME_MAX_CHARS = 200


class Group(msgspec.Struct, frozen=True):
    """A group and how many screens are in it."""

    id: UUID
    name: str
    rank: int
    devices: int
    revision: int
    created_at: datetime
    updated_at: datetime


async def find(conn: asyncpg.Connection, group_id: UUID) -> Group:
    """Return the group, or raise NotFound."""
    row = await conn.fetchrow(
        f"/* groups.find */ {_SELECT} WHERE g.id = $1",
        group_id,
    )
    if row is None:
        raise NotFound("There is no such group.")
    return Group(**dict(row))


async def list_all(conn: asyncpg.Connection) -> list[Group]:
    """Return every group by name."""
    rows = await conn.fetch(f"/* groups.list_all */ {_SELECT} ORDER BY g.name")
    return [Group(**dict(row)) for row in rows]


async def list_page(
    conn: asyncpg.Connection, *, limit: int, cursor: str | None = None
) -> paging.Page[Group]:
    """Return a page of groups by name."""
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        f"""
        /* groups.list_page */
        {_SELECT}
        WHERE $1::text IS NULL OR (g.name, g.id) > ($1, $2::uuid)
        ORDER BY g.name, g.id
        LIMIT $3
        """,
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([Group(**dict(row)) for row in found], next_cursor)


async def create(
    conn: asyncpg.Connection, actor: Actor, *, name: str, rank: int | None = None, now: datetime
) -> Group:
    """Make a group; without ``rank`` it gets one more than the largest.

    Conflict where the name or the rank is taken.
    """
    actor.require("manage")
    if not 1 <= len(name.strip()) <= NAME_MAX_CHARS:
        detail = f"A group's name has 1 to {NAME_MAX_CHARS} characters."
        raise Invalid.field("/name", "invalid_name", detail)
    group_id = new_id()
    async with conn.transaction():
        made = await conn.fetchval(
            """
            /* groups.create */
            INSERT INTO device_groups (id, name, rank, created_at, updated_at)
            SELECT $1, $2, coalesce($3, (SELECT coalesce(max(rank), 0) + 1 FROM device_groups)),
                   $4, $4
            ON CONFLICT DO NOTHING
            RETURNING id
            """,
            group_id,
            name.strip(),
            rank,
            now,
        )
        if made is None:
            raise Conflict("Another group has this name or rank.", code="group_exists")
        group = await find(conn, group_id)
        await audit.record(
            conn,
            actor,
            action="groups.create",
            entity="group",
            entity_id=group_id,
            after=group,
            now=now,
        )
    return group


async def set_devices(
    conn: asyncpg.Connection, actor: Actor, group_id: UUID, device_ids: list[UUID], *, now: datetime
) -> Group:
    """Make the group hold exactly these screens; those outside the actor's stores stay."""
    actor.require("manage")
    async with conn.transaction():
        before = await find(conn, group_id)
        await _require_devices(conn, actor, device_ids)
        await conn.execute(
            """
            /* groups.set_devices */
            WITH removed AS (
                DELETE FROM device_group_members m USING devices d
                WHERE m.group_id = $1 AND d.id = m.device_id AND NOT m.device_id = ANY ($2)
                      AND ($3::uuid[] IS NULL OR d.store_id = ANY ($3))
                RETURNING m.device_id
            ), added AS (
                INSERT INTO device_group_members (group_id, device_id)
                SELECT $1, unnest($2::uuid[])
                ON CONFLICT DO NOTHING
                RETURNING device_id
            )
            UPDATE devices SET plan_wanted = plan_wanted + 1
            WHERE id IN (SELECT device_id FROM removed UNION SELECT device_id FROM added)
            """,
            group_id,
            device_ids,
            actor.store_ids,
        )
        group = await find(conn, group_id)
        await audit.record(
            conn,
            actor,
            action="groups.set_devices",
            entity="group",
            entity_id=group_id,
            before={"devices": before.devices},
            after={"device_ids": device_ids},
            now=now,
        )
    return group


async def require_all(conn: asyncpg.Connection, group_ids: list[UUID]) -> None:
    """Raise Invalid unless every one of these groups exists."""
    known: int = await conn.fetchval(
        "/* groups.require_all */ SELECT count(*) FROM device_groups WHERE id = ANY ($1)",
        group_ids,
    )
    if known != len(set(group_ids)):
        raise Invalid.field("/group_ids", "unknown_group", "One of these groups does not exist.")


async def put_device(conn: asyncpg.Connection, device_id: UUID, group_ids: list[UUID]) -> None:
    """Make the device a member of exactly these groups."""
    await require_all(conn, group_ids)
    await conn.execute(
        """
        /* groups.put_device */
        WITH removed AS (
            DELETE FROM device_group_members WHERE device_id = $1 AND NOT group_id = ANY ($2)
        )
        INSERT INTO device_group_members (group_id, device_id)
        SELECT DISTINCT unnest($2::uuid[]), $1::uuid
        ON CONFLICT DO NOTHING
        """,
        device_id,
        group_ids,
    )


_SELECT = """
SELECT g.id, g.name, g.rank, g.revision, g.created_at, g.updated_at,
       (SELECT count(*) FROM device_group_members m WHERE m.group_id = g.id) AS devices
FROM device_groups g"""


async def _require_devices(conn: asyncpg.Connection, actor: Actor, device_ids: list[UUID]) -> None:
    found: int = await conn.fetchval(
        """
        /* groups.require_devices */
        SELECT count(*) FROM devices
        WHERE id = ANY ($1) AND ($2::uuid[] IS NULL OR store_id = ANY ($2))
        """,
        device_ids,
        actor.store_ids,
    )
    if found != len(set(device_ids)):
        detail = "One of these screens does not exist in your stores."
        raise Invalid.field("/device_ids", "unknown_device", detail)
