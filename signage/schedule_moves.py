"""Schedule moves: an occurrence is put at another time of a calendar, alone or with its series.

A calendar speaks in a store's wall clock; a schedule with a zone of its own is written in that.
"""

from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from signage import planning, schedule_series, schedules
from signage.actors import Actor
from signage.errors import Invalid
from signage.new_schedules import Changes, WallClock
from signage.planning import Pattern, RuleError
from signage.schedules import Schedule
from signage.values import is_timezone

Extent = Literal["one", "following", "all"]
DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Where an occurrence goes: ``on`` is the date it has, ``date`` the one it gets.

    ``start`` and ``end`` are wall-clock times in ``timezone``; without them it keeps its times.
    """

    on: date
    date: date
    start: WallClock | None = None
    end: WallClock | None = None
    timezone: str = "UTC"


async def move(
    conn: asyncpg.Connection,
    actor: Actor,
    schedule_id: UUID,
    wanted: Move,
    *,
    extent: Extent,
    revision: int | None = None,
    now: datetime,
) -> Schedule:
    """Move one occurrence, it and all following, or all; return the schedule it then belongs to.

    Invalid where nothing begins on the date, or where the rule says on which day all others are.
    """
    actor.require("program")
    before = await schedules.find(conn, actor, schedule_id)
    pattern = before.as_new().pattern
    if not planning.falls_on(pattern, wanted.on):
        raise Invalid.field("/on", "no_occurrence", f"Nothing begins on {wanted.on}.")
    on, times = _placed(before, wanted)
    if before.rrule is None and not before.rdates:
        changes = Changes(starts_on=on, **times)
        return await schedules.change(conn, actor, schedule_id, changes, revision=revision, now=now)
    if extent == "one":
        changes = Changes(starts_on=on, **times)
        return await schedule_series.change_one(
            conn, actor, schedule_id, wanted.on, changes, revision=revision, now=now
        )
    if extent == "following" and wanted.on != before.starts_on:
        rest = _following(pattern, wanted.on)
        changes = Changes(**_shifted(rest, wanted.on, on), **times)
        return await schedule_series.change_following(
            conn, actor, schedule_id, wanted.on, changes, revision=revision, now=now
        )
    changes = Changes(**_shifted(pattern, wanted.on, on), **times)
    return await schedules.change(conn, actor, schedule_id, changes, revision=revision, now=now)


async def revisions(conn: asyncpg.Connection, schedule_ids: list[UUID]) -> dict[UUID, int]:
    """Return the revision of each of these, which the caller has found within its stores."""
    rows = await conn.fetch(
        "/* schedule_moves.revisions */ SELECT id, revision FROM schedules WHERE id = ANY ($1)",
        schedule_ids,
    )
    return {row["id"]: row["revision"] for row in rows}


def _placed(before: Schedule, wanted: Move) -> tuple[date, dict[str, Any]]:
    """Return the date in the schedule's own clock, and the times that change."""
    if wanted.start is None or wanted.end is None:
        return wanted.date, {}
    if not is_timezone(wanted.timezone):
        raise Invalid.field("/timezone", "unknown_timezone", "There is no such time zone.")
    if before.timezone is None or before.timezone == wanted.timezone:
        return wanted.date, {"start_time": wanted.start, "end_time": wanted.end, "all_day": False}
    there, own = ZoneInfo(wanted.timezone), ZoneInfo(before.timezone)
    starts, ends = time.fromisoformat(wanted.start), time.fromisoformat(wanted.end)
    start = datetime.combine(wanted.date, starts, there).astimezone(own)
    last = wanted.date + timedelta(days=1) if ends <= starts else wanted.date
    end = datetime.combine(last, ends, there).astimezone(own)
    times = {"start_time": start.strftime("%H:%M"), "end_time": end.strftime("%H:%M")}
    return start.date(), times | {"all_day": False}


def _following(pattern: Pattern, on: date) -> Pattern:
    try:
        return planning.split(pattern, on)[1]
    except RuleError as error:
        raise Invalid.field("/on", error.code, error.detail) from error


def _shifted(pattern: Pattern, on: date, to: date) -> dict[str, Any]:
    """Return what changes of a series when one of its dates, and with it all, goes to another.

    A weekly series gets another weekday; every other rule says itself on which dates it plays.
    """
    if to == on:
        return {}
    rule = planning.parse(pattern.rrule) if pattern.rrule else None
    if rule is None or rule.freq != "WEEKLY" or any(ordinal for ordinal, _ in rule.byday):
        detail = "Its rule says on which dates it plays. Move this date alone, or edit the rule."
        raise Invalid.field("/date", "ruled_date", detail)
    days = {weekday for _, weekday in rule.byday} or {pattern.starts_on.weekday()}
    days = days - {on.weekday()} | {to.weekday()}
    parts = [part for part in (pattern.rrule or "").upper().split(";") if "BYDAY" not in part]
    earlier = to < on and pattern.starts_on.weekday() == on.weekday()
    return {
        "rrule": ";".join([*parts, "BYDAY=" + ",".join(DAY_CODES[day] for day in sorted(days))]),
        "starts_on": pattern.starts_on + (to - on) if earlier else pattern.starts_on,
        "exdates": [
            day + (to - on) if day.weekday() == on.weekday() else day for day in pattern.exdates
        ],
    }
