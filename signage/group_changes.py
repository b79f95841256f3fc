"""Group changes: a group's name, rank and rule, and its end; plans are outdated exactly.

A name is anybody's who manages. Ranks, rules and deleting take somebody who reaches every store
that the group holds screens of, or may come to hold screens of.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import group_rules, groups, target_uses
from signage.actors import Actor
from signage.errors import Conflict, Stale
from signage.group_rules import Rule
from signage.groups import Counted, Group
from signage.values import SmallInteger

USES_NAMED_MAX = 5


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """What may be changed; ``rule`` null leaves the screens in it as they are, by hand from now."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    rank: SmallInteger | msgspec.UnsetType = msgspec.UNSET
    rule: Rule | msgspec.UnsetType | None = msgspec.UNSET


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    group_id: UUID,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Counted:
    """Change name, rank or rule.

    NotFound, Invalid, Conflict where the name or rank is taken, Forbidden where screens of other
    stores would be touched, or Stale where ``revision`` is no longer current.
    """
    actor.require("manage")
    async with conn.transaction():
        await group_rules.hold_alone(conn)
        before = await _find_current(conn, group_id, revision)
        values = {
            field: getattr(before, field) if value is msgspec.UNSET else value
            for field, value in msgspec.structs.asdict(changes).items()
        }
        values["name"] = groups.checked_name(values["name"])
        if (values["rank"], values["rule"]) != (before.rank, before.rule):
            await groups.require_reach(conn, actor, before)
            await groups.check_rule(conn, actor, values["rule"])
        await _write(conn, group_id, values, now)
        if values["rule"] not in (None, before.rule):
            await group_rules.follow(conn, group_id=group_id, now=now)
        after = await groups.find_for(conn, actor, group_id)
        await groups.note(
            conn,
            actor,
            "groups.change",
            group_id,
            groups.audited(before),
            groups.audited(after),
            now,
        )
    return after


async def archive(
    conn: asyncpg.Connection,
    actor: Actor,
    group_id: UUID,
    *,
    revision: int | None = None,
    now: datetime,
) -> None:
    """Delete the group; its screens stay what they are. Conflict while something targets it."""
    actor.require("manage")
    async with conn.transaction():
        await group_rules.hold_alone(conn)
        before = await _find_current(conn, group_id, revision)
        await groups.require_reach(conn, actor, before)
        await _refuse_used(conn, before)
        await conn.execute(
            """
            /* groups.archive */
            WITH emptied AS (DELETE FROM device_group_members WHERE group_id = $1)
            UPDATE device_groups
            SET archived_at = $2, updated_at = $2, rank = NULL, rule = NULL, revision = revision + 1
            WHERE id = $1
            """,
            group_id,
            now,
        )
        await groups.note(
            conn, actor, "groups.archive", group_id, groups.audited(before), None, now
        )


# A screen's plan depends on which of two of its groups ranks above the other, and on no more.
_WRITE = """
/* groups.change */
WITH ranks AS (
    SELECT id, rank AS old, CASE WHEN id = $1 THEN $3 ELSE rank END AS new
    FROM device_groups WHERE archived_at IS NULL
), outdated AS (
    UPDATE devices SET plan_wanted = plan_wanted + 1
    WHERE id IN (SELECT mine.device_id
                 FROM device_group_members mine
                 JOIN device_group_members other ON other.device_id = mine.device_id
                 JOIN ranks me ON me.id = mine.group_id
                 JOIN ranks it ON it.id = other.group_id
                 WHERE mine.group_id = $1 AND (me.old < it.old) <> (me.new < it.old))
)
UPDATE device_groups
SET name = $2, rank = $3, rule = $4, updated_at = $5, revision = revision + 1
WHERE id = $1"""


async def _find_current(conn: asyncpg.Connection, group_id: UUID, revision: int | None) -> Group:
    await conn.execute(
        "/* groups.lock */ SELECT id FROM device_groups WHERE id = $1 FOR NO KEY UPDATE", group_id
    )
    group = await groups.find(conn, group_id)
    if revision not in (None, group.revision):
        detail = f"{group.name} was changed by somebody else meanwhile. Load it again."
        missed = group.revision - (revision or 0)
        raise Stale(detail, entity="group", entity_id=group.id, missed=missed)
    return group


async def _write(
    conn: asyncpg.Connection, group_id: UUID, values: dict[str, Any], now: datetime
) -> None:
    try:
        async with conn.transaction():
            await conn.execute(
                _WRITE, group_id, values["name"], values["rank"], values["rule"], now
            )
    except asyncpg.UniqueViolationError as error:
        raise groups.taken() from error


async def _refuse_used(conn: asyncpg.Connection, group: Group) -> None:
    uses = await target_uses.list_for_group(conn, group.id)
    if uses:
        named = [f"{use.name} ({use.playlist})" for use in uses[:USES_NAMED_MAX]]
        more = f" and {len(uses) - USES_NAMED_MAX} more" if len(uses) > USES_NAMED_MAX else ""
        detail = f"{group.name} is still in use: {', '.join(named)}{more}. Take these off first."
        raise Conflict(detail, code="group_in_use")
