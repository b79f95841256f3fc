"""The calendar's geometry: which quarter hour, how many of them, which lane. Pure.

Positions are whole quarter hours of the store's wall clock, so a page can say them as classes. On a
day on which the clocks change the hour that is missing stays empty, the one that comes twice is
drawn once.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import msgspec

from signage.calendars import Base, Calendar, Day, Entry

QUARTERS_A_DAY = 96
QUARTERS_AN_HOUR = 4
QUARTER_MINUTES = 15
LANES_MAX = 6
SHORTEST_QUARTERS = 2
"""What is shorter is drawn this high, so that its name can be read."""

LAYERS = ("device", "group", "store", "fleet")
TONES = {"fleet": 1, "store": 2, "group": 3, "device": 5}
TAKEOVER_TONE = 4
DAY = timedelta(days=1)


class Place(msgspec.Struct, frozen=True):
    """A span of a day in quarter hours, as the hours and quarters that name its classes."""

    first: int
    length: int

    @property
    def classes(self) -> str:
        """The classes that put it there."""
        hour, quarter = divmod(self.first, QUARTERS_AN_HOUR)
        hours, quarters = divmod(self.length, QUARTERS_AN_HOUR)
        return f"h{hour} q{quarter} sh{hours} sq{quarters}"


class Block(msgspec.Struct, frozen=True):
    """What lies behind the schedules: closed doors, or the playlist that is always on."""

    place: Place
    label: str


class Piece(msgspec.Struct, frozen=True):
    """The part of an occurrence that lies within one day.

    ``of`` counts the lanes beside each other. ``begins`` and ``ends`` say whether its start and end
    are in this part.
    """

    entry: Entry
    place: Place
    lane: int
    of: int
    begins: bool
    ends: bool

    @property
    def tone(self) -> int:
        """The lane colour: of its layer, or of a takeover."""
        return tone(self.entry)

    @property
    def classes(self) -> str:
        """Where it stands, and beside how many."""
        return f"{self.place.classes} l{self.lane} n{self.of} lane-{self.tone}"


class Column(msgspec.Struct, frozen=True):
    """One day: its head, what lasts all day, and what has times."""

    day: Day
    is_today: bool
    all_day: list[Entry]
    pieces: list[Piece]
    shut: list[Block]
    base: list[Block]
    now: Place | None


def columns(calendar: Calendar, now: datetime) -> list[Column]:
    """Return the days of a calendar as columns; ``now`` is in the store's zone."""
    return [_column(calendar, day, now) for day in calendar.days]


def tone(entry: Entry) -> int:
    """Return the number of the entry's colour."""
    return TAKEOVER_TONE if entry.takeover else TONES[entry.layer]


def touching(calendar: Calendar, on: date) -> list[Entry]:
    """Return the occurrences that cover some of a date."""
    return [entry for entry in calendar.entries if _covers(entry, on)]


def lasts_all_day(entry: Entry) -> bool:
    """Return whether it lasts from one midnight to the next."""
    start, end = entry.starts_at, entry.ends_at
    return start.time() == end.time() == time() and end.date() - start.date() == DAY


def _column(calendar: Calendar, day: Day, now: datetime) -> Column:
    entries = touching(calendar, day.on)
    timed = [entry for entry in entries if not lasts_all_day(entry)]
    is_today = now.date() == day.on
    return Column(
        day=day,
        is_today=is_today,
        all_day=[entry for entry in entries if lasts_all_day(entry)],
        pieces=list(_pieces(timed, day.on)),
        shut=[Block(place, "Closed") for place in _shut(day)],
        base=list(_base(calendar.base, day.on)),
        now=Place(_quarter(now.time()), 1) if is_today else None,
    )


def _covers(entry: Entry, on: date) -> bool:
    ends = entry.ends_at.date()
    past_midnight = entry.ends_at.time() > time() or ends == entry.starts_at.date()
    return entry.starts_at.date() <= on and (on < ends or (on == ends and past_midnight))


def _pieces(entries: list[Entry], on: date) -> Iterator[Piece]:
    placed = [(entry, _within(entry.starts_at, entry.ends_at, on)) for entry in entries]
    for cluster in _clusters(placed):
        lanes: list[list[Place]] = []
        chosen = []
        # What wins stands to the left of what it beats.
        for entry, place in sorted(cluster, key=lambda found: _rank(found[0])):
            lane = next((n for n, taken in enumerate(lanes) if _is_free(taken, place)), len(lanes))
            lane = min(lane, LANES_MAX - 1)
            if lane == len(lanes):
                lanes.append([])
            lanes[lane].append(place)
            chosen.append((entry, place, lane))
        for entry, place, lane in sorted(chosen, key=lambda found: (found[1].first, found[2])):
            begins, ends = entry.starts_at.date() == on, _last_date(entry) == on
            yield Piece(entry, place, lane, len(lanes), begins, ends)


def _clusters(placed: list[tuple[Entry, Place]]) -> Iterator[list[tuple[Entry, Place]]]:
    """Yield those that overlap, directly or by way of others, together."""
    cluster: list[tuple[Entry, Place]] = []
    until = 0
    for entry, place in sorted(placed, key=lambda found: found[1].first):
        if cluster and place.first >= until:
            yield cluster
            cluster = []
        cluster.append((entry, place))
        until = max(until, place.first + place.length)
    if cluster:
        yield cluster


def _is_free(taken: list[Place], place: Place) -> bool:
    return all(
        place.first >= other.first + other.length or other.first >= place.first + place.length
        for other in taken
    )


def _rank(entry: Entry) -> tuple[bool, int, int, float, str]:
    return (
        not entry.takeover,
        LAYERS.index(entry.layer),
        -entry.priority,
        -entry.starts_at.timestamp(),
        entry.name,
    )


def _last_date(entry: Entry) -> date:
    at_midnight = entry.ends_at.time() == time()
    return entry.ends_at.date() - DAY if at_midnight else entry.ends_at.date()


def _within(start: datetime, end: datetime, on: date) -> Place:
    first = _quarter(start.time()) if start.date() == on else 0
    last = _quarter(end.time(), up=True) if end.date() == on else QUARTERS_A_DAY
    first = min(first, QUARTERS_A_DAY - SHORTEST_QUARTERS)
    return Place(first, max(SHORTEST_QUARTERS, min(last, QUARTERS_A_DAY) - first))


def _quarter(at: time, *, up: bool = False) -> int:
    minutes = at.hour * 60 + at.minute
    return -(-minutes // QUARTER_MINUTES) if up else minutes // QUARTER_MINUTES


def _shut(day: Day) -> Iterator[Place]:
    edges = [0]
    for opens, closes in day.open:
        edges.append(_quarter(opens.time()) if opens.date() == day.on else 0)
        edges.append(
            _quarter(closes.time(), up=True) if closes.date() == day.on else QUARTERS_A_DAY
        )
    edges.append(QUARTERS_A_DAY)
    for first, last in list(pairwise(edges))[::2]:
        if last > first:
            yield Place(first, last - first)


def _base(spans: Iterable[Base], on: date) -> Iterator[Block]:
    for span in spans:
        start, end = span.starts_at, span.ends_at
        if start.date() <= on <= end.date() and not (end.date() == on and end.time() == time()):
            yield Block(_within(start, end, on), span.playlist)
