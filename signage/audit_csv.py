"""The audit log as CSV, streamed while the database reads it; formulas are defused."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from signage import audit, report_csv
from signage.actors import Actor
from signage.audit_entries import Entry, Filters

COLUMNS = (
    "seq",
    "at",
    "actor_kind",
    "actor_id",
    "actor",
    "action",
    "what",
    "entity",
    "entity_id",
    "name",
    "before",
    "after",
    "address",
    "request_id",
    "hash",
)


async def pieces(
    conn: asyncpg.Connection, actor: Actor, filters: Filters, *, now: datetime
) -> AsyncIterator[bytes]:
    """Yield the whole of what matches, the latest first. Takes the right to administer."""
    async for piece in report_csv.pieces(COLUMNS, _rows(conn, actor, filters, now)):
        yield piece


async def _rows(
    conn: asyncpg.Connection, actor: Actor, filters: Filters, now: datetime
) -> AsyncIterator[list[Any]]:
    async for entry in audit.each(conn, actor, filters, now=now):
        yield [_value(entry, column) for column in COLUMNS]


def _value(entry: Entry, column: str) -> Any:
    value = getattr(entry, column)
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value
