"""Content not downloaded: files of its plan are missing on a screen for longer than they should."""

import asyncpg

from signage.detectors.watch import Watch, plural
from signage.incident_changes import Finding

KIND = "content_not_downloaded"


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    minutes = watch.limits.content_missing_after_min
    rows = await conn.fetch(
        """
        /* detectors.content_not_downloaded */
        SELECT id, store_id, (counters ->> 'files_missing')::numeric::bigint AS files_missing,
               last_error
        FROM devices
        WHERE status = 'active' AND last_seen_at > $1
              AND (counters ->> 'files_missing')::numeric > 0
        """,
        watch.online_since,
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"Files of its plan are missing on it for over {plural(minutes)}.",
            {"files_missing": row["files_missing"], "last_error": row["last_error"]},
            since=watch.now,
            grace_min=minutes,
            severity="warning",
        )
        for row in rows
    ]
