"""The proof-of-play report as SQL: one source, from which the page and the CSV are both made.

Its text is put together from the fixed pieces here and in ``db/queries/reports.*.sql``, chosen by
names from closed lists; every value that a caller gives is a parameter.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from types import GenericAlias
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec

from db import queries
from signage import paging
from signage.actors import Actor
from signage.errors import Invalid
from signage.ids import NIL_ID
from signage.report_query import MEASURES, Key, Measure, ReportQuery, sort_key

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Statement(msgspec.Struct, frozen=True):
    """A statement's text and its parameters in order."""

    text: str
    values: list[Any]


class _Order(msgspec.Struct, frozen=True):
    """A column that rows are ordered by, with the types it has in SQL and in a cursor."""

    expression: str
    sql_type: str
    type: Any


class _Grouping(msgspec.Struct, frozen=True):
    """How a key is read from a fact; ``table`` has the names of what an id stands for."""

    column: str
    expression: str
    sql_type: str
    type: Any
    table: str | None = None


GROUPINGS: dict[Key, _Grouping] = {
    "day": _Grouping("day", "f.report_day", "date", date),
    "week": _Grouping("week", "date_trunc('week', f.report_day::timestamp)::date", "date", date),
    "month": _Grouping("month", "date_trunc('month', f.report_day::timestamp)::date", "date", date),
    "campaign": _Grouping("campaign_id", "f.campaign_id", "uuid", UUID, "campaigns"),
    "store": _Grouping("store_id", "f.store_id", "uuid", UUID, "stores"),
    "device": _Grouping("device_id", "f.device_id", "uuid", UUID, "devices"),
    "content": _Grouping("content_id", "f.content_id", "uuid", UUID, "content"),
    "hour": _Grouping("hour", "f.report_hour", "smallint", Hour),
}

MEASURE_ORDERS: dict[Measure, _Order] = {
    measure: _Order(f"g.{measure}", "timestamptz", Instant)
    if measure.endswith("_at")
    else _Order(f"g.{measure}", "bigint", Count)
    for measure in MEASURES
}

DAILY = "proof_of_play_aggregate_daily"
# A store's local day and the UTC day of a partition are at most one day apart.
EVENTS = """(
    SELECT report_day, report_hour, store_id, campaign_id, device_id, content_id, result,
           (outcome = 'played')::int AS plays, (outcome = 'partial')::int AS partial,
           (outcome = 'failed')::int AS failed, (outcome = 'skipped')::int AS skipped,
           CASE WHEN outcome = 'played' THEN duration_ms ELSE 0 END AS duration_ms,
           CASE WHEN outcome = 'played' THEN 0 ELSE duration_ms END AS partial_ms,
           late::int AS late, started_at AS first_played_at, started_at AS last_played_at
    FROM proof_of_play_events
    WHERE outcome <> 'none' AND play_day BETWEEN $1::date - 1 AND $2::date + 1
)"""


def columns(query: ReportQuery) -> list[str]:
    """Return the names of the report's columns in their order, in JSON as in CSV."""
    named: list[str] = []
    for key in query.group_by:
        grouping = GROUPINGS[key]
        named += [grouping.column] if grouping.table is None else [grouping.column, key]
    return named + list(MEASURES)


def page(actor: Actor, query: ReportQuery) -> Statement:
    """Return the statement for a page, with one row more than it holds, and the totals of all."""
    filters = _filters(actor, query)
    after = _after(query)
    numbers = range(len(filters) + 1, len(filters) + 1 + len(after))
    pieces = _pieces(query)
    pieces["after"] = _is_after(query, numbers) if after else "true"
    names = ("reports.proof_of_play", "reports.proof_of_play.page")
    return Statement(_text(names, pieces), [*filters, *after])


def whole(actor: Actor, query: ReportQuery) -> Statement:
    """Return the statement for every row, in the same order."""
    names = ("reports.proof_of_play", "reports.proof_of_play.csv")
    return Statement(_text(names, _pieces(query)), _filters(actor, query))


def cursor(query: ReportQuery, row: asyncpg.Record) -> list[Any]:
    """Return what tells the next page where this row's page ended, and of which question."""
    return [_signature(query), *(row[f"order_{n}"] for n in range(len(_orders(query))))]


