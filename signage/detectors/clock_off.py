"""Clock off: the heartbeats say that a screen's clock is off by more than plays are judged with.

Batches of plays tell it too, so while heartbeats carry no time an open incident stays as it is.
"""

from typing import Any

import asyncpg

from signage import play_clocks
from signage.detectors.watch import Watch
from signage.incident_changes import Finding
from signage.play_rules import RULES

KIND = "clock_off"
MINUTE_MS = 60_000


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    rows = await conn.fetch(
        """
        /* detectors.clock_off */
        SELECT d.id, d.store_id, d.clock_offset_ms, i.summary, i.evidence, i.opened_at
        FROM devices d
        LEFT JOIN incidents i ON i.device_id = d.id AND i.kind = $2 AND i.resolved_at IS NULL
        WHERE d.status = 'active'
              AND (abs(d.clock_offset_ms) > $1 OR (d.clock_offset_ms IS NULL AND i.id IS NOT NULL))
        """,
        RULES.clock_off_ms,
        KIND,
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            row["summary"] or play_clocks.summary(row["clock_offset_ms"]),
            _evidence(row),
            since=row["opened_at"] or watch.now,
            severity="warning",
        )
        for row in rows
    ]


def _evidence(row: asyncpg.Record) -> dict[str, Any]:
    kept: dict[str, Any] = row["evidence"] or {}
    if row["clock_offset_ms"] is None:
        return kept
    # Whole minutes: seconds come and go with every heartbeat.
    before, found = kept.get("clock_offset_ms"), row["clock_offset_ms"]
    same = before is not None and abs(before - found) < MINUTE_MS
    return kept | {"clock_offset_ms": before if same else found}
