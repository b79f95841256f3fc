"""Maintenance: while somebody works on a store or a screen, no incident opens there.

What is open already stays open, and ends as it would.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, devices, stores
from signage.actors import Actor
from signage.errors import Conflict, Invalid, NotFound
from signage.ids import new_id
from signage.values import Instant

if TYPE_CHECKING:
    from signage.incident_changes import Finding

LENGTH_MAX = timedelta(days=30)
AHEAD_MAX = timedelta(days=365)
REASON_MAX_CHARS = 500
SHOWN_MAX = 200


class NewWindow(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where and when somebody works: a store or a screen, not both."""

    starts_at: Instant
    ends_at: Instant
    store_id: UUID | None = None
    device_id: UUID | None = None
    reason: str = ""


class Window(msgspec.Struct, frozen=True):
    """One maintenance window, with the names of where it is; ``ended_at`` where it ended early."""

    id: UUID
    store_id: UUID
    store: str
    device_id: UUID | None
    device: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime


async def list_for(
    conn: asyncpg.Connection, actor: Actor, *, all_of_them: bool = False, now: datetime
) -> list[Window]:
    """Return the windows that run or are to come, the next to end first; or past ones as well."""
    actor.require("watch")
    rows = await conn.fetch(
        f"""
        /* maintenance.list_for */
        {_SELECT}
        WHERE {_REACHED} AND ($2 OR (w.ended_at IS NULL AND w.ends_at > $3))
        ORDER BY w.ends_at, w.id LIMIT {SHOWN_MAX}
        """,
        actor.store_ids,
        all_of_them,
        now,
    )
    return [Window(**dict(row)) for row in rows]


async def find(conn: asyncpg.Connection, actor: Actor, window_id: UUID) -> Window:
    """Return one window, or raise NotFound."""
    actor.require("watch")
    row = await conn.fetchrow(
        f"/* maintenance.find */ {_SELECT} WHERE {_REACHED} AND w.id = $2",
        actor.store_ids,
        window_id,
    )
    if row is None:
        raise NotFound("There is no such maintenance window in your stores.")
    return Window(**dict(row))


async def plan(conn: asyncpg.Connection, actor: Actor, new: NewWindow, *, now: datetime) -> Window:
    """Plan a window. Forbidden, Invalid, or NotFound for a store or screen out of reach."""
    actor.require("manage")
    _check(new, now)
    window_id = new_id()
    async with conn.transaction():
        if new.device_id is not None:
            await devices.find(conn, actor, new.device_id, now=now)
        elif new.store_id is not None:
            await stores.require(conn, actor, new.store_id)
        await conn.execute(
            """
            /* maintenance.plan */
            INSERT INTO maintenance_windows (id, store_id, device_id, starts_at, ends_at, reason,
                                             created_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
            """,
            window_id,
            new.store_id,
            new.device_id,
            new.starts_at,
            new.ends_at,
            new.reason.strip(),
            actor.id,
            now,
        )
        made = await find(conn, actor, window_id)
        await _record(conn, actor, "plan", made, None, now)
    return made


async def end(conn: asyncpg.Connection, actor: Actor, window_id: UUID, *, now: datetime) -> Window:
    """End a window now, or call it off. Conflict once it is over."""
    actor.require("manage")
    async with conn.transaction():
        before = await find(conn, actor, window_id)
        ended = await conn.fetchval(
            """
            /* maintenance.end */
            UPDATE maintenance_windows SET ended_at = $2, updated_at = $2
            WHERE id = $1 AND ended_at IS NULL AND ends_at > $2 RETURNING id
            """,
            window_id,
            now,
        )
        if ended is None:
            raise Conflict("This maintenance is over already.", code="already_over")
        after = await find(conn, actor, window_id)
        await _record(conn, actor, "end", after, before, now)
    return after


async def outside(
    conn: asyncpg.Connection, findings: list["Finding"], *, now: datetime
) -> list["Finding"]:
    """Return what was found where nobody works now."""
    if not findings:
        return []
    rows = await conn.fetch(
        """
        /* maintenance.outside */
        SELECT store_id, device_id FROM maintenance_windows
        WHERE starts_at <= $1 AND ends_at > $1 AND ended_at IS NULL
        """,
        now,
    )
    at_work = {row["store_id"] or row["device_id"] for row in rows}
    return [one for one in findings if not {one.store_id, one.device_id} & at_work]


_SELECT = """
SELECT w.id, s.id AS store_id, s.name AS store, d.id AS device_id, d.name AS device, w.starts_at,
       w.ends_at, w.reason, w.ended_at, w.created_at, w.updated_at
FROM maintenance_windows w
LEFT JOIN devices d ON d.id = w.device_id
JOIN stores s ON s.id = coalesce(d.store_id, w.store_id)
"""
_REACHED = "($1::uuid[] IS NULL OR s.id = ANY ($1))"


def _check(new: NewWindow, now: datetime) -> None:
    if (new.store_id is None) == (new.device_id is None):
        detail = "Choose a store or a screen, one of the two."
        raise Invalid.field("/store_id", "missing", detail)
    if not new.starts_at < new.ends_at <= new.starts_at + LENGTH_MAX or new.ends_at <= now:
        detail = f"It ends after it starts and after now, and lasts at most {LENGTH_MAX.days} days."
        raise Invalid.field("/ends_at", "invalid_end", detail)
    if new.starts_at > now + AHEAD_MAX:
        raise Invalid.field("/starts_at", "invalid_start", "At most a year ahead.")
    if len(new.reason) > REASON_MAX_CHARS or "\x00" in new.reason:
        detail = f"At most {REASON_MAX_CHARS} characters."
        raise Invalid.field("/reason", "invalid_reason", detail)


async def _record(
    conn: asyncpg.Connection,
    actor: Actor,
    verb: str,
    after: Window,
    before: Window | None,
    now: datetime,
) -> None:
    def told(window: Window) -> dict[str, Any]:
        fields = msgspec.structs.asdict(window)
        del fields["created_at"], fields["updated_at"]
        return fields | {"name": window.device or window.store}

    await audit.record(
        conn,
        actor,
        action=f"maintenance.{verb}",
        entity="maintenance",
        entity_id=after.id,
        before=before and told(before),
        after=told(after),
        now=now,
    )
