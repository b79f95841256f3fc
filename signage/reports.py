"""The proof-of-play report: plays by day, place, campaign and content, as a page and as CSV.

Both are made from one SQL source, so their sums agree for every filter. A row belongs to the store
where the screen stood when it played, and only rows of the actor's stores are found. A group's
filter asks for the screens that are in the group today.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from signage import paging, report_csv, report_query, report_sql
from signage.actors import Actor
from signage.errors import Invalid
from signage.report_query import Key, ReportQuery

CHART_DAYS_MAX = 366
WORK_MEM_MB = 64
WEEKDAYS, HOURS = 7, 24

Row = dict[str, Any]
"""The columns that the question asks for, by name and in their order."""


class Totals(msgspec.Struct, frozen=True):
    """The whole result in one line. ``duration_ms`` is of counted plays, ``partial_ms`` of the
    others; screens and stores are distinct ones; the times are of the first and last start.
    """

    plays: int
    partial: int
    failed: int
    skipped: int
    duration_ms: int
    partial_ms: int
    screens: int
    stores: int
    first_played_at: datetime | None
    last_played_at: datetime | None
    late: int


TOTALS = Totals.__struct_fields__


class Report(msgspec.Struct, frozen=True):
    """One page of rows, and the totals of all rows, as of an instant."""

    rows: list[Row]
    totals: Totals
    as_of: datetime
    next_cursor: str | None


class DayOfPlays(msgspec.Struct, frozen=True):
    """What was played on one local day."""

    day: date
    plays: int
    partial: int
    failed: int
    skipped: int


async def proof_of_play(
    conn: asyncpg.Connection, actor: Actor, query: ReportQuery, *, now: datetime
) -> Report:
    """Answer the question with one page and the totals, both from one statement."""
    rows, totals_of_all, next_cursor = await _page(conn, actor, query)
    return Report(rows=rows, totals=totals_of_all, as_of=now, next_cursor=next_cursor)


async def proof_of_play_csv(
    conn: asyncpg.Connection, actor: Actor, query: ReportQuery
) -> AsyncIterator[bytes]:
    """Yield the whole result as CSV, in pieces, holding no more than one of them at a time."""
    actor.require("report")
    report_query.check(query)
    statement = report_sql.whole(actor, query)
    async with _reporting(conn):
        found = conn.cursor(statement.text, *statement.values, prefetch=report_csv.PIECE_ROWS)
        async for piece in report_csv.pieces(columns(query), found):
            yield piece


def columns(query: ReportQuery) -> list[str]:
    """Return the names of the report's columns in their order."""
    return report_sql.columns(query)


async def totals(conn: asyncpg.Connection, actor: Actor, query: ReportQuery) -> Totals:
    """Return the totals of the question's period and filters."""
    _, totals_of_all, _ = await _page(conn, actor, _regrouped(query, []))
    return totals_of_all


async def before(conn: asyncpg.Connection, actor: Actor, query: ReportQuery) -> Totals:
    """Return the totals of as many days just before, to compare with."""
    report_query.check(query)
    period = timedelta(days=query.days)
    earlier = msgspec.structs.replace(query, from_=query.from_ - period, to=query.to - period)
    return await totals(conn, actor, earlier)


async def by_day(conn: asyncpg.Connection, actor: Actor, query: ReportQuery) -> list[DayOfPlays]:
    """Return every day of the period, also those without plays. Invalid over 366 days."""
    if query.days > CHART_DAYS_MAX:
        detail = f"A chart covers at most {CHART_DAYS_MAX} days."
        raise Invalid.field("/to", "range_too_long", detail)
    rows = await _all(conn, actor, _regrouped(query, ["day"]))
    found = {row["day"]: row for row in rows}
    return [
        DayOfPlays(day, *(found.get(day, {}).get(name, 0) for name in _DAY_COLUMNS))
        for day in (query.from_ + timedelta(days=n) for n in range(query.days))
    ]


async def heat_map(conn: asyncpg.Connection, actor: Actor, query: ReportQuery) -> list[list[int]]:
    """Return counted plays by weekday, Monday first, and hour. Invalid over 92 days."""
    counts = [[0] * HOURS for _ in range(WEEKDAYS)]
    for row in await _all(conn, actor, _regrouped(query, ["day", "hour"])):
        counts[row["day"].weekday()][row["hour"]] += row["plays"]
    return counts


async def top_content(
    conn: asyncpg.Connection, actor: Actor, query: ReportQuery, *, limit: int = 10
) -> list[Row]:
    """Return the contents that were played most, as rows of the report."""
    asked = _regrouped(query, ["content"], sort="-plays", limit=limit)
    rows, _, _ = await _page(conn, actor, asked)
    return rows


_DAY_COLUMNS = ("plays", "partial", "failed", "skipped")


def _regrouped(
    query: ReportQuery, group_by: list[Key], *, sort: str | None = None, limit: int = 1
) -> ReportQuery:
    return msgspec.structs.replace(query, group_by=group_by, sort=sort, limit=limit, cursor=None)


async def _page(
    conn: asyncpg.Connection, actor: Actor, query: ReportQuery
) -> tuple[list[Row], Totals, str | None]:
    actor.require("report")
    report_query.check(query)
    statement = report_sql.page(actor, query)
    async with _reporting(conn):
        found = await conn.fetch(statement.text, *statement.values)
    # Without any rows there is still the line of totals, whose row columns are null.
    rows, next_cursor = paging.cut(
        [row for row in found if row["plays"] is not None],
        query.limit,
        lambda row: report_sql.cursor(query, row),
    )
    names = columns(query)
    totals_of_all = Totals(**{name: found[0][f"total_{name}"] for name in TOTALS})
    return [{name: row[name] for name in names} for row in rows], totals_of_all, next_cursor


async def _all(conn: asyncpg.Connection, actor: Actor, query: ReportQuery) -> list[Row]:
    actor.require("report")
    report_query.check(query)
    statement = report_sql.whole(actor, query)
    async with _reporting(conn):
        return [dict(row) for row in await conn.fetch(statement.text, *statement.values)]


@asynccontextmanager
async def _reporting(conn: asyncpg.Connection) -> AsyncIterator[None]:
    """Sums of millions of rows in memory, and for a CSV the plan that is fastest to its end."""
    async with conn.transaction(readonly=True):
        await conn.execute(
            """
            /* reports.reporting */
            SELECT set_config('work_mem', $1, true), set_config('jit', 'off', true),
                   set_config('cursor_tuple_fraction', '1', true)
            """,
            f"{WORK_MEM_MB}MB",
        )
        yield
