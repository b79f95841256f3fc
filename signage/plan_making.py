"""Making plans: resolved once for all devices that have the same inputs, and kept for each.

A device's plan counts as current only if nothing has outdated it while it was made: it is kept
where ``plan_wanted`` still is what it was before the inputs were read, and made again elsewhere.
"""

import asyncio
from datetime import UTC, datetime
from operator import attrgetter
from uuid import UUID

import asyncpg
import msgspec

from signage import plan_inputs, planning

REFRESH_MAX_DEVICES = 10_000
KEEP_MAX_DEVICES = 1_000


class Made(msgspec.Struct, frozen=True):
    """A plan, the devices it was made for, and how far each of them had been counted up."""

    plan: planning.Plan
    wanted: dict[UUID, int]


async def refresh(
    conn: asyncpg.Connection, *, limit: int = REFRESH_MAX_DEVICES, now: datetime
) -> int:
    """Make the plans that are outdated, in the order in which their screens ask next.

    Return for how many devices one was kept. Whoever was seen longest ago among those who still
    ask comes first; screens that have been silent for long come last.
    """
    rows = await conn.fetch(
        """
        /* plan_making.outdated */
        SELECT id, plan_wanted FROM devices
        WHERE status = 'active' AND (plan_made <> plan_wanted OR plan_day < $1)
        ORDER BY last_seen_at < $2::timestamptz - interval '15 min' NULLS LAST, last_seen_at
        LIMIT $3
        """,
        now.astimezone(UTC).date(),
        now,
        limit,
    )
    return await make(conn, {row["id"]: row["plan_wanted"] for row in rows}, now=now)


async def make(conn: asyncpg.Connection, wanted: dict[UUID, int], *, now: datetime) -> int:
    """Make and keep the plans of these devices, each with the count it was outdated at.

    Return for how many it was kept. The others were outdated again, or somebody else writes their
    rows: they are still outdated, and the next call finds them.
    """
    kept = 0
    memory = planning.Memory()
    for shared in await plan_inputs.load_shared(conn, list(wanted)):
        # Resolving only computes; in a thread it lets this process answer meanwhile.
        plan = await asyncio.to_thread(planning.build, shared.inputs, now, memory)
        for first in range(0, len(shared.device_ids), KEEP_MAX_DEVICES):
            some = shared.device_ids[first : first + KEEP_MAX_DEVICES]
            made = Made(plan, {device_id: wanted[device_id] for device_id in some})
            kept += await _keep(conn, made, now)
    return kept


async def _keep(conn: asyncpg.Connection, made: Made, now: datetime) -> int:
    async with conn.transaction():
        await _keep_plan(conn, made.plan, now)
        rows = await conn.fetch(
            f"""
            /* plan_making.keep */
            WITH free AS (
                SELECT d.id FROM devices d
                JOIN unnest($1::uuid[], $2::bigint[]) AS m (id, wanted)
                     ON m.id = d.id AND m.wanted = d.plan_wanted
                FOR NO KEY UPDATE OF d {_LOCK_ONE if len(made.wanted) == 1 else _LOCK_SEVERAL}
            )
            UPDATE devices d SET plan_made = plan_wanted, plan_etag = $3, plan_day = $4
            FROM free WHERE d.id = free.id
            RETURNING d.id
            """,
            list(made.wanted),
            list(made.wanted.values()),
            made.plan.etag,
            made.plan.since.date(),
        )
        await conn.execute(
            """
            /* plan_making.keep_revisions */
            INSERT INTO device_plans (device_id, due_from, etag)
            SELECT d.id, $2, $3
            FROM unnest($1::uuid[]) AS d (id)
            WHERE $3 IS DISTINCT FROM (SELECT p.etag FROM device_plans p WHERE p.device_id = d.id
                                       ORDER BY p.due_from DESC LIMIT 1)
            ON CONFLICT (device_id, due_from) DO UPDATE
            SET etag = EXCLUDED.etag, fetched_at = NULL
            """,
            [row["id"] for row in rows],
            now,
            made.plan.etag,
        )
    return len(rows)


# Who holds one row may wait for a second one that a change holds, while the change waits for the
# first. So several rows are locked as far as they are free; a single one can be waited for.
_LOCK_ONE = ""
_LOCK_SEVERAL = "SKIP LOCKED"


async def _keep_plan(conn: asyncpg.Connection, plan: planning.Plan, now: datetime) -> None:
    known = await conn.fetchval(
        "/* plan_making.is_known */ SELECT EXISTS (SELECT 1 FROM playout_plans WHERE etag = $1)",
        plan.etag,
    )
    if not known:
        await _insert_items(conn, plan, now)
        await _insert(conn, plan, now)


async def _insert_items(conn: asyncpg.Connection, plan: planning.Plan, now: datetime) -> None:
    items = sorted(plan.items, key=attrgetter("item_id"))
    await conn.execute(
        """
        /* plan_making.insert_items */
        INSERT INTO plan_items (item_id, schedule_id, assignment_id, playlist_id, playlist_item_id,
                                content_id, content_version, campaign_id, duration_ms, created_at)
        SELECT n.*, $10
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[],
                    $7::int[], $8::uuid[], $9::bigint[]) AS n
        ON CONFLICT (item_id) DO NOTHING
        """,
        [item.item_id for item in items],
        [item.schedule_id for item in items],
        [item.assignment_id for item in items],
        [item.playlist_id for item in items],
        [item.playlist_item_id for item in items],
        [item.content_id for item in items],
        [item.version for item in items],
        [item.campaign_id for item in items],
        [item.duration_ms for item in items],
        now,
    )


async def _insert(conn: asyncpg.Connection, plan: planning.Plan, now: datetime) -> None:
    await conn.execute(
        """
        /* plan_making.insert */
        WITH plan AS (
            INSERT INTO playout_plans (etag, plan_json, horizon_from, horizon_until, created_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (etag) DO NOTHING
        )
        INSERT INTO playout_plan_items (etag, item_id)
        SELECT $1, unnest($6::text[])
        ON CONFLICT DO NOTHING
        """,
        plan.etag,
        plan.body.decode(),
        plan.since,
        plan.until,
        now,
        [item.item_id for item in plan.items],
    )
