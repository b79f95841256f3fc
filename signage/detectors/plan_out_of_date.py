"""Plan out of date: a screen is online and does not hold the plan that it is due."""

import asyncpg

from signage.detectors.watch import Watch, plural
from signage.incident_changes import Finding

KIND = "plan_out_of_date"


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    minutes = watch.limits.plan_late_after_min
    rows = await conn.fetch(
        """
        /* detectors.plan_out_of_date */
        SELECT id, store_id, plan_etag, plan_etag_reported, last_error FROM devices
        WHERE status = 'active' AND last_seen_at > $1
              AND plan_etag_reported IS DISTINCT FROM plan_etag
        """,
        watch.online_since,
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"Online for over {plural(minutes)} without the plan it is due: it shows an older one.",
            {
                "plan_etag": row["plan_etag"],
                "plan_etag_reported": row["plan_etag_reported"],
                "last_error": row["last_error"],
            },
            since=watch.now,
            grace_min=minutes,
            severity="warning",
        )
        for row in rows
    ]
