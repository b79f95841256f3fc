"""Device incidents: what was wrong with one screen, open and past."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import devices, paging
from signage.actors import Actor
from signage.incidents import Severity


class DeviceIncident(msgspec.Struct, frozen=True):
    """One incident; it is open until ``resolved_at``."""

    id: UUID
    kind: str
    severity: Severity
    summary: str
    evidence: dict[str, Any]
    opened_at: datetime
    updated_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[DeviceIncident]:
    """Return the incidents of the screen, the latest first."""
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    before = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        """
        /* device_incidents.list_page */
        SELECT id, kind, severity, summary, evidence, opened_at, updated_at, acknowledged_at,
               resolved_at
        FROM incidents
        WHERE device_id = $1
              AND ($2::timestamptz IS NULL OR (opened_at, id) < ($2, $3::uuid))
        ORDER BY opened_at DESC, id DESC
        LIMIT $4
        """,
        device_id,
        *(before or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["opened_at"], row["id"]])
    return paging.Page([DeviceIncident(**dict(row)) for row in found], next_cursor)
