"""Comparison: what two configurations of one device play differently, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from signage.planning.inputs import Source
from signage.planning.resolution import Window


@dataclass(frozen=True, slots=True)
class Difference:
    """A span in which something else plays. None is nothing: a hole that opens or closes."""

    start: datetime
    end: datetime
    before: Source | None
    after: Source | None


def compare(before: Sequence[Window], after: Sequence[Window]) -> list[Difference]:
    """Return the spans in which the two play different sources, in order; adjoining ones merged.

    Both are as ``resolve`` gives them, for the same span: sorted and disjoint.
    """
    edges = sorted({edge for window in (*before, *after) for edge in (window.start, window.end)})
    found: list[Difference] = []
    old, new = _Reader(before), _Reader(after)
    for start, end in pairwise(edges):
        was, becomes = old.at(start), new.at(start)
        if _name(was) == _name(becomes):
            continue
        last = found[-1] if found else None
        if last and last.end == start and last.before is was and last.after is becomes:
            found[-1] = Difference(last.start, end, was, becomes)
        else:
            found.append(Difference(start, end, was, becomes))
    return found


def _name(source: Source | None) -> object:
    # The same playlist from the same source looks the same on screen and counts for the same.
    return source and (source.id, source.playlist_id)


class _Reader:
    """Windows read forwards: ``at`` is asked for instants that only grow."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = windows
        self._next = 0

    def at(self, instant: datetime) -> Source | None:
        while self._next < len(self._windows) and self._windows[self._next].end <= instant:
            self._next += 1
        if self._next == len(self._windows) or self._windows[self._next].start > instant:
            return None
        return self._windows[self._next].source
