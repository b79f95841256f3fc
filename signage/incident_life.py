"""Incident life: somebody takes an incident on, hands it over, puts it off, or calls it over.

To act takes the right to manage; whoever watches may write something down.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from db import queries
from signage import audit, incident_notes, incidents
from signage.actors import Actor
from signage.errors import Conflict, Invalid
from signage.incident_notes import What
from signage.incidents import Incident

NOTE_MAX_CHARS = 4_000
SNOOZE_MAX = timedelta(days=30)


async def acknowledge(
    conn: asyncpg.Connection, actor: Actor, incident_id: UUID, *, now: datetime
) -> Incident:
    """Say that one sees to it. Conflict once it is resolved; twice is no error."""
    async with conn.transaction():
        before = await _hold(conn, actor, incident_id, now)
        if before.state == "acknowledged":
            return before
        await _set(conn, incident_id, now, acknowledged_at=now, acknowledged_by=actor.id)
        return await _tell(conn, actor, before, "acknowledged", "", now)


async def assign(
    conn: asyncpg.Connection,
    actor: Actor,
    incident_id: UUID,
    *,
    user_id: UUID | None,
    now: datetime,
) -> Incident:
    """Give it to somebody who can see it, or to nobody. Invalid for anybody else."""
    async with conn.transaction():
        before = await _hold(conn, actor, incident_id, now)
        name = "nobody"
        if user_id is not None:
            able = {one["id"]: one["name"] for one in await assignees(conn, before)}
            if user_id not in able:
                detail = "Choose somebody who watches this store."
                raise Invalid.field("/user_id", "unknown_user", detail)
            name = able[user_id]
        if user_id == before.assigned_to:
            return before
        await _set(conn, incident_id, now, assigned_to=user_id)
        return await _tell(conn, actor, before, "assigned", f"Given to {name}.", now)


async def snooze(
    conn: asyncpg.Connection,
    actor: Actor,
    incident_id: UUID,
    *,
    until: datetime,
    now: datetime,
) -> Incident:
    """Put it off: until then it waits for nobody, afterwards it is open again."""
    if not now < until <= now + SNOOZE_MAX:
        detail = f"Choose a time to come, at most {SNOOZE_MAX.days} days from now."
        raise Invalid.field("/until", "invalid_until", detail)
    async with conn.transaction():
        before = await _hold(conn, actor, incident_id, now)
        await _set(
            conn, incident_id, now, snoozed_until=until, acknowledged_at=None, acknowledged_by=None
        )
        text = f"Until {until:%Y-%m-%d %H:%M} UTC."
        return await _tell(conn, actor, before, "snoozed", text, now)


async def note(
    conn: asyncpg.Connection, actor: Actor, incident_id: UUID, *, text: str, now: datetime
) -> Incident:
    """Write something down, whatever state it is in."""
    written = text.replace("\x00", "").strip()
    if not 1 <= len(written) <= NOTE_MAX_CHARS:
        detail = f"Write from 1 to {NOTE_MAX_CHARS:,} characters."
        raise Invalid.field("/text", "invalid_text", detail)
    async with conn.transaction():
        before = await incidents.find(conn, actor, incident_id, now=now)
        return await _tell(conn, actor, before, "note", written, now)


async def resolve(
    conn: asyncpg.Connection, actor: Actor, incident_id: UUID, *, now: datetime
) -> Incident:
    """Call it over. Conflict the second time.

    Detectors believe it for as long as an incident may come back; then they open another.
    """
    async with conn.transaction():
        before = await _hold(conn, actor, incident_id, now)
        await conn.execute(queries.load("incident_changes.resolve"), [incident_id], now)
        await _set(conn, incident_id, now, resolved_by=actor.id)
        return await _tell(conn, actor, before, "resolved", "", now)


async def assignees(conn: asyncpg.Connection, incident: Incident) -> list[asyncpg.Record]:
    """Return the people who watch the store of an incident, by name: ``id`` and ``name``."""
    rows: list[asyncpg.Record] = await conn.fetch(
        """
        /* incident_life.assignees */
        SELECT u.id, u.name FROM users u
        WHERE u.state = 'active' AND u.role IN ('admin', 'manager', 'installer')
              AND (EXISTS (SELECT FROM user_stores s WHERE s.user_id = u.id AND s.store_id = $1)
                   OR (u.role = 'admin'
                       AND NOT EXISTS (SELECT FROM user_stores s WHERE s.user_id = u.id)))
        ORDER BY u.name, u.id LIMIT 200
        """,
        incident.store_id,
    )
    return rows


async def _hold(
    conn: asyncpg.Connection, actor: Actor, incident_id: UUID, now: datetime
) -> Incident:
    actor.require("manage")
    await conn.execute(
        "/* incident_life.hold */ SELECT FROM incidents WHERE id = $1 FOR NO KEY UPDATE",
        incident_id,
    )
    found = await incidents.find(conn, actor, incident_id, now=now)
    if found.state == "resolved":
        raise Conflict("This incident is resolved already.", code="already_resolved")
    return found


async def _set(conn: asyncpg.Connection, incident_id: UUID, now: datetime, **columns: Any) -> None:
    # The names are those written above.
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, start=3))
    await conn.execute(
        f"/* incident_life.set */ UPDATE incidents SET updated_at = $2, {changes} WHERE id = $1",
        incident_id,
        now,
        *columns.values(),
    )


async def _tell(
    conn: asyncpg.Connection,
    actor: Actor,
    before: Incident,
    what: What,
    text: str,
    now: datetime,
) -> Incident:
    await incident_notes.add(conn, what, [before.id], [text], actor=actor, now=now)
    after = await incidents.find(conn, actor, before.id, now=now)
    verb = {"assigned": "assign", "snoozed": "snooze", "resolved": "resolve"}.get(what, what)
    verb = "acknowledge" if verb == "acknowledged" else verb
    await audit.record(
        conn,
        actor,
        action=f"incidents.{verb}",
        entity="incident",
        entity_id=before.id,
        before=_audited(before),
        after=_audited(after) | ({"note": text} if what == "note" else {}),
        now=now,
    )
    return after


def _audited(incident: Incident) -> dict[str, Any]:
    return {
        "name": incident.device or incident.store,
        "kind": incident.kind,
        "device_id": incident.device_id,
        "store_id": incident.store_id,
        "state": incident.state,
        "assigned_to": incident.assigned_to,
        "snoozed_until": incident.snoozed_until,
    }
