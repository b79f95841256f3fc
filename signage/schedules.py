"""Schedules: a playlist on a target in windows of wall-clock time, kept and listed."""

from datetime import date, datetime, time
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, new_schedules, paging, playlists, targets
from signage.actors import Actor
from signage.errors import Invalid, NotFound, Stale
from signage.ids import new_id
from signage.new_schedules import Changes, NewSchedule
from signage.targets import Target

__all__ = [
    "NO_FILTERS", "Changes", "Filters", "NewSchedule", "Schedule",
    "archive", "change", "create", "find", "list_page",
]  # fmt: skip


class Schedule(msgspec.Struct, frozen=True):
    """A schedule as it stands.

    ``series_id`` and ``series_on`` are given where it takes the place of one date of a series,
    ``takeover_until`` where it is a takeover that was started for a time.
    """

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
    series_id: UUID | None
    series_on: date | None
    takeover_until: datetime | None
    revision: int
    created_at: datetime
    updated_at: datetime

    def as_new(self) -> NewSchedule:
        """Return the values that would make it again."""
        values = {name: getattr(self, name) for name in NewSchedule.__struct_fields__}
        values["start_time"] = self.start_time and self.start_time.isoformat()
        values["end_time"] = self.end_time and self.end_time.isoformat()
        return NewSchedule(**values)


class Filters(msgspec.Struct, frozen=True):
    """Which schedules a list shows; None leaves a filter out. ``q`` looks in their names."""

    q: str | None = None
    playlist_id: UUID | None = None
    kind: targets.Kind | None = None
    target_id: UUID | None = None
    takeover: bool | None = None
    enabled: bool | None = None


NO_FILTERS = Filters()


async def create(
    conn: asyncpg.Connection,
    actor: Actor,
    new: NewSchedule,
    *,
    series: tuple[UUID, date] | None = None,
    takeover_until: datetime | None = None,
    now: datetime,
) -> Schedule:
    """Make a schedule and outdate the plans it can change. Invalid names every wrong value.

    ``series`` says which date of which other schedule it takes the place of.
    """
    actor.require("program")
    new_schedules.check(new)
    schedule_id = new_id()
    async with conn.transaction():
        await _check_rows(conn, actor, new, now)
        await conn.execute(
            """
            /* schedules.create */
            INSERT INTO schedules (id, name, playlist_id, target_kind, device_id, group_id,
                store_id, starts_on, ends_on, start_time, end_time, all_day, rrule, exdates,
                rdates, timezone, priority, takeover, only_when_open, enabled, series_id,
                series_on, takeover_until, created_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                    $18, $19, $20, $21, $22, $23, $24, $25, $25)
            """,
            schedule_id,
            *new_schedules.columns(new),
            *(series or (None, None)),
            takeover_until,
            actor.id,
            now,
        )
        await targets.outdate_plans(conn, new.target)
        await _record(conn, actor, "create", schedule_id, after=new, now=now)
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
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
) -> paging.Page[Schedule]:
    """Return a page of the schedules that reach the actor's stores, by name."""
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        f"""
        /* schedules.list_page */
        {_SELECT}
        WHERE {_IN_SCOPE} AND ($2::text IS NULL OR (s.name, s.id) > ($2, $3::uuid))
              AND ($4::text IS NULL OR s.name ILIKE '%' || $4 || '%')
              AND ($5::uuid IS NULL OR s.playlist_id = $5)
              AND ($6::text IS NULL OR s.target_kind = $6)
              AND ($7::uuid IS NULL OR $7 IN (s.device_id, s.group_id, s.store_id))
              AND ($8::boolean IS NULL OR s.takeover = $8)
              AND ($9::boolean IS NULL OR s.enabled = $9)
        ORDER BY s.name, s.id
        LIMIT $10
        """,
        actor.store_ids,
        *(after or (None, None)),
        paging.like(filters.q),
        filters.playlist_id,
        filters.kind,
        filters.target_id,
        filters.takeover,
        filters.enabled,
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([_schedule(row) for row in found], next_cursor)


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    schedule_id: UUID,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Schedule:
    """Change what is given. NotFound, Invalid, or Stale where ``revision`` is no longer current.

    The plans of both targets are outdated, the former one's and the new one's.
    """
    actor.require("program")
    async with conn.transaction():
        await conn.execute(_LOCK, schedule_id)
        before = await find(conn, actor, schedule_id)
        if revision is not None and before.revision != revision:
            raise Stale(f"{before.name} was changed by somebody else meanwhile. Load it again.")
        await targets.check(conn, actor, before.target, pointer="/target", now=now)
        wanted = msgspec.structs.replace(before.as_new(), **changes.given())
        new_schedules.check(wanted)
        await _check_rows(conn, actor, wanted, now)
        await _write(conn, schedule_id, wanted, now)
        for target in {before.target, wanted.target}:
            await targets.outdate_plans(conn, target)
        await _record(
            conn, actor, "change", schedule_id, before=before.as_new(), after=wanted, now=now
        )
        return await find(conn, actor, schedule_id)


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
        await _record(conn, actor, "archive", schedule_id, before=before, now=now)


