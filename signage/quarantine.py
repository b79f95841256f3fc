"""The quarantine: events that were refused, as they came and why, for 30 days.

When the cause is mended they can be replayed: judged again as of the time they were received.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import paging
from signage.actors import Actor
from signage.play_events import Refusal, uuid_in

KEPT_DAYS = 30
PAYLOAD_MAX_CHARS = 16_384
DETAIL_MAX_CHARS = 500


class Entry(msgspec.Struct, frozen=True):
    """A refused event; ``payload`` is its JSON in ASCII, cut where it is over 16,384 characters."""

    device_id: UUID
    event_id: str
    code: str
    payload: str
    detail: str
    sent_at: datetime | None
    received_at: datetime


class Refused(msgspec.Struct, frozen=True):
    """An entry as an analyst reads it, with the names of the screen and its store of today."""

    id: str
    device_id: UUID
    device: str
    store_id: UUID
    store: str
    event_id: str
    code: str
    detail: str
    payload: str
    received_at: datetime
    replayed_at: datetime | None


def entry(
    raw: Any,
    *,
    device_id: UUID,
    refusal: Refusal,
    sent_at: datetime | None,
    received_at: datetime,
) -> Entry:
    """Return what is kept of an event, whatever JSON value it is."""
    payload = _json(raw)
    # A naive time is no instant; it was not used for the correction either.
    aware_sent_at = sent_at if sent_at is not None and sent_at.tzinfo is not None else None
    return Entry(
        device_id=device_id,
        event_id=_event_id(raw, payload),
        code=refusal.code,
        payload=payload[:PAYLOAD_MAX_CHARS],
        detail=refusal.detail[:DETAIL_MAX_CHARS],
        sent_at=aware_sent_at,
        received_at=received_at,
    )


async def keep(conn: asyncpg.Connection, entries: Sequence[Entry]) -> None:
    """Keep the entries; the same event refused again for the same reason is kept once."""
    if not entries:
        return
    await conn.execute(
        """
        /* quarantine.keep */
        INSERT INTO proof_of_play_quarantine (device_id, event_id, code, payload, detail, sent_at,
                                              received_at)
        SELECT n.device_id, n.event_id, n.code, n.payload, n.detail, n.sent_at, n.received_at
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                    $7::timestamptz[])
             AS n (device_id, event_id, code, payload, detail, sent_at, received_at)
        ON CONFLICT (device_id, event_id, code) DO NOTHING
        """,
        *zip(*(msgspec.structs.astuple(kept) for kept in entries), strict=True),
    )


async def list_for(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    device_id: UUID | None = None,
    code: str | None = None,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
) -> paging.Page[Refused]:
    """Return a page of what was refused from the screens in the actor's stores, newest first."""
    actor.require_all_campaigns("report")
    after = paging.decode(cursor, tuple[datetime, UUID, str, str])
    rows = await conn.fetch(
        """
        /* quarantine.list_for */
        SELECT q.device_id, d.name AS device, d.store_id, s.name AS store, q.event_id, q.code,
               q.detail, q.payload, q.received_at, q.replayed_at
        FROM proof_of_play_quarantine q
        JOIN devices d ON d.id = q.device_id
        JOIN stores s ON s.id = d.store_id
        WHERE ($1::uuid[] IS NULL OR d.store_id = ANY ($1))
              AND ($2::uuid IS NULL OR q.device_id = $2) AND ($3::text IS NULL OR q.code = $3)
              AND ($4::timestamptz IS NULL
                   OR (q.received_at, q.device_id, q.event_id, q.code) < ($4, $5::uuid, $6, $7))
        ORDER BY q.received_at DESC, q.device_id DESC, q.event_id DESC, q.code DESC
        LIMIT $8
        """,
        actor.store_ids,
        device_id,
        code,
        *(after or (None, None, None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(
        rows,
        limit,
        lambda row: [row["received_at"], row["device_id"], row["event_id"], row["code"]],
    )
    return paging.Page([_refused(row) for row in found], next_cursor)


async def forget_old(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Delete what has been kept for its 30 days; return how much that was."""
    status: str = await conn.execute(
        "/* quarantine.forget_old */ DELETE FROM proof_of_play_quarantine WHERE received_at < $1",
        now - timedelta(days=KEPT_DAYS),
    )
    return int(status.split()[1])


def _json(raw: Any) -> str:
    # Escaped to ASCII, so that NULs and lone surrogates can be kept in a text column as they came.
    try:
        return json.dumps(raw, separators=(",", ":"))
    except (RecursionError, ValueError, TypeError):
        return json.dumps("This event cannot be written down: it is nested too deeply.")


def _event_id(raw: Any, payload: str) -> str:
    """What tells this event from others: its id where it has a proper one, else its text."""
    event_id = raw.get("event_id") if isinstance(raw, dict) else None
    known = uuid_in(event_id) if isinstance(event_id, str) else None
    return str(known or f"sha256:{sha256(payload.encode()).hexdigest()}")


def _refused(row: asyncpg.Record) -> Refused:
    key = [row["device_id"], row["event_id"], row["code"]]
    return Refused(id=paging.encode(key), **dict(row))
