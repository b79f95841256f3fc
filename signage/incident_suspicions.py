"""Incident suspicions: what looks wrong has to be so for a while before it is an incident."""

from datetime import datetime, timedelta

import asyncpg
import msgspec

from signage.incident_changes import Finding


async def ripe(conn: asyncpg.Connection, found: list[Finding], *, now: datetime) -> list[Finding]:
    """Return what has been wrong for its time of grace; what is no longer found is forgotten."""
    waiting = [one for one in found if one.grace_min]
    rows = await conn.fetch(
        """
        /* incident_suspicions.ripe */
        WITH found AS (
            SELECT kind, device_id FROM unnest($1::text[], $2::uuid[]) AS f (kind, device_id)
        ), forgotten AS (
            DELETE FROM incident_suspicions s
            WHERE NOT EXISTS (SELECT FROM found f
                              WHERE f.kind = s.kind AND f.device_id = s.device_id)
        ), kept AS (
            INSERT INTO incident_suspicions (kind, device_id, since)
            SELECT f.kind, f.device_id, $3 FROM found f
            WHERE NOT EXISTS (SELECT FROM incident_suspicions s
                              WHERE f.kind = s.kind AND f.device_id = s.device_id)
            ON CONFLICT DO NOTHING)
        SELECT s.kind, s.device_id, s.since
        FROM incident_suspicions s JOIN found f ON f.kind = s.kind AND f.device_id = s.device_id
        """,
        [one.kind for one in waiting],
        [one.device_id for one in waiting],
        now,
    )
    since = {(row["kind"], row["device_id"]): row["since"] for row in rows}
    dated = [
        msgspec.structs.replace(one, since=since.get((one.kind, one.device_id), now))
        if one.grace_min
        else one
        for one in found
    ]
    return [one for one in dated if one.since <= now - timedelta(minutes=one.grace_min)]
