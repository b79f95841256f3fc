"""Store outage: most screens of a store are offline, which is one incident instead of many."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import asyncpg

from signage.detectors import offline
from signage.detectors.watch import Watch
from signage.incident_changes import Finding

KIND = "store_outage"


async def fold(
    conn: asyncpg.Connection, watch: Watch, found: list[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Return the outages, and what was found without the screens that are offline by one."""
    dark = Counter(one.store_id for one in found if one.kind == offline.KIND)
    enough = [store for store, count in dark.items() if count >= watch.limits.outage_screens_min]
    screens = await _screens(conn, enough) if enough else {}
    out = {
        store
        for store in enough
        if dark[store] * 100 >= watch.limits.outage_percent * screens[store]
    }
    folded: dict[UUID, list[Finding]] = {store: [] for store in out}
    for one in found:
        if one.kind == offline.KIND and one.store_id in out:
            folded[one.store_id].append(one)
    outages = [_outage(store, screens[store], ones) for store, ones in folded.items()]
    rest = [one for one in found if one.kind != offline.KIND or one.store_id not in out]
    return outages, rest


async def _screens(conn: asyncpg.Connection, store_ids: Iterable[UUID]) -> dict[UUID, int]:
    rows = await conn.fetch(
        """
        /* detectors.store_outage */
        SELECT store_id, count(*) AS screens FROM devices
        WHERE status = 'active' AND store_id = ANY ($1) AND last_seen_at IS NOT NULL
        GROUP BY store_id
        """,
        list(store_ids),
    )
    return {row["store_id"]: row["screens"] for row in rows}


def _outage(store_id: UUID, screens: int, folded: list[Finding]) -> Finding:
    dark = len(folded)
    return Finding(
        KIND,
        store_id,
        None,
        f"{'All' if dark == screens else dark} {'' if dark == screens else 'of '}{screens} screens"
        " are offline. Check the power and the line of the store.",
        {"offline": dark, "screens": screens},
        since=min(one.since for one in folded),
        lost_per_hour=sum(one.lost_per_hour for one in folded),
        folds=tuple(one.device_id for one in folded if one.device_id),
    )
