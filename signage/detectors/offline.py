"""Offline: a screen that beat before and does not now; only while its store is open if so set."""

import asyncpg

from signage.detectors.watch import Watch, plural
from signage.incident_changes import Finding

KIND = "offline"


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    minutes = watch.limits.offline_after_min
    rows = await conn.fetch(
        """
        /* detectors.offline */
        SELECT id, store_id, plan_etag, last_seen_at FROM devices
        WHERE status = 'active' AND last_seen_at <= $1 AND store_id <> ALL ($2)
        """,
        watch.before(minutes=minutes),
        watch.closed,
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"Not heard of for over {plural(minutes)}. Check its power and its network cable.",
            {"last_seen_at": row["last_seen_at"].isoformat(timespec="seconds")},
            since=row["last_seen_at"],
            lost_per_hour=watch.plays_an_hour(row["plan_etag"]),
        )
        for row in rows
    ]
