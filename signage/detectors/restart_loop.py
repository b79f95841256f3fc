"""Restart loop: a player that starts again and again within an hour.

A player counts the seconds since its start (``uptime_s``) or its starts (``restarts``) in its
heartbeats; a start is noticed where the first shrinks or the second grows.
"""

import asyncpg

from db import queries
from signage.detectors.watch import Watch
from signage.incident_changes import Finding

KIND = "restart_loop"
WITHIN_MIN = 60
JITTER_S = 45
"""By so much the start may seem to move without one: heartbeats take their time."""


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    since = watch.before(minutes=WITHIN_MIN)
    await conn.execute(
        queries.load("detectors.restart_loop.note"), watch.online_since, watch.now, since, JITTER_S
    )
    rows = await conn.fetch(
        """
        /* detectors.restart_loop */
        SELECT d.id, d.store_id, d.last_error, lately.restarts, lately.first_at
        FROM device_starts s
        JOIN devices d ON d.id = s.device_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS restarts, min(at) AS first_at
            FROM unnest(s.recent) AS at WHERE at > $2) AS lately
        WHERE cardinality(s.recent) > $3 AND lately.restarts > $3
              AND d.status = 'active' AND d.last_seen_at > $1
        """,
        watch.online_since,
        since,
        watch.limits.restarts_per_hour_max,
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"Its player started {row['restarts']} times within an hour.",
            {"restarts": row["restarts"], "last_error": row["last_error"]},
            since=row["first_at"],
            lost_per_hour=0,
        )
        for row in rows
    ]
