"""One look at a calendar: what its address asks for, and everything that its page shows."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from quart import request

from portal import calendar_grid, calendar_targets, ui
from signage import calendars, schedule_moves, schedules
from signage.actors import Actor
from signage.calendars import Calendar, Entry
from signage.errors import NotFound
from signage.targets import Target
from web.services import now

VIEWS = {"week": "Week", "day": "Day", "month": "Month", "list": "List"}
LIST_DAYS = 14
WEEK_DAYS = 7
MONTH_CELL_MAX = 4
EARLIEST, LATEST = date(2000, 1, 3), date(2198, 12, 31)
DAY = timedelta(days=1)


class Asked(msgspec.Struct, frozen=True):
    """What the address asks for; a view or date that is none falls back to this week."""

    view: str
    on: date | None
    target: Target | None
    store_id: UUID | None
    q: str


class Conflict(msgspec.Struct, frozen=True):
    """A schedule that loses time to another: how often, how long in all, and when first."""

    entry: Entry
    winner_id: UUID
    winner: str
    times: int
    lost_ms: int
    first_at: datetime
    first_until: datetime


class MonthDay(msgspec.Struct, frozen=True):
    """One square of a month, with the first of its occurrences."""

    day: calendars.Day
    is_today: bool
    is_in_month: bool
    entries: list[Entry]
    more: int


def asked() -> Asked:
    """Return what the request's address asks for."""
    view = request.args.get("view", "week")
    return Asked(
        view=view if view in VIEWS else "week",
        on=_date(request.args.get("on", "")),
        target=calendar_targets.read(request.args.get("target", "")),
        store_id=_uuid(request.args.get("store", "")),
        q=request.args.get("q", ""),
    )


async def load(conn: asyncpg.Connection, actor: Actor) -> dict[str, Any]:
    """Return what the page shows; ``calendar`` is None where there is no store to read it for."""
    wanted = asked()
    target = wanted.target or await calendar_targets.default(conn, actor)
    common = {
        "asked": wanted,
        "target": target and calendar_targets.write(target),
        "target_kind": target.kind if target else "",
        "target_options": await calendar_targets.options(conn, actor, target, q=wanted.q),
        "views": [_link(view, label, wanted) for view, label in VIEWS.items()],
        "any_schedule": bool((await schedules.list_page(conn, actor, limit=1)).items),
    }
    try:
        if target is None:
            raise NotFound("No store is yours.")
        calendar = await _calendar(conn, actor, target, wanted)
    except NotFound:
        if wanted.target is not None or wanted.store_id is not None:
            raise
        return common | {"calendar": None}
    return common | await _shown(conn, actor, calendar, wanted)


def href(**changed: str | None) -> str:
    """Return the address of the calendar as it is looked at, with some of it changed."""
    kept = {key: value for key, value in request.args.items() if value} | changed
    query = [(key, value) for key, value in kept.items() if value]
    return "/schedules" + (f"?{urlencode(query)}" if query else "")


async def _calendar(
    conn: asyncpg.Connection, actor: Actor, target: Target, wanted: Asked
) -> Calendar:
    on = wanted.on or now().date()
    since, days = _range(wanted.view, on)
    found = await calendars.load(
        conn, actor, target, since=since, days=days, store_id=wanted.store_id, now=now()
    )
    there = now().astimezone(ZoneInfo(found.timezone)).date()
    if wanted.on is None and there != on:
        since, days = _range(wanted.view, there)
        found = await calendars.load(
            conn, actor, target, since=since, days=days, store_id=wanted.store_id, now=now()
        )
    return found


async def _shown(
    conn: asyncpg.Connection, actor: Actor, calendar: Calendar, wanted: Asked
) -> dict[str, Any]:
    in_zone = ZoneInfo(calendar.timezone)
    there = now().astimezone(in_zone)
    on = wanted.on or there.date()
    first, days = _range(wanted.view, on)
    back, forth = _steps(wanted.view, on)
    return {
        "calendar": calendar,
        "tz": in_zone,
        "zone": " / ".join(_zones(calendar, in_zone)),
        "title": _title(wanted.view, on, first, days),
        "columns": calendar_grid.columns(calendar, there) if wanted.view in ("week", "day") else [],
        "weeks": _weeks(calendar, on, there.date()) if wanted.view == "month" else [],
        "agenda": _agenda(calendar),
        "conflicts": _conflicts(calendar),
        "store_options": await calendar_targets.store_options(conn, actor, calendar.store_id),
        "revisions": await _revisions(conn, actor, calendar),
        "today": there.date(),
        "back": href(on=str(back)),
        "forth": href(on=str(forth)),
        "to_today": href(on=None),
        "tone": calendar_grid.tone,
        "state": state,
        "href": href,
    }


