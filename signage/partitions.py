"""Partitions: a month of events each, made before its first event arrives, dropped in the end."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import asyncpg

from signage import settings

BACK_DAYS = 36
AHEAD_DAYS = 92


async def ensure(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Make the partitions that events may need from now on; return how many were missing.

    Months that have rows in the default partition get one too, and the rows move into it.
    """
    today = now.astimezone(UTC).date()
    made: int = await conn.fetchval(
        "/* partitions.ensure */ SELECT ensure_event_partitions($1, $2)",
        today - timedelta(days=BACK_DAYS),
        today + timedelta(days=AHEAD_DAYS),
    )
    moved: int = await conn.fetchval(
        """
        /* partitions.empty_default */
        SELECT coalesce(sum(ensure_event_partitions(m.month, m.month)), 0)
        FROM (SELECT DISTINCT date_trunc('month', play_day)::date AS month
              FROM proof_of_play_events_default) AS m
        """
    )
    return made + moved


async def list_missing(conn: asyncpg.Connection, *, now: datetime) -> list[date]:
    """Return the first days of the months that events may fall into and that have no partition."""
    today = now.astimezone(UTC).date()
    rows = await conn.fetch(
        """
        /* partitions.list_missing */
        SELECT month::date
        FROM generate_series(date_trunc('month', $1::date), $2::date, '1 month') AS month
        WHERE to_regclass('proof_of_play_events_' || to_char(month, 'YYYYMM')) IS NULL
        """,
        today - timedelta(days=BACK_DAYS),
        today + timedelta(days=AHEAD_DAYS),
    )
    return [row["month"] for row in rows]


async def count_strays(conn: asyncpg.Connection) -> int:
    """Return how many rows lie in the default partition, where none should be."""
    strays: int = await conn.fetchval(
        "/* partitions.count_strays */ SELECT count(*) FROM proof_of_play_events_default"
    )
    return strays


async def drop_old(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Drop the months of events that have been kept long enough; return how many.

    The daily sums stay for good. LockNotAvailableError where somebody reads an event for longer
    than two seconds.
    """
    kept_months = (await settings.load(conn)).events_kept_months
    today = now.astimezone(UTC).date()
    months = today.year * 12 + today.month - 1 - kept_months
    dropped: int = await conn.fetchval(
        "/* partitions.drop_old */ SELECT drop_event_partitions($1)",
        date(months // 12, months % 12 + 1, 1),
    )
    return dropped


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
