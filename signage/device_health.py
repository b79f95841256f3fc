"""Device health: in which minutes a device's heartbeats came, hour by hour, for ninety days.

A heartbeat marks its minute in the device's own row (``heartbeats.record``); finished hours stand
in ``device_health``, one row per UTC day. A minute is online where a heartbeat came in it or in the
two before it, as a screen is called online for 150 seconds after one.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import devices
from signage.actors import Actor
from signage.errors import Invalid

DAYS_KEPT = 90
DAYS_SHOWN = 7
HOURS = 24
MINUTES = 60
COVERED_MINUTES = devices.ONLINE_WITHIN_S // 60
FORGET_ROWS = 20_000


class Day(msgspec.Struct, frozen=True):
    """One UTC day. ``hours`` has the minutes online of each hour; None before the first heartbeat
    that is known, and for hours to come. ``expected_minutes`` is how many there could have been.
    """

    day: date
    hours: list[int | None]
    online_minutes: int
    expected_minutes: int
    error_minutes: int
    disk_used_bytes: int | None
    disk_total_bytes: int | None


async def list_for_device(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    *,
    days: int = DAYS_SHOWN,
    now: datetime,
) -> list[Day]:
    """Return the last ``days`` days, today included, the earliest first. Invalid beyond 90."""
    actor.require("watch")
    if not 1 <= days <= DAYS_KEPT:
        detail = f"From 1 to {DAYS_KEPT} days are kept."
        raise Invalid.field("/days", "invalid_days", detail)
    await devices.find(conn, actor, device_id, now=now)
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    rows = await conn.fetch(
        """
        /* device_health.list_for_device */
        SELECT day, minutes, errors, disk_used_bytes, disk_total_bytes, NULL::timestamptz AS hour
        FROM device_health WHERE device_id = $1 AND day >= $2::date - 1
        UNION ALL
        SELECT (hour AT TIME ZONE 'UTC')::date, ARRAY[minutes],
               ARRAY[bit_count(errors::bit(64))::smallint], disk_used_bytes, disk_total_bytes, hour
        FROM devices, LATERAL (VALUES (health_past_hour, health_past_minutes, health_past_errors),
                                      (health_hour, health_minutes, health_errors)
                              ) AS latest (hour, minutes, errors)
        WHERE id = $1 AND hour IS NOT NULL
        """,
        device_id,
        first,
    )
    marks = _marks(rows)
    since = await _known_since(conn, device_id, marks) or now + timedelta(minutes=1)
    return [_day(first + timedelta(days=offset), rows, marks, since, now) for offset in range(days)]


async def forget_old(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Forget the days older than ninety, 20,000 rows at a time; return how many there were."""
    gone = await conn.fetch(
        """
        /* device_health.forget_old */
        DELETE FROM device_health
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM device_health WHERE day < $1 LIMIT $2))
        RETURNING 1
        """,
        now.astimezone(UTC).date() - timedelta(days=DAYS_KEPT),
        FORGET_ROWS,
    )
    return len(gone)


async def _known_since(
    conn: asyncpg.Connection, device_id: UUID, marks: dict[datetime, int]
) -> datetime | None:
    """Return the first minute of a heartbeat, or a day before those that are asked for."""
    day = await conn.fetchval(
        "/* device_health.known_since */ SELECT min(day) FROM device_health WHERE device_id = $1",
        device_id,
    )
    marked = [hour for hour, bits in marks.items() if bits]
    if not marked:
        return None
    hour = min(marked)
    if day is not None and day < hour.date():
        return datetime.combine(day, time(), UTC)
    bits = marks[hour]
    return hour + timedelta(minutes=(bits & -bits).bit_length() - 1)


def _marks(rows: list[asyncpg.Record]) -> dict[datetime, int]:
    """Return the bits of each hour that has any."""
    marks: dict[datetime, int] = {}
    for row in rows:
        start = row["hour"] or datetime.combine(row["day"], time(), UTC)
        for number, bits in enumerate(row["minutes"]):
            hour = start + timedelta(hours=number)
            marks[hour] = marks.get(hour, 0) | bits
    return marks


def _day(
    day: date,
    rows: list[asyncpg.Record],
    marks: dict[datetime, int],
    since: datetime,
    now: datetime,
) -> Day:
    midnight = datetime.combine(day, time(), UTC)
    starts = [midnight + timedelta(hours=number) for number in range(HOURS)]
    hours = [_minutes_online(marks, start, since, now) for start in starts]
    expected = sum(_minutes_expected(start, since, now) for start in starts)
    own = [row for row in rows if row["day"] == day]
    latest = own[-1] if own else None
    return Day(
        day=day,
        hours=hours,
        online_minutes=sum(hour or 0 for hour in hours),
        expected_minutes=expected,
        error_minutes=sum(sum(row["errors"]) for row in own),
        disk_used_bytes=latest and latest["disk_used_bytes"],
        disk_total_bytes=latest and latest["disk_total_bytes"],
    )


def _minutes_online(
    marks: dict[datetime, int], start: datetime, since: datetime, now: datetime
) -> int | None:
    expected = _minutes_expected(start, since, now)
    if not expected:
        return None
    # The bits of this hour above those of the hour before, so that its last beats cover our first.
    bits = marks.get(start, 0) << MINUTES | marks.get(start - timedelta(hours=1), 0)
    covered = bits
    for minutes in range(1, COVERED_MINUTES + 1):
        covered |= bits << minutes
    within = (covered >> MINUTES) & ((1 << MINUTES) - 1)
    return min(within.bit_count(), expected)


def _minutes_expected(start: datetime, since: datetime, now: datetime) -> int:
    """Return how many minutes of the hour have begun since the first heartbeat."""
    until = min(start + timedelta(hours=1), now + timedelta(minutes=1))
    return max(0, int((until - max(start, since)).total_seconds()) // 60)
