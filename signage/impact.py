"""Impact: what a schedule would change, before it is saved. Nothing is written here.

For the week in which it first plays, every screen that it reaches, or has reached, is resolved
with today's configuration and with the changed one. Screens with the same inputs are resolved once.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from signage import new_schedules, plan_inputs, planning, schedules, targets
from signage.actors import Actor
from signage.errors import Invalid
from signage.new_schedules import Changes, NewSchedule
from signage.planning.inputs import Inputs, Layer, Library, Source
from signage.targets import Target

DAYS = 7
SCREENS_MAX = 20_000
LISTED_MAX = 50
LOOK_AHEAD_DAYS = 366
MILLISECOND = timedelta(milliseconds=1)

Span = tuple[datetime, datetime]


class Proposal(Changes, kw_only=True):
    """A schedule as it would be: everything of a new one, or ``id`` and what would change."""

    id: UUID | None = None


class Amount(msgspec.Struct, frozen=True):
    """Screen time of one playlist that goes or comes, over all screens, and on how many."""

    playlist_id: UUID
    playlist: str
    duration_ms: int
    screens: int


class Hole(msgspec.Struct, frozen=True):
    """A span in which so many screens that play something now would play nothing."""

    from_: datetime = msgspec.field(name="from")
    until: datetime
    screens: int


class Silenced(msgspec.Struct, frozen=True):
    """A schedule that plays somewhere now, and nowhere within the span after the change."""

    id: UUID
    name: str


class Impact(msgspec.Struct, frozen=True):
    """What the change does within [from, until).

    ``reached`` counts the screens the schedule is put on, ``changed`` those on which something else
    plays; ``first_at`` and ``last_until`` bound the spans in which it does.
    """

    from_: datetime = msgspec.field(name="from")
    until: datetime
    reached: int
    changed: int
    first_at: datetime | None
    last_until: datetime | None
    loses: list[Amount]
    gains: list[Amount]
    silenced: list[Silenced]
    holes: list[Hole]
    plays: bool


class _Tally:
    """What the groups of screens add up to."""

    def __init__(self) -> None:
        self.changed = 0
        self.first_at: datetime | None = None
        self.last_until: datetime | None = None
        self.lost: Counter[UUID] = Counter()
        self.gained: Counter[UUID] = Counter()
        self.lost_on: Counter[UUID] = Counter()
        self.gained_on: Counter[UUID] = Counter()
        self.holes: Counter[tuple[datetime, datetime]] = Counter()
        self.played_before: dict[UUID, str] = {}
        self.plays_after: set[UUID] = set()


async def of(
    conn: asyncpg.Connection, actor: Actor, proposal: Proposal, *, now: datetime
) -> Impact:
    """Return the impact of a proposal. Invalid as at saving, NotFound for an unknown ``id``."""
    actor.require("program")
    former = await schedules.find(conn, actor, proposal.id) if proposal.id else None
    wanted = _wanted(former, proposal)
    new_schedules.check(wanted)
    await targets.check(conn, actor, wanted.target, pointer="/target", now=now)
    now_reached = await _reached(conn, wanted.target)
    then_reached = await _reached(conn, former.target) if former else []
    device_ids = list(dict.fromkeys([*now_reached, *then_reached]))[:SCREENS_MAX]
    changed = await _planned(conn, former, wanted, now)
    since = _first_at(wanted, now)
    until = since + timedelta(days=DAYS)
    more = await plan_inputs.library_of(conn, [wanted.playlist_id])
    tally = _Tally()
    reached = set(now_reached)
    for shared in await plan_inputs.load_shared(conn, device_ids):
        inputs = plan_inputs.as_ever(_holding(shared.inputs, more), now)
        without = _without(inputs, former)
        for has, ids in _sides(shared.device_ids, reached):
            after = _with(without, changed) if has else without
            await asyncio.to_thread(_count, tally, inputs, after, len(ids), (since, until))
    names = await _names(conn, {*tally.lost, *tally.gained})
    return _impact(tally, names, (since, until), len(now_reached), changed.id)


def _wanted(former: schedules.Schedule | None, proposal: Proposal) -> NewSchedule:
    given = proposal.given()
    given.pop("id", None)
    if former is not None:
        changed: NewSchedule = msgspec.structs.replace(former.as_new(), **given)
        return changed
    missing = [name for name in ("playlist_id", "target", "starts_on") if name not in given]
    if missing:
        raise Invalid.field(f"/{missing[0]}", "missing", f"{missing[0]} is missing.")
    return NewSchedule(**({"name": "New schedule"} | given))


async def _reached(conn: asyncpg.Connection, target: Target) -> list[UUID]:
    rows = await conn.fetch(
        f"""
        /* impact.reached */
        SELECT d.id FROM devices d
        WHERE d.status = 'active' AND {targets.REACHES.format(kind="$1", id="$2::uuid")}
        ORDER BY d.id LIMIT $3
        """,
        target.kind,
        target.id,
        SCREENS_MAX,
    )
    return [row["id"] for row in rows]


async def _planned(
    conn: asyncpg.Connection,
    former: schedules.Schedule | None,
    wanted: NewSchedule,
    now: datetime,
) -> planning.Schedule:
    rank = await conn.fetchval(
        "/* impact.rank */ SELECT rank FROM device_groups WHERE id = $1", wanted.target.id
    )
    layer: Layer = wanted.target.kind
    pattern = wanted.pattern
    values: dict[str, Any] = {field.name: getattr(pattern, field.name) for field in fields(pattern)}
    return planning.Schedule(
        id=former.id if former else uuid4(),
        name=wanted.name,
        playlist_id=wanted.playlist_id,
        layer=layer,
        created_at=former.created_at if former else now,
        timezone=wanted.timezone,
        group_rank=rank or 0,
        priority=wanted.priority,
        takeover=wanted.takeover,
        only_when_open=wanted.only_when_open,
        enabled=wanted.enabled,
        **values,
    )


def _first_at(wanted: NewSchedule, now: datetime) -> datetime:
    # A day of leeway on both sides, because the first date begins at another instant in each zone.
    today = now.date()
    first = max(wanted.starts_on, today - timedelta(days=1))
    days = (first + timedelta(days=n) for n in range(LOOK_AHEAD_DAYS))
    plays = next((day for day in days if planning.falls_on(wanted.pattern, day)), today)
    return max(now, _midnight(plays, now) - timedelta(days=1))


def _midnight(day: date, like: datetime) -> datetime:
    return datetime.combine(day, datetime.min.time(), like.tzinfo)


def _holding(inputs: Inputs, more: Library) -> Inputs:
    # The playlist that is proposed may be one that nothing plays yet.
    library = inputs.library
    both = Library({**library.playlists, **more.playlists}, {**library.content, **more.content})
    return replace(inputs, library=both)


def _without(inputs: Inputs, former: schedules.Schedule | None) -> Inputs:
    if former is None:
        return inputs
    return replace(inputs, schedules=tuple(s for s in inputs.schedules if s.id != former.id))


def _with(inputs: Inputs, added: planning.Schedule) -> Inputs:
    return replace(inputs, schedules=(*inputs.schedules, added))


def _sides(device_ids: list[UUID], reached: set[UUID]) -> Iterable[tuple[bool, list[UUID]]]:
    """Yield the devices that the schedule reaches after the change, and those it no longer does."""
    for has in (True, False):
        ids = [device_id for device_id in device_ids if (device_id in reached) is has]
        if ids:
            yield has, ids


def _count(tally: _Tally, before: Inputs, after: Inputs, screens: int, span: Span) -> None:
    was, becomes = planning.resolve(before, *span), planning.resolve(after, *span)
    tally.played_before |= {window.source.id: _title(window.source) for window in was}
    tally.plays_after |= {window.source.id for window in becomes}
    found = planning.compare(was, becomes)
    if not found:
        return
    tally.changed += screens
    tally.first_at = min(found[0].start, tally.first_at or found[0].start)
    tally.last_until = max(found[-1].end, tally.last_until or found[-1].end)
    for difference in found:
        took_ms = (difference.end - difference.start) // MILLISECOND
        if difference.before is not None:
            tally.lost[difference.before.playlist_id] += took_ms * screens
        if difference.after is not None:
            tally.gained[difference.after.playlist_id] += took_ms * screens
        if difference.before is not None and difference.after is None:
            tally.holes[difference.start, difference.end] += screens
    for playlist_id in {one.before.playlist_id for one in found if one.before}:
        tally.lost_on[playlist_id] += screens
    for playlist_id in {one.after.playlist_id for one in found if one.after}:
        tally.gained_on[playlist_id] += screens


def _title(source: Source) -> str:
    return source.name if isinstance(source, planning.Schedule) else ""


async def _names(conn: asyncpg.Connection, playlist_ids: set[UUID]) -> dict[UUID, str]:
    rows = await conn.fetch(
        "/* impact.names */ SELECT id, name FROM playlists WHERE id = ANY ($1)", list(playlist_ids)
    )
    return {row["id"]: row["name"] for row in rows}


def _impact(
    tally: _Tally, names: dict[UUID, str], span: Span, reached: int, schedule_id: UUID
) -> Impact:
    silent = tally.played_before.keys() - tally.plays_after - {schedule_id}
    return Impact(
        from_=span[0],
        until=span[1],
        reached=reached,
        changed=tally.changed,
        first_at=tally.first_at,
        last_until=tally.last_until,
        loses=_amounts(tally.lost, tally.lost_on, names),
        gains=_amounts(tally.gained, tally.gained_on, names),
        silenced=[
            Silenced(source_id, tally.played_before[source_id])
            for source_id in sorted(silent)
            if tally.played_before[source_id]
        ],
        holes=[
            Hole(start, end, screens)
            for (start, end), screens in sorted(tally.holes.items())[:LISTED_MAX]
        ],
        plays=schedule_id in tally.plays_after,
    )


def _amounts(
    amounts: Counter[UUID], screens: Counter[UUID], names: dict[UUID, str]
) -> list[Amount]:
    return [
        Amount(playlist_id, names.get(playlist_id, ""), duration_ms, screens[playlist_id])
        for playlist_id, duration_ms in amounts.most_common(LISTED_MAX)
    ]
