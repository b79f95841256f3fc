"""Command batches: one command sent to many screens at once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from signage import audit, commands
from signage.actors import Actor
from signage.ids import new_id


async def send(
    conn: asyncpg.Connection,
    actor: Actor,
    device_ids: list[UUID],
    *,
    kind: commands.Kind,
    args: dict[str, Any],
    now: datetime,
) -> None:
    """Queue the command for each of the screens, which the caller has found within scope.

    It is what ``commands.send`` does for one.
    """
    commands.check_args(args)
    await conn.execute(
        """
        /* command_batches.send */
        INSERT INTO device_commands (id, device_id, kind, args, created_by, created_at, expires_at)
        SELECT n.id, d.id, $3, CASE WHEN $3 = 'identify'
                   THEN jsonb_build_object('name', d.name, 'store_name', s.name)
                   ELSE '{}' END || $4::jsonb, $5, $6, $7
        FROM unnest($1::uuid[], $2::uuid[]) AS n (id, device_id)
        JOIN devices d ON d.id = n.device_id
        JOIN stores s ON s.id = d.store_id
        """,
        [new_id() for _ in device_ids],
        device_ids,
        kind,
        args,
        actor.id,
        now,
        now + timedelta(seconds=commands.COMMAND_LIFE_S),
    )
    await audit.record_each(
        conn,
        actor,
        action="commands.send",
        entity="device",
        entries=[(device_id, None, {"kind": kind}) for device_id in device_ids],
        now=now,
    )