def state(entry: Entry) -> tuple[str, str]:
    """Return whether an occurrence plays, in words and as a tone."""
    if not entry.enabled:
        return "Switched off", "off"
    if entry.plays and not entry.loses:
        return "Plays", "ok"
    winners = " and ".join(dict.fromkeys(part.winner for part in entry.loses))
    if entry.plays:
        return f"Plays in part, {winners} wins", "warn"
    if entry.loses:
        return f"Never plays, {winners} wins", "crit"
    return "Does not play: closed, or nothing to show", "off"


def _range(view: str, on: date) -> tuple[date, int]:
    match view:
        case "day":
            return on, 1
        case "list":
            return on, LIST_DAYS
        case "month":
            first = _monday(on.replace(day=1))
            last = _monday(_next_month(on) - DAY) + 6 * DAY
            return first, (last - first).days + 1
        case _:
            return _monday(on), WEEK_DAYS


def _steps(view: str, on: date) -> tuple[date, date]:
    if view == "month":
        return (on.replace(day=1) - DAY).replace(day=1), _next_month(on)
    step = {"day": 1, "week": WEEK_DAYS, "list": LIST_DAYS}[view] * DAY
    return on - step, on + step


def _title(view: str, on: date, first: date, days: int) -> str:
    last = first + (days - 1) * DAY
    if view == "month":
        return f"{on:%B %Y}"
    if days == 1:
        return f"{on:%A} {on.day} {on:%B %Y}"
    if first.year != last.year:
        return f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}"
    start = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    return f"{start} to {last.day} {last:%b %Y}"


def _zones(calendar: Calendar, in_zone: ZoneInfo) -> list[str]:
    """Return what the clocks are called there: two names where they change meanwhile."""
    noons = (datetime.combine(day.on, time(12), in_zone) for day in calendar.days)
    return list(dict.fromkeys(ui.zone_name(noon) for noon in noons))


def _weeks(calendar: Calendar, on: date, today: date) -> list[list[MonthDay]]:
    squares = []
    for day in calendar.days:
        entries = calendar_grid.touching(calendar, day.on)
        shown = entries if len(entries) <= MONTH_CELL_MAX else entries[: MONTH_CELL_MAX - 1]
        squares.append(
            MonthDay(
                day, day.on == today, day.on.month == on.month, shown, len(entries) - len(shown)
            )
        )
    return [squares[n : n + WEEK_DAYS] for n in range(0, len(squares), WEEK_DAYS)]


def _agenda(calendar: Calendar) -> list[tuple[calendars.Day, list[Entry]]]:
    by_date: dict[date, list[Entry]] = defaultdict(list)
    for entry in calendar.entries:
        by_date[max(entry.starts_at.date(), calendar.days[0].on)].append(entry)
    return [(day, by_date[day.on]) for day in calendar.days if by_date[day.on]]


def _conflicts(calendar: Calendar) -> list[Conflict]:
    found: dict[tuple[UUID, UUID], Conflict] = {}
    for entry in calendar.conflicts:
        for part in entry.loses:
            key = (entry.schedule_id, part.winner_id)
            lost_ms = (part.ends_at - part.starts_at) // timedelta(milliseconds=1)
            known = found.get(key)
            found[key] = (
                msgspec.structs.replace(
                    known, times=known.times + 1, lost_ms=known.lost_ms + lost_ms
                )
                if known
                else Conflict(
                    entry, part.winner_id, part.winner, 1, lost_ms, part.starts_at, part.ends_at
                )
            )
    return sorted(found.values(), key=lambda conflict: -conflict.lost_ms)


async def _revisions(conn: asyncpg.Connection, actor: Actor, calendar: Calendar) -> dict[UUID, int]:
    """Return the revision of each schedule that the actor may move."""
    movable = ("device", "store") if actor.store_ids is not None else calendar_grid.LAYERS
    ids = {entry.schedule_id for entry in calendar.entries if entry.layer in movable}
    return await schedule_moves.revisions(conn, list(ids))


def _link(view: str, label: str, wanted: Asked) -> dict[str, Any]:
    return {"label": label, "href": href(view=view), "current": view == wanted.view}


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def _next_month(on: date) -> date:
    return (on.replace(day=28) + 4 * DAY).replace(day=1)


def _date(text: str) -> date | None:
    try:
        return min(max(date.fromisoformat(text), EARLIEST), LATEST)
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
