"""Explanation: who plays at an instant, and by which rule everybody else does not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from signage.planning import loops
from signage.planning.inputs import Inputs, Schedule, Source
from signage.planning.loops import Reason
from signage.planning.placing import DAY, zone
from signage.planning.recurrence import Occurrence, occurrences
from signage.planning.resolution import (
    Candidate,
    Precedence,
    Scope,
    best_first,
    candidates,
    stages,
    zone_of,
)

INSTANT: Final = timedelta(microseconds=1)
"""What is true at an instant is found by resolving the shortest span that begins with it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One source's fate at an instant. ``reason`` is None for the winner.

    ``start`` and ``end`` are the nominal ones of the occurrence that would play, None where there
    is none at the instant, and for an assignment, which has neither.
    """

    source: Source
    start: datetime | None = None
    end: datetime | None = None
    reason: Reason | None = None

    @property
    def kind(self) -> Literal["schedule", "assignment"]:
        """What the source is."""
        return "schedule" if isinstance(self.source, Schedule) else "assignment"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The winner, None where nothing plays, and every loser, those that came closest first."""

    at: datetime
    winner: Verdict | None
    losers: tuple[Verdict, ...]


def explain(inputs: Inputs, at: datetime) -> Explanation:
    """Return who plays at the instant and why nobody else does."""
    scope = Scope(inputs, at, at + INSTANT)
    ranked = best_first(candidates(scope))
    winner = ranked[0] if ranked else None
    losers: dict[UUID, Verdict] = {}
    for loser in ranked[1:]:
        if winner and loser.source is not winner.source and loser.source.id not in losers:
            losers[loser.source.id] = _verdict(loser, _beaten(inputs, winner, loser))
    covering = {candidate.source.id for candidate in ranked}
    sources: tuple[Source, ...] = (*inputs.schedules, *inputs.assignments)
    absent = (
        Verdict(source, reason=_absence(scope, source))
        for source in sources
        if source.id not in covering
    )
    won = _verdict(winner, None) if winner else None
    return Explanation(at, won, (*losers.values(), *absent))


def _verdict(candidate: Candidate, reason: Reason | None) -> Verdict:
    occurrence = candidate.occurrence
    if occurrence is None:
        return Verdict(candidate.source, reason=reason)
    return Verdict(candidate.source, occurrence.start, occurrence.end, reason)


def _beaten(inputs: Inputs, winner: Candidate, loser: Candidate) -> Reason:
    less, more = loser.precedence, winner.precedence
    pairs = zip(Precedence._fields, less, more, strict=True)
    decided_by = next(name for name, one, other in pairs if one != other)
    texts = {
        "scheduled": "a schedule beats an assignment",
        "takeover": "beaten by a takeover",
        "layer": f"lower layer {loser.source.layer} < {winner.source.layer}",
        "priority": f"lower priority {less.priority} < {more.priority}",
        "group_rank": f"lower group rank {less.group_rank} < {more.group_rank}",
        "start": f"earlier start {_local(inputs, less.start, more.start)}",
        "created_at": "created earlier",
        "id": "created at the same time, smaller id",
    }
    return _CODES[decided_by], texts[decided_by]


def _local(inputs: Inputs, earlier: datetime, later: datetime) -> str:
    in_zone = zone(inputs.store.timezone)
    one, other = earlier.astimezone(in_zone), later.astimezone(in_zone)
    form = "%H:%M" if one.date() == other.date() else "%Y-%m-%d %H:%M"
    return f"{one:{form}} < {other:{form}}"


def _absence(scope: Scope, source: Source) -> Reason:
    if isinstance(source, Schedule):
        if not source.enabled:
            return "disabled", "disabled"
        found = stages(scope, source)
        if not found.occurrences:
            return _off(scope.inputs, source, scope.since)
        if not found.while_open:
            return "store_closed", "store closed"
    return loops.why_silent(scope.inputs.library, source.playlist_id, scope.since)


def _off(inputs: Inputs, schedule: Schedule, at: datetime) -> Reason:
    in_zone = zone_of(inputs, schedule)
    today = at.astimezone(in_zone).date()
    around: tuple[Occurrence, ...] = occurrences(schedule.pattern, in_zone, at - DAY, at + 2 * DAY)
    if any(occurrence.on == today for occurrence in around):
        return "outside_hours", "outside its hours"
    return "not_on_this_date", "not on this date"


_CODES: Final = {
    "scheduled": "schedule_beats_assignment",
    "takeover": "takeover",
    "layer": "lower_layer",
    "priority": "lower_priority",
    "group_rank": "lower_group_rank",
    "start": "earlier_start",
    "created_at": "created_earlier",
    "id": "smaller_id",
}
