"""Disk nearly full: a screen has used more of its disk than is good for new content."""

import asyncpg

from signage.detectors.watch import Watch
from signage.incident_changes import Finding

KIND = "disk_nearly_full"


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    percent = watch.limits.disk_full_percent
    rows = await conn.fetch(
        """
        /* detectors.disk_nearly_full */
        SELECT id, store_id, disk_used_bytes, disk_total_bytes FROM devices
        WHERE status = 'active' AND disk_total_bytes > 0
              AND disk_used_bytes::numeric * 100 >= disk_total_bytes::numeric * $1
        """,
        percent,
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"Over {percent}% of its disk is in use. New content may not fit.",
            {
                # Whole percents: what changes with every heartbeat is no news.
                "percent": row["disk_used_bytes"] * 100 // row["disk_total_bytes"],
                "disk_total_bytes": row["disk_total_bytes"],
            },
            since=watch.now,
            severity="warning",
        )
        for row in rows
    ]
