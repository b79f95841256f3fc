"""Where a device stood when it played: its store then, and the zone that decides the day."""

from bisect import bisect_right
from datetime import UTC, datetime, tzinfo
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg
import msgspec

from signage.ids import NIL_ID

Place = tuple[UUID, tzinfo]
"""A store, the nil UUID where the device stood in none, and the zone of its days."""

NOWHERE: Place = (NIL_ID, UTC)


class Places(msgspec.Struct, frozen=True):
    """The placements of one device in order: since when, until when (None: still), and where."""

    since: list[datetime]
    until: list[datetime | None]
    places: list[Place]

    def at(self, instant: datetime) -> Place:
        """Return where it stood. Before the first placement that is the first one's store; in a
        later gap it is no store, and the days are still those of the store it came from.
        """
        if not self.places:
            return NOWHERE
        at = max(bisect_right(self.since, instant) - 1, 0)
        until = self.until[at]
        if until is None or instant < until:
            return self.places[at]
        return NIL_ID, self.places[at][1]


UNPLACED = Places([], [], [])


async def load(conn: asyncpg.Connection, device_ids: list[UUID]) -> dict[UUID, Places]:
    """Return the placements of each device that ever stood anywhere."""
    rows = await conn.fetch(
        """
        /* play_places.load */
        SELECT p.device_id, p.store_id, s.timezone,
               coalesce(lower(p.during), '-infinity') AS since, upper(p.during) AS until
        FROM device_placements p
        JOIN stores s ON s.id = p.store_id
        WHERE p.device_id = ANY ($1)
        ORDER BY p.device_id, lower(p.during) NULLS FIRST
        """,
        device_ids,
    )
    found: dict[UUID, Places] = {}
    for row in rows:
        places = found.setdefault(row["device_id"], Places([], [], []))
        places.since.append(row["since"].replace(tzinfo=UTC))
        places.until.append(row["until"])
        places.places.append((row["store_id"], _zone(row["timezone"])))
    return found


@cache
def _zone(name: str) -> tzinfo:
    # A zone that this machine's tables lack must not stop the plays of a whole store.
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
