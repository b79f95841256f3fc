"""Proof of play: what screens report is taken in, each play counted exactly once.

Batches of any number of devices are one transaction. When it has committed, every event is either
a row and in its day's sums, or kept in the quarantine with its reason; until then, nothing is.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import (
    partitions,
    play_clocks,
    play_items,
    play_places,
    play_rows,
    play_sequences,
    play_thresholds,
    quarantine,
)
from signage.heartbeats import clean
from signage.play_events import (
    ITEM_ID,
    Batch,
    Identity,
    Play,
    Refusal,
    check_age,
    identity_of_row,
    read,
)
from signage.play_rules import Rules

__all__ = ["BATCH_EVENTS_MAX", "Batch", "BatchResult", "EventResult", "ingest"]

BATCH_EVENTS_MAX = 1000
EVENT_ID_SHOWN_CHARS = 64

Status = Literal["accepted", "rejected", "duplicate"]
Write = Callable[[asyncpg.Connection, list[play_rows.Row]], Awaitable[None]]
Key = tuple[UUID, UUID]
"""A device and an event's id: what an event is counted once by."""


class EventResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one event that was not plainly accepted."""

    index: int
    event_id: str | None
    status: Status
    code: str | None = None


class BatchResult(msgspec.Struct, frozen=True):
    """The answer to one batch: ``accepted + rejected`` is its length, duplicates are accepted."""

    accepted: int
    rejected: int
    duplicates: int
    results: list[EventResult]


async def ingest(
    conn: asyncpg.Connection,
    batches: Sequence[Batch],
    *,
    rules: Rules | None = None,
    now: datetime,
) -> list[BatchResult]:
    """Count the plays of the batches; return an answer to each, in their order.

    Nothing inside an event makes this raise. What PostgreSQL raises means that nothing is certain:
    the device is to send the batch again, which is always safe.
    """
    try:
        return await _ingest(conn, batches, play_rows.copy, rules, now)
    except asyncpg.UniqueViolationError:
        # The locks and the probe leave nothing to collide with. The key of the table is the last
        # guard all the same, and what runs into it is sorted out row by row.
        return await _ingest(conn, batches, play_rows.insert, rules, now)


async def _ingest(
    conn: asyncpg.Connection,
    batches: Sequence[Batch],
    write: Write,
    given: Rules | None,
    now: datetime,
) -> list[BatchResult]:
    intakes = [_read(batch, now) for batch in batches]
    plays = [play for intake in intakes for _, play in intake.plays]
    async with conn.transaction():
        rules = given or await play_thresholds.in_force(conn, now=now)
        await partitions.ensure_for(conn, _days(plays, rules))
        await _lock(conn, {batch.device_id for batch in batches})
        first = await _first_identities(conn, plays, rules, now)
        known = await _look_up(conn, [play for play in plays if _key(play) not in first])
        rows = [row for intake in intakes for row in _judge(intake, first, known, rules)]
        await write(conn, rows)
        await quarantine.keep(conn, [kept for intake in intakes for kept in intake.quarantined])
        offsets = [(intake.batch.device_id, intake.offset_ms) for intake in intakes]
        offsets += [(row.device_id, row.clock_offset_ms) for row in rows]
        await play_clocks.report(conn, offsets, rules=rules, now=now)
        arrived = [number for intake in intakes for number in _numbers(intake)]
        await play_sequences.note(conn, arrived, now=now)
    return [_answer(intake) for intake in intakes]


class _Intake(msgspec.Struct):
    """One batch on its way: what could be read, what was refused, and what the device is told."""

    batch: Batch
    received_at: datetime
    offset_ms: int
    plays: list[tuple[int, Play]] = []
    quarantined: list[quarantine.Entry] = []
    results: list[EventResult] = []


class _Known(msgspec.Struct):
    """What the database knows of the things that plays name."""

    items: dict[tuple[UUID, str], play_items.Played]
    contents: dict[tuple[UUID, UUID], play_items.Content]
    places: dict[UUID, play_places.Places]


def _read(batch: Batch, now: datetime) -> _Intake:
    received_at = batch.received_at or now
    intake = _Intake(batch, received_at, batch.clock_offset_ms(now) or 0)
    for index, raw in enumerate(batch.events):
        try:
            intake.plays.append((index, read(raw, batch, intake.offset_ms, received_at)))
        except Refusal as refusal:
            _refuse(intake, index, refusal)
    return intake


def _days(plays: Iterable[Play], rules: Rules) -> set[date]:
    """The UTC days that rows may lie in; a start that is refused for its age asks for none."""
    return {
        play.started_at.date()
        for play in plays
        if play.received_at - rules.old <= play.started_at <= play.received_at + rules.ahead
    }


async def _lock(conn: asyncpg.Connection, device_ids: Iterable[UUID]) -> None:
    # One order for everybody, so that two transactions never wait for each other.
    await conn.execute(
        """
        /* plays.lock */
        SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key
        """,
        sorted({int.from_bytes(device_id.bytes[8:], signed=True) for device_id in device_ids}),
    )


async def _first_identities(
    conn: asyncpg.Connection, plays: Sequence[Play], rules: Rules, now: datetime
) -> dict[Key, Identity]:
    """Return what came first under each id, from every partition that a first one may lie in."""
    if not plays:
        return {}
    earliest = min(play.received_at for play in plays) - 2 * rules.old
    rows = await conn.fetch(
        """
        /* plays.first_identities */
        SELECT e.device_id, e.event_id, e.event_type, e.result, e.device_started_at,
               e.device_duration_ms, e.item_id, e.content_id
        FROM unnest($1::uuid[], $2::uuid[]) AS a (device_id, event_id)
        JOIN proof_of_play_events e ON e.device_id = a.device_id AND e.event_id = a.event_id
        WHERE e.play_day BETWEEN $3 AND $4
        """,
        [play.device_id for play in plays],
        [play.event_id for play in plays],
        earliest.date(),
        (now + timedelta(days=1)).date(),
    )
    return {(row["device_id"], row["event_id"]): identity_of_row(row) for row in rows}


async def _look_up(conn: asyncpg.Connection, plays: Iterable[Play]) -> _Known:
    items: set[tuple[UUID, str]] = set()
    contents: set[tuple[UUID, UUID]] = set()
    device_ids: set[UUID] = set()
    for play in plays:
        device_ids.add(play.device_id)
        if play.content_id is not None:
            contents.add((play.device_id, play.content_id))
        elif play.sent.item_id is not None and ITEM_ID.fullmatch(play.sent.item_id):
            items.add((play.device_id, play.sent.item_id))
    return _Known(
        items=await play_items.load_items(conn, items),
        contents=await play_items.load_contents(conn, contents),
        places=await play_places.load(conn, list(device_ids)),
    )


def _judge(
    intake: _Intake, first: dict[Key, Identity], known: _Known, rules: Rules
) -> list[play_rows.Row]:
    """Return the rows of the plays that are new and accepted, in the order they were sent."""
    rows = []
    for index, play in intake.plays:
        try:
            if _is_repeated(play, first):
                _tell(intake, index, "duplicate")
                continue
            check_age(play, rules)
            played = _find_played(play, known)
        except Refusal as refusal:
            _refuse(intake, index, refusal)
            continue
        first[_key(play)] = play.identity
        place = known.places.get(play.device_id, play_places.UNPLACED).at(play.started_at)
        rows.append(play_rows.row_of(play, played, place, rules))
        if play.sent.duration_ms > rules.duration_max_ms:
            _tell(intake, index, "accepted", "capped")
    return rows


def _is_repeated(play: Play, first: dict[Key, Identity]) -> bool:
    # Asked before anything that may have changed since: a retry gets the answer it got at first.
    identity = first.get(_key(play))
    if identity is not None and identity != play.identity:
        raise Refusal("event_id_conflict", "Another event of this screen has this id already.")
    return identity is not None


def _find_played(play: Play, known: _Known) -> play_items.Played:
    if play.content_id is not None:
        content = known.contents.get((play.device_id, play.content_id))
        played = None if content is None else content.at(play.started_at)
    elif play.sent.item_id is not None:
        played = known.items.get((play.device_id, play.sent.item_id))
    else:
        played = play_items.NOTHING
    if played is None:
        raise Refusal("unknown_item", "No plan made for this screen has such an item.")
    return played


def _refuse(intake: _Intake, index: int, refusal: Refusal) -> None:
    _tell(intake, index, "rejected", refusal.code)
    intake.quarantined.append(
        quarantine.entry(
            intake.batch.events[index],
            device_id=intake.batch.device_id,
            refusal=refusal,
            sent_at=intake.batch.sent_at,
            received_at=intake.received_at,
        )
    )


def _tell(intake: _Intake, index: int, status: Status, code: str | None = None) -> None:
    raw: Any = intake.batch.events[index]
    event_id = raw.get("event_id") if isinstance(raw, dict) else None
    shown = clean(event_id, EVENT_ID_SHOWN_CHARS) if isinstance(event_id, str) else None
    intake.results.append(EventResult(index, shown, status, code))


def _numbers(intake: _Intake) -> Iterable[play_sequences.Numbered]:
    """A duplicate is not new; neither is what is refused, since it may be sent again."""
    told = {result.index for result in intake.results if result.status != "accepted"}
    new = {index for index, _ in intake.plays} - told
    return play_sequences.numbers(intake.batch.device_id, intake.batch.events, new)


def _answer(intake: _Intake) -> BatchResult:
    rejected = sum(result.status == "rejected" for result in intake.results)
    return BatchResult(
        accepted=len(intake.batch.events) - rejected,
        rejected=rejected,
        duplicates=sum(result.status == "duplicate" for result in intake.results),
        results=sorted(intake.results, key=lambda result: result.index),
    )


def _key(play: Play) -> Key:
    return play.device_id, play.event_id
