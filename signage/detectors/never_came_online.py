"""Never came online: a screen that was paired and has not beaten once since."""

import asyncpg

from signage.detectors.watch import Watch, plural
from signage.incident_changes import Finding

KIND = "never_came_online"


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    minutes = watch.limits.never_online_after_min
    rows = await conn.fetch(
        """
        /* detectors.never_came_online */
        SELECT id, store_id, plan_etag, created_at FROM devices
        WHERE status = 'active' AND last_seen_at IS NULL AND created_at <= $1
              AND store_id <> ALL ($2)
        """,
        watch.before(minutes=minutes),
        watch.closed,
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"It was paired over {plural(minutes)} ago and was never heard of.",
            {"paired_at": row["created_at"].isoformat(timespec="seconds")},
            since=row["created_at"],
            lost_per_hour=watch.plays_an_hour(row["plan_etag"]),
        )
        for row in rows
    ]
