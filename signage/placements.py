"""Placements: where a device stood from when to when, so that moving it rewrites no history.

A play belongs to the store in which its screen stood when it played, however late it is told.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

PLACEMENTS_SHOWN_MAX = 100


class Placement(msgspec.Struct, frozen=True):
    """Where a device stood; ``until`` is None where it still stands there."""

    store_id: UUID
    store: str
    since: datetime
    until: datetime | None


async def begin(
    conn: asyncpg.Connection, device_id: UUID, store_id: UUID, *, now: datetime
) -> None:
    """Record that the device stands in the store from now on."""
    await _begin(conn, [device_id], store_id, now)


async def move(
    conn: asyncpg.Connection, device_ids: list[UUID], store_id: UUID, *, now: datetime
) -> None:
    """End the placements that the devices have and begin the next, in one instant.

    A placement that another server's clock began or ended after ``now`` gives way to this one.
    """
    await conn.execute(
        """
        /* placements.move */
        WITH undone AS (
            DELETE FROM device_placements WHERE device_id = ANY ($1) AND lower(during) >= $2
        )
        UPDATE device_placements
        SET during = tstzrange(lower(during), $2)
        WHERE device_id = ANY ($1) AND during @> $2::timestamptz
              AND (lower_inf(during) OR lower(during) < $2)
        """,
        device_ids,
        now,
    )
    await _begin(conn, device_ids, store_id, now)


async def list_for_device(conn: asyncpg.Connection, device_id: UUID) -> list[Placement]:
    """Return where the device stands and stood, the latest first, at most a hundred places."""
    rows = await conn.fetch(
        """
        /* placements.list_for_device */
        SELECT p.store_id, s.name AS store, lower(p.during) AS since, upper(p.during) AS until
        FROM device_placements p
        JOIN stores s ON s.id = p.store_id
        WHERE p.device_id = $1
        ORDER BY lower(p.during) DESC
        LIMIT $2
        """,
        device_id,
        PLACEMENTS_SHOWN_MAX,
    )
    return [Placement(**dict(row)) for row in rows]


async def _begin(
    conn: asyncpg.Connection, device_ids: list[UUID], store_id: UUID, now: datetime
) -> None:
    await conn.execute(
        """
        /* placements.begin */
        INSERT INTO device_placements (device_id, store_id, during)
        SELECT unnest($1::uuid[]), $2, tstzrange($3, NULL)
        """,
        device_ids,
        store_id,
        now,
    )
