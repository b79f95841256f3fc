"""Importing schedules from iCalendar files: looked through first, then made all together."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import icalendars, playlists, schedules, targets
from signage.actors import Actor
from signage.errors import Invalid, NotFound
from signage.icalendars import Line
from signage.targets import Target


class Imported(msgspec.Struct, frozen=True):
    """What becomes of each event; ``made`` holds the ids of the schedules, none in a dry run."""

    dry_run: bool
    taken: int
    refused: int
    lines: list[Line]
    made: list[UUID]


async def run(
    conn: asyncpg.Connection,
    actor: Actor,
    data: bytes,
    *,
    playlist_id: UUID,
    target: Target,
    dry_run: bool,
    now: datetime,
) -> Imported:
    """Make a schedule of each event that can be one, all or, where that fails, none.

    Events that no schedule can say are refused by the line, a file that is none as a whole.
    """
    actor.require("program")
    await targets.check(conn, actor, target, pointer="/target", now=now)
    try:
        await playlists.find(conn, playlist_id)
    except NotFound as error:
        raise Invalid.field("/playlist_id", "unknown_playlist", error.detail) from error
    lines = icalendars.read(data, playlist_id=playlist_id, target=target)
    taken = [line.schedule for line in lines if line.schedule is not None]
    made = []
    if not dry_run:
        async with conn.transaction():
            for new in taken:
                made.append((await schedules.create(conn, actor, new, now=now)).id)
    return Imported(dry_run, len(taken), len(lines) - len(taken), lines, made)
