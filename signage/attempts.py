"""Failed attempts, counted in the database so that every process sees the same limit."""

from datetime import UTC, datetime, timedelta

import asyncpg

WINDOW_S = 15 * 60


async def count_failure(conn: asyncpg.Connection, kind: str, subject: str, *, now: datetime) -> int:
    """Record one failure and return how many the current window of 15 minutes has seen."""
    failures: int = await conn.fetchval(
        """
        /* attempts.count_failure */
        INSERT INTO attempts (kind, subject, window_started_at, failures)
        VALUES ($1, $2, $3, 1)
        ON CONFLICT (kind, subject, window_started_at)
        DO UPDATE SET failures = attempts.failures + 1
        RETURNING failures
        """,
        kind,
        subject[:200],
        window_start(now),
    )
    return failures


async def failures(conn: asyncpg.Connection, kind: str, subject: str, *, now: datetime) -> int:
    """Return how many failures the current window has seen."""
    count: int | None = await conn.fetchval(
        """
        /* attempts.failures */
        SELECT failures FROM attempts
        WHERE kind = $1 AND subject = $2 AND window_started_at = $3
        """,
        kind,
        subject[:200],
        window_start(now),
    )
    return count or 0


async def forget_old(conn: asyncpg.Connection, *, now: datetime) -> None:
    """Drop windows that limit nothing any more."""
    await conn.execute(
        "/* attempts.forget_old */ DELETE FROM attempts WHERE window_started_at < $1",
        now - timedelta(days=1),
    )


def window_start(now: datetime) -> datetime:
    """Return when the window that holds ``now`` began."""
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % WINDOW_S, UTC)


def seconds_left(now: datetime) -> int:
    """Return in how many seconds a new window begins."""
    return WINDOW_S - int(now.timestamp()) % WINDOW_S
