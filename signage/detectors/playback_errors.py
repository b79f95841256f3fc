"""Playback errors: too many of the plays of the last quarter of an hour failed.

The day's sums say which screens had a failure lately; only their events are counted.
"""

from datetime import UTC

import asyncpg

from signage.detectors.watch import Watch
from signage.incident_changes import Finding

KIND = "playback_errors"
WITHIN_MIN = 15
FAILED_MIN = 3
"""Fewer failures are no rate."""


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    rows = await conn.fetch(
        """
        /* detectors.playback_errors */
        WITH failing AS (
            SELECT DISTINCT device_id FROM proof_of_play_aggregate_daily
            WHERE report_day >= $2::date - 1 AND failed > 0 AND last_played_at > $1)
        SELECT d.id, d.store_id, d.plan_etag, d.last_error, lately.plays, lately.failed
        FROM failing f
        JOIN devices d ON d.id = f.device_id AND d.status = 'active'
        CROSS JOIN LATERAL (
            SELECT count(*) AS plays, count(*) FILTER (WHERE e.outcome = 'failed') AS failed
            FROM proof_of_play_events e
            WHERE e.device_id = d.id AND e.started_at > $1 AND e.play_day >= $2
                  AND e.outcome <> 'none') AS lately
        WHERE lately.failed >= $3 AND lately.failed * 100 >= $4 * lately.plays
        """,
        since := watch.before(minutes=WITHIN_MIN),
        since.astimezone(UTC).date(),
        FAILED_MIN,
        watch.limits.playback_errors_percent,
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"{row['failed']} of its {row['plays']} plays in the last quarter of an hour failed.",
            {
                "failed": row["failed"],
                "plays": row["plays"],
                "last_error": row["last_error"],
            },
            since=watch.now,
            lost_per_hour=row["failed"] * 60 // WITHIN_MIN,
        )
        for row in rows
    ]
