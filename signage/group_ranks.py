"""Group ranks: which of two groups wins on a screen that is in both. The first in order wins."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from signage import audit, group_rules
from signage.actors import Actor
from signage.errors import Forbidden, Invalid, NotFound, Stale

REVISIONS = 10**9


async def order(conn: asyncpg.Connection) -> list[UUID]:
    """Return the groups' ids, the winning one first."""
    rows = await conn.fetch(
        """
        /* group_ranks.order */
        SELECT id FROM device_groups WHERE archived_at IS NULL ORDER BY rank DESC
        """
    )
    return [row["id"] for row in rows]


def revision(group_ids: Sequence[UUID]) -> int:
    """Return a number that stands for this order; another order has, but for luck, another."""
    return zlib.crc32(b"".join(group_id.bytes for group_id in group_ids)) % REVISIONS


async def move(
    conn: asyncpg.Connection,
    actor: Actor,
    group_id: UUID,
    to: int,
    *,
    read: int | None = None,
    now: datetime,
) -> int:
    """Move a group to the place ``to``, counted from 1 at the winning end.

    ``read`` is the revision of the order that the caller saw; Stale where there is another since.
    Returns the revision of the order that is there now.
    """
    async with conn.transaction():
        await group_rules.hold_alone(conn)
        ids = await order(conn)
        if read not in (None, revision(ids)):
            raise Stale("Somebody else changed the order meanwhile. Load the page again.")
        if group_id not in ids:
            raise NotFound("There is no such group.")
        ids.remove(group_id)
        ids.insert(max(0, to - 1), group_id)
        await reorder(conn, actor, ids, now=now)
    return revision(ids)


async def reorder(
    conn: asyncpg.Connection, actor: Actor, group_ids: list[UUID], *, now: datetime
) -> None:
    """Put all groups in this order, the winning one first. Invalid unless it names each once.

    One statement: the ranks there are go round among the groups, and only screens that are in two
    groups whose order turned get their plans outdated.
    """
    actor.require("manage")
    if actor.store_ids is not None:
        raise Forbidden("The order of groups reaches screens in stores that are not yours.")
    async with conn.transaction():
        await group_rules.hold_alone(conn)
        before = await order(conn)
        if sorted(before) != sorted(group_ids):
            detail = "Name every group once. Another one may have come or gone meanwhile."
            raise Invalid.field("/group_ids", "not_every_group", detail)
        if before == group_ids:
            return
        await conn.execute(_REORDER, group_ids, now)
        await audit.record(
            conn,
            actor,
            action="groups.reorder",
            entity="group",
            entity_id="order",
            before={"group_ids": before},
            after={"group_ids": group_ids},
            now=now,
        )


_REORDER = """
/* group_ranks.reorder */
WITH places AS (
    SELECT rank, row_number() OVER (ORDER BY rank DESC) AS place
    FROM device_groups WHERE archived_at IS NULL
), ranks AS (
    SELECT g.id, g.rank AS old, places.rank AS new
    FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
    JOIN places ON places.place = wanted.place
    JOIN device_groups g ON g.id = wanted.id
), outdated AS (
    UPDATE devices SET plan_wanted = plan_wanted + 1
    WHERE id IN (SELECT m.device_id
                 FROM device_group_members m
                 JOIN device_group_members n
                      ON n.device_id = m.device_id AND n.group_id > m.group_id
                 JOIN ranks one ON one.id = m.group_id
                 JOIN ranks other ON other.id = n.group_id
                 WHERE (one.old < other.old) <> (one.new < other.new))
)
UPDATE device_groups g SET rank = r.new, revision = revision + 1, updated_at = $2
FROM ranks r WHERE g.id = r.id AND r.old <> r.new"""
