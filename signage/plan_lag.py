"""Plan lag: what the plan that a screen holds lacks of the one it is due, window by window."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import devices, planning, plans
from signage.actors import Actor
from signage.errors import NotFound
from signage.planning import playing
from signage.planning.inputs import Source
from signage.plans import Plan

Json = dict[str, Any]


class Shown(msgspec.Struct, frozen=True):
    """What one of the two plans shows; ``schedule_id`` is None for what is always on."""

    schedule_id: UUID | None
    schedule: str | None
    playlist_id: UUID
    playlist: str


class Change(msgspec.Struct, frozen=True):
    """A span in which the due plan shows something else than the held one; None is nothing."""

    from_: datetime = msgspec.field(name="from")
    until: datetime
    held: Shown | None
    due: Shown | None


class Lag(msgspec.Struct, frozen=True):
    """The two plans by their ETags, and what differs from now on, as far as both reach.

    ``held`` is what the screen reported, None before its first report. ``new_content`` and
    ``gone_content`` are the names of what only the due, or only the held plan shows. A held plan
    that the program did not make is not ``known``.
    """

    due: str
    held: str | None
    known: bool
    changes: list[Change]
    new_content: list[str]
    gone_content: list[str]


async def of_device(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime
) -> Lag:
    """Return the difference between the plan that is due and the one that is held."""
    actor.require("watch")
    device = await devices.find(conn, actor, device_id, now=now)
    due = await plans.current(conn, device_id, now=now)
    held_etag = device.plan_etag_reported
    if held_etag is None or held_etag == due.etag:
        return Lag(due.etag, held_etag, held_etag is not None, [], [], [])
    try:
        held = await plans.find(conn, held_etag)
    except NotFound:
        return Lag(due.etag, held_etag, False, [], [], [])
    return await _compared(conn, held, due, now)


async def _compared(conn: asyncpg.Connection, held: Plan, due: Plan, now: datetime) -> Lag:
    before, after = held.document(), due.document()
    since = max(now, *(datetime.fromisoformat(one["from"]) for one in (before, after)))
    until = min(datetime.fromisoformat(one["until"]) for one in (before, after))
    names = _merged(await plans.names(conn, held), await plans.names(conn, due))
    found = planning.compare(
        playing.read_windows(before, since, until), playing.read_windows(after, since, until)
    )
    changes = [
        Change(one.start, one.end, _shown(one.before, names), _shown(one.after, names))
        for one in found
    ]
    old, new = _content(before), _content(after)
    return Lag(
        due=due.etag,
        held=held.etag,
        known=True,
        changes=changes,
        new_content=_named(new - old, names),
        gone_content=_named(old - new, names),
    )


def _merged(one: plans.Names, other: plans.Names) -> plans.Names:
    return plans.Names(
        one.playlists | other.playlists,
        one.schedules | other.schedules,
        one.content | other.content,
    )


def _shown(source: Source | None, names: plans.Names) -> Shown | None:
    if source is None:
        return None
    scheduled = source.id != playing.NO_SCHEDULE
    return Shown(
        schedule_id=source.id if scheduled else None,
        schedule=names.schedules.get(str(source.id)) if scheduled else None,
        playlist_id=source.playlist_id,
        playlist=names.playlists.get(str(source.playlist_id), ""),
    )


def _content(document: Json) -> set[tuple[str, int]]:
    return {(one["content_id"], one["version"]) for one in document["content"].values()}


def _named(content: set[tuple[str, int]], names: plans.Names) -> list[str]:
    return sorted(
        f"{names.content.get(content_id, '')}, version {version}" for content_id, version in content
    )
