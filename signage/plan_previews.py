"""Plan previews: what a screen would play in any stretch of time, and what lies beneath.

Today's configuration is resolved as if the stretch were now, once whole and once for each layer
alone, so that one sees what would play if nothing more specific did. Nothing is kept.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec

from signage import devices, plan_inputs, planning
from signage.actors import Actor
from signage.errors import FieldError, Invalid
from signage.ids import new_id
from signage.new_schedules import WallClock
from signage.planning.inputs import Inputs, Layer, Library, Schedule, Source

HOURS_MAX = 14 * 24
LAYERS: tuple[Layer, ...] = ("device", "group", "store", "fleet")
"""From the most specific, which wins."""
TRIED_NAME = "What if"


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A playlist as if it were scheduled every day from ``starts_on`` on, between two times."""

    playlist_id: UUID
    starts_on: date
    start_time: WallClock
    end_time: WallClock
    layer: Layer = "device"
    priority: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50


class WhatIf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A configuration that nobody saved: schedules switched off, and one more to try."""

    off: list[UUID] = []
    add: Tried | None = None


class Piece(msgspec.Struct, frozen=True):
    """A span in which one schedule or assignment plays; one that is tried is called TRIED_NAME."""

    from_: datetime = msgspec.field(name="from")
    until: datetime
    kind: str
    source_id: UUID
    name: str
    playlist_id: UUID
    playlist: str
    layer: Layer
    priority: int | None
    takeover: bool


class Beneath(msgspec.Struct, frozen=True):
    """What one layer would play if it were alone."""

    layer: Layer
    pieces: list[Piece]


class Difference(msgspec.Struct, frozen=True):
    """A span in which something else plays; None is nothing."""

    from_: datetime = msgspec.field(name="from")
    until: datetime
    before: Piece | None
    after: Piece | None


class Offered(msgspec.Struct, frozen=True):
    """A schedule that reaches the screen and is on."""

    id: UUID
    name: str


class Preview(msgspec.Struct, frozen=True):
    """What plays from one instant to another. ``tried`` and ``differences`` are of a what-if."""

    from_: datetime = msgspec.field(name="from")
    until: datetime
    timezone: str
    plays: list[Piece]
    layers: list[Beneath]
    schedules: list[Offered]
    tried: list[Piece] | None = None
    differences: list[Difference] = []


async def of_device(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    *,
    since: datetime,
    until: datetime,
    what_if: WhatIf | None = None,
    now: datetime,
) -> Preview:
    """Return the preview. NotFound without the device; Invalid for more than 14 days, or for a
    what-if with an unknown playlist; a what-if takes the right to program.
    """
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    _check_stretch(since, until)
    inputs = plan_inputs.as_ever(await plan_inputs.load(conn, device_id), now)
    changed = await _changed(conn, actor, inputs, what_if, now) if what_if else None
    names = await _names(conn, changed or inputs)
    return await asyncio.to_thread(_preview, inputs, changed, names, since, until)


def _check_stretch(since: datetime, until: datetime) -> None:
    if not 0 < (until - since).total_seconds() <= HOURS_MAX * 3600:
        detail = "A preview ends after it begins, at most 14 days later."
        raise Invalid([FieldError("/until", "invalid_stretch", detail)])


async def _changed(
    conn: asyncpg.Connection, actor: Actor, inputs: Inputs, what_if: WhatIf, now: datetime
) -> Inputs:
    actor.require("program")
    gone = set(what_if.off)
    schedules = [replace(one, enabled=False) if one.id in gone else one for one in inputs.schedules]
    library = inputs.library
    if what_if.add is not None:
        schedules.append(_schedule(what_if.add, now))
        more = plan_inputs.live_now(
            await plan_inputs.library_of(conn, [what_if.add.playlist_id]), now
        )
        if what_if.add.playlist_id not in more.playlists:
            detail = "There is no such playlist, or it is not published."
            raise Invalid.field("/add/playlist_id", "unknown_playlist", detail)
        library = Library(
            {**library.playlists, **more.playlists}, {**library.content, **more.content}
        )
    return replace(inputs, schedules=tuple(schedules), library=library)


def _schedule(tried: Tried, now: datetime) -> Schedule:
    return Schedule(
        id=new_id(),
        name=TRIED_NAME,
        playlist_id=tried.playlist_id,
        layer=tried.layer,
        created_at=now,
        starts_on=tried.starts_on,
        start_time=time.fromisoformat(tried.start_time),
        end_time=time.fromisoformat(tried.end_time),
        rrule="FREQ=DAILY",
        priority=tried.priority,
    )


async def _names(conn: asyncpg.Connection, inputs: Inputs) -> dict[UUID, str]:
    rows = await conn.fetch(
        "/* plan_previews.names */ SELECT id, name FROM playlists WHERE id = ANY ($1)",
        list({source.playlist_id for source in _sources(inputs)}),
    )
    return {row["id"]: row["name"] for row in rows}


def _sources(inputs: Inputs) -> tuple[Source, ...]:
    return (*inputs.schedules, *inputs.assignments)


def _preview(
    inputs: Inputs,
    changed: Inputs | None,
    names: dict[UUID, str],
    since: datetime,
    until: datetime,
) -> Preview:
    plays = planning.resolve(inputs, since, until)
    tried = planning.resolve(changed, since, until) if changed else None
    return Preview(
        from_=since,
        until=until,
        timezone=inputs.store.timezone,
        plays=_pieces(plays, names),
        layers=list(_layers(inputs, names, since, until)),
        schedules=[Offered(one.id, one.name) for one in _on(inputs)],
        tried=None if tried is None else _pieces(tried, names),
        differences=[] if tried is None else _differences(plays, tried, names),
    )


def _differences(
    plays: list[planning.Window], tried: list[planning.Window], names: dict[UUID, str]
) -> list[Difference]:
    return [
        Difference(
            found.start,
            found.end,
            _piece(found.before, found.start, found.end, names) if found.before else None,
            _piece(found.after, found.start, found.end, names) if found.after else None,
        )
        for found in planning.compare(plays, tried)
    ]


def _on(inputs: Inputs) -> list[Schedule]:
    return sorted((one for one in inputs.schedules if one.enabled), key=lambda one: one.name)


def _layers(
    inputs: Inputs, names: dict[UUID, str], since: datetime, until: datetime
) -> Iterable[Beneath]:
    """Return the layers that have anything, each resolved as if the others had nothing."""
    for layer in LAYERS:
        alone = replace(
            inputs,
            schedules=tuple(one for one in inputs.schedules if one.layer == layer),
            assignments=tuple(one for one in inputs.assignments if one.layer == layer),
        )
        if alone.schedules or alone.assignments:
            yield Beneath(layer, _pieces(planning.resolve(alone, since, until), names))


def _pieces(windows: list[planning.Window], names: dict[UUID, str]) -> list[Piece]:
    return [_piece(window.source, window.start, window.end, names) for window in windows]


def _piece(source: Source, start: datetime, end: datetime, names: dict[UUID, str]) -> Piece:
    scheduled = isinstance(source, Schedule)
    playlist = names.get(source.playlist_id, "")
    return Piece(
        from_=start,
        until=end,
        kind="schedule" if scheduled else "assignment",
        source_id=source.id,
        name=source.name if isinstance(source, Schedule) else playlist,
        playlist_id=source.playlist_id,
        playlist=playlist,
        layer=source.layer,
        priority=source.priority if isinstance(source, Schedule) else None,
        takeover=isinstance(source, Schedule) and source.takeover,
    )
