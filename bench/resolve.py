"""One plan from 200 applicable schedules: against asking, minute by minute, who plays now.

The scan is given its dates for nothing: they are expanded once per schedule, by dateutil. Both are
checked to name the same winner in every minute. Both only compute, so it is processor time that is
measured, which other programs on the machine disturb least.
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from bench.figures import Figure, take_turns
from signage import planning
from signage.planning import (
    Assignment,
    Content,
    ContentVersion,
    Inputs,
    Library,
    Playlist,
    PlaylistItem,
    Publication,
    Schedule,
    Store,
)

SCHEDULES = 200
HOURS = 72
PLANS_A_ROUND = 9
ZONE = "Europe/Lisbon"
MINUTE = timedelta(minutes=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = datetime(1, 1, 1)  # noqa: DTZ001 - wall-clock times are compared
LAYERS: list[Literal["device", "group", "store", "fleet"]] = ["device", "group", "store", "fleet"]

Winners = list[UUID | None]


async def measure() -> list[Figure]:
    """Plan for inputs never seen before, so that nothing is remembered from another plan."""
    chance = random.Random(200)
    now = datetime.now(UTC)
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    until = since + timedelta(hours=HOURS)
    _check(_inputs(chance, since.date()), since, until)

    async def build() -> float:
        return _median_ms(chance, now)

    async def scan() -> float:
        inputs = _inputs(chance, since.date())
        started = process_time()
        _scan(inputs, since, until)
        return (process_time() - started) * 1000

    built, scanned = await take_turns(build, scan)
    return [
        Figure(
            name=f"One plan from {SCHEDULES} schedules, inputs new (96 h, document, hash)",
            against=f"naive minute scan of {HOURS} h, winners only",
            unit="ms",
            ours=built,
            baseline=scanned,
            at_most=0.01,
            limit=5,
            note="The plan and the scan are in processor time, everything else in elapsed time.",
        )
    ]


def _median_ms(chance: random.Random, now: datetime) -> float:
    took = []
    for _ in range(PLANS_A_ROUND):
        inputs = _inputs(chance, now.date())
        started = process_time()
        planning.build(inputs, now)
        took.append((process_time() - started) * 1000)
    return sorted(took)[len(took) // 2]


def _check(inputs: Inputs, since: datetime, until: datetime) -> None:
    scanned = _scan(inputs, since, until)
    base = {one.id for one in inputs.assignments}
    planned: Winners = [None] * len(scanned)
    for window in planning.resolve(inputs, since, until):
        first, last = (window.start - since) // MINUTE, (window.end - since) // MINUTE
        winner = None if window.source.id in base else window.source.id
        planned[first:last] = [winner] * (last - first)
    assert planned == scanned, "the plan and the scan differ"


def _scan(inputs: Inputs, since: datetime, until: datetime) -> Winners:
    """Return who plays in each minute, by comparing all that are active in it."""
    zone = ZoneInfo(ZONE)
    dates = {one.id: _dates(one, since, until) for one in inputs.schedules}
    winners: Winners = []
    at = since
    while at < until:
        wall = at.astimezone(zone).replace(tzinfo=None)
        active = [
            (one, began)
            for one in inputs.schedules
            if (began := _began(one, dates[one.id], wall)) is not None
        ]
        best = min(active, key=_rank, default=None)
        winners.append(best[0].id if best else None)
        at += MINUTE
    return winners


def _dates(schedule: Schedule, since: datetime, until: datetime) -> set[date]:
    start = datetime.combine(schedule.starts_on, schedule.start_time or time())
    first, last = since.replace(tzinfo=None), until.replace(tzinfo=None)
    rule = rrulestr(schedule.rrule or "FREQ=DAILY;COUNT=1", dtstart=start)
    around = timedelta(days=2)
    return {one.date() for one in rule.between(first - around, last + around, inc=True)}


def _began(schedule: Schedule, dates: set[date], wall: datetime) -> datetime | None:
    """Return the start of the occurrence that is on at a wall-clock time."""
    begins, ends = schedule.start_time or time(), schedule.end_time or time()
    overnight = timedelta(days=1 if ends <= begins else 0)
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        if day in dates:
            start = datetime.combine(day, begins)
            if start <= wall < datetime.combine(day, ends) + overnight:
                return start
    return None


def _rank(running: tuple[Schedule, datetime]) -> tuple[object, ...]:
    one, began = running
    rank = one.group_rank if one.layer == "group" else 0
    newest_first = -(began - FIRST).total_seconds()
    return (
        not one.takeover,
        LAYERS.index(one.layer),
        -one.priority,
        -rank,
        newest_first,
        -one.id.int,
    )


def _inputs(chance: random.Random, today: date) -> Inputs:
    content, playlists = {}, {}
    for number in range(1, 51):
        spot = _content(chance)
        content[spot.id] = spot
        items = (PlaylistItem(id=_id(chance), content_id=spot.id, duration_ms=1000 * number),)
        made = Playlist(id=_id(chance), items=items)
        playlists[made.id] = made
    shelf = list(playlists)
    return Inputs(
        store=Store(ZONE),
        schedules=tuple(_schedule(chance, today, chance.choice(shelf)) for _ in range(SCHEDULES)),
        assignments=(Assignment(id=_id(chance), playlist_id=shelf[0], layer="fleet"),),
        library=Library(playlists, content),
    )


def _schedule(chance: random.Random, today: date, playlist_id: UUID) -> Schedule:
    days = ",".join(chance.sample(["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 4))
    rules = [f"FREQ=WEEKLY;BYDAY={days}", "FREQ=DAILY", "FREQ=DAILY;INTERVAL=2"]
    return Schedule(
        id=_id(chance),
        name="Schedule",
        playlist_id=playlist_id,
        layer=chance.choice(LAYERS),
        group_rank=chance.randint(1, 5),
        created_at=LONG_AGO,
        starts_on=today - timedelta(days=chance.randrange(400)),
        start_time=time(chance.randrange(24), chance.choice([0, 15, 30, 45])),
        end_time=time(chance.randrange(24), chance.choice([5, 20, 35, 50])),
        rrule=chance.choice(rules),
        priority=chance.randrange(101),
    )


def _content(chance: random.Random) -> Content:
    version = ContentVersion(
        id=_id(chance), version=1, mime="image/png", sha256=f"{chance.getrandbits(256):064x}"
    )
    return Content(
        id=_id(chance),
        kind="image",
        versions=(version,),
        publications=(Publication(live_from=LONG_AGO, version=1),),
    )


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128))
