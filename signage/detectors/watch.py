"""What every detector looks at: the thresholds, and which plans have something to play now."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import devices, planned_plays, planning, settings, stores
from signage.actors import SYSTEM

PLANS_REMEMBERED_MAX = 2048
HOUR = timedelta(hours=1)


class Reading(msgspec.Struct, frozen=True):
    """What a plan says, read once: its windows, its longest item, and its loops."""

    windows: list[tuple[datetime, datetime]]
    longest_ms: int
    document: dict[str, Any]


class Watch(msgspec.Struct, frozen=True):
    """One look at the fleet. ``closed`` are the stores whose screens may be off now."""

    now: datetime
    limits: settings.Settings
    readings: dict[str, Reading]
    closed: list[UUID]

    @property
    def online_since(self) -> datetime:
        """A screen whose last heartbeat is after this is online."""
        return self.now - timedelta(seconds=devices.ONLINE_WITHIN_S)

    def before(self, *, minutes: int) -> datetime:
        """Return the instant so many minutes ago."""
        return self.now - timedelta(minutes=minutes)

    def playing(self) -> list[str]:
        """Return the plans that have a window now."""
        return [etag for etag, plan in self.readings.items() if _covers(plan, self.now, self.now)]

    def quiet_since(self, minutes: int) -> dict[str, datetime]:
        """Return the plans that played for ``minutes`` and their longest item, with since when."""
        since = {
            etag: self.before(minutes=minutes) - timedelta(milliseconds=plan.longest_ms)
            for etag, plan in self.readings.items()
        }
        return {
            etag: start
            for etag, start in since.items()
            if _covers(self.readings[etag], start, self.now)
        }

    def plays_an_hour(self, etag: str | None) -> int:
        """Return how many plays the plan foresees for the coming hour."""
        plan = self.readings.get(etag or "")
        if plan is None:
            return 0
        return planned_plays.plays_between(plan.document, self.now, self.now + HOUR)


async def load(conn: asyncpg.Connection, *, now: datetime) -> Watch:
    """Return what the detectors look at; plans that were read before are not read again."""
    limits = await settings.load(conn)
    rows = await conn.fetch(
        """
        /* detectors.watch.plans_due */
        SELECT DISTINCT plan_etag FROM devices WHERE status = 'active' AND plan_etag IS NOT NULL
        """
    )
    due = [row["plan_etag"] for row in rows]
    await _read(conn, [etag for etag in due if etag not in _READINGS])
    readings = {etag: _READINGS[etag] for etag in due if etag in _READINGS}
    for etag in list(_READINGS)[:-PLANS_REMEMBERED_MAX]:
        del _READINGS[etag]
    closed = await _closed(conn, limits, now) if limits.offline_only_when_open else []
    return Watch(now=now, limits=limits, readings=readings, closed=closed)


def plural(minutes: int) -> str:
    """Return so many minutes in words."""
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


_READINGS: dict[str, Reading] = {}
"""Plans by their ETag, which never means another plan."""


async def _read(conn: asyncpg.Connection, etags: list[str]) -> None:
    if not etags:
        return
    rows = await conn.fetch(
        """
        /* detectors.watch.read */
        SELECT etag, plan_json FROM playout_plans WHERE etag = ANY ($1)
        """,
        etags,
    )
    for row in rows:
        document = msgspec.json.decode(row["plan_json"])
        lengths = [
            item["duration_ms"]
            for playlist in document["playlists"].values()
            for item in playlist["items"]
        ]
        windows = [
            (datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["until"]))
            for one in document["windows"]
        ]
        _READINGS[row["etag"]] = Reading(windows, max(lengths, default=0), _loops(document))


def _loops(document: dict[str, Any]) -> dict[str, Any]:
    """Return what plays are counted by, which is little of a plan."""
    return {
        "windows": document["windows"],
        "playlists": {
            name: {"items": [{"duration_ms": item["duration_ms"]} for item in playlist["items"]]}
            for name, playlist in document["playlists"].items()
        },
    }


def _covers(plan: Reading, since: datetime, until: datetime) -> bool:
    """Return whether windows that adjoin fill the whole of [since, until]."""
    reached = since
    for opens, closes in plan.windows:
        if opens <= reached < closes:
            reached = closes
    return reached > until


async def _closed(conn: asyncpg.Connection, limits: settings.Settings, now: datetime) -> list[UUID]:
    """Return the stores that were not open for as long as a screen may be away."""
    since = now - timedelta(minutes=limits.offline_after_min)
    until = now + timedelta(seconds=1)
    return [
        store.id
        for store in await stores.list_for(conn, SYSTEM)
        if planning.open_intervals(_hours(store), since, until) != ((since, until),)
    ]


def _hours(store: stores.Store) -> planning.Store:
    hours = store.opening_hours
    by_name = None if hours is None else {str(day): hours[day] for day in hours}
    return planning.read_store(store.timezone, by_name, store.closures, store.special_days)
