"""Other ways to the same answers, written without a line of the code they check.

Dates come from dateutil on naive local dates; instants from a scan of every UTC minute and what the
wall clock shows at it; the winner from comparing all that is active in that minute.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from signage.planning import Pattern, Schedule

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SCANNED_DAYS = 12

ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Johannesburg",
    "America/Argentina/Buenos_Aires", "America/Asuncion", "America/Caracas", "America/Chicago",
    "America/Godthab", "America/Havana", "America/Los_Angeles", "America/Mexico_City",
    "America/New_York", "America/Santiago", "America/Sao_Paulo", "America/Scoresbysund",
    "America/St_Johns", "Antarctica/Troll", "Asia/Amman", "Asia/Beirut", "Asia/Gaza",
    "Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang", "Asia/Tehran", "Asia/Tokyo",
    "Atlantic/Azores", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Berlin", "Europe/Dublin",
    "Europe/Istanbul", "Europe/Lisbon", "Europe/London", "Pacific/Apia", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Fiji", "Pacific/Kiritimati", "Pacific/Marquesas",
]  # fmt: skip

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


class WallClock:
    """What the clock on the wall of a zone shows at every minute of some days around an instant."""

    def __init__(self, zone: ZoneInfo, middle: datetime) -> None:
        self.since = middle.replace(second=0, microsecond=0) - SCANNED_DAYS * DAY
        minutes = int(2 * SCANNED_DAYS * DAY / MINUTE)
        self.instants = [self.since + n * MINUTE for n in range(minutes)]
        self.walls = [one.astimezone(zone).replace(tzinfo=None) for one in self.instants]
        self.first: dict[datetime, datetime] = {}
        for instant, wall in zip(self.instants, self.walls, strict=True):
            self.first.setdefault(wall, instant)

    def instant(self, wall: datetime) -> datetime:
        """Return when it shows the time for the first time, or would have but for a gap."""
        if wall in self.first:
            return self.first[wall]
        before = max(
            (pair for pair in zip(self.walls, self.instants, strict=True) if pair[0] < wall),
        )
        offset_before = before[0] - before[1].replace(tzinfo=None)
        return (wall - offset_before).replace(tzinfo=UTC)


def spans(
    pattern: Pattern, clock: WallClock, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the (start, end) of every occurrence that covers some of [since, until)."""
    found = set()
    for day in dates(pattern, clock, since, until):
        begins = time() if pattern.all_day else pattern.start_time or time()
        ends = time() if pattern.all_day else pattern.end_time or time()
        wall_start = datetime.combine(day, begins)
        wall_end = datetime.combine(day, ends) + (DAY if ends <= begins else timedelta())
        start, end = clock.instant(wall_start), clock.instant(wall_end)
        if end <= start:
            end = start + (wall_end - wall_start)
        if start < until and end > since:
            found.add((start, end))
    return sorted(found)


def dates(pattern: Pattern, clock: WallClock, since: datetime, until: datetime) -> Iterator[date]:
    """Yield the local dates on which an occurrence begins, as dateutil finds them."""
    begins = time() if pattern.all_day else pattern.start_time or time()
    first = datetime.combine(since.date() - 3 * DAY, time())
    last = datetime.combine(until.date() + 3 * DAY, time())
    start = datetime.combine(pattern.starts_on, begins)
    found = {start.date()} if pattern.rrule is None else ruled(pattern.rrule, start, first, last)
    for day in sorted((found | set(pattern.rdates)) - set(pattern.exdates)):
        if first.date() <= day <= last.date() and (
            pattern.ends_on is None or day <= pattern.ends_on
        ):
            yield day


def ruled(rule: str, start: datetime, first: datetime, last: datetime) -> set[date]:
    """Return dateutil's dates for a rule whose UNTIL, if any, is a local date-time."""
    return {one.date() for one in rrulestr(rule, dtstart=start).between(first, last, inc=True)}


def winner(
    schedules: list[Schedule],
    active: dict[object, list[tuple[datetime, datetime]]],
    at: datetime,
) -> tuple[Schedule, datetime] | None:
    """Return who plays at an instant and since when, by comparing all with all."""
    running = [
        (one, start) for one in schedules for start, end in active[one.id] if start <= at < end
    ]
    for one in running:
        if all(other is one or beats(one, other) for other in running):
            return one
    return None


