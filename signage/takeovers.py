"""Takeovers: a playlist on a target at once, for a stated time, in front of everything else.

A takeover is a schedule that plays once; what makes it one of these is that it knows the instant
at which it ends.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec

from signage import playlists, schedules, targets
from signage.actors import Actor
from signage.errors import Conflict, Invalid, NotFound
from signage.new_schedules import NewSchedule
from signage.targets import Target

MINUTES_MAX = 24 * 60
NAME_MAX_CHARS = 200
RUNNING_MAX = 20


class NewTakeover(msgspec.Struct, forbid_unknown_fields=True):
    """What to show, where, and for how many minutes from now."""

    playlist_id: UUID
    target: Target
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MINUTES_MAX)]


class InStore(msgspec.Struct, frozen=True):
    """How many screens of one store a target reaches."""

    store_id: UUID
    store: str
    screens: int


class Reach(msgspec.Struct, frozen=True):
    """Whom a takeover would interrupt: the screens in service, store by store."""

    screens: int
    stores: list[InStore]


class Takeover(msgspec.Struct, frozen=True):
    """A takeover, running or over. ``screens`` is how many it reaches now; ``id`` a schedule's."""

    id: UUID
    playlist_id: UUID
    playlist: str
    target: Target
    target_name: str
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    screens: int
    created_at: datetime
    updated_at: datetime


async def start(
    conn: asyncpg.Connection, actor: Actor, new: NewTakeover, *, now: datetime
) -> Takeover:
    """Show the playlist from this second on. Forbidden, or Invalid for what does not exist."""
    actor.require("program")
    started = now.astimezone(UTC).replace(microsecond=0)
    ends = started + timedelta(minutes=new.minutes)
    name = await _name(conn, new)
    made = await schedules.create(
        conn,
        actor,
        NewSchedule(
            name=name,
            playlist_id=new.playlist_id,
            target=new.target,
            starts_on=started.date(),
            start_time=started.time().isoformat(),
            end_time=ends.time().isoformat(),
            timezone="UTC",
            priority=100,
            takeover=True,
        ),
        takeover_until=ends,
        now=now,
    )
    return await find(conn, actor, made.id, now=now)


async def end(
    conn: asyncpg.Connection, actor: Actor, takeover_id: UUID, *, now: datetime
) -> Takeover:
    """End it early. Conflict where it is over already."""
    actor.require("program")
    async with conn.transaction():
        before = await find(conn, actor, takeover_id, now=now)
        if before.ended_at is not None:
            raise Conflict("This takeover is over already.")
        await schedules.archive(conn, actor, takeover_id, now=now)
        return await find(conn, actor, takeover_id, now=now)


async def find(
    conn: asyncpg.Connection, actor: Actor, takeover_id: UUID, *, now: datetime
) -> Takeover:
    """Return the takeover, running or over, or raise NotFound."""
    rows = await _fetch(conn, actor, takeover_id=takeover_id, now=now)
    if not rows:
        raise NotFound("There is no such takeover in your stores.")
    return rows[0]


async def list_running(conn: asyncpg.Connection, actor: Actor, *, now: datetime) -> list[Takeover]:
    """Return the takeovers that run now on screens of the actor's stores, the latest first.

    Every page asks, so it reads the few rows that run by their index and nothing else.
    """
    rows = await conn.fetch(
        f"""
        /* takeovers.list_running */
        {_SELECT}
        WHERE s.takeover_until > $2 AND s.archived_at IS NULL
        ORDER BY s.created_at DESC, s.id DESC
        LIMIT $3
        """,
        actor.store_ids,
        now,
        RUNNING_MAX,
    )
    return [_takeover(dict(row)) for row in rows if row["screens"] or actor.store_ids is None]


async def list_recent(
    conn: asyncpg.Connection, actor: Actor, *, limit: int, now: datetime
) -> list[Takeover]:
    """Return the latest takeovers, running or over."""
    return await _fetch(conn, actor, limit=limit, now=now)


