"""Replaying the quarantine: refused events are judged again, as of the time they were received."""

import json
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging, plays
from signage.actors import Actor
from signage.errors import Invalid
from signage.play_rules import Rules

REPLAY_MAX = 1000

Entry = tuple[UUID, str, str]


class ReplayResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one entry now; ``not_found`` is one that is gone or out of scope."""

    id: str
    status: Literal["accepted", "rejected", "duplicate", "not_found"]
    code: str | None = None


class Replayed(msgspec.Struct, frozen=True):
    """What became of all; duplicates are part of accepted, as in a batch."""

    accepted: int
    rejected: int
    duplicates: int
    results: list[ReplayResult]


async def replay(
    conn: asyncpg.Connection,
    actor: Actor,
    ids: list[str],
    *,
    rules: Rules | None = None,
    now: datetime,
) -> Replayed:
    """Take in the entries again. An accepted one is marked as replayed and stays for its 30 days.

    Invalid with more than 1,000 ids or one that no list gave.
    """
    actor.require_all_campaigns("report")
    keys = _keys(ids)
    async with conn.transaction():
        batches = await _batches(conn, actor, keys)
        answers = await plays.ingest(conn, list(batches.values()), rules=rules, now=now)
        results = dict(zip(batches, map(_result, answers), strict=True))
        await _mark(conn, [key for key, result in results.items() if result[0] != "rejected"], now)
        replayed = _replayed(keys, results)
        await audit.record(
            conn,
            actor,
            action="quarantine.replay",
            entity="quarantine",
            entity_id="proof_of_play",
            after={"asked": len(ids), "accepted": replayed.accepted, "rejected": replayed.rejected},
            now=now,
        )
    return replayed


def _keys(ids: list[str]) -> dict[str, Entry]:
    if len(ids) > REPLAY_MAX:
        detail = f"At most {REPLAY_MAX} events are replayed at a time."
        raise Invalid.field("/ids", "too_many_ids", detail)
    try:
        return {id_: paging.decode(id_ or "-", tuple[UUID, str, str]) for id_ in ids}
    except Invalid as error:
        detail = "An id is one that the list of the quarantine gave."
        raise Invalid.field("/ids", "invalid_id", detail) from error


async def _batches(
    conn: asyncpg.Connection, actor: Actor, keys: dict[str, Entry]
) -> dict[Entry, plays.Batch]:
    asked = list(keys.values())
    rows = await conn.fetch(
        """
        /* quarantine_replay.batches */
        SELECT q.device_id, q.event_id, q.code, q.payload, q.sent_at, q.received_at
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS a (device_id, event_id, code)
        JOIN proof_of_play_quarantine q
            ON q.device_id = a.device_id AND q.event_id = a.event_id AND q.code = a.code
        JOIN devices d ON d.id = q.device_id
        WHERE $4::uuid[] IS NULL OR d.store_id = ANY ($4)
        ORDER BY q.received_at, q.device_id, q.event_id, q.code
        """,
        [device_id for device_id, _, _ in asked],
        [event_id.replace("\x00", "") for _, event_id, _ in asked],
        [code.replace("\x00", "") for _, _, code in asked],
        actor.store_ids,
    )
    return {
        (row["device_id"], row["event_id"], row["code"]): plays.Batch(
            row["device_id"], [_event(row["payload"])], row["sent_at"], row["received_at"]
        )
        for row in rows
    }


def _event(payload: str) -> Any:
    # A payload that was cut is no JSON any more; as a text it is refused as any text is.
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return payload


def _result(answer: plays.BatchResult) -> tuple[plays.Status, str | None]:
    if not answer.results:
        return "accepted", None
    return answer.results[0].status, answer.results[0].code


async def _mark(conn: asyncpg.Connection, entries: list[Entry], now: datetime) -> None:
    await conn.execute(
        """
        /* quarantine_replay.mark */
        UPDATE proof_of_play_quarantine q SET replayed_at = $4
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS a (device_id, event_id, code)
        WHERE q.device_id = a.device_id AND q.event_id = a.event_id AND q.code = a.code
              AND q.replayed_at IS NULL
        """,
        [device_id for device_id, _, _ in entries],
        [event_id for _, event_id, _ in entries],
        [code for _, _, code in entries],
        now,
    )


def _replayed(
    keys: dict[str, Entry], results: dict[Entry, tuple[plays.Status, str | None]]
) -> Replayed:
    told = [
        ReplayResult(id_, *results[key]) if key in results else ReplayResult(id_, "not_found")
        for id_, key in keys.items()
    ]
    statuses = [result.status for result in told]
    return Replayed(
        accepted=statuses.count("accepted") + statuses.count("duplicate"),
        rejected=statuses.count("rejected"),
        duplicates=statuses.count("duplicate"),
        results=told,
    )
