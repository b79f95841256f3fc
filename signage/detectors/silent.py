"""Silent: a screen is online, its plan played on and on, and no play of it came in.

An item is reported when it ends, so the longest one of the plan is waited for as well.
"""

from datetime import UTC

import asyncpg

from signage.detectors.watch import Watch, plural
from signage.incident_changes import Finding

KIND = "silent"
BACK_FOR_MIN = 3
"""One that has just come back sends what it played meanwhile within minutes."""


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    minutes = watch.limits.silent_after_min
    quiet = watch.quiet_since(minutes)
    if not quiet:
        return []
    rows = await conn.fetch(
        """
        /* detectors.silent */
        SELECT d.id, d.store_id, d.plan_etag, d.last_error
        FROM devices d
        JOIN unnest($2::text[], $3::timestamptz[]) AS q (etag, since) ON q.etag = d.plan_etag
        WHERE d.status = 'active' AND d.last_seen_at > $1 AND d.created_at <= q.since
              AND d.now_playing IS NOT NULL
              AND NOT EXISTS (
                  SELECT FROM proof_of_play_events e
                  WHERE e.device_id = d.id AND e.started_at > q.since AND e.play_day >= $4)
        """,
        watch.online_since,
        list(quiet),
        list(quiet.values()),
        min(quiet.values()).astimezone(UTC).date(),
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"It says that it plays, and no play of it came in for over {plural(minutes)}.",
            {"last_error": row["last_error"]},
            since=watch.now,
            grace_min=BACK_FOR_MIN,
            lost_per_hour=watch.plays_an_hour(row["plan_etag"]),
        )
        for row in rows
    ]
