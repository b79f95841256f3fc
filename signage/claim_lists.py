"""Lists of claims: what is open, used or ran out, and the upkeep that lets old ones go."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import paging
from signage.actors import Actor
from signage.claims import SELECT, STATE, Claim, State

UNANSWERED_KEPT_DAYS = 7
"""How long it stays known that a screen asked in whom nobody ever answered."""


class Filters(msgspec.Struct, frozen=True):
    """Which claims a list shows; None leaves a filter out. ``open`` is pending or approved."""

    state: State | Literal["open"] | None = None
    store_id: UUID | None = None
    batch_id: UUID | None = None


NO_FILTERS = Filters()


async def list_for(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = NO_FILTERS,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Claim]:
    """Return a page of the claims of the actor's stores, newest first."""
    actor.require("watch")
    before = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        f"""
        /* claim_lists.list_for */
        {SELECT}
        WHERE {_MATCHES} AND ($6::timestamptz IS NULL OR (c.created_at, c.id) < ($6, $7::uuid))
        ORDER BY c.created_at DESC, c.id DESC
        LIMIT $8
        """,
        *_filter_values(actor, filters, now),
        *(before or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["created_at"], row["id"]])
    return paging.Page([Claim(**dict(row)) for row in found], next_cursor)


async def count(
    conn: asyncpg.Connection, actor: Actor, filters: Filters = NO_FILTERS, *, now: datetime
) -> dict[State, int]:
    """Return how many claims match, by state; states that none is in are left out."""
    actor.require("watch")
    rows = await conn.fetch(
        f"""
        /* claim_lists.count */
        SELECT {STATE} AS state, count(*) AS claims FROM device_claims c
        WHERE {_MATCHES}
        GROUP BY 1
        """,
        *_filter_values(actor, filters, now),
    )
    return {row["state"]: row["claims"] for row in rows}


async def count_pending(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Return how many screens show a code and wait for somebody."""
    waiting: int = await conn.fetchval(
        """
        /* claim_lists.count_pending */
        SELECT count(*) FROM device_claims WHERE state = 'pending' AND expires_at > $1
        """,
        now,
    )
    return waiting


async def let_go(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Mark what has run out, and forget screens that nobody answered for a week."""
    expired: int = await conn.fetchval(
        """
        /* claim_lists.expire */
        WITH expired AS (
            UPDATE device_claims SET state = 'expired', updated_at = $1
            WHERE state IN ('pending', 'approved') AND expires_at <= $1
            RETURNING id
        )
        SELECT count(*) FROM expired
        """,
        now,
    )
    await conn.execute(
        """
        /* claim_lists.forget */
        DELETE FROM device_claims
        WHERE kind = 'screen' AND state = 'expired' AND store_id IS NULL AND expires_at < $1
        """,
        now - timedelta(days=UNANSWERED_KEPT_DAYS),
    )
    return expired


_MATCHES = f"""($2::uuid[] IS NULL OR c.store_id = ANY ($2))
    AND CASE $3::text WHEN 'open' THEN {STATE} IN ('pending', 'approved')
        ELSE $3 IS NULL OR {STATE} = $3 END
    AND ($4::uuid IS NULL OR c.store_id = $4)
    AND ($5::uuid IS NULL OR c.batch_id = $5)"""


def _filter_values(actor: Actor, filters: Filters, now: datetime) -> list[object]:
    return [now, actor.store_ids, filters.state, filters.store_id, filters.batch_id]
