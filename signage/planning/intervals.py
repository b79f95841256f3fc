"""Intervals: half-open spans of time, as sorted, disjoint lists of (start, end) in UTC."""

from collections.abc import Iterable, Sequence
from datetime import datetime

Interval = tuple[datetime, datetime]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the time covered by any of them; what overlaps or adjoins becomes one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def intersection(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """Return the time that both cover, in linear time."""
    shared: list[Interval] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start = max(one[i][0], other[j][0])
        end = min(one[i][1], other[j][1])
        if start < end:
            shared.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return shared


def covers(intervals: Iterable[Interval], at: datetime) -> bool:
    """Say whether the instant lies in one of them; an end is no part of its interval."""
    return any(start <= at < end for start, end in intervals)
