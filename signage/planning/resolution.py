"""Resolution: which playlist plays when, out of everything that is assigned.

Every schedule and assignment becomes candidates: spans of time in which it would play. One order,
``Precedence``, decides between candidates. A sweep over their sorted edges, O(n log n), gives the
windows; the explanation of an instant looks at the same candidates in the same order.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from signage.planning import intervals, loops
from signage.planning.inputs import Assignment, Inputs, Layer, Schedule, Source
from signage.planning.intervals import Interval
from signage.planning.opening import open_intervals
from signage.planning.placing import zone
from signage.planning.recurrence import Occurrence, occurrences

ASSIGNMENT_ANCHOR: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAYERS: Final[tuple[Layer, ...]] = ("fleet", "store", "group", "device")
"""From the widest to the most specific, which wins."""

Pieces = list[tuple[Occurrence, list[Interval]]]


class Precedence(NamedTuple):
    """What decides between candidates, in this order: of two, the greater plays.

    A schedule before an assignment; a takeover; the more specific layer; the higher priority; in
    the group layer the group of larger rank; the later nominal start; the schedule created later;
    the larger id.
    """

    scheduled: bool
    takeover: bool
    layer: int
    priority: int
    group_rank: int
    start: datetime
    created_at: datetime
    id: int


class Candidate(NamedTuple):
    """A span in which a source would play. ``occurrence`` is None for an assignment."""

    source: Source
    precedence: Precedence
    occurrence: Occurrence | None
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """A span in which a source plays; its loop began at ``anchor``, before anything cut it."""

    start: datetime
    end: datetime
    anchor: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class Stages:
    """When a schedule plays, step by step: its occurrences, those while open, those with content.

    Each holds what it leaves of the one before.
    """

    occurrences: Pieces
    while_open: Pieces
    playable: Pieces


@dataclass(frozen=True, slots=True)
class Scope:
    """Inputs and the span [since, until) they are resolved for.

    ``playable`` remembers when each playlist has something to play, for many schedules share one.
    """

    inputs: Inputs
    since: datetime
    until: datetime
    playable: dict[UUID, list[Interval]] = field(default_factory=dict)


def resolve(inputs: Inputs, since: datetime, until: datetime) -> list[Window]:
    """Return what plays in [since, until): sorted, disjoint windows; no window means a hole.

    Adjoining pieces of one occurrence, or of one assignment, are one window.
    """
    return resolve_scope(Scope(inputs, since, until))


def resolve_scope(scope: Scope) -> list[Window]:
    """Return what plays within the scope."""
    return [
        Window(start, end, candidate.precedence.start, candidate.source)
        for candidate, start, end in _sweep(candidates(scope))
    ]


def candidates(scope: Scope) -> list[Candidate]:
    """Return every span within the scope in which something would play."""
    found: list[Candidate] = []
    for schedule in scope.inputs.schedules:
        pieces = stages(scope, schedule).playable if schedule.enabled else []
        strength = _strength(schedule)
        for occurrence, spans in pieces:
            order = Precedence(*strength, occurrence.start, schedule.created_at, schedule.id.int)
            found += [Candidate(schedule, order, occurrence, *span) for span in spans]
    for assignment in scope.inputs.assignments:
        anchor = ASSIGNMENT_ANCHOR
        order = Precedence(*_strength(assignment), anchor, anchor, assignment.id.int)
        spans = _playable(scope, assignment.playlist_id)
        found += [Candidate(assignment, order, None, *span) for span in spans]
    return found


def stages(scope: Scope, schedule: Schedule) -> Stages:
    """Return when an enabled schedule would play within the scope, step by step."""
    since, until = scope.since, scope.until
    in_zone = zone_of(scope.inputs, schedule)
    found = [
        (occurrence, [(max(occurrence.start, since), min(occurrence.end, until))])
        for occurrence in occurrences(schedule.pattern, in_zone, since, until)
    ]
    while_open = found
    if found and schedule.only_when_open:
        while_open = _cut(found, open_intervals(scope.inputs.store, since, until))
    playable = _playable(scope, schedule.playlist_id) if while_open else []
    if playable == [(since, until)]:
        return Stages(found, while_open, while_open)
    return Stages(found, while_open, _cut(while_open, playable))


def zone_of(inputs: Inputs, schedule: Schedule) -> ZoneInfo:
    """Return the zone a schedule's times are read in: its own, else the store's."""
    return zone(schedule.timezone or inputs.store.timezone)


def best_first(found: list[Candidate]) -> list[Candidate]:
    """Return them in the order of precedence; of those that cover an instant the first plays."""
    return sorted(found, key=attrgetter("precedence"), reverse=True)


def _strength(source: Source) -> tuple[bool, bool, int, int, int]:
    layer = LAYERS.index(source.layer)
    rank = source.group_rank if source.layer == "group" else 0
    if isinstance(source, Assignment):
        return False, False, layer, 0, rank
    return True, source.takeover, layer, source.priority, rank


def _playable(scope: Scope, playlist_id: UUID) -> list[Interval]:
    if playlist_id not in scope.playable:
        scope.playable[playlist_id] = loops.playable(
            scope.inputs.library, playlist_id, scope.since, scope.until
        )
    return scope.playable[playlist_id]


def _cut(pieces: Pieces, to: Sequence[Interval]) -> Pieces:
    cut = ((occurrence, intervals.intersection(spans, to)) for occurrence, spans in pieces)
    return [(occurrence, spans) for occurrence, spans in cut if spans]


def _sweep(found: list[Candidate]) -> Iterator[tuple[Candidate, datetime, datetime]]:
    ranked = best_first(found)
    waiting = sorted(range(len(ranked)), key=lambda rank: ranked[rank].start, reverse=True)
    edges = sorted({edge for candidate in found for edge in (candidate.start, candidate.end)})
    running: list[int] = []
    playing: tuple[Candidate, datetime] | None = None
    for edge in edges:
        while waiting and ranked[waiting[-1]].start <= edge:
            heapq.heappush(running, waiting.pop())
        while running and ranked[running[0]].end <= edge:
            heapq.heappop(running)
        best = ranked[running[0]] if running else None
        if playing and playing[0] is not best:
            yield *playing, edge
            playing = None
        if best and not playing:
            playing = best, edge
