"""Explanations: why a screen plays what it plays at an instant, in names and reasons."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import plan_inputs, planning
from signage.planning.inputs import Layer


class Reason(msgspec.Struct, frozen=True):
    """The rule that a loser lost by."""

    code: str
    text: str


class Span(msgspec.Struct, frozen=True):
    """The nominal occurrence, before opening hours cut it."""

    from_: datetime | None = msgspec.field(name="from")
    until: datetime | None


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """One schedule or assignment at the instant; ``reason`` is a loser's."""

    kind: Literal["schedule", "assignment", "nothing"]
    id: UUID | None
    name: str
    playlist: str
    layer: Layer | None
    priority: int | None
    window: Span | None
    reason: Reason | None = None
    playlist_id: UUID | None = None


class Explanation(msgspec.Struct, frozen=True):
    """Who plays at the instant, and why nobody else does."""

    at: datetime
    winner: Verdict
    losers: list[Verdict]


NOTHING = Verdict("nothing", None, "Nothing is assigned", "", None, None, None)


async def explain(
    conn: asyncpg.Connection, device_id: UUID, *, at: datetime, now: datetime
) -> Explanation:
    """Return the explanation of today's configuration as if it were ``at``."""
    inputs = plan_inputs.as_ever(await plan_inputs.load(conn, device_id), now)
    found = planning.explain(inputs, at)
    verdicts = [*([found.winner] if found.winner else []), *found.losers]
    playlists = await _playlist_names(conn, [v.source.playlist_id for v in verdicts])
    return Explanation(
        at=at,
        winner=_verdict(found.winner, playlists) if found.winner else NOTHING,
        losers=[_verdict(loser, playlists) for loser in found.losers],
    )


async def _playlist_names(conn: asyncpg.Connection, ids: list[UUID]) -> dict[UUID, str]:
    rows = await conn.fetch(
        "/* explanations.playlist_names */ SELECT id, name FROM playlists WHERE id = ANY ($1)", ids
    )
    return {row["id"]: row["name"] for row in rows}


def _verdict(verdict: planning.Verdict, playlists: dict[UUID, str]) -> Verdict:
    source = verdict.source
    playlist = playlists.get(source.playlist_id, "")
    scheduled = isinstance(source, planning.Schedule)
    return Verdict(
        kind=verdict.kind,
        id=source.id,
        name=source.name if isinstance(source, planning.Schedule) else playlist,
        playlist=playlist,
        layer=source.layer,
        priority=source.priority if isinstance(source, planning.Schedule) else None,
        window=Span(verdict.start, verdict.end) if scheduled else None,
        reason=Reason(*verdict.reason) if verdict.reason else None,
        playlist_id=source.playlist_id,
    )
