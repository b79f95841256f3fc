"""What an impact adds up to: screen time that goes and comes, holes, schedules that fall silent."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from signage import planning
from signage.planning.inputs import Inputs, Source

LISTED_MAX = 50
MILLISECOND = timedelta(milliseconds=1)

Span = tuple[datetime, datetime]


class Amount(msgspec.Struct, frozen=True):
    """Screen time of one playlist that goes or comes, over all screens, and on how many."""

    playlist_id: UUID
    playlist: str
    duration_ms: int
    screens: int


class Hole(msgspec.Struct, frozen=True):
    """A span in which so many screens that play something now would play nothing."""

    from_: datetime = msgspec.field(name="from")
    until: datetime
    screens: int


class Silenced(msgspec.Struct, frozen=True):
    """A schedule that plays somewhere now, and nowhere within the span after the change."""

    id: UUID
    name: str


class Impact(msgspec.Struct, frozen=True):
    """What the change does within [from, until).

    ``reached`` counts the screens the schedule is put on, ``changed`` those on which something else
    plays; ``first_at`` and ``last_until`` bound the spans in which it does.
    """

    from_: datetime = msgspec.field(name="from")
    until: datetime
    reached: int
    changed: int
    first_at: datetime | None
    last_until: datetime | None
    loses: list[Amount]
    gains: list[Amount]
    silenced: list[Silenced]
    holes: list[Hole]
    plays: bool


class Tally:
    """What the groups of screens add up to."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.changed = 0
        self.first_at: datetime | None = None
        self.last_until: datetime | None = None
        self.lost: Counter[UUID] = Counter()
        self.gained: Counter[UUID] = Counter()
        self.lost_on: Counter[UUID] = Counter()
        self.gained_on: Counter[UUID] = Counter()
        self.holes: Counter[tuple[datetime, datetime]] = Counter()
        self.played_before: dict[UUID, str] = {}
        self.plays_after: set[UUID] = set()


def count(tally: Tally, before: Inputs, after: Inputs, screens: int, span: Span) -> None:
    """Add what changes on so many screens alike, between two inputs within a span."""
    was, becomes = planning.resolve(before, *span), planning.resolve(after, *span)
    tally.played_before |= {window.source.id: _title(window.source) for window in was}
    tally.plays_after |= {window.source.id for window in becomes}
    found = [one for one in planning.compare(was, becomes) if not _plays_the_same(one)]
    if not found:
        return
    tally.changed += screens
    tally.first_at = min(found[0].start, tally.first_at or found[0].start)
    tally.last_until = max(found[-1].end, tally.last_until or found[-1].end)
    for difference in found:
        took_ms = (difference.end - difference.start) // MILLISECOND
        if difference.before is not None:
            tally.lost[difference.before.playlist_id] += took_ms * screens
        if difference.after is not None:
            tally.gained[difference.after.playlist_id] += took_ms * screens
        if difference.before is not None and difference.after is None:
            tally.holes[difference.start, difference.end] += screens
    for playlist_id in {one.before.playlist_id for one in found if one.before}:
        tally.lost_on[playlist_id] += screens
    for playlist_id in {one.after.playlist_id for one in found if one.after}:
        tally.gained_on[playlist_id] += screens


def _plays_the_same(one: planning.Difference) -> bool:
    # A series cut in two, or a schedule in another's place, may play the very same playlist.
    return bool(one.before and one.after and one.before.playlist_id == one.after.playlist_id)


def _title(source: Source) -> str:
    return source.name if isinstance(source, planning.Schedule) else ""


def answer(
    tally: Tally, names: dict[UUID, str], span: Span, reached: int, schedule_id: UUID
) -> Impact:
    """Return the sums by name, the largest first."""
    silent = tally.played_before.keys() - tally.plays_after - {schedule_id}
    return Impact(
        from_=span[0],
        until=span[1],
        reached=reached,
        changed=tally.changed,
        first_at=tally.first_at,
        last_until=tally.last_until,
        loses=_amounts(tally.lost, tally.lost_on, names),
        gains=_amounts(tally.gained, tally.gained_on, names),
        silenced=[
            Silenced(source_id, tally.played_before[source_id])
            for source_id in sorted(silent)
            if tally.played_before[source_id]
        ],
        holes=[
            Hole(start, end, screens)
            for (start, end), screens in sorted(tally.holes.items())[:LISTED_MAX]
        ],
        plays=schedule_id in tally.plays_after,
    )


def _amounts(
    amounts: Counter[UUID], screens: Counter[UUID], names: dict[UUID, str]
) -> list[Amount]:
    return [
        Amount(playlist_id, names.get(playlist_id, ""), duration_ms, screens[playlist_id])
        for playlist_id, duration_ms in amounts.most_common(LISTED_MAX)
    ]
