"""The audit log: who changed what, before and after, in a chain that shows tampering.

Written in the transaction of the change itself; the database numbers and chains the rows.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from signage import audit_entries, paging
from signage.actors import Actor, Address
from signage.audit_entries import ADDRESS_KEPT_DAYS, COUNTED_MAX, NO_FILTERS, Entry, Filters

SECRET_FIELDS = frozenset(
    {"password_hash", "token_hash", "refresh_hash", "key_hash", "totp_secret"}
)

PIECE_ROWS = 500
ADDRESS_MAX_CHARS = 100


async def record(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    action: str,
    entity: str,
    entity_id: object,
    before: object = None,
    after: object = None,
    now: datetime,
) -> None:
    """Append one entry. ``before`` and ``after`` are Structs or dicts; secrets are masked."""
    address = actor.address if isinstance(actor.address, Address) and actor.address else None
    await conn.execute(
        """
        /* audit.record */
        INSERT INTO audit_log (at, actor_kind, actor_id, action, entity, entity_id,
                               before, after, request_id, address_hmac)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        now,
        actor.kind,
        actor.id,
        action,
        entity,
        str(entity_id),
        _masked(before),
        _masked(after),
        actor.request_id or None,
        address.hmac if address else None,
    )
    if address:
        await _keep_readable(conn, address, now)


async def record_each(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    action: str,
    entity: str,
    entries: list[tuple[object, object, object]],
    now: datetime,
) -> None:
    """Append an entry for each (id, before, after), in one statement and in this order."""
    address = actor.address if isinstance(actor.address, Address) and actor.address else None
    await conn.execute(
        """
        /* audit.record_each */
        INSERT INTO audit_log (at, actor_kind, actor_id, action, entity, entity_id,
                               before, after, request_id, address_hmac)
        SELECT $1, $2, $3, $4, $5, n.entry ->> 'id',
               nullif(n.entry -> 'before', 'null'), nullif(n.entry -> 'after', 'null'), $7, $8
        FROM jsonb_array_elements($6::jsonb) WITH ORDINALITY AS n (entry, place)
        ORDER BY n.place
        """,
        now,
        actor.kind,
        actor.id,
        action,
        entity,
        [
            {"id": str(entity_id), "before": _masked(before), "after": _masked(after)}
            for entity_id, before, after in entries
        ],
        actor.request_id or None,
        address.hmac if address else None,
    )
    if address and entries:
        await _keep_readable(conn, address, now)


async def list_for(
    conn: asyncpg.Connection, actor: Actor, *, entity: str, entity_id: object, limit: int
) -> list[Entry]:
    """Return the latest entries of one thing, without addresses.

    Whether the actor may see the thing is the caller's to find out first. Takes the right to watch.
    """
    actor.require("watch")
    rows = await conn.fetch(
        f"""
        /* audit.list_for */
        {audit_entries.SELECT.format(address="NULL::text")}
        WHERE l.entity = $1 AND l.entity_id = $2
        ORDER BY l.seq DESC
        LIMIT $3
        """,
        entity,
        str(entity_id),
        limit,
    )
    return await audit_entries.told(conn, rows)


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Entry]:
    """Return a page of the whole log, the latest first. Takes the right to administer."""
    actor.require("administer")
    before = paging.decode(cursor, tuple[int])
    rows = await conn.fetch(
        f"""
        /* audit.list_page */
        {_SELECT}
        WHERE {audit_entries.MATCHES} AND ($10::bigint IS NULL OR l.seq < $10)
        ORDER BY l.seq DESC
        LIMIT $11
        """,
        *audit_entries.values(filters),
        _readable_since(now),
        before and before[0],
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["seq"]])
    return paging.Page(await audit_entries.told(conn, found), next_cursor)


async def count(conn: asyncpg.Connection, actor: Actor, filters: Filters = NO_FILTERS) -> int:
    """Return how many entries match, counted no further than 10,000."""
    actor.require("administer")
    found: int = await conn.fetchval(
        f"""
        /* audit.count */
        SELECT count(*)
        FROM (SELECT 1 FROM audit_log l WHERE {audit_entries.MATCHES} LIMIT $9) AS matching
        """,
        *audit_entries.values(filters),
        COUNTED_MAX,
    )
    return found


async def each(
    conn: asyncpg.Connection, actor: Actor, filters: Filters, *, now: datetime
) -> AsyncIterator[Entry]:
    """Yield every entry that matches, the latest first, in constant memory."""
    actor.require("administer")
    async with conn.transaction():
        rows = await conn.cursor(
            f"/* audit.each */ {_SELECT} WHERE {audit_entries.MATCHES} ORDER BY l.seq DESC",
            *audit_entries.values(filters),
            _readable_since(now),
        )
        while piece := await rows.fetch(PIECE_ROWS):
            for entry in await audit_entries.told(conn, piece):
                yield entry


async def forget_addresses(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Forget the readable addresses not seen for 90 days; return how many. The HMACs stay."""
    forgotten = await conn.fetch(
        "/* audit.forget_addresses */ DELETE FROM audit_addresses WHERE seen_at <= $1 RETURNING 1",
        _readable_since(now),
    )
    return len(forgotten)


_SELECT = f"""
{audit_entries.SELECT.format(address="a.address")}
LEFT JOIN audit_addresses a ON a.address_hmac = l.address_hmac AND l.at > $9"""


async def _keep_readable(conn: asyncpg.Connection, address: Address, now: datetime) -> None:
    # After the entry, whose lock lets one writer at a time come here: two never wait crosswise.
    await conn.execute(
        """
        /* audit.keep_readable */
        INSERT INTO audit_addresses (address_hmac, address, seen_at) VALUES ($1, $2, $3)
        ON CONFLICT (address_hmac) DO UPDATE SET seen_at = EXCLUDED.seen_at
        WHERE audit_addresses.seen_at < EXCLUDED.seen_at
        """,
        address.hmac,
        str(address)[:ADDRESS_MAX_CHARS],
        now,
    )


def _readable_since(now: datetime) -> datetime:
    return now - timedelta(days=ADDRESS_KEPT_DAYS)


def _masked(value: object) -> dict[str, Any] | None:
    if value is None:
        return None
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return {key: "***" if key in SECRET_FIELDS else shown for key, shown in fields.items()}
