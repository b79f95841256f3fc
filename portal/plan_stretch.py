"""The stretch of a plan that an address names: from when, how long, and the instant looked at."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from quart import request

from portal import args, ui

Zoom = Literal["72", "24", "day"]
ZOOMS: dict[Zoom, str] = {"72": "72 h", "24": "24 h", "day": "One day"}
HOUR = timedelta(hours=1)
YEAR_MIN, YEAR_MAX = 1970, 2199


class Stretch(msgspec.Struct, frozen=True):
    """Elapsed hours from ``since``; ``at`` is the instant looked at, inside the stretch or not.

    ``on`` is the date the address names, None where the stretch begins about now. A day has 23 or
    25 hours where the clocks change.
    """

    tz: ZoneInfo
    zoom: Zoom
    on: date | None
    since: datetime
    hours: int
    at: datetime

    @property
    def until(self) -> datetime:
        """The end, which is excluded."""
        return self.since + self.hours * HOUR

    def local_at(self) -> str:
        """Return the instant as a datetime-local field writes it, in the store's time."""
        return f"{self.at.astimezone(self.tz):%Y-%m-%dT%H:%M}"

    def href(self, at: datetime) -> str:
        """Return the address of the same stretch with another instant looked at."""
        first = self.since.astimezone(self.tz).date()
        kept = self.on or (first if at < self.since or at >= self.until else None)
        return args.with_args(at=ui.machine_time(at), date=str(kept) if kept else None) + "#why"

    def zooms(self) -> list[dict[str, Any]]:
        """Return the choices of length, for ``ui.segmented``."""
        return [
            {"label": label, "href": args.with_args(zoom=zoom), "current": zoom == self.zoom}
            for zoom, label in ZOOMS.items()
        ]

    def steps(self) -> tuple[str, str]:
        """Return the addresses of the stretches before and after."""
        first = self.since.astimezone(self.tz).date()
        days = 3 if self.zoom == "72" else 1
        before, after = (first + timedelta(days=step) for step in (-days, days))
        return args.with_args(date=str(before), at=None), args.with_args(date=str(after), at=None)


def asked(tz: ZoneInfo, now: datetime) -> Stretch:
    """Return what the address asks for; what it says wrongly counts as not said."""
    on, at = _date(request.args.get("date", "")), read_instant(request.args.get("at", ""), tz)
    wanted = request.args.get("zoom", "72")
    zoom: Zoom = next((known for known in ZOOMS if known == wanted), "72")
    return of(tz, now, zoom=zoom, on=on, at=at)


def of(
    tz: ZoneInfo, now: datetime, *, zoom: Zoom = "72", on: date | None, at: datetime | None
) -> Stretch:
    """Return the stretch: about now, or a date's, or the date's of an instant out of sight."""
    about_now = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - HOUR
    length = 72 if zoom == "72" else 24
    seen = at is None or about_now <= at < about_now + length * HOUR
    if on is None and (zoom == "day" or not seen):
        on = (at or now).astimezone(tz).date()
    if on is None:
        return Stretch(tz, zoom, None, about_now, length, at or now)
    since = midnight(on, tz)
    hours = (
        round((midnight(on + timedelta(days=1), tz) - since) / HOUR) if zoom == "day" else length
    )
    inside = since <= now < since + hours * HOUR
    return Stretch(tz, zoom, on, since, hours, at or (now if inside else since + 12 * HOUR))


def midnight(on: date, tz: ZoneInfo) -> datetime:
    """Return the instant at which a local date begins."""
    return datetime.combine(on, time(), tz).astimezone(UTC)


def read_instant(text: str, tz: ZoneInfo) -> datetime | None:
    """Return the instant of an address or a field; without an offset it is the store's time."""
    try:
        read = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        return None
    if not YEAR_MIN < read.year < YEAR_MAX:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=tz)).astimezone(UTC)


def _date(text: str) -> date | None:
    try:
        read = date.fromisoformat(text)
    except ValueError:
        return None
    return read if YEAR_MIN < read.year < YEAR_MAX else None
