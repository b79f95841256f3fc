"""When a schedule comes round next, on the clock that its times are meant for."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from signage import devices, planning, stores
from signage.actors import Actor
from signage.new_schedules import NewSchedule
from signage.planning import Pattern
from signage.targets import Target
from web.services import now as request_now

SHOWN = 10
LOOK_AHEAD_DAYS = (60, 800, 12 * 366)
"""How far ahead is looked for SHOWN dates: near, then further for what is rare."""


class Next(msgspec.Struct, frozen=True):
    """One time it comes round, as clocks show it there."""

    on: date
    starts: str
    ends: str
    is_next_day: bool


def following(new: NewSchedule, own_zone: str, now: datetime) -> list[Next]:
    """Return the next times; without a zone of its own they are told in ``own_zone``."""
    in_zone = planning.zone(new.timezone or own_zone)
    found: tuple[planning.Occurrence, ...] = ()
    first = datetime.combine(new.starts_on, time(), UTC) - timedelta(days=2)
    since = max(now, first)
    for days in LOOK_AHEAD_DAYS:
        found = planning.occurrences(new.pattern, in_zone, since, since + timedelta(days=days))
        if len(found) >= SHOWN:
            break
    return [_next(one, in_zone, all_day=new.all_day) for one in found[:SHOWN]]


def chosen(pattern: Pattern, text: str) -> date | None:
    """Return the date of an occurrence that an address names, None where it names none."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if planning.falls_on(pattern, on) else None


async def zone_of(conn: asyncpg.Connection, actor: Actor, target: Target) -> str:
    """Return the zone of a screen's or a store's clock; UTC for what stands in many."""
    match target:
        case Target("device", UUID() as device_id):
            return (await devices.find(conn, actor, device_id, now=request_now())).timezone
        case Target("store", UUID() as store_id):
            return (await stores.find(conn, actor, store_id)).timezone
        case _:
            return "UTC"


def _next(one: planning.Occurrence, in_zone: ZoneInfo, *, all_day: bool) -> Next:
    start, end = one.start.astimezone(in_zone), one.end.astimezone(in_zone)
    is_next_day = end.date() > start.date() and not all_day
    return Next(one.on, f"{start:%H:%M}", f"{end:%H:%M}", is_next_day)
