"""Accepted plays as rows: what each counts as, decided once, and the daily sums they add to."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple, cast
from uuid import UUID

import asyncpg

from db import losses, queries
from signage.heartbeats import clean
from signage.play_events import Play
from signage.play_items import Played
from signage.play_places import Place
from signage.play_rules import EventType, Outcome, Result, Rules, outcome

TABLE = "proof_of_play_events"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TEXT_MAX_CHARS = 200
ERROR_MAX_CHARS = 2_000


class Row(NamedTuple):
    """One row of proof_of_play_events; its fields are the columns, in any order of theirs."""

    device_id: UUID
    event_id: UUID
    play_day: date
    event_type: EventType
    result: Result
    outcome: Outcome
    started_at: datetime
    device_started_at: datetime
    clock_offset_ms: int
    duration_ms: int
    device_duration_ms: int
    planned_duration_ms: int | None
    item_id: str | None
    schedule_id: UUID | None
    playlist_id: UUID | None
    content_id: UUID
    content_version: int | None
    campaign_id: UUID
    store_id: UUID
    report_day: date
    report_hour: int
    late: bool
    seq: int | None
    plan_etag: str | None
    player_version: str | None
    error: str | None
    payload_hash: bytes
    received_at: datetime
    rule_version: int


def row_of(play: Play, played: Played, place: Place, rules: Rules) -> Row:
    """Return the play as it is counted: attributed to a store, its local day and a campaign."""
    sent = play.sent
    event_type, result = cast(EventType, sent.event_type), cast(Result, sent.result)
    duration_ms = min(sent.duration_ms, rules.duration_max_ms)
    counts_as = outcome(event_type, result, duration_ms, played.planned_ms or 0, rules)
    local = play.started_at.astimezone(place[1])
    late_from = play.received_at - timedelta(milliseconds=rules.late_after_ms + duration_ms)
    # By position, in the order of the fields: this line runs for every play there is.
    return Row(
        play.device_id,
        play.event_id,
        play.started_at.date(),
        event_type,
        result,
        counts_as,
        play.started_at,
        play.device_started_at,
        play.clock_offset_ms,
        duration_ms,
        sent.duration_ms,
        played.planned_ms,
        played.item_id,
        played.schedule_id,
        played.playlist_id,
        played.content_id,
        played.content_version,
        played.campaign_id,
        place[0],
        local.date(),
        local.hour,
        play.started_at < late_from,
        sent.seq,
        clean(sent.plan_etag, TEXT_MAX_CHARS),
        clean(sent.player_version, TEXT_MAX_CHARS),
        clean(sent.error, ERROR_MAX_CHARS),
        payload_hash(play, played),
        play.received_at,
        rules.version,
    )


def payload_hash(play: Play, played: Played) -> bytes:
    """Return the SHA-256 of a play's canonical text, which any language can make from its row.

    Lines joined by LF: ``playbill-play-1``, then device_id, event_id, event_type, result,
    device_started_at, clock_offset_ms, device_duration_ms, item_id (empty where there is none),
    content_id, campaign_id. Ids are 32 hexadecimal digits in lower case, the instant is in whole
    microseconds since 1970-01-01T00:00:00Z.
    """
    sent = play.sent
    text = (
        f"playbill-play-1\n{play.device_id.int:032x}\n{play.event_id.int:032x}\n"
        f"{sent.event_type}\n{sent.result}\n{(play.device_started_at - EPOCH) // MICROSECOND}\n"
        f"{play.clock_offset_ms}\n{sent.duration_ms}\n{played.item_id or ''}\n"
        f"{played.content_id.int:032x}\n{played.campaign_id.int:032x}"
    )
    return sha256(text.encode()).digest()


async def copy(conn: asyncpg.Connection, rows: list[Row]) -> None:
    """Write events that nobody has written before, and add them to the days' sums.

    Raises UniqueViolationError where somebody has; then nothing is certain but the rollback.
    """
    if rows:
        async with losses.noticed(conn):
            await conn.copy_records_to_table(TABLE, records=rows, columns=Row._fields)
        await _add_to_days(conn, rows)


async def insert(conn: asyncpg.Connection, rows: list[Row]) -> None:
    """Write the events and add those that were new, and only those, to the days' sums."""
    if rows:
        returned = await conn.fetch(queries.load("plays.insert"), *zip(*rows, strict=True))
        new = {(row["device_id"], row["event_id"]) for row in returned}
        await _add_to_days(conn, (row for row in rows if (row.device_id, row.event_id) in new))


Day = tuple[UUID, date, UUID, UUID, UUID, Result]


class _Sums:
    """What the events of one device, day, store, campaign, content and result add up to."""

    __slots__ = ("columns", "duration_ms", "first", "last", "late", "partial_ms")

    def __init__(self, row: Row) -> None:
        self.columns: dict[Outcome, int] = {"played": 0, "partial": 0, "failed": 0, "skipped": 0}
        self.duration_ms = self.partial_ms = self.late = 0
        self.first = self.last = row.started_at

    def add(self, row: Row) -> None:
        self.columns[row.outcome] += 1
        if row.outcome == "played":
            self.duration_ms += row.duration_ms
        else:
            self.partial_ms += row.duration_ms
        self.late += row.late
        self.first = min(self.first, row.started_at)
        self.last = max(self.last, row.started_at)

    def values(self) -> tuple[int | datetime, ...]:
        counts = self.columns.values()
        return *counts, self.duration_ms, self.partial_ms, self.late, self.first, self.last


async def _add_to_days(conn: asyncpg.Connection, rows: Iterable[Row]) -> None:
    days: dict[Day, _Sums] = {}
    for row in rows:
        if row.outcome == "none":
            continue
        store_id, campaign_id, content_id = row.store_id, row.campaign_id, row.content_id
        day = row.device_id, row.report_day, store_id, campaign_id, content_id, row.result
        sums = days.get(day)
        if sums is None:
            sums = days[day] = _Sums(row)
        sums.add(row)
    if not days:
        return
    added = [(*day, *sums.values()) for day, sums in days.items()]
    await conn.execute(queries.load("plays.add_to_days"), *zip(*added, strict=True))
