"""The rules and the time zone tables that plans are made by: inputs like any other.

A plan is the same for the same inputs, so a release that resolves otherwise, or brings newer time
zones, has to outdate what an older one made.
"""

from datetime import datetime

import asyncpg
import msgspec
import tzdata

PLANNING_RULES = 1
"""Counted up by a change of ``signage.planning`` that makes other plans of the same inputs."""


class Version(msgspec.Struct, frozen=True, order=True):
    """Newer ones are greater: IANA names its releases 2026a, 2026b, ..."""

    rules: int
    time_zones: str


OWN = Version(PLANNING_RULES, tzdata.IANA_VERSION)


async def adopt(conn: asyncpg.Connection, *, own: Version = OWN, now: datetime) -> int:
    """Outdate every plan if this program is newer than who made them; return how many there are.

    Where an older and a newer program run side by side for a while, the newer one's word stands.
    """
    async with conn.transaction():
        await conn.execute(
            "/* plan_version.lock */ LOCK TABLE plan_version IN SHARE ROW EXCLUSIVE MODE"
        )
        made_by = await find(conn)
        if made_by is not None and made_by >= own:
            return 0
        await conn.execute(
            """
            /* plan_version.adopt */
            INSERT INTO plan_version (rules, time_zones, adopted_at) VALUES ($1, $2, $3)
            ON CONFLICT (only_row) DO UPDATE
            SET rules = EXCLUDED.rules, time_zones = EXCLUDED.time_zones,
                adopted_at = EXCLUDED.adopted_at
            """,
            own.rules,
            own.time_zones,
            now,
        )
        if made_by is None:
            return 0
        status: str = await conn.execute(
            """
            /* plan_version.outdate */
            UPDATE devices SET plan_wanted = plan_wanted + 1 WHERE status <> 'retired'
            """
        )
        return int(status.rsplit(maxsplit=1)[-1])


async def find(conn: asyncpg.Connection) -> Version | None:
    """Return what the plans were made by, None before there were any."""
    row = await conn.fetchrow("/* plan_version.find */ SELECT rules, time_zones FROM plan_version")
    return row and Version(**dict(row))
