"""Comparison: the spans in which something else plays, as a look at every instant would find."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from signage.planning import Assignment, Difference, Window, compare
from tests.unit.signage.planning.cast import at, uid

START = at("2026-11-23")
HOUR = timedelta(hours=1)
SOURCES = [Assignment(id=uid(n), playlist_id=uid(n), layer="store") for n in range(1, 4)]
FOOD, DRINK, _ = SOURCES


def window(first: int, last: int, source: Assignment) -> Window:
    return Window(START + first * HOUR, START + last * HOUR, START, source)


def test_the_same_windows_do_not_differ():
    assert compare([window(0, 9, FOOD)], [window(0, 9, FOOD)]) == []


def test_what_is_added_in_the_middle_differs_there_only():
    after = [window(0, 3, FOOD), window(3, 5, DRINK), window(5, 9, FOOD)]
    assert compare([window(0, 9, FOOD)], after) == [
        Difference(START + 3 * HOUR, START + 5 * HOUR, FOOD, DRINK)
    ]


def test_a_hole_is_a_difference_from_nothing():
    assert compare([window(0, 9, FOOD)], [window(0, 8, FOOD)]) == [
        Difference(START + 8 * HOUR, START + 9 * HOUR, FOOD, None)
    ]


def test_a_window_cut_in_two_of_the_same_source_differs_nowhere():
    assert compare([window(0, 9, FOOD)], [window(0, 4, FOOD), window(4, 9, FOOD)]) == []


def test_another_playlist_of_the_same_source_is_a_difference():
    other = Assignment(id=FOOD.id, playlist_id=uid(9), layer="store")
    [found] = compare([window(0, 9, FOOD)], [window(0, 9, other)])
    assert (found.before, found.after) == (FOOD, other)


hours = st.lists(st.sampled_from([None, *SOURCES]), min_size=1, max_size=24)


def windows(by_hour: list[Assignment | None]) -> list[Window]:
    return [window(n, n + 1, source) for n, source in enumerate(by_hour) if source]


@settings(max_examples=200)
@given(before=hours, after=hours)
def test_every_hour_differs_exactly_where_it_is_said_to(before, after):
    found = compare(windows(before), windows(after))

    said = {}
    for difference in found:
        for n in range((difference.end - difference.start) // HOUR):
            said[(difference.start - START) // HOUR + n] = (difference.before, difference.after)
    length = max(len(before), len(after))
    padded = zip(
        before + [None] * (length - len(before)),
        after + [None] * (length - len(after)),
        strict=True,
    )
    assert said == {
        n: (was, becomes) for n, (was, becomes) in enumerate(padded) if was is not becomes
    }
    assert all(one.end <= other.start for one, other in pairwise(found))
