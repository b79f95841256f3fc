"""Spans of time: their union and intersection are those of the minutes in them."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from signage.planning import intervals
from signage.planning.intervals import Interval
from tests.unit.signage.planning.cast import at

ZERO = at("2026-11-23 00:00")
MINUTE = timedelta(minutes=1)

pairs = st.tuples(st.integers(0, 40), st.integers(1, 12))
some = st.lists(pairs, max_size=8).map(
    lambda found: [(ZERO + n * MINUTE, ZERO + (n + length) * MINUTE) for n, length in found]
)


def minutes(spans: list[Interval]) -> set[int]:
    return {n for n in range(60) if any(start <= ZERO + n * MINUTE < end for start, end in spans)}


@given(some)
def test_a_union_is_sorted_and_disjoint_and_covers_the_same(spans: list[Interval]) -> None:
    merged = intervals.union(spans)
    assert minutes(merged) == minutes(spans)
    assert all(one[1] < other[0] for one, other in pairwise(merged))


@given(some, some)
def test_an_intersection_covers_what_both_cover(one: list[Interval], other: list[Interval]) -> None:
    shared = intervals.intersection(intervals.union(one), intervals.union(other))
    assert minutes(shared) == minutes(one) & minutes(other)
    assert all(start < end for start, end in shared)


def test_what_adjoins_becomes_one() -> None:
    parts = [(ZERO + MINUTE, ZERO + 2 * MINUTE), (ZERO, ZERO + MINUTE)]
    assert intervals.union(parts) == [(ZERO, ZERO + 2 * MINUTE)]
