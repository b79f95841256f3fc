"""The stores, playlists and schedules that the planning tests tell their stories with."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

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

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
EVER_SINCE = datetime.min.replace(tzinfo=UTC)


def uid(number: int) -> UUID:
    """Return an id that sorts like its number."""
    return UUID(int=number)


def at(text: str) -> datetime:
    """Return the UTC instant that a text such as ``2026-11-23 09:30`` says."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def utc(zone: str, text: str, *, fold: int = 0) -> datetime:
    """Return the instant of a wall-clock time in a zone."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return wall.astimezone(UTC)


def image(number: int, **values: Any) -> Content:
    """Return an image of one published version."""
    version = ContentVersion(
        id=uid(number * 1000 + 1),
        version=1,
        mime="image/png",
        sha256=f"{number:064x}",
        bytes=1000,
        width=1920,
        height=1080,
    )
    defaults: dict[str, Any] = {
        "kind": "image",
        "versions": (version,),
        "publications": (Publication(live_from=EVER_SINCE, version=1),),
    }
    return Content(id=uid(number), **(defaults | values))


def video(number: int, duration_ms: int, **values: Any) -> Content:
    """Return a video of one published version."""
    version = ContentVersion(
        id=uid(number * 1000 + 1),
        version=1,
        mime="video/mp4",
        sha256=f"{number:064x}",
        bytes=482_113,
        duration_ms=duration_ms,
    )
    return image(number, kind="video", versions=(version,), **values)


def holding(content: Content, number: int, **values: Any) -> PlaylistItem:
    """Return a playlist item that plays the content."""
    return PlaylistItem(id=uid(number), content_id=content.id, **values)


def nesting(playlist: Playlist, number: int, **values: Any) -> PlaylistItem:
    """Return a playlist item that plays another playlist."""
    return PlaylistItem(id=uid(number), playlist_id=playlist.id, **values)


def playlist(number: int, *items: PlaylistItem) -> Playlist:
    """Return a playlist of the items."""
    return Playlist(id=uid(number), items=items)


def library(playlists: list[Playlist], content: list[Content]) -> Library:
    """Return a library of these."""
    return Library({one.id: one for one in playlists}, {one.id: one for one in content})


SPRING = image(701)
DEFAULT_LOOP = playlist(801, holding(SPRING, 901))
OFFERS = playlist(802, holding(SPRING, 902))
BREAKFAST = playlist(803, holding(SPRING, 903))
EMPTY = playlist(804)
SHELF = library([DEFAULT_LOOP, OFFERS, BREAKFAST, EMPTY], [SPRING])


def schedule(number: int, **values: Any) -> Schedule:
    """Return a schedule: unless said otherwise Offers every day from 08:00 to 20:00, fleet-wide."""
    defaults: dict[str, Any] = {
        "name": f"Schedule {number}",
        "playlist_id": OFFERS.id,
        "layer": "fleet",
        "created_at": LONG_AGO,
        "starts_on": date(2026, 1, 1),
        "start_time": time(8),
        "end_time": time(20),
        "rrule": "FREQ=DAILY",
    }
    return Schedule(id=uid(number), **(defaults | values))


def assignment(number: int, layer: Any = "fleet", **values: Any) -> Assignment:
    """Return an assignment of the default loop."""
    return Assignment(id=uid(number), layer=layer, **({"playlist_id": DEFAULT_LOOP.id} | values))


def inputs(
    *sources: Schedule | Assignment, store: Store | None = None, shelf: Library = SHELF
) -> Inputs:
    """Return what applies to one device in Berlin."""
    return Inputs(
        store=store or Store("Europe/Berlin"),
        schedules=tuple(one for one in sources if isinstance(one, Schedule)),
        assignments=tuple(one for one in sources if isinstance(one, Assignment)),
        library=shelf,
    )
