"""Roll-outs: of the screens that should have their plan, how many say that they play by it."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import targets
from signage.actors import Actor
from signage.targets import Target

WAITING_SHOWN_MAX = 10


class Waiting(msgspec.Struct, frozen=True):
    """A screen that does not report its plan yet, and when it was last heard of."""

    id: UUID
    name: str
    store: str
    last_seen_at: datetime | None


class RollOut(msgspec.Struct, frozen=True):
    """How far a change has come; ``waiting`` names the first of the screens that lack it."""

    screens: int
    have_it: int
    waiting: list[Waiting]

    @property
    def is_complete(self) -> bool:
        """Whether every screen reports the plan it is due."""
        return self.have_it == self.screens


async def of_target(conn: asyncpg.Connection, actor: Actor, target: Target) -> RollOut:
    """Return the roll-out of whatever was last changed on a target, in the actor's stores."""
    actor.require("watch")
    rows = await conn.fetch(
        f"""
        /* roll_outs.of_target */
        WITH reached AS (
            SELECT d.id, d.name, d.store_id, d.last_seen_at,
                   d.plan_made = d.plan_wanted AND d.plan_etag IS NOT NULL
                   AND d.plan_etag_reported IS NOT DISTINCT FROM d.plan_etag AS has_it
            FROM devices d
            WHERE d.status = 'active' AND ($1::uuid[] IS NULL OR d.store_id = ANY ($1))
                  AND {targets.REACHES.format(kind="$2", id="$3::uuid")}
        )
        SELECT (SELECT count(*) FROM reached) AS screens,
               (SELECT count(*) FROM reached WHERE has_it) AS have_it,
               w.id, w.name, w.store, w.last_seen_at
        FROM (SELECT 1) AS always
        LEFT JOIN LATERAL (
            SELECT r.id, r.name, s.name AS store, r.last_seen_at
            FROM reached r JOIN stores s ON s.id = r.store_id
            WHERE NOT r.has_it
            ORDER BY r.last_seen_at DESC NULLS LAST, r.id
            LIMIT {WAITING_SHOWN_MAX}
        ) AS w ON true
        """,
        actor.store_ids,
        target.kind,
        target.id,
    )
    waiting = [
        Waiting(row["id"], row["name"], row["store"], row["last_seen_at"])
        for row in rows
        if row["id"] is not None
    ]
    return RollOut(rows[0]["screens"], rows[0]["have_it"], waiting)
