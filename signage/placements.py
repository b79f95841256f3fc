"""Placements: where a device stood from when to when, so that moving it rewrites no history."""

from datetime import datetime
from uuid import UUID

import asyncpg


async def begin(
    conn: asyncpg.Connection, device_id: UUID, store_id: UUID, *, now: datetime
) -> None:
    """Record that the device stands in the store from now on."""
    await conn.execute(
        """
        /* placements.begin */
        INSERT INTO device_placements (device_id, store_id, during)
        VALUES ($1, $2, tstzrange($3, NULL))
        """,
        device_id,
        store_id,
        now,
    )


async def move(conn: asyncpg.Connection, device_id: UUID, store_id: UUID, *, now: datetime) -> None:
    """End the placement it has and begin the next, in one instant."""
    await conn.execute(
        """
        /* placements.move */
        WITH ended AS (
            DELETE FROM device_placements
            WHERE device_id = $1 AND upper_inf(during) AND lower(during) >= $2
        )
        UPDATE device_placements
        SET during = tstzrange(lower(during), $2)
        WHERE device_id = $1 AND upper_inf(during) AND lower(during) < $2
        """,
        device_id,
        now,
    )
    await begin(conn, device_id, store_id, now=now)
