"""Events as players send them: one is read by itself, and refused by itself with a code.

Whatever JSON value stands in a batch, reading it gives a Play or raises Refusal, never anything
else. Nothing here knows the database; what a play is worth is decided in ``signage.plays``.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import msgspec

from signage.heartbeats import clock_offset_ms
from signage.ids import NIL_ID
from signage.play_rules import EventType, Result, Rules

Code = Literal[
    "invalid_event",
    "negative_duration",
    "unknown_event_type",
    "unknown_result",
    "invalid_event_id",
    "invalid_started_at",
    "future",
    "too_old",
    "unknown_item",
    "event_id_conflict",
]

EVENT_TYPES: frozenset[str] = frozenset(get_args(EventType))
RESULTS: frozenset[str] = frozenset(get_args(Result))
ITEM_ID = re.compile(r"[!-~]{1,200}")

# What a bigint holds.
Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Refusal(Exception):
    """Why one event is not accepted: a code for programs, a sentence for the quarantine."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Batch(msgspec.Struct, frozen=True):
    """What one device sent: decoded JSON values, and its own clock as it sent them.

    ``received_at`` is given only where a batch is replayed and was received before now.
    """

    device_id: UUID
    events: list[Any]
    sent_at: datetime | None = None
    received_at: datetime | None = None

    def clock_offset_ms(self, now: datetime) -> int | None:
        """Return received minus sent, 0 within transit time, None where the device did not say."""
        if self.sent_at is None or self.sent_at.tzinfo is None:
            return None
        return clock_offset_ms(self.sent_at, self.received_at or now)


class ProofEvent(msgspec.Struct, gc=False):
    """An event with fields of the right types; unknown fields are ignored."""

    event_id: str
    event_type: str
    result: str
    started_at: str
    duration_ms: Integer
    item_id: str | None = None
    content_id: str | None = None
    plan_etag: str | None = None
    seq: Integer | None = None
    planned_duration_ms: Integer | None = None
    clock_offset_ms: Integer | None = None
    player_version: str | None = None
    error: str | None = None


Identity = tuple[str, str, datetime, int, str | UUID | None]
"""What may not differ when an id is sent again: type, result, instant, duration and item."""


class Play(msgspec.Struct, gc=False):
    """An event that is well formed. Instants are UTC; ``device_started_at`` is the device's clock,
    ``started_at`` is corrected by ``clock_offset_ms``.
    """

    device_id: UUID
    event_id: UUID
    sent: ProofEvent
    device_started_at: datetime
    started_at: datetime
    clock_offset_ms: int
    content_id: UUID | None
    received_at: datetime

    @property
    def identity(self) -> Identity:
        """What is compared with the event that came first under the same id."""
        sent = self.sent
        item = self.content_id if sent.item_id is None else sent.item_id
        return sent.event_type, sent.result, self.device_started_at, sent.duration_ms, item


def identity_of_row(row: Any) -> Identity:
    """Return the identity of an event that was accepted before."""
    item = row["item_id"]
    if item is None and row["content_id"] != NIL_ID:
        item = row["content_id"]
    started_at, duration_ms = row["device_started_at"], row["device_duration_ms"]
    return row["event_type"], row["result"], started_at, duration_ms, item


def read(raw: Any, batch: Batch, offset_ms: int, received_at: datetime) -> Play:
    """Return the play in a decoded JSON value; ``offset_ms`` serves where the event has none."""
    sent = _typed(raw)
    if sent.duration_ms < 0:
        raise Refusal("negative_duration", "A duration is not negative.")
    if sent.event_type not in EVENT_TYPES:
        raise Refusal("unknown_event_type", f"The types are {', '.join(sorted(EVENT_TYPES))}.")
    if sent.result not in RESULTS:
        raise Refusal("unknown_result", f"The results are {', '.join(sorted(RESULTS))}.")
    event_id = uuid_in(sent.event_id)
    if event_id is None:
        raise Refusal("invalid_event_id", "An event_id is a UUID.")
    if sent.clock_offset_ms is not None:
        offset_ms = sent.clock_offset_ms
    device_started_at, started_at = _instants(sent.started_at, offset_ms)
    return Play(
        batch.device_id,
        event_id,
        sent,
        device_started_at,
        started_at,
        offset_ms,
        _content_id(sent),
        received_at,
    )


def check_age(play: Play, rules: Rules) -> None:
    """Refuse a play whose corrected start lies too far from its receipt, either way."""
    if play.started_at > play.received_at + rules.ahead:
        raise Refusal("future", f"It starts more than {rules.ahead} after it was received.")
    if play.started_at < play.received_at - rules.old:
        raise Refusal("too_old", f"It started more than {rules.old} before it was received.")


def uuid_in(text: str) -> UUID | None:
    """Return the UUID that the text is, None if it is none."""
    try:
        return msgspec.convert(text, UUID)
    except ValueError:  # a lone surrogate is no part of any text that msgspec takes
        return None


def _typed(raw: Any) -> ProofEvent:
    try:
        sent = msgspec.convert(raw, ProofEvent)
    except ValueError as error:
        raise Refusal("invalid_event", f"{error}.") from error
    if sent.event_type == "play" and sent.item_id is None and sent.content_id is None:
        raise Refusal("invalid_event", "A play names its item_id or its content_id.")
    return sent


def _instants(text: str, offset_ms: int) -> tuple[datetime, datetime]:
    # Beyond the years 1 to 9999 there is no datetime, before the correction or after it.
    try:
        device_started_at = msgspec.convert(text, Instant).astimezone(UTC)
        return device_started_at, device_started_at + timedelta(milliseconds=offset_ms)
    except (ValueError, OverflowError) as error:
        detail = "started_at is an instant with its offset, such as 2026-11-23T14:00:00+01:00."
        raise Refusal("invalid_started_at", detail) from error


def _content_id(sent: ProofEvent) -> UUID | None:
    """A content that is no UUID names nothing, as an id that nobody has."""
    if sent.item_id is not None or sent.content_id is None:
        return None
    content_id = uuid_in(sent.content_id)
    if content_id is None:
        raise Refusal("unknown_item", "There is no such content.")
    return content_id
