"""Failed attempts, counted in the database so that every process sees the same limit.

A count is kept without waiting for the disk: after a crash of the server the last moment's counts
may be missing, which lets a guesser guess that often again, and no more. In return whoever waits
for a counter waits microseconds. Count outside of transactions, they would not wait either.
"""

import zlib
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec

WINDOW_S = 15 * 60
TOTAL_SHARDS = 16
"""Into how many rows a total is split, so that guesses from many addresses do not queue."""


class Guesses(msgspec.Struct, frozen=True):
    """How many wrong guesses the current window has seen, from one address and from all."""

    here: int
    total: int


async def count_failure(conn: asyncpg.Connection, kind: str, subject: str, *, now: datetime) -> int:
    """Record one failure and return how many the current window of 15 minutes has seen."""
    failures: int = await conn.fetchval(
        """
        /* attempts.count_failure */
        INSERT INTO attempts (kind, subject, window_started_at, failures)
        SELECT $1, $2, $3, 1 WHERE set_config('synchronous_commit', 'off', true) = 'off'
        ON CONFLICT (kind, subject, window_started_at)
        DO UPDATE SET failures = attempts.failures + 1
        RETURNING failures
        """,
        kind,
        subject[:200],
        window_start(now),
    )
    return failures


async def count_guess(
    conn: asyncpg.Connection, kind: str, address: str, *, now: datetime
) -> Guesses:
    """Record one wrong guess from the address and return how many there were, also from all."""
    own = zlib.crc32(address.encode("utf-8", "replace")) % TOTAL_SHARDS
    row = await conn.fetchrow(
        """
        /* attempts.count_guess */
        WITH counted AS (
            INSERT INTO attempts (kind, subject, window_started_at, failures)
            SELECT $1, subject, $4, 1 FROM unnest(ARRAY[$2, $3]::text[]) AS subject
            WHERE set_config('synchronous_commit', 'off', true) = 'off'
            ON CONFLICT (kind, subject, window_started_at)
            DO UPDATE SET failures = attempts.failures + 1
            RETURNING subject, failures
        )
        SELECT (SELECT failures FROM counted WHERE subject = $2) AS here,
               (SELECT failures FROM counted WHERE subject = $3)
               + (SELECT coalesce(sum(failures), 0) FROM attempts
                  WHERE kind = $1 AND subject = ANY ($5) AND window_started_at = $4) AS total
        """,
        kind,
        f"address {address}"[:200],
        _shard(own),
        window_start(now),
        [_shard(number) for number in range(TOTAL_SHARDS) if number != own],
    )
    return Guesses(row["here"], row["total"])


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


def _shard(number: int) -> str:
    return f"everybody {number}"
