"""Detectors: each a small rule that finds what is wrong in the whole fleet, by a statement or two.

``run`` is a duty. What a rule finds for long enough opens an incident, what it finds again renews
its evidence, and what it no longer finds resolves it.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import asyncpg

from signage import incident_changes, incident_suspicions
from signage.detectors import (
    clock_off,
    content_not_downloaded,
    disk_nearly_full,
    never_came_online,
    offline,
    plan_out_of_date,
    playback_errors,
    playing_nothing,
    restart_loop,
    silent,
    store_outage,
    watch,
)
from signage.detectors.watch import Watch
from signage.incident_changes import Finding

Detector = Callable[[asyncpg.Connection, Watch], Awaitable[list[Finding]]]

DETECTORS: dict[str, Detector] = {
    offline.KIND: offline.find,
    never_came_online.KIND: never_came_online.find,
    plan_out_of_date.KIND: plan_out_of_date.find,
    playing_nothing.KIND: playing_nothing.find,
    silent.KIND: silent.find,
    playback_errors.KIND: playback_errors.find,
    disk_nearly_full.KIND: disk_nearly_full.find,
    clock_off.KIND: clock_off.find,
    restart_loop.KIND: restart_loop.find,
    content_not_downloaded.KIND: content_not_downloaded.find,
}


async def run(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Look over the fleet once; return how many incidents opened, reopened or were resolved."""
    async with conn.transaction():
        seen = await watch.load(conn, now=now)
        found = [finding for find in DETECTORS.values() for finding in await find(conn, seen)]
        lasting = await incident_suspicions.ripe(conn, found, now=now)
        outages, rest = await store_outage.fold(conn, seen, lasting)
        kinds = [*DETECTORS, store_outage.KIND]
        return await incident_changes.settle(
            conn, [*outages, *rest], kinds, limits=seen.limits, now=now
        )
