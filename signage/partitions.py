"""Partitions: a month of events each, made before the first event of that month arrives."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import asyncpg

BACK_DAYS = 36
AHEAD_DAYS = 92


async def ensure(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Make the partitions that events may need from now on; return how many were missing."""
    today = now.astimezone(UTC).date()
    made: int = await conn.fetchval(
        "/* partitions.ensure */ SELECT ensure_event_partitions($1, $2)",
        today - timedelta(days=BACK_DAYS),
        today + timedelta(days=AHEAD_DAYS),
    )
    return made


async def ensure_for(conn: asyncpg.Connection, days: Iterable[date]) -> None:
    """Make what is missing for these days. Call it before the transaction has touched the events:
    making one needs them alone, and who already reads them would wait for another such reader.
    """
    months = sorted({day.replace(day=1) for day in days})
    if not months:
        return
    await conn.execute(
        """
        /* partitions.ensure_for */
        SELECT ensure_event_partitions(month, month)
        FROM unnest($1::date[]) AS month
        WHERE to_regclass('proof_of_play_events_' || to_char(month, 'YYYYMM')) IS NULL
        """,
        months,
    )
