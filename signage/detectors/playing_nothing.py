"""Playing nothing: the plan has a window now, and the heartbeats say that nothing is on screen."""

import asyncpg

from signage.detectors.watch import Watch, plural
from signage.incident_changes import Finding

KIND = "playing_nothing"


async def find(conn: asyncpg.Connection, watch: Watch) -> list[Finding]:
    """Return the screens that are so now."""
    minutes = watch.limits.nothing_playing_after_min
    rows = await conn.fetch(
        """
        /* detectors.playing_nothing */
        SELECT id, store_id, plan_etag, last_error FROM devices
        WHERE status = 'active' AND last_seen_at > $1 AND now_playing IS NULL
              AND plan_etag = ANY ($2)
        """,
        watch.online_since,
        watch.playing(),
    )
    return [
        Finding(
            KIND,
            row["store_id"],
            row["id"],
            f"Its plan has something to show, and it has shown nothing for over {plural(minutes)}.",
            {"last_error": row["last_error"]},
            since=watch.now,
            grace_min=minutes,
            lost_per_hour=watch.plays_an_hour(row["plan_etag"]),
        )
        for row in rows
    ]
