"""Group members: which screens were put in a group by hand. Rule groups are in ``group_rules``.

Whatever changes members outdates the plans of exactly the screens that came or left, and gives
exactly the groups whose members changed a new revision. The audit log names them: before, those
who left; after, those who came.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from signage import audit, group_rules, groups
from signage.actors import Actor
from signage.errors import Conflict, Invalid
from signage.groups import Counted

Verb = Literal["put", "add", "remove"]

MEMBERS_MAX = 20_000
"""As many screens as one call may name."""


async def put(
    conn: asyncpg.Connection, actor: Actor, group_id: UUID, device_ids: list[UUID], *, now: datetime
) -> Counted:
    """Make the group hold exactly these screens; those outside the actor's stores stay.

    Conflict for a group that follows a rule, Invalid unless all are within the actor's stores.
    """
    return await _change(conn, actor, group_id, "put", device_ids, now)


async def add(
    conn: asyncpg.Connection, actor: Actor, group_id: UUID, device_ids: list[UUID], *, now: datetime
) -> Counted:
    """Put these screens in the group too; it refuses what ``put`` refuses."""
    return await _change(conn, actor, group_id, "add", device_ids, now)


async def remove(
    conn: asyncpg.Connection, actor: Actor, group_id: UUID, device_ids: list[UUID], *, now: datetime
) -> Counted:
    """Take these screens out of the group; it refuses what ``put`` refuses."""
    return await _change(conn, actor, group_id, "remove", device_ids, now)


async def put_device(
    conn: asyncpg.Connection, device_id: UUID, group_ids: list[UUID], *, now: datetime
) -> None:
    """Make these the groups that the screen is in by hand.

    Rule groups keep it or not as their rules say, so those it is in may be named or left out.
    Invalid for a group that does not exist, or a rule group that it is not in.
    """
    wrong = await conn.fetchval(
        """
        /* group_members.require_groups */
        SELECT count(*) FROM unnest($1::uuid[]) AS named (id)
        WHERE NOT EXISTS (
            SELECT 1 FROM device_groups g
            WHERE g.id = named.id AND g.archived_at IS NULL
                  AND (g.rule IS NULL OR EXISTS (
                      SELECT 1 FROM device_group_members m
                      WHERE m.group_id = g.id AND m.device_id = $2)))
        """,
        group_ids,
        device_id,
    )
    if wrong:
        detail = "One of these groups does not exist, or takes its screens by a rule."
        raise Invalid.field("/group_ids", "unknown_group", detail)
    await join(conn, device_id, group_ids, now=now)


async def join(
    conn: asyncpg.Connection, device_id: UUID, group_ids: list[UUID], *, now: datetime
) -> None:
    """Do what put_device does with those of the groups that there still are."""
    await conn.execute(_JOIN, device_id, group_ids, now)


_ACTIONS: dict[Verb, str] = {
    "put": "groups.set_devices",
    "add": "groups.add_devices",
    "remove": "groups.remove_devices",
}

_BUMP = """outdated AS (
    UPDATE devices SET plan_wanted = plan_wanted + 1
    WHERE id IN (SELECT device_id FROM gone UNION SELECT device_id FROM added)
)
UPDATE device_groups g SET revision = revision + 1, updated_at = {now}
WHERE g.id IN (SELECT group_id FROM gone UNION SELECT group_id FROM added)
RETURNING ARRAY(SELECT device_id FROM added ORDER BY 1) AS came,
          ARRAY(SELECT device_id FROM gone ORDER BY 1) AS left"""

_GONE = """gone AS (
    DELETE FROM device_group_members m USING devices d
    WHERE m.group_id = $1 AND d.id = m.device_id AND {which}
          AND ($3::uuid[] IS NULL OR d.store_id = ANY ($3))
    RETURNING m.group_id, m.device_id
)"""

_ADDED = """added AS (
    INSERT INTO device_group_members (group_id, device_id)
    SELECT DISTINCT $1::uuid, id FROM devices
    WHERE id = ANY ($2::uuid[]) AND ($3::uuid[] IS NULL OR store_id = ANY ($3))
    ON CONFLICT DO NOTHING
    RETURNING group_id, device_id
)"""

_NONE = "{name} AS (SELECT NULL::uuid AS group_id, NULL::uuid AS device_id WHERE false)"
_GROUP_BUMP = _BUMP.format(now="$4")

_STATEMENTS: dict[Verb, str] = {
    "put": f"""
/* group_members.put */
WITH {_GONE.format(which="NOT m.device_id = ANY ($2)")}, {_ADDED}, {_GROUP_BUMP}""",
    "add": f"""
/* group_members.add */
WITH {_NONE.format(name="gone")}, {_ADDED}, {_GROUP_BUMP}""",
    "remove": f"""
/* group_members.remove */
WITH {_GONE.format(which="m.device_id = ANY ($2)")}, {_NONE.format(name="added")}, {_GROUP_BUMP}""",
}

_JOIN = f"""
/* group_members.join */
WITH gone AS (
    DELETE FROM device_group_members m USING device_groups g
    WHERE m.device_id = $1 AND g.id = m.group_id AND g.rule IS NULL AND NOT m.group_id = ANY ($2)
    RETURNING m.group_id, m.device_id
), added AS (
    INSERT INTO device_group_members (group_id, device_id)
    SELECT id, $1::uuid FROM device_groups
    WHERE id = ANY ($2::uuid[]) AND rule IS NULL AND archived_at IS NULL
    ON CONFLICT DO NOTHING
    RETURNING group_id, device_id
), {_BUMP.format(now="$3")}"""


async def _change(
    conn: asyncpg.Connection,
    actor: Actor,
    group_id: UUID,
    verb: Verb,
    device_ids: list[UUID],
    now: datetime,
) -> Counted:
    actor.require("manage")
    async with conn.transaction():
        await group_rules.hold(conn)
        group = await groups.find_for(conn, actor, group_id)
        if group.rule is not None:
            detail = f"{group.name} takes its screens by a rule. Change the rule, or end it first."
            raise Conflict(detail, code="group_has_rule")
        await _require_devices(conn, actor, device_ids)
        row = await conn.fetchrow(_STATEMENTS[verb], group_id, device_ids, actor.store_ids, now)
        if row is not None:
            await audit.record(
                conn,
                actor,
                action=_ACTIONS[verb],
                entity="group",
                entity_id=group_id,
                before={"device_ids": row["left"]},
                after={"device_ids": row["came"]},
                now=now,
            )
        return await groups.find_for(conn, actor, group_id)


async def _require_devices(conn: asyncpg.Connection, actor: Actor, device_ids: list[UUID]) -> None:
    if len(device_ids) > MEMBERS_MAX:
        detail = f"At most {MEMBERS_MAX} screens at a time."
        raise Invalid.field("/device_ids", "too_many_devices", detail)
    found: int = await conn.fetchval(
        """
        /* group_members.require_devices */
        SELECT count(*) FROM devices
        WHERE id = ANY ($1) AND ($2::uuid[] IS NULL OR store_id = ANY ($2))
        """,
        device_ids,
        actor.store_ids,
    )
    if found != len(set(device_ids)):
        detail = "One of these screens does not exist in your stores."
        raise Invalid.field("/device_ids", "unknown_device", detail)
