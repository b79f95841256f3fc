"""Turns: whose turn it is on a screen, from one instant to another, as its plan has it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate, cycle, islice
from typing import Any, NamedTuple

MS = timedelta(milliseconds=1)


class Turn(NamedTuple):
    """An item on screen. ``shown`` is less than ``planned`` where a window began or ended in it."""

    starts_at: datetime
    shown: timedelta
    planned: timedelta
    item_id: str

    @property
    def ends_at(self) -> datetime:
        """When the next one's turn begins."""
        return self.starts_at + self.shown


def turns(document: dict[str, Any], since: datetime, until: datetime) -> Iterator[Turn]:
    """Yield the turns that begin in [since, until), in order.

    ``document`` is a plan as it is served; its items have no validity of their own. A turn that is
    on when the plan's day begins belongs to the day before.
    """
    for window in document["windows"]:
        opens, closes = _instant(window["from"]), _instant(window["until"])
        first, last = max(opens, since), min(closes, until)
        if first < last:
            items = document["playlists"][window["playlist"]]["items"]
            joins = first == opens and window["from"] != document["from"]
            for turn in _loop(items, _instant(window["anchor"]), first, closes, joins=joins):
                if turn.starts_at >= last:
                    break
                yield turn


def turn_at(document: dict[str, Any], at: datetime) -> Turn | None:
    """Return whose turn it is at the instant; None where nothing plays."""
    for window in document["windows"]:
        opens, closes = _instant(window["from"]), _instant(window["until"])
        if opens <= at < closes:
            items = document["playlists"][window["playlist"]]["items"]
            loop = _loop(items, _instant(window["anchor"]), opens, closes, joins=True)
            return next(turn for turn in loop if turn.ends_at > at)
    return None


def _loop(
    items: list[dict[str, Any]],
    anchor: datetime,
    first: datetime,
    closes: datetime,
    *,
    joins: bool,
) -> Iterator[Turn]:
    """Yield the turns of a loop from ``first`` on, without end.

    With ``joins`` the one that is on at ``first`` comes into view there.
    """
    ends = list(accumulate(item["duration_ms"] for item in items))
    into_loop = (first - anchor) // MS % ends[-1]
    at = next(index for index, end in enumerate(ends) if end > into_loop)
    planned = items[at]["duration_ms"] * MS
    starts_at = first - (into_loop * MS - (ends[at] * MS - planned))
    for item in islice(cycle(items), at, None):
        planned = item["duration_ms"] * MS
        ends_at = min(starts_at + planned, closes)
        seen_from = max(starts_at, first)
        if starts_at >= first or joins:
            yield Turn(seen_from, ends_at - seen_from, planned, item["item_id"])
        starts_at += planned


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
