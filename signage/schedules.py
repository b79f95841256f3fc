"""Schedules: a playlist on a target in windows of wall-clock time.

The rules are those of ``signage.planning``; here they are kept, checked and listed.
"""

from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging, planning, playlists, targets
from signage.actors import Actor
from signage.errors import FieldError, Invalid, NotFound
from signage.ids import new_id
from signage.targets import Target
from signage.values import SmallInteger, is_timezone

NAME_MAX_CHARS = 200
PRIORITY_MAX = 100


WallClock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
"""A time of day as ``HH:MM`` or ``HH:MM:SS``."""


class NewSchedule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What makes a schedule. Without ``timezone`` its times are each device's own store's."""

    name: str
    playlist_id: UUID
    target: Target
    starts_on: date
    ends_on: date | None = None
    start_time: WallClock | None = None
    end_time: WallClock | None = None
    all_day: bool = False
    rrule: str | None = None
    exdates: list[date] = []
    rdates: list[date] = []
    timezone: str | None = None
    priority: SmallInteger = 50
    takeover: bool = False
    only_when_open: bool = False
    enabled: bool = True


class Schedule(msgspec.Struct, frozen=True):
    """A schedule as it stands."""

    id: UUID
    name: str
    playlist_id: UUID
    playlist: str
    target: Target
    starts_on: date
    ends_on: date | None
    start_time: time | None
    end_time: time | None
    all_day: bool
    rrule: str | None
    exdates: list[date]
    rdates: list[date]
    timezone: str | None
    priority: int
    takeover: bool
    only_when_open: bool
    enabled: bool
    revision: int
    created_at: datetime
    updated_at: datetime


async def create(
    conn: asyncpg.Connection, actor: Actor, new: NewSchedule, *, now: datetime
) -> Schedule:
    """Make a schedule and outdate the plans it can change. Invalid names every wrong value."""
    actor.require("program")
    pattern = _pattern(new)
    _check(new, pattern)
    schedule_id = new_id()
    async with conn.transaction():
        await targets.check(conn, actor, new.target, pointer="/target", now=now)
        await _check_playlist(conn, new.playlist_id)
        await conn.execute(
            """
            /* schedules.create */
            INSERT INTO schedules (id, name, playlist_id, target_kind, device_id, group_id,
                store_id, starts_on, ends_on, start_time, end_time, all_day, rrule, exdates,
                rdates, timezone,
                priority, takeover, only_when_open, enabled, created_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                    $18, $19, $20, $21, $22, $22)
            """,
            schedule_id,
            new.name.strip(),
            new.playlist_id,
            new.target.kind,
            *new.target.columns(),
            new.starts_on,
            new.ends_on,
            pattern.start_time,
            pattern.end_time,
            pattern.all_day,
            new.rrule,
            new.exdates,
            new.rdates,
            new.timezone,
            new.priority,
            new.takeover,
            new.only_when_open,
            new.enabled,
            actor.id,
            now,
        )
        await targets.outdate_plans(conn, new.target)
        await audit.record(
            conn,
            actor,
            action="schedules.create",
            entity="schedule",
            entity_id=schedule_id,
            after=new,
            now=now,
        )
        return await find(conn, actor, schedule_id)


async def find(conn: asyncpg.Connection, actor: Actor, schedule_id: UUID) -> Schedule:
    """Return the schedule, or raise NotFound."""
    row = await conn.fetchrow(
        f"/* schedules.find */ {_SELECT} WHERE s.id = $2 AND {_IN_SCOPE}",
        actor.store_ids,
        schedule_id,
    )
    if row is None:
        raise NotFound("There is no such schedule in your stores.")
    return _schedule(row)


async def list_page(
    conn: asyncpg.Connection, actor: Actor, *, limit: int, cursor: str | None = None
) -> paging.Page[Schedule]:
    """Return a page of the schedules that reach the actor's stores, by name."""
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        f"""
        /* schedules.list_page */
        {_SELECT}
        WHERE {_IN_SCOPE} AND ($2::text IS NULL OR (s.name, s.id) > ($2, $3::uuid))
        ORDER BY s.name, s.id
        LIMIT $4
        """,
        actor.store_ids,
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([_schedule(row) for row in found], next_cursor)


async def archive(
    conn: asyncpg.Connection, actor: Actor, schedule_id: UUID, *, now: datetime
) -> None:
    """Put the schedule away; what it played stays proven."""
    actor.require("program")
    async with conn.transaction():
        before = await find(conn, actor, schedule_id)
        await targets.check(conn, actor, before.target, pointer="/target", now=now)
        await conn.execute(
            "/* schedules.archive */ UPDATE schedules SET archived_at = $2 WHERE id = $1",
            schedule_id,
            now,
        )
        await targets.outdate_plans(conn, before.target)
        await audit.record(
            conn,
            actor,
            action="schedules.archive",
            entity="schedule",
            entity_id=schedule_id,
            before=before,
            now=now,
        )


_SELECT = """
SELECT s.id, s.name, s.playlist_id, p.name AS playlist, s.target_kind,
       coalesce(s.device_id, s.group_id, s.store_id) AS target_id, s.starts_on, s.ends_on,
       s.start_time, s.end_time, s.all_day, s.rrule, s.exdates, s.rdates, s.timezone, s.priority,
       s.takeover, s.only_when_open, s.enabled, s.revision, s.created_at, s.updated_at
FROM schedules s JOIN playlists p ON p.id = s.playlist_id"""

_IN_SCOPE = """s.archived_at IS NULL AND ($1::uuid[] IS NULL
    OR s.target_kind IN ('group', 'fleet') OR s.store_id = ANY ($1)
    OR s.device_id IN (SELECT d.id FROM devices d WHERE d.store_id = ANY ($1)))"""


def _schedule(row: asyncpg.Record) -> Schedule:
    fields = dict(row)
    target = Target(fields.pop("target_kind"), fields.pop("target_id"))
    return Schedule(target=target, **fields)


async def _check_playlist(conn: asyncpg.Connection, playlist_id: UUID) -> None:
    try:
        await playlists.find(conn, playlist_id)
    except NotFound as error:
        raise Invalid.field("/playlist_id", "unknown_playlist", error.detail) from error


def _check(new: NewSchedule, pattern: planning.Pattern) -> None:
    errors = _check_pattern(pattern)
    if not 1 <= len(new.name.strip()) <= NAME_MAX_CHARS:
        detail = f"A schedule's name has 1 to {NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    if not 0 <= new.priority <= PRIORITY_MAX:
        errors.append(FieldError("/priority", "invalid_priority", "A priority is from 0 to 100."))
    if new.timezone is not None and not is_timezone(new.timezone):
        detail = f"{new.timezone} is no IANA time zone. Leave it out for each store's own time."
        errors.append(FieldError("/timezone", "unknown_timezone", detail))
    if errors:
        raise Invalid(errors)


def _check_pattern(pattern: planning.Pattern) -> list[FieldError]:
    try:
        planning.check(pattern)
    except planning.RuleError as error:
        return [FieldError(f"/{error.field}", error.code, error.detail)]
    return []


def _pattern(new: NewSchedule) -> planning.Pattern:
    return planning.Pattern(
        new.starts_on,
        time.fromisoformat(new.start_time) if new.start_time else None,
        time.fromisoformat(new.end_time) if new.end_time else None,
        new.all_day,
        new.ends_on,
        new.rrule,
        tuple(new.exdates),
        tuple(new.rdates),
    )
