"""What a play counts as: the thresholds of proof of play and the one rule that applies them.

The rule's version is stored with every event, so that a later rule leaves earlier plays alone.
"""

from datetime import timedelta
from typing import Literal, assert_never

import msgspec

EventType = Literal["play", "fallback", "test"]
Result = Literal["completed", "interrupted", "content_failed", "hardware_failed", "skipped"]
"""What became of an item: the vocabulary of ITU-T H.782, and not played at all."""

Outcome = Literal["played", "partial", "failed", "skipped", "none"]
"""The column of the reports that an event adds to; ``none`` adds to no column."""


class Rules(msgspec.Struct, frozen=True):
    """The thresholds; every one may be set otherwise. ``version`` names them in the rows.

    A duration over ``duration_max_ms`` counts as that much. A corrected start more than ``ahead``
    of its receipt, or more than ``old`` before it, is refused. A play received more than
    ``late_after_ms`` after it ended is marked late. A play counts from its planned duration less
    ``tolerance_ms`` or ``tolerance_percent`` of it, whichever is more, but never under
    ``counted_min_ms`` unless less was planned. A clock that is off by more than ``clock_off_ms``
    opens an incident.
    """

    duration_max_ms: int = 24 * 60 * 60 * 1000
    ahead: timedelta = timedelta(minutes=5)
    old: timedelta = timedelta(days=35)
    late_after_ms: int = 24 * 60 * 60 * 1000
    counted_min_ms: int = 1_000
    tolerance_ms: int = 500
    tolerance_percent: int = 5
    clock_off_ms: int = 120_000
    version: int = 1


RULES = Rules()


def outcome(
    event_type: EventType, result: Result, duration_ms: int, planned_ms: int, rules: Rules
) -> Outcome:
    """Return what the event counts as; only plays count, and only completed ones as played."""
    if event_type != "play":
        return "none"
    match result:
        case "completed":
            return "played" if duration_ms >= counted_from_ms(planned_ms, rules) else "partial"
        case "interrupted":
            return "partial"
        case "content_failed" | "hardware_failed":
            return "failed"
        case "skipped":
            return "skipped"
        case _:
            assert_never(result)


def counted_from_ms(planned_ms: int, rules: Rules) -> int:
    """Return the shortest duration of a counted play of an item planned for so long."""
    tolerance_ms = max(rules.tolerance_ms, planned_ms * rules.tolerance_percent // 100)
    return min(planned_ms, max(rules.counted_min_ms, planned_ms - tolerance_ms))
