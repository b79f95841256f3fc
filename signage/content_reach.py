"""Content reach: everything that a change of one content touches, in one answer."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import content_recall, content_rows, content_uses, reports
from signage.actors import Actor
from signage.content_recall import Clearing, Screen
from signage.content_uses import Programme, Use
from signage.errors import Conflict
from signage.report_query import ReportQuery

PLAYS_DAYS = 30


class Reach(msgspec.Struct, frozen=True):
    """Where a content is used. ``screens`` counts those of all stores it is programmed on.

    ``showing`` are those of the actor's stores that say they show it now; ``plays`` are the plays
    there within the last 30 days.
    """

    playlists: list[Use]
    programmes: list[Programme]
    screens: int
    showing: list[Screen]
    plays: int
    plays_from: str
    plays_to: str


async def find(conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, now: datetime) -> Reach:
    """Return where the content is used; nowhere, if there is no such content."""
    query = period(content_id, now)
    played = await reports.totals(conn, actor, query)
    playlists, programmes = await content_uses.find_all(conn, actor, content_id)
    return Reach(
        playlists=playlists,
        programmes=programmes,
        screens=await content_uses.count_screens(conn, [content_id]),
        showing=await content_recall.list_showing(conn, actor, content_id),
        plays=played.plays,
        plays_from=query.from_.isoformat(),
        plays_to=query.to.isoformat(),
    )


def period(content_id: UUID, now: datetime) -> ReportQuery:
    """Return the report of a content's last 30 days, today included."""
    today = now.date()
    since = today - timedelta(days=PLAYS_DAYS - 1)
    return ReportQuery(from_=since, to=today, content_id=[content_id])


async def clearing(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, now: datetime
) -> Clearing:
    """Return how far the recall of a content has come; Conflict where it is not recalled."""
    found = await content_rows.find(conn, content_id, archived=True, now=now)
    if found.recalled_at is None:
        raise Conflict(f"{found.name} is not recalled.", code="not_recalled")
    return await content_recall.clearing(conn, actor, content_id, since=found.recalled_at)
