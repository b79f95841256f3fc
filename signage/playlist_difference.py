"""What differs between two states of a playlist: items added, removed, moved and changed."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from signage.playlist_items import Item

COMPARED = ("duration_ms", "weight", "version", "campaign_id", "not_before", "not_after")


class Change(msgspec.Struct, frozen=True):
    """An item that stayed: the values that differ, by field, before and after."""

    item: Item
    values: dict[str, tuple[Any, Any]]


class Move(msgspec.Struct, frozen=True):
    """An item that others did not carry along; places are counted from 1."""

    item: Item
    before: int
    after: int


class Difference(msgspec.Struct, frozen=True):
    """Everything that differs; ``name`` holds both names where the playlist was renamed."""

    added: list[Move]
    removed: list[Move]
    moved: list[Move]
    changed: list[Change]
    name: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return self.count > 0

    @property
    def count(self) -> int:
        """How many differences there are."""
        moves = len(self.added) + len(self.removed) + len(self.moved)
        return moves + len(self.changed) + (self.name is not None)


def compare(before: Sequence[Item], after: Sequence[Item]) -> Difference:
    """Return what became of the items, matched by their ids.

    Moved are as few as explain the new order: taking one item to the end moves one item, not all
    that came after it.
    """
    was = {item.id: place for place, item in enumerate(before, 1)}
    now = {item.id: place for place, item in enumerate(after, 1)}
    old = {item.id: item for item in before}
    stayed = [item for item in after if item.id in was]
    settled = _settled([was[item.id] for item in stayed])
    return Difference(
        added=[Move(item, 0, now[item.id]) for item in after if item.id not in was],
        removed=[Move(item, was[item.id], 0) for item in before if item.id not in now],
        moved=[
            Move(item, was[item.id], now[item.id])
            for index, item in enumerate(stayed)
            if index not in settled
        ],
        changed=[
            Change(item, values) for item in stayed if (values := _values(old[item.id], item))
        ],
    )


def ids_touched(difference: Difference) -> set[UUID]:
    """Return the ids of all items that differ."""
    moves = [*difference.added, *difference.removed, *difference.moved]
    return {one.item.id for one in moves} | {one.item.id for one in difference.changed}


def _values(before: Item, after: Item) -> dict[str, tuple[Any, Any]]:
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in COMPARED}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _settled(places: Sequence[int]) -> set[int]:
    """Return the indexes of a longest increasing subsequence (patience sorting)."""
    tails: list[int] = []
    at_tail: list[int] = []
    previous: list[int | None] = []
    for index, place in enumerate(places):
        length = bisect_left(tails, place)
        previous.append(at_tail[length - 1] if length else None)
        tails[length : length + 1] = [place]
        at_tail[length : length + 1] = [index]
    found: set[int] = set()
    here = at_tail[-1] if at_tail else None
    while here is not None:
        found.add(here)
        here = previous[here]
    return found