async def count_screens(conn: asyncpg.Connection, actor: Actor, target: Target) -> int:
    """Return how many screens the target reaches, for the confirmation. Scope as everywhere."""
    return (await reach(conn, actor, target)).screens


async def reach(conn: asyncpg.Connection, actor: Actor, target: Target) -> Reach:
    """Return the screens that a takeover of the target interrupts, the largest stores first."""
    actor.require("program")
    rows = await conn.fetch(
        f"""
        /* takeovers.reach */
        SELECT s.id AS store_id, s.name AS store, count(*) AS screens
        FROM devices d JOIN stores s ON s.id = d.store_id
        WHERE d.status = 'active' AND ($1::uuid[] IS NULL OR d.store_id = ANY ($1))
              AND {targets.REACHES.format(kind="$2", id="$3::uuid")}
        GROUP BY s.id
        ORDER BY screens DESC, s.name, s.id
        """,
        actor.store_ids,
        target.kind,
        target.id,
    )
    stores = [InStore(**dict(row)) for row in rows]
    return Reach(sum(store.screens for store in stores), stores)


_SCREENS = """(SELECT count(*) FROM devices d
               WHERE d.status = 'active' AND ($1::uuid[] IS NULL OR d.store_id = ANY ($1))
                     AND {which})"""
_IN_GROUP = """d.id = ANY (ARRAY(SELECT m.device_id FROM device_group_members m
                                 WHERE m.group_id = s.group_id))"""
# One count for each kind of target, as each is found by an index of its own.
_SELECT = f"""
SELECT s.id, s.playlist_id, p.name AS playlist, s.target_kind,
       coalesce(s.device_id, s.group_id, s.store_id) AS target_id,
       coalesce(t.name, g.name, st.name, 'Every screen') AS target_name,
       s.starts_on + s.start_time AS started_at, s.takeover_until AS ends_at,
       CASE WHEN s.archived_at IS NOT NULL THEN least(s.archived_at, s.takeover_until)
            WHEN s.takeover_until <= $2 THEN s.takeover_until END AS ended_at,
       CASE s.target_kind
            WHEN 'device' THEN {_SCREENS.format(which="d.id = s.device_id")}
            WHEN 'store' THEN {_SCREENS.format(which="d.store_id = s.store_id")}
            WHEN 'group' THEN {_SCREENS.format(which=_IN_GROUP)}
            ELSE {_SCREENS.format(which="true")} END AS screens,
       s.created_at, s.updated_at
FROM schedules s
JOIN playlists p ON p.id = s.playlist_id
LEFT JOIN devices t ON t.id = s.device_id
LEFT JOIN device_groups g ON g.id = s.group_id
LEFT JOIN stores st ON st.id = s.store_id"""


async def _fetch(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    takeover_id: UUID | None = None,
    limit: int = 1,
    now: datetime,
) -> list[Takeover]:
    rows = await conn.fetch(
        f"""
        /* takeovers.fetch */
        {_SELECT}
        WHERE s.takeover_until IS NOT NULL
              AND ($1::uuid[] IS NULL OR s.target_kind IN ('group', 'fleet')
                   OR s.store_id = ANY ($1) OR t.store_id = ANY ($1))
              AND ($3::uuid IS NULL OR s.id = $3)
        ORDER BY s.created_at DESC, s.id DESC
        LIMIT $4
        """,
        actor.store_ids,
        now,
        takeover_id,
        limit,
    )
    return [_takeover(dict(row)) for row in rows]


def _takeover(fields: dict[str, Any]) -> Takeover:
    target = Target(fields.pop("target_kind"), fields.pop("target_id"))
    # It was kept as a wall-clock time of the zone UTC.
    started_at = fields.pop("started_at").replace(tzinfo=UTC)
    return Takeover(target=target, started_at=started_at, **fields)


async def _name(conn: asyncpg.Connection, new: NewTakeover) -> str:
    try:
        playlist = await playlists.find(conn, new.playlist_id)
    except NotFound as error:
        raise Invalid.field("/playlist_id", "unknown_playlist", error.detail) from error
    return f"Takeover: {playlist.name}"[:NAME_MAX_CHARS]