def beats(one: tuple[Schedule, datetime], other: tuple[Schedule, datetime]) -> bool:
    """Say whether the first plays before the second, rule by rule."""
    (a, a_start), (b, b_start) = one, other
    layers = ["device", "group", "store", "fleet"]
    if a.takeover != b.takeover:
        return a.takeover
    if a.layer != b.layer:
        return layers.index(a.layer) < layers.index(b.layer)
    if a.priority != b.priority:
        return a.priority > b.priority
    if a.layer == "group" and a.group_rank != b.group_rank:
        return a.group_rank > b.group_rank
    if a_start != b_start:
        return a_start > b_start
    return (a.created_at, a.id) > (b.created_at, b.id)


def transition(zone: ZoneInfo, chance: random.Random) -> datetime:
    """Return the UTC day of one of the zone's changes of offset since 1990, else any day."""
    day = datetime(1990 + chance.randrange(38), 1, 1, tzinfo=UTC) + chance.randrange(365) * DAY
    days = [day + n * DAY for n in range(400)]
    offsets = [one.astimezone(zone).utcoffset() for one in days]
    changes = [n for n in range(1, 400) if offsets[n] != offsets[n - 1]]
    return days[changes[0]] if changes else day


def random_rule(chance: random.Random, start: date) -> str:
    """Return a rule that has occurrences and that dateutil reads as RFC 5545 does."""
    freq = chance.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = [f"FREQ={freq}"]
    if chance.random() < 0.4:
        parts.append(f"INTERVAL={chance.randint(2, 4)}")
    if chance.random() < 0.3:
        parts.append(f"WKST={chance.choice(WEEKDAYS)}")
    parts += _random_days(chance, freq)
    ending = chance.random()
    if ending < 0.25:
        parts.append(f"COUNT={chance.randint(1, 400)}")
    elif ending < 0.4:
        last = start + chance.randrange(1, 900) * DAY
        parts.append(f"UNTIL={last:%Y%m%d}T{chance.randrange(24):02}{chance.randrange(60):02}00")
    chance.shuffle(parts)
    return ";".join(parts)


def _random_days(chance: random.Random, freq: str) -> list[str]:
    kind = chance.choice(["none", "weekdays", "monthdays", "ordinals", "months", "both"])
    days = ",".join(chance.sample(WEEKDAYS, chance.randint(1, 5)))
    months = ",".join(map(str, sorted(chance.sample(range(1, 13), chance.randint(4, 9)))))
    monthdays = ",".join(map(str, chance.sample([*range(1, 32), -1, -2, -15], 6)))
    parts = []
    if kind == "ordinals" and freq in {"MONTHLY", "YEARLY"}:
        most = 4 if freq == "MONTHLY" else 52
        numbers = chance.sample([*range(1, most + 1), *range(-most, 0)], 3)
        days = ",".join(f"{number}{chance.choice(WEEKDAYS)}" for number in numbers)
        return [f"BYDAY={days}"]
    if kind in {"weekdays", "both"} or (kind == "ordinals" and freq == "WEEKLY"):
        parts.append(f"BYDAY={days}")
    if kind in {"monthdays", "both"} and freq != "WEEKLY":
        parts.append(f"BYMONTHDAY={monthdays}")
    if kind == "months":
        parts += [f"BYMONTH={months}", f"BYDAY={days}"]
    if parts and freq in {"MONTHLY", "YEARLY"} and chance.random() < 0.4:
        parts.append(f"BYSETPOS={chance.choice(['1', '-1', '1,-1'])}")
    return parts


def random_pattern(chance: random.Random, around: datetime) -> Pattern:
    """Return a pattern that began up to three years before an instant."""
    start = around.date() - chance.choice([3, 30, 400, 1000]) * DAY + chance.randrange(5) * DAY
    rule = random_rule(chance, start) if chance.random() < 0.95 else None
    near = [around.date() + n * DAY for n in range(-6, 7)]
    return Pattern(
        starts_on=start,
        start_time=random_time(chance),
        end_time=random_time(chance),
        all_day=chance.random() < 0.15,
        ends_on=chance.choice(near) if rule and chance.random() < 0.1 else None,
        rrule=rule,
        exdates=tuple(chance.sample(near, chance.choice([0, 0, 2]))),
        rdates=tuple(chance.sample(near, chance.choice([0, 0, 1]))),
    )


def random_time(chance: random.Random) -> time:
    """Return a time of day, often in the small hours, where clocks change."""
    hour = chance.choice([chance.randrange(24), chance.randrange(4)])
    return time(hour, chance.choice([0, 15, 30, 45, chance.randrange(60)]))
