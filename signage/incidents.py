"""Incidents: what is wrong with a screen or a store, opened once, until it is resolved."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage.actors import Actor
from signage.ids import new_id

Severity = Literal["info", "warning", "critical"]


class Incident(msgspec.Struct, frozen=True):
    """One open incident with the names of what it is about."""

    id: UUID
    kind: str
    severity: Severity
    device_id: UUID | None
    device: str | None
    store_id: UUID | None
    store: str | None
    summary: str
    evidence: dict[str, Any]
    opened_at: datetime
    updated_at: datetime


async def open_for_device(
    conn: asyncpg.Connection,
    device_id: UUID,
    *,
    kind: str,
    severity: Severity,
    summary: str,
    evidence: dict[str, Any] | None = None,
    now: datetime,
) -> None:
    """Open the incident, or renew the evidence of the one that is open for this device and kind."""
    await conn.execute(
        """
        /* incidents.open_for_device */
        INSERT INTO incidents (id, kind, severity, device_id, store_id, summary, evidence,
                               opened_at, updated_at)
        SELECT $1, $2, $3, d.id, d.store_id, $5, $6, $7, $7 FROM devices d WHERE d.id = $4
        ON CONFLICT (device_id, kind) WHERE resolved_at IS NULL AND device_id IS NOT NULL
        DO UPDATE SET evidence = EXCLUDED.evidence, updated_at = EXCLUDED.updated_at
        """,
        new_id(),
        kind,
        severity,
        device_id,
        summary,
        evidence or {},
        now,
    )


async def list_open(
    conn: asyncpg.Connection, actor: Actor, *, device_id: UUID | None = None, limit: int = 50
) -> list[Incident]:
    """Return the open incidents within the actor's stores, the most severe and oldest first."""
    rows = await conn.fetch(
        """
        /* incidents.list_open */
        SELECT i.id, i.kind, i.severity, i.device_id, d.name AS device,
               coalesce(d.store_id, i.store_id) AS store_id, s.name AS store,
               i.summary, i.evidence, i.opened_at, i.updated_at
        FROM incidents i
        LEFT JOIN devices d ON d.id = i.device_id
        LEFT JOIN stores s ON s.id = coalesce(d.store_id, i.store_id)
        WHERE i.resolved_at IS NULL
              AND ($1::uuid[] IS NULL OR coalesce(d.store_id, i.store_id) = ANY ($1))
              AND ($3::uuid IS NULL OR i.device_id = $3)
        ORDER BY array_position(ARRAY['critical', 'warning', 'info'], i.severity), i.opened_at
        LIMIT $2
        """,
        actor.store_ids,
        limit,
        device_id,
    )
    return [Incident(**dict(row)) for row in rows]
