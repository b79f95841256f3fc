"""Playing: what a plan puts on screen at an instant, worked out as a player works it out.

The position in a loop is the time since the window's anchor, modulo the loop's length, so every
screen with the same plan shows the same item at the same moment. ``document`` is a plan as served.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from signage.planning.inputs import Assignment, Source
from signage.planning.resolution import Window

Json = dict[str, Any]

DAY: Final = timedelta(days=1)
MILLISECOND: Final = timedelta(milliseconds=1)
NO_SCHEDULE: Final = UUID(int=0)
"""What stands for the source of a window that no schedule put there."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One item's turn: ``start`` is when it began, even where nobody watched yet."""

    item: Json
    window: Json
    start: datetime
    end: datetime


def on_screen(document: Json, at: datetime) -> Turn | None:
    """Return whose turn it is at the instant, None where nothing plays.

    Past the end of the plan its last day repeats, so that a screen cut off for weeks plays on.
    """
    window, later = _window_at(document, at)
    if window is None:
        return None
    items = document["playlists"][window["playlist"]]["items"]
    loop = [item for item in items if _is_valid(item, at)]
    length_ms = sum(item["duration_ms"] for item in loop)
    if not length_ms:
        return None
    past_ms = (at - _instant(window["anchor"])) % (length_ms * MILLISECOND)
    start = at - past_ms
    for item in loop:
        end = start + item["duration_ms"] * MILLISECOND
        if at < end:
            return Turn(item, window, start, min(end, _instant(window["until"]) + later))
        start = end
    return None


def read_windows(document: Json, since: datetime, until: datetime) -> list[Window]:
    """Return the windows of a served plan, cut to a span, in the form that ``compare`` takes.

    A document names no assignment, so whatever is always on has one source: what shows is the
    playlist. Every source is written as an assignment, as nothing else of it is in the document.
    """
    return list(_cut(document, since, until))


def _cut(document: Json, since: datetime, until: datetime) -> Iterator[Window]:
    for window in document["windows"]:
        start = max(_instant(window["from"]), since)
        end = min(_instant(window["until"]), until)
        if start < end:
            yield Window(start, end, _instant(window["anchor"]), _source(document, window))


def _source(document: Json, window: Json) -> Source:
    named = window["schedule_id"]
    playlist_id = UUID(document["playlists"][window["playlist"]]["playlist_id"])
    return Assignment(
        id=UUID(named) if named else NO_SCHEDULE, playlist_id=playlist_id, layer=window["layer"]
    )


def _window_at(document: Json, at: datetime) -> tuple[Json | None, timedelta]:
    """Return the window that covers the instant, and how much later than written it does."""
    until = _instant(document["until"])
    later = DAY * ((at - until) // DAY + 1) if at >= until else timedelta()
    for window in document["windows"]:
        if _instant(window["from"]) <= at - later < _instant(window["until"]):
            found: Json = window
            return found, later
    return None, later


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _is_valid(item: Json, at: datetime) -> bool:
    begins, ends = item["not_before"], item["not_after"]
    return (begins is None or _instant(begins) <= at) and (ends is None or at < _instant(ends))
