"""Figures of the whole installation for whoever watches the program: counts, no names."""

from datetime import datetime
from typing import get_args

import asyncpg
import msgspec

from signage import devices
from signage.devices import Health


class Figures(msgspec.Struct, frozen=True):
    """Screens in service by health, those that wait for a new plan, open incidents by severity."""

    screens: dict[Health, int]
    plans_outdated: int
    incidents: dict[str, int]


async def load(conn: asyncpg.Connection, *, now: datetime) -> Figures:
    """Return the figures, in two statements however many screens there are."""
    rows = await conn.fetch(
        f"""
        /* fleet_figures.screens */
        SELECT {devices.HEALTH} AS health, count(*) AS screens,
               count(*) FILTER (WHERE d.plan_made <> d.plan_wanted) AS outdated
        FROM devices d WHERE d.status = 'active' GROUP BY 1
        """,
        now,
    )
    incidents = await conn.fetch(
        """
        /* fleet_figures.incidents */
        SELECT severity, count(*) AS open FROM incidents WHERE resolved_at IS NULL GROUP BY 1
        """
    )
    return Figures(
        screens=dict.fromkeys(get_args(Health), 0)
        | {row["health"]: row["screens"] for row in rows},
        plans_outdated=sum(row["outdated"] for row in rows),
        incidents={"info": 0, "warning": 0, "critical": 0}
        | {row["severity"]: row["open"] for row in incidents},
    )
