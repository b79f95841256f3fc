"""Clocks that are off: plays are corrected for it, and somebody is told."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from signage.ids import new_id
from signage.play_rules import Rules

KIND = "clock_off"


async def report(
    conn: asyncpg.Connection,
    offsets: Iterable[tuple[UUID, int]],
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Open an incident for each device that is further off than the rules allow; once, while open.

    An offset is server time minus device time in ms: a clock that is behind has a positive one.
    """
    worst: dict[UUID, int] = {}
    for device_id, offset_ms in offsets:
        if abs(offset_ms) > max(rules.clock_off_ms, abs(worst.get(device_id, 0))):
            worst[device_id] = offset_ms
    if not worst:
        return
    await conn.execute(
        """
        /* play_clocks.report */
        INSERT INTO incidents (id, kind, severity, device_id, store_id, summary, evidence,
                               opened_at, updated_at)
        SELECT o.id, $5, 'warning', d.id, d.store_id, o.summary,
               jsonb_build_object('clock_offset_ms', o.offset_ms), $6, $6
        FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[])
             AS o (id, device_id, offset_ms, summary)
        JOIN devices d ON d.id = o.device_id
        ON CONFLICT (device_id, kind) WHERE resolved_at IS NULL AND device_id IS NOT NULL
        DO NOTHING
        """,
        [new_id() for _ in worst],
        list(worst),
        list(worst.values()),
        [summary(offset_ms) for offset_ms in worst.values()],
        KIND,
        now,
    )


def summary(offset_ms: int) -> str:
    """Return what to tell of a clock that is off by server time minus device time, in ms."""
    minutes, direction = abs(offset_ms) // 60_000, "behind" if offset_ms > 0 else "ahead"
    return (
        f"Its clock is {minutes} min {direction}. Plays are counted at the corrected time;"
        " check the time settings of the screen and its network's time server."
    )
