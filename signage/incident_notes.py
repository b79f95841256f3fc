"""Incident notes: what happened to an incident, who did it, and what they wrote down."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage.actors import SYSTEM, Actor
from signage.ids import new_id

NOTES_SHOWN_MAX = 500

What = Literal[
    "opened",
    "reopened",
    "severity",
    "note",
    "acknowledged",
    "assigned",
    "snoozed",
    "resolved",
    "folded",
]


class Note(msgspec.Struct, frozen=True):
    """One entry of the history; ``actor`` is empty where the program did it."""

    id: UUID
    at: datetime
    kind: What
    actor_id: UUID | None
    actor: str
    text: str


async def list_for(conn: asyncpg.Connection, incident_id: UUID) -> list[Note]:
    """Return the history of an incident, the latest first."""
    rows = await conn.fetch(
        """
        /* incident_notes.list_for */
        SELECT id, at, kind, actor_id, actor, text FROM incident_notes
        WHERE incident_id = $1 ORDER BY at DESC, id DESC LIMIT $2
        """,
        incident_id,
        NOTES_SHOWN_MAX,
    )
    return [Note(**dict(row)) for row in rows]


async def add(
    conn: asyncpg.Connection,
    kind: What,
    incident_ids: list[UUID],
    texts: list[str] | None = None,
    *,
    actor: Actor = SYSTEM,
    now: datetime,
) -> None:
    """Write the same thing into the history of each incident, with a text of its own."""
    if not incident_ids:
        return
    await conn.execute(
        """
        /* incident_notes.add */
        INSERT INTO incident_notes (id, incident_id, at, kind, actor_id, actor, text)
        SELECT n.id, n.incident_id, $4, $5, $6, $7, n.text
        FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (id, incident_id, text)
        """,
        [new_id() for _ in incident_ids],
        incident_ids,
        texts or [""] * len(incident_ids),
        now,
        kind,
        actor.id,
        "" if actor.kind == "system" else actor.name,
    )
