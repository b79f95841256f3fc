"""Impact: what a schedule would change, before it is saved. Nothing is written here.

For the week in which it first plays, every screen that it reaches, or has reached, is resolved
with today's configuration and with the changed one. Screens with the same inputs are resolved once.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from signage import impact_sums, new_schedules, plan_inputs, planning, schedules, targets
from signage.actors import Actor
from signage.errors import Invalid
from signage.impact_sums import Amount, Hole, Impact, Silenced
from signage.new_schedules import Changes, NewSchedule
from signage.planning.inputs import Inputs, Layer, Library
from signage.targets import Target

__all__ = ["Amount", "Hole", "Impact", "Instead", "Proposal", "Silenced", "of"]

DAYS = 7
SCREENS_MAX = 20_000
LOOK_AHEAD_DAYS = 366


class Proposal(Changes, kw_only=True):
    """A schedule as it would be: everything of a new one, or ``id`` and what would change."""

    id: UUID | None = None


class Instead(msgspec.Struct, frozen=True):
    """The dates of a series that a proposal takes the place of: one, or it and all following."""

    series_id: UUID
    on: date
    following: bool = False


async def of(
    conn: asyncpg.Connection,
    actor: Actor,
    proposal: Proposal,
    *,
    instead: Instead | None = None,
    now: datetime,
) -> Impact:
    """Return the impact of a proposal. Invalid as at saving, NotFound for an unknown ``id``."""
    actor.require("program")
    former = await schedules.find(conn, actor, proposal.id) if proposal.id else None
    series = await schedules.find(conn, actor, instead.series_id) if instead else former
    wanted = _wanted(former, proposal)
    new_schedules.check(wanted)
    await targets.check(conn, actor, wanted.target, pointer="/target", now=now)
    now_reached = await _reached(conn, wanted.target)
    then_reached = await _reached(conn, series.target) if series else []
    device_ids = list(dict.fromkeys([*now_reached, *then_reached]))[:SCREENS_MAX]
    changed = await _planned(conn, former, wanted, now)
    since = _first_at(wanted, now)
    until = since + timedelta(days=DAYS)
    more = await plan_inputs.library_of(conn, [wanted.playlist_id])
    tally = impact_sums.Tally()
    reached = set(now_reached)
    for shared in await plan_inputs.load_shared(conn, device_ids):
        inputs = plan_inputs.as_ever(_holding(shared.inputs, more), now)
        without = _cut(_without(inputs, former), instead)
        for has, ids in _sides(shared.device_ids, reached):
            after = _with(without, changed) if has else without
            await asyncio.to_thread(
                impact_sums.count, tally, inputs, after, len(ids), (since, until)
            )
    names = await _names(conn, {*tally.lost, *tally.gained})
    return impact_sums.answer(tally, names, (since, until), len(now_reached), changed.id)


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


def _cut(inputs: Inputs, instead: Instead | None) -> Inputs:
    if instead is None:
        return inputs
    on = instead.on
    kept = (
        s
        if s.id != instead.series_id
        else replace(s, ends_on=on - timedelta(days=1))
        if instead.following
        else replace(s, exdates=(*s.exdates, on))
        for s in inputs.schedules
    )
    return replace(inputs, schedules=tuple(kept))


def _with(inputs: Inputs, added: planning.Schedule) -> Inputs:
    return replace(inputs, schedules=(*inputs.schedules, added))


def _sides(device_ids: list[UUID], reached: set[UUID]) -> Iterable[tuple[bool, list[UUID]]]:
    """Yield the devices that the schedule reaches after the change, and those it no longer does."""
    for has in (True, False):
        ids = [device_id for device_id in device_ids if (device_id in reached) is has]
        if ids:
            yield has, ids


async def _names(conn: asyncpg.Connection, playlist_ids: set[UUID]) -> dict[UUID, str]:
    rows = await conn.fetch(
        "/* impact.names */ SELECT id, name FROM playlists WHERE id = ANY ($1)", list(playlist_ids)
    )
    return {row["id"]: row["name"] for row in rows}
