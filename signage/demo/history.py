"""The demo's past: each day's plans were due, and what was played is told as players tell it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import plans, plays
from signage.demo import chain, troubles
from signage.demo.diary import Diary
from signage.demo.fleet import Hung
from signage.demo.troubles import Event
from signage.demo.turns import turns

PART = timedelta(hours=6)
"""Screens tell what they played in parts of a day; a real one does every few minutes."""
TOLD_AFTER = timedelta(seconds=40)
DAY = timedelta(days=1)
SEED = 2041


class Told(msgspec.Struct):
    """How many events were sent, and how many of them were refused."""

    events: int = 0
    rejected: int = 0


class Due(msgspec.Struct):
    """The plans of one day: each screen's ETag and each ETag's document."""

    etags: dict[UUID, str]
    documents: dict[str, dict[str, Any]]


class _Past(msgspec.Struct):
    """What is carried from one part of the past to the next."""

    hung: list[Hung]
    diary: Diary
    chance: Random
    seq: dict[UUID, int] = {}
    untold: dict[UUID, list[Event]] = {}
    told: Told = msgspec.field(default_factory=Told)


async def tell(
    conn: asyncpg.Connection, hung: list[Hung], diary: Diary, *, progress: Callable[[str], None]
) -> Told:
    """Make each past day's plans due, and take in what was played under them until now."""
    # The same history every time, so that two people who try the demo see the same figures.
    past = _Past(hung, diary, Random(SEED))  # noqa: S311 - chance only colours the demo
    for midnight in diary.plan_days():
        due = await make_due(conn, hung, diary, midnight)
        starts_at = midnight
        while starts_at < min(midnight + DAY, diary.now):
            ends_at = min(starts_at + PART, diary.now)
            _play(past, due, starts_at, ends_at)
            await _deliver(conn, past, ends_at)
            starts_at = ends_at
        progress(f"Demo: {midnight:%A %-d %B} is told, {past.told.events:,} plays so far.")
    await _tell_nonsense(conn, past)
    return past.told


async def make_due(
    conn: asyncpg.Connection, hung: list[Hung], diary: Diary, midnight: datetime
) -> Due:
    """Make the plans of the UTC day due for every screen, as its first poll of the day does."""
    etags = {}
    for screen in hung:
        polled_at = min(midnight + timedelta(seconds=screen.number), diary.now)
        etag = await plans.due(conn, screen.device_id, now=polled_at)
        if troubles.fetches(screen, polled_at, diary):
            await plans.note_fetched(conn, screen.device_id, etag, now=polled_at)
        etags[screen.device_id] = etag
    documents = {etag: (await plans.find(conn, etag)).document() for etag in set(etags.values())}
    return Due(etags, documents)


def _play(past: _Past, due: Due, starts_at: datetime, ends_at: datetime) -> None:
    """Add to what is untold each screen's turns in the part of the day; equal plans play alike."""
    by_plan = {
        etag: list(turns(document, starts_at, ends_at)) for etag, document in due.documents.items()
    }
    for screen in past.hung:
        etag = due.etags[screen.device_id]
        begins = past.diary.plays_from(screen.shop.timezone)
        untold = past.untold.setdefault(screen.device_id, [])
        for turn in by_plan[etag]:
            if turn.starts_at >= begins and not troubles.is_dark(screen, turn, past.diary):
                seq = past.seq[screen.device_id] = past.seq.get(screen.device_id, 0) + 1
                untold.append(troubles.tell(screen, turn, etag, seq, past.chance))


async def _deliver(conn: asyncpg.Connection, past: _Past, ends_at: datetime) -> None:
    batches = []
    received_at = min(ends_at + TOLD_AFTER, past.diary.now)
    for screen in past.hung:
        if troubles.is_cut_off(screen, ends_at, past.diary):
            continue
        untold = past.untold.pop(screen.device_id, [])
        last_heard = min(received_at, troubles.last_seen_at(screen, past.diary))
        batches += [
            plays.Batch(
                screen.device_id, untold[start : start + plays.BATCH_EVENTS_MAX], None, last_heard
            )
            for start in range(0, len(untold), plays.BATCH_EVENTS_MAX)
        ]
    results = await plays.ingest(conn, batches, now=received_at)
    past.told.events += sum(len(batch.events) for batch in batches)
    past.told.rejected += sum(result.rejected for result in results)


async def _tell_nonsense(conn: asyncpg.Connection, past: _Past) -> None:
    """Send what a faulty player sends, so that there is something in the quarantine."""
    for screen in past.hung:
        if screen.screen == chain.SENDS_NONSENSE:
            at = past.diary.ago(hours=3)
            events = troubles.nonsense(screen, at, past.chance)
            [result] = await plays.ingest(conn, [plays.Batch(screen.device_id, events)], now=at)
            past.told.events += len(events)
            past.told.rejected += result.rejected