def _text(names: Sequence[str], pieces: dict[str, str]) -> str:
    return "".join(queries.load(name).format_map(pieces) for name in names)


def _filters(actor: Actor, query: ReportQuery) -> list[Any]:
    return [
        query.from_,
        query.to,
        actor.report_store_ids,
        query.campaign_id or None,
        query.store_id or None,
        query.group_id or None,
        query.device_id or None,
        query.content_id or None,
        query.result or None,
        actor.campaign_ids,
    ]


def _pieces(query: ReportQuery) -> dict[str, str]:
    groupings = [GROUPINGS[key] for key in query.group_by]
    keys = ", ".join(grouping.column for grouping in groupings)
    orders = _orders(query)
    positions = range(len(orders))
    direction = " DESC" if _descends(query) else ""
    return {
        "nil": str(NIL_ID),
        "source": EVENTS if query.reads_events else DAILY,
        "fact_keys": "".join(f"{made.expression} AS {made.column}, " for made in groupings),
        "keys": keys and f"{keys}, ",
        "group_by": keys and f"GROUP BY {keys} ",
        "columns": ", ".join([*_key_columns(query), *(f"g.{measure}" for measure in MEASURES)]),
        "joins": "\n    ".join(_joins(query)),
        "order_columns": ", ".join(f"{orders[n].expression} AS order_{n}" for n in positions),
        "names": ", ".join(columns(query)),
        "order_names": ", ".join(f"order_{n}" for n in positions),
        "order": ", ".join(f"order_{n}{direction}" for n in positions),
        "limit": str(query.limit + 1),
    }


def _key_columns(query: ReportQuery) -> Iterable[str]:
    """The nil UUID, which is none, becomes null; it has no name, so its name is null too."""
    for key in query.group_by:
        grouping = GROUPINGS[key]
        if grouping.table is None:
            yield f"g.{grouping.column}"
        else:
            yield f"nullif(g.{grouping.column}, '{NIL_ID}') AS {grouping.column}"
            yield f"named_{key}.name AS {key}"


def _joins(query: ReportQuery) -> Iterable[str]:
    for key in query.group_by:
        grouping = GROUPINGS[key]
        if grouping.table is not None:
            named = f"named_{key}"
            yield f"LEFT JOIN {grouping.table} {named} ON {named}.id = g.{grouping.column}"


def _orders(query: ReportQuery) -> list[_Order]:
    """What is sorted by, then every key in turn, so that no two rows are equal."""
    first = sort_key(query)
    orders = [MEASURE_ORDERS[measure] for measure in MEASURES if measure == first]
    keys = sorted(query.group_by, key=lambda key: key != first)
    for key in keys:
        grouping = GROUPINGS[key]
        if grouping.table is not None:
            orders.append(_Order(f"coalesce(named_{key}.name, '')", "text", str))
        orders.append(_Order(f"g.{grouping.column}", grouping.sql_type, grouping.type))
    return orders or [MEASURE_ORDERS["plays"]]


def _descends(query: ReportQuery) -> bool:
    return query.sort is not None and query.sort.startswith("-")


def _is_after(query: ReportQuery, numbers: Iterable[int]) -> str:
    orders = _orders(query)
    names = ", ".join(f"order_{n}" for n in range(len(orders)))
    values = zip(numbers, orders, strict=True)
    last = ", ".join(f"${number}::{order.sql_type}" for number, order in values)
    return f"({names}) {'<' if _descends(query) else '>'} ({last})"


def _after(query: ReportQuery) -> list[Any]:
    """Return where the page before ended; Invalid where the cursor is not one of this question."""
    shape: Any = GenericAlias(tuple, (str, *(order.type for order in _orders(query))))
    signature, *values = paging.decode(query.cursor, shape) or (_signature(query),)
    if signature != _signature(query) or any("\x00" in value for value in _texts(values)):
        detail = "This cursor belongs to another report. Start again without it."
        raise Invalid.field("/cursor", "invalid_cursor", detail)
    return [_in_utc(value) for value in values]


def _signature(query: ReportQuery) -> str:
    return f"{query.sort or ''}:{','.join(query.group_by)}"


def _texts(values: Iterable[Any]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))


def _in_utc(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
