"""Duties: what the program does by itself, and when each was done last, by whichever process."""

from datetime import datetime

import asyncpg
import msgspec

ERROR_MAX_CHARS = 500


class Duty(msgspec.Struct, frozen=True):
    """The last run. ``done`` counts what it changed; ``error`` is why it failed, if it did."""

    name: str
    started_at: datetime
    finished_at: datetime | None
    done: int
    error: str | None


async def list_all(conn: asyncpg.Connection) -> list[Duty]:
    """Return the last run of every duty that ever ran."""
    rows = await conn.fetch(
        """
        /* duties.list_all */
        SELECT name, started_at, finished_at, done, error FROM duties ORDER BY name
        """
    )
    return [Duty(**dict(row)) for row in rows]


async def start(conn: asyncpg.Connection, name: str, *, now: datetime) -> None:
    """Note that a run begins."""
    await conn.execute(
        """
        /* duties.start */
        INSERT INTO duties (name, started_at) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET started_at = EXCLUDED.started_at, finished_at = NULL
        """,
        name,
        now,
    )


async def finish(
    conn: asyncpg.Connection, name: str, *, done: int, error: str | None, now: datetime
) -> None:
    """Note how the run ended."""
    await conn.execute(
        """
        /* duties.finish */
        UPDATE duties SET finished_at = $2, done = $3, error = $4 WHERE name = $1
        """,
        name,
        now,
        done,
        error and error[:ERROR_MAX_CHARS],
    )