# What is left out is written back as it was read, so nobody may change it in between.
_LOCK = "/* schedules.lock */ SELECT id FROM schedules WHERE id = $1 FOR NO KEY UPDATE"

_SELECT = """
SELECT s.id, s.name, s.playlist_id, p.name AS playlist, s.target_kind,
       coalesce(s.device_id, s.group_id, s.store_id) AS target_id, s.starts_on, s.ends_on,
       s.start_time, s.end_time, s.all_day, s.rrule, s.exdates, s.rdates, s.timezone, s.priority,
       s.takeover, s.only_when_open, s.enabled, s.series_id, s.series_on, s.takeover_until,
       s.revision, s.created_at, s.updated_at
FROM schedules s JOIN playlists p ON p.id = s.playlist_id"""

_IN_SCOPE = """s.archived_at IS NULL AND ($1::uuid[] IS NULL
    OR s.target_kind IN ('group', 'fleet') OR s.store_id = ANY ($1)
    OR s.device_id IN (SELECT d.id FROM devices d WHERE d.store_id = ANY ($1)))"""


def _schedule(row: asyncpg.Record) -> Schedule:
    fields = dict(row)
    target = Target(fields.pop("target_kind"), fields.pop("target_id"))
    return Schedule(target=target, **fields)


async def _check_rows(
    conn: asyncpg.Connection, actor: Actor, new: NewSchedule, now: datetime
) -> None:
    await targets.check(conn, actor, new.target, pointer="/target", now=now)
    try:
        await playlists.find(conn, new.playlist_id)
    except NotFound as error:
        raise Invalid.field("/playlist_id", "unknown_playlist", error.detail) from error


async def _write(
    conn: asyncpg.Connection, schedule_id: UUID, wanted: NewSchedule, now: datetime
) -> None:
    await conn.execute(
        """
        /* schedules.change */
        UPDATE schedules
        SET name = $2, playlist_id = $3, target_kind = $4, device_id = $5, group_id = $6,
            store_id = $7, starts_on = $8, ends_on = $9, start_time = $10, end_time = $11,
            all_day = $12, rrule = $13, exdates = $14, rdates = $15, timezone = $16,
            priority = $17, takeover = $18, only_when_open = $19, enabled = $20,
            takeover_until = CASE WHEN $18 THEN takeover_until END,
            updated_at = $21, revision = revision + 1
        WHERE id = $1
        """,
        schedule_id,
        *new_schedules.columns(wanted),
        now,
    )


async def _record(
    conn: asyncpg.Connection,
    actor: Actor,
    verb: str,
    schedule_id: UUID,
    *,
    before: object = None,
    after: object = None,
    now: datetime,
) -> None:
    await audit.record(
        conn,
        actor,
        action=f"schedules.{verb}",
        entity="schedule",
        entity_id=schedule_id,
        before=before,
        after=after,
        now=now,
    )
