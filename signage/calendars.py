"""Calendars: what is scheduled on a target day by day, what of it plays, and who wins where.

The same candidates and the same order that make a plan make the calendar, so the two agree. Times
are aware and in the zone of the store that the calendar is read for.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from signage import devices, groups, plan_inputs, planning, stores
from signage.actors import Actor
from signage.errors import Invalid, NotFound
from signage.planning.inputs import Inputs, Layer, Schedule, Source
from signage.planning.intervals import Interval, intersection
from signage.planning.resolution import Scope, resolve_scope, stages
from signage.targets import Target

DAYS_MAX = 42


class Part(msgspec.Struct, frozen=True):
    """A span of an occurrence that something else wins; ``winner`` is its name."""

    starts_at: datetime
    ends_at: datetime
    winner_id: UUID
    winner: str


class Entry(msgspec.Struct, frozen=True):
    """One occurrence of a schedule: the nominal span, the parts it plays, the parts it loses.

    What is in neither does not play for itself: the store is closed, or there is no content.
    """

    schedule_id: UUID
    name: str
    playlist_id: UUID
    playlist: str
    on: date
    starts_at: datetime
    ends_at: datetime
    layer: Layer
    priority: int
    takeover: bool
    enabled: bool
    repeats: bool
    plays: list[tuple[datetime, datetime]]
    loses: list[Part]


class Base(msgspec.Struct, frozen=True):
    """A span in which an always-on playlist plays because no schedule does."""

    starts_at: datetime
    ends_at: datetime
    playlist_id: UUID
    playlist: str


class Day(msgspec.Struct, frozen=True):
    """A local date. ``hours`` is 23 or 25 on most days on which the clocks change."""

    on: date
    hours: float
    open: list[tuple[datetime, datetime]]


class Calendar(msgspec.Struct, frozen=True):
    """The days, the occurrences that touch them by their start, and what fills the gaps."""

    timezone: str
    store_id: UUID
    store: str
    days: list[Day]
    entries: list[Entry]
    base: list[Base]

    @property
    def conflicts(self) -> list[Entry]:
        """The occurrences that lose some of their time to another schedule."""
        return [entry for entry in self.entries if entry.loses]


async def load(
    conn: asyncpg.Connection,
    actor: Actor,
    target: Target,
    *,
    since: date,
    days: int,
    store_id: UUID | None = None,
    now: datetime,
) -> Calendar:
    """Return the calendar of a target for so many local days.

    A group and the fleet have no zone of their own: they are read as by a screen in ``store_id``,
    by default the first store in scope. NotFound or Invalid for what is out of scope.
    """
    actor.require("watch")
    if not 1 <= days <= DAYS_MAX:
        raise Invalid.field("/days", "invalid_days", f"A calendar has 1 to {DAYS_MAX} days.")
    store, inputs = await _inputs(conn, actor, target, store_id, now)
    inputs = plan_inputs.as_ever(inputs, now)
    in_zone = planning.zone(store.timezone)
    first, last = _midnight(since, in_zone), _midnight(since + timedelta(days=days), in_zone)
    scope = Scope(inputs, first, last)
    windows = resolve_scope(scope)
    names = await _playlist_names(conn, inputs)
    return Calendar(
        timezone=store.timezone,
        store_id=store.id,
        store=store.name,
        days=[_day(inputs, since + timedelta(days=n), in_zone) for n in range(days)],
        entries=_entries(scope, windows, in_zone, names),
        base=[
            Base(
                window.start.astimezone(in_zone),
                window.end.astimezone(in_zone),
                window.source.playlist_id,
                names.get(window.source.playlist_id, ""),
            )
            for window in windows
            if not isinstance(window.source, Schedule)
        ],
    )


async def _inputs(
    conn: asyncpg.Connection,
    actor: Actor,
    target: Target,
    store_id: UUID | None,
    now: datetime,
) -> tuple[stores.Store, Inputs]:
    if target.kind == "device" and target.id is not None:
        device = await devices.find(conn, actor, target.id, now=now)
        store = await stores.find(conn, actor, device.store_id)
        return store, await plan_inputs.load(conn, target.id)
    if target.kind == "store":
        store_id = target.id
    if target.kind == "group" and target.id is not None:
        await groups.find(conn, target.id)
    store = await _store(conn, actor, store_id)
    group_ids = [target.id] if target.kind == "group" and target.id else []
    return store, await plan_inputs.load_for_target(
        conn, store.id, group_ids=group_ids, with_store=target.kind == "store"
    )


async def _store(conn: asyncpg.Connection, actor: Actor, store_id: UUID | None) -> stores.Store:
    if store_id is not None:
        return await stores.find(conn, actor, store_id)
    first = await conn.fetchval(
        """
        /* calendars.first_store */
        SELECT id FROM stores
        WHERE archived_at IS NULL AND ($1::uuid[] IS NULL OR id = ANY ($1))
        ORDER BY code LIMIT 1
        """,
        actor.store_ids,
    )
    if first is None:
        raise NotFound("There is no store yet, and a calendar is read in a store's time.")
    return await stores.find(conn, actor, first)


def _midnight(day: date, in_zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), in_zone).astimezone(planning.zone("UTC"))


def _day(inputs: Inputs, on: date, in_zone: ZoneInfo) -> Day:
    first, last = _midnight(on, in_zone), _midnight(on + timedelta(days=1), in_zone)
    return Day(
        on=on,
        hours=(last - first) / timedelta(hours=1),
        open=[
            (start.astimezone(in_zone), end.astimezone(in_zone))
            for start, end in planning.open_intervals(inputs.store, first, last)
        ],
    )


def _entries(
    scope: Scope, windows: list[planning.Window], in_zone: ZoneInfo, names: dict[UUID, str]
) -> list[Entry]:
    found = []
    for schedule in scope.inputs.schedules:
        steps = stages(scope, schedule)
        playable = {occurrence.start: spans for occurrence, spans in steps.playable}
        for occurrence, _ in steps.occurrences:
            spans = playable.get(occurrence.start, []) if schedule.enabled else []
            found.append(
                Entry(
                    schedule_id=schedule.id,
                    name=schedule.name,
                    playlist_id=schedule.playlist_id,
                    playlist=names.get(schedule.playlist_id, ""),
                    on=occurrence.on,
                    starts_at=occurrence.start.astimezone(in_zone),
                    ends_at=occurrence.end.astimezone(in_zone),
                    layer=schedule.layer,
                    priority=schedule.priority,
                    takeover=schedule.takeover,
                    enabled=schedule.enabled,
                    repeats=schedule.rrule is not None,
                    plays=_played(windows, schedule, occurrence.start, in_zone),
                    loses=_lost(windows, schedule, spans, in_zone),
                )
            )
    return sorted(found, key=lambda entry: (entry.starts_at, entry.name, entry.schedule_id))


def _played(
    windows: list[planning.Window], schedule: Schedule, anchor: datetime, in_zone: ZoneInfo
) -> list[tuple[datetime, datetime]]:
    return [
        (window.start.astimezone(in_zone), window.end.astimezone(in_zone))
        for window in windows
        if window.source.id == schedule.id and window.anchor == anchor
    ]


def _lost(
    windows: list[planning.Window], schedule: Schedule, spans: list[Interval], in_zone: ZoneInfo
) -> list[Part]:
    return [
        Part(
            start.astimezone(in_zone),
            end.astimezone(in_zone),
            window.source.id,
            _title(window.source),
        )
        for window in windows
        if window.source.id != schedule.id
        for start, end in intersection(spans, [(window.start, window.end)])
    ]


def _title(source: Source) -> str:
    return source.name if isinstance(source, Schedule) else ""


async def _playlist_names(conn: asyncpg.Connection, inputs: Inputs) -> dict[UUID, str]:
    sources: list[Source] = [*inputs.schedules, *inputs.assignments]
    ids = {source.playlist_id for source in sources}
    rows = await conn.fetch(
        "/* calendars.names */ SELECT id, name FROM playlists WHERE id = ANY ($1)", list(ids)
    )
    return {row["id"]: row["name"] for row in rows}
