"""The proof-of-play report on daily sums: JSON against the bare sum, CSV against COPY TO.

The set is a twelfth of the size that is promised: 90 days, 100 stores, 20 campaigns of 5 contents.
"""

from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any

import asyncpg
import msgspec
import psutil

from bench import shop
from bench.figures import Figure, take_turns
from db.pool import connect
from signage import reports
from signage.actors import Actor
from signage.report_query import Key, ReportQuery

DAYS, STORES, CAMPAIGNS, CONTENTS = 90, 100, 20, 5
ROWS = DAYS * STORES * CAMPAIGNS * CONTENTS
CSV_DAYS = 15
CSV_ROWS = CSV_DAYS * STORES * CAMPAIGNS * CONTENTS

ANALYST = Actor(kind="user", id=None, name="Bench", role="analyst")
MEASURES = "plays, partial, failed, skipped, duration_ms, partial_ms, late"


async def measure() -> list[Figure]:
    """Ask for the whole period by store and by day and campaign, and for every row as CSV."""
    async with shop.scratch() as (dsn, _, role):
        last = datetime.now(UTC).date() - timedelta(days=1)
        await _fill(dsn, last)
        conn = await connect(dsn, role=role)
        try:
            by_store = await _json_figure(conn, last, ["store"])
            by_day = await _json_figure(conn, last, ["day", "campaign"])
            return [by_store, by_day, await _csv_figure(conn, last)]
        finally:
            await conn.close()


async def _json_figure(conn: asyncpg.Connection, last: date, group_by: list[Key]) -> Figure:
    first = last - timedelta(days=DAYS - 1)
    query = ReportQuery(from_=first, to=last, group_by=group_by)

    async def ours() -> float:
        started = perf_counter()
        found = await reports.proof_of_play(conn, ANALYST, query, now=datetime.now(UTC))
        msgspec.json.encode(found)
        assert found.totals.plays == ROWS * 60
        return (perf_counter() - started) * 1000

    async def bare() -> float:
        sums = ", ".join(f"sum({measure})" for measure in MEASURES.split(", "))
        started = perf_counter()
        row = await conn.fetchrow(
            f"SELECT {sums} FROM proof_of_play_aggregate_daily WHERE report_day BETWEEN $1 AND $2",
            first,
            last,
        )
        assert row[0] == ROWS * 60
        return (perf_counter() - started) * 1000

    took, summed = await take_turns(ours, bare)
    return Figure(
        name=f"Report of {ROWS:,} sums by {' and '.join(group_by)}, JSON",
        against="SELECT of the bare sum",
        unit="ms",
        ours=took,
        baseline=summed,
        at_most=2,
    )


async def _csv_figure(conn: asyncpg.Connection, last: date) -> Figure:
    first = last - timedelta(days=CSV_DAYS - 1)
    query = ReportQuery(from_=first, to=last, group_by=["day", "store", "campaign", "content"])
    grown = 0.0

    async def ours() -> float:
        nonlocal grown
        lines, before = -1, _memory_mib()
        started = perf_counter()
        async for piece in reports.proof_of_play_csv(conn, ANALYST, query):
            lines += piece.count(b"\n")
            grown = max(grown, _memory_mib() - before)
        assert lines == CSV_ROWS, f"{lines} lines of {CSV_ROWS}"
        return CSV_ROWS / (perf_counter() - started)

    async def bare() -> float:
        counter = _Lines()
        started = perf_counter()
        await conn.copy_from_query(
            "SELECT report_day, store_id, campaign_id, content_id, device_id, first_played_at,"
            f" last_played_at, {MEASURES} FROM proof_of_play_aggregate_daily"
            " WHERE report_day BETWEEN $1 AND $2",
            first,
            last,
            output=counter.write,
            format="csv",
        )
        assert counter.lines == CSV_ROWS
        return CSV_ROWS / (perf_counter() - started)

    streamed, copied = await take_turns(ours, bare)
    return Figure(
        name=f"Report of {CSV_ROWS:,} rows, CSV",
        against="COPY TO of the same sums, unordered",
        unit="/s",
        ours=streamed,
        baseline=copied,
        at_least=0.5,
        note=f"While the CSV streamed, this process grew by {grown:.1f} MiB at most.",
    )


class _Lines:
    def __init__(self) -> None:
        self.lines = 0

    async def write(self, data: bytes) -> None:
        self.lines += data.count(b"\n")


def _memory_mib() -> float:
    rss: int = psutil.Process().memory_info().rss
    return rss / 2**20


async def _fill(dsn: str, last: date) -> None:
    conn = await connect(dsn, statement_timeout_ms=0)
    try:
        await conn.execute("SET synchronous_commit = off")
        for statement, *values in _statements(last):
            await conn.execute(statement, *values)
        await conn.execute("VACUUM ANALYZE proof_of_play_aggregate_daily")
    finally:
        await conn.close()


def _statements(last: date) -> list[tuple[Any, ...]]:
    now = datetime.now(UTC)
    return [
        (_STORES, STORES, now),
        (_CAMPAIGNS, CAMPAIGNS, now),
        (_CONTENT, CAMPAIGNS, CONTENTS, now),
        (_SUMS, last, DAYS, STORES, CAMPAIGNS, CONTENTS),
    ]


_STORES = """
INSERT INTO stores (id, code, name, timezone, created_at, updated_at)
SELECT md5('store ' || s)::uuid, 'S-' || s, 'Store ' || s, 'Europe/Lisbon', $2, $2
FROM generate_series(1, $1::int) AS s"""

_CAMPAIGNS = """
INSERT INTO campaigns (id, name, created_at, updated_at)
SELECT md5('campaign ' || c)::uuid, 'Campaign ' || c, $2, $2
FROM generate_series(1, $1::int) AS c"""

_CONTENT = """
INSERT INTO content (id, name, kind, campaign_id, created_at, updated_at)
SELECT md5('content ' || c || ' ' || n)::uuid, 'Content ' || n || ' of ' || c, 'image',
       md5('campaign ' || c)::uuid, $3, $3
FROM generate_series(1, $1::int) AS c, generate_series(1, $2::int) AS n"""

_SUMS = """
INSERT INTO proof_of_play_aggregate_daily (
    device_id, report_day, store_id, campaign_id, content_id, result, plays, duration_ms,
    first_played_at, last_played_at)
SELECT md5('device ' || s)::uuid, $1::date - d, md5('store ' || s)::uuid,
       md5('campaign ' || c)::uuid, md5('content ' || c || ' ' || n)::uuid, 'completed', 60,
       600000, ($1::date - d) + time '08:00', ($1::date - d) + time '20:00'
FROM generate_series($2::int - 1, 0, -1) AS d, generate_series(1, $3::int) AS s,
     generate_series(1, $4::int) AS c, generate_series(1, $5::int) AS n"""
