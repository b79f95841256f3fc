"""Sequences: a player numbers its events, so one that never arrived is noticed.

Whatever arrived counts, refused events too. A gap is told of when it is a quarter of an hour old,
since batches overtake each other, and the incident ends by itself when the gap is filled.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from db import queries
from signage import incidents

KIND = "ingestion_gap"
TOLD_AFTER = timedelta(minutes=15)
SEQ_MAX = 2**62
RANGES_SHOWN_MAX = 20

Numbered = tuple[UUID, int, bool]
"""A device, the number of one of its events, and whether the event is new here."""


def numbers(device_id: UUID, events: list[Any], new: set[int]) -> Iterator[Numbered]:
    """Yield the numbers in a batch; ``new`` has the places of the events that were not known."""
    for index, event in enumerate(events):
        seq = event.get("seq") if isinstance(event, dict) else None
        if isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < SEQ_MAX:
            yield device_id, seq, index in new


async def note(conn: asyncpg.Connection, arrived: Iterable[Numbered], *, now: datetime) -> None:
    """Note what arrived; open an incident for each screen with an old gap, end it where it filled.

    A new event under a number that was there before begins a new count: the player was installed
    again.
    """
    ranges = list(_ranges(sorted(set(arrived))))
    if not ranges:
        return
    rows = await conn.fetch(
        queries.load("play_sequences.note"), *zip(*ranges, strict=True), now, now - TOLD_AFTER
    )
    for row in rows:
        if row["gap_since"] is None:
            await _close(conn, row["device_id"], now)
        else:
            await _tell(conn, row["device_id"], row["gap_since"], now)


def _ranges(arrived: list[Numbered]) -> Iterator[tuple[UUID, int, int, bool]]:
    """Yield each run of numbers with its first, its last, and whether the first is new."""
    at = 0
    while at < len(arrived):
        device_id, first, is_new = arrived[at]
        last = first
        while at < len(arrived) and arrived[at][0] == device_id and arrived[at][1] <= last + 1:
            last = arrived[at][1]
            is_new = is_new or (arrived[at][1] == first and arrived[at][2])
            at += 1
        yield device_id, first, last, is_new


async def _tell(
    conn: asyncpg.Connection, device_id: UUID, gap_since: datetime, now: datetime
) -> None:
    missing = await conn.fetchval(
        """
        /* play_sequences.missing */
        UPDATE device_sequences SET told = true WHERE device_id = $1
        RETURNING int8multirange(range_merge(seen)) - seen
        """,
        device_id,
    )
    lost = sum(gap.upper - gap.lower for gap in missing)
    await incidents.open_for_device(
        conn,
        device_id,
        kind=KIND,
        severity="warning",
        summary="Some of its events never arrived. They may still be on the screen: see whether it"
        " was offline, ran out of room or was installed again.",
        evidence={
            "missing": lost,
            "ranges": [[gap.lower, gap.upper - 1] for gap in missing[:RANGES_SHOWN_MAX]],
            "since": gap_since.isoformat(),
        },
        now=now,
    )


async def _close(conn: asyncpg.Connection, device_id: UUID, now: datetime) -> None:
    await conn.execute(
        """
        /* play_sequences.close */
        WITH filled AS (
            UPDATE device_sequences SET told = false WHERE device_id = $1 RETURNING device_id)
        UPDATE incidents SET resolved_at = $2, updated_at = $2
        WHERE device_id IN (SELECT device_id FROM filled) AND kind = $3 AND resolved_at IS NULL
        """,
        device_id,
        now,
        KIND,
    )
