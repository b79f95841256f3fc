"""Plan history: what a screen was to show at an instant, what it had fetched by then, what it told.

A plan can be due and not yet fetched; then the screen played on with the one it held. What was
foreseen is worked out from the documents as they were served, however the schedules changed since.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import device_health, device_plays, devices, plans
from signage.actors import Actor
from signage.device_plays import Play
from signage.planning import playing
from signage.planning.inputs import Layer
from signage.plans import Plan, Revision

Verdict = Literal[
    "as_planned", "other", "failed", "nothing_planned", "no_plan", "not_reported", "offline",
    "still_to_come",
]  # fmt: skip
"""``offline``, ``not_reported``: no play came, and no heartbeat in that hour, or some."""


TOLD_WITHIN = timedelta(minutes=2)
"""A screen tells of a play once it is over, and this much later one should have come in."""


class Foreseen(msgspec.Struct, frozen=True):
    """An item's turn at the instant, by one revision."""

    item_id: str
    content_id: UUID
    content: str
    version: int
    playlist_id: UUID
    playlist: str
    schedule_id: UUID | None
    schedule: str | None
    layer: Layer
    takeover: bool
    from_: datetime = msgspec.field(name="from")
    until: datetime


class Given(msgspec.Struct, frozen=True):
    """A revision, and whose turn it was by it; None where it has nothing for the instant."""

    etag: str
    due_from: datetime
    fetched_at: datetime | None
    foreseen: Foreseen | None


class History(msgspec.Struct, frozen=True):
    """What was to play ``at`` an instant, beside the play that came in for it.

    ``due`` is the revision due then, ``held`` the latest one fetched by then. ``play`` covers the
    instant; ``around`` are it and its neighbours, the earliest first. ``minutes_online`` counts
    those of the hour (UTC) around the instant, None where it is not known any more.
    """

    at: datetime
    due: Given | None
    fetched_in_time: bool
    held: Given | None
    play: Play | None
    around: list[Play]
    minutes_online: int | None
    verdict: Verdict


async def at_instant(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, at: datetime, now: datetime
) -> History:
    """Return the history of one instant. NotFound without the device, Forbidden without watch."""
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    due, held = await _revisions(conn, device_id, at)
    around = await device_plays.list_around(conn, actor, device_id, at=at, now=now)
    play = next((one for one in reversed(around) if _covers(one, at)), None)
    online = await _minutes_online(conn, actor, device_id, at, now)
    due_then = await _given(conn, due, at)
    held_then = due_then if held == due else await _given(conn, held, at)
    in_time = due is not None and due.fetched_at is not None and due.fetched_at <= at
    verdict = _verdict(held_then, play, online, at, now)
    return History(at, due_then, in_time, held_then, play, around, online, verdict)


async def _revisions(
    conn: asyncpg.Connection, device_id: UUID, at: datetime
) -> tuple[Revision | None, Revision | None]:
    """Return the revision that was due, and the latest of those fetched by then."""
    rows = await conn.fetch(
        """
        /* plan_history.revisions */
        (SELECT true AS is_due, etag, due_from, fetched_at FROM device_plans
         WHERE device_id = $1 AND due_from <= $2 ORDER BY due_from DESC LIMIT 1)
        UNION ALL
        (SELECT false, etag, due_from, fetched_at FROM device_plans
         WHERE device_id = $1 AND due_from <= $2 AND fetched_at <= $2
         ORDER BY due_from DESC LIMIT 1)
        """,
        device_id,
        at,
    )
    found = {
        row["is_due"]: Revision(row["etag"], row["due_from"], row["fetched_at"]) for row in rows
    }
    return found.get(True), found.get(False)


async def _given(conn: asyncpg.Connection, revision: Revision | None, at: datetime) -> Given | None:
    if revision is None:
        return None
    plan = await plans.find(conn, revision.etag)
    turn = playing.on_screen(plan.document(), at)
    foreseen = await _named(conn, plan, turn) if turn else None
    return Given(revision.etag, revision.due_from, revision.fetched_at, foreseen)


async def _named(conn: asyncpg.Connection, plan: Plan, turn: playing.Turn) -> Foreseen:
    document, names = plan.document(), await plans.names(conn, plan)
    content: dict[str, Any] = document["content"][turn.item["content"]]
    playlist_id = document["playlists"][turn.window["playlist"]]["playlist_id"]
    schedule_id = turn.window["schedule_id"]
    return Foreseen(
        item_id=turn.item["item_id"],
        content_id=UUID(content["content_id"]),
        content=names.content.get(content["content_id"], ""),
        version=content["version"],
        playlist_id=UUID(playlist_id),
        playlist=names.playlists.get(playlist_id, ""),
        schedule_id=UUID(schedule_id) if schedule_id else None,
        schedule=names.schedules.get(schedule_id) if schedule_id else None,
        layer=turn.window["layer"],
        takeover=turn.window["takeover"],
        from_=turn.start,
        until=turn.end,
    )


async def _minutes_online(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, at: datetime, now: datetime
) -> int | None:
    there = at.astimezone(UTC)
    days = (now.astimezone(UTC).date() - there.date()).days + 1
    if not 1 <= days <= device_health.DAYS_KEPT:
        return None
    found = await device_health.list_for_device(conn, actor, device_id, days=days, now=now)
    return found[0].hours[there.hour]


def _covers(play: Play, at: datetime) -> bool:
    return play.started_at <= at < play.started_at + timedelta(milliseconds=play.duration_ms)


def _verdict(
    held: Given | None, play: Play | None, online: int | None, at: datetime, now: datetime
) -> Verdict:
    foreseen = held.foreseen if held else None
    if play is not None and play.result.endswith("_failed"):
        return "failed"
    if play is not None:
        shown = foreseen is not None and play.content_id == foreseen.content_id
        return "as_planned" if shown else "other"
    if at >= now or (foreseen and foreseen.until + TOLD_WITHIN > now):
        return "still_to_come"
    if held is None:
        return "no_plan"
    if foreseen is None:
        return "nothing_planned"
    return "offline" if online == 0 else "not_reported"
