"""What is inside a playlist: order, weights, durations, versions, validity, nesting."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage.planning import (
    Content,
    ContentVersion,
    Library,
    Playlist,
    PlaylistItem,
    Publication,
    flatten,
    playable,
)
from signage.planning.loops import LOOP_MAX_ENTRIES, NESTING_MAX, Entry, spread, why_silent
from tests.unit.signage.planning.cast import (
    LONG_AGO,
    at,
    holding,
    image,
    library,
    nesting,
    playlist,
    uid,
    video,
)

SINCE, UNTIL = at("2026-11-23 00:00"), at("2026-11-27 00:00")
NOON = at("2026-11-24 12:00")


def loop(shelf: Library, which: Playlist) -> list[Entry]:
    return flatten(shelf, which.id, SINCE, UNTIL)


def of_one(content: Content, **values: Any) -> list[Entry]:
    """Return the loop of a playlist that holds just this content."""
    which = playlist(1, holding(content, 10, **values))
    return loop(library([which], [content]), which)


def order(shelf: Library, which: Playlist) -> list[int]:
    """Return the numbers of the playlist items in the order they play."""
    return [entry.playlist_item_id.int for entry in loop(shelf, which)]


def test_items_play_in_their_order() -> None:
    a, b = image(1), image(2)
    which = playlist(1, holding(b, 10), holding(a, 11), holding(b, 12))
    assert order(library([which], [a, b]), which) == [10, 11, 12]


def test_an_item_of_weight_three_stands_three_times_evenly_spread() -> None:
    a = image(1)
    items = [holding(a, 10, weight=3), *(holding(a, n) for n in range(11, 17))]
    which = playlist(1, *items)
    assert order(library([which], [a]), which) == [10, 11, 12, 10, 13, 14, 10, 15, 16]


def test_two_heavy_items_take_turns() -> None:
    assert spread([2, 2, 1, 1]) == [0, 2, 1, 0, 3, 1]
    assert spread([3, 3, 3]) == [0, 1, 2] * 3


@given(st.lists(st.integers(1, 10), max_size=30))
def test_every_item_stands_in_the_loop_as_often_as_its_weight(weights: list[int]) -> None:
    placed = spread(weights)
    assert [placed.count(index) for index in range(len(weights))] == weights


@given(st.lists(st.just(1), max_size=40), st.integers(2, 10), st.integers(0, 40))
def test_the_gaps_of_one_heavy_item_differ_by_at_most_one(
    others: list[int], weight: int, place: int
) -> None:
    weights = [*others[:place], weight, *others[place:]]
    index = min(place, len(others))
    slots = [slot for slot, item in enumerate(spread(weights)) if item == index]
    gaps = [
        b - a for a, b in zip(slots, [*slots[1:], slots[0] + len(others) + weight], strict=True)
    ]
    assert max(gaps) - min(gaps) <= 1


@given(st.lists(st.integers(1, 10), max_size=30))
def test_items_that_stand_once_keep_their_order(weights: list[int]) -> None:
    once = [item for item in spread(weights) if weights[item] == 1]
    assert once == sorted(once)


def test_without_a_duration_a_video_plays_as_long_as_it_is_and_the_rest_ten_seconds() -> None:
    assert of_one(video(1, 15_000))[0].duration_ms == 15_000
    assert of_one(image(1))[0].duration_ms == 10_000
    assert of_one(replace(video(1, 15_000), kind="url"))[0].duration_ms == 10_000


def test_an_items_own_duration_holds_for_a_video_too() -> None:
    assert of_one(video(1, 15_000), duration_ms=7_000)[0].duration_ms == 7_000


def versions(*live: tuple[str, int]) -> Content:
    """Return content of three versions of which some are live from a time."""
    return image(
        1,
        versions=tuple(ContentVersion(id=uid(n), version=n, mime="image/png") for n in (1, 2, 3)),
        publications=tuple(Publication(live_from=at(since), version=n) for since, n in live),
    )


def test_a_floating_item_plays_the_version_published_last() -> None:
    content = versions(("2026-02-01 00:00", 2), ("2026-01-01 00:00", 1))
    assert [entry.version.version for entry in of_one(content)] == [2]


def test_going_back_to_an_earlier_version_plays_that() -> None:
    content = versions(("2026-01-01 00:00", 1), ("2026-02-01 00:00", 2), ("2026-03-01 00:00", 1))
    assert [entry.version.version for entry in of_one(content)] == [1]


def test_a_pinned_item_plays_its_version() -> None:
    content = versions(("2026-01-01 00:00", 1), ("2026-02-01 00:00", 2))
    assert [entry.version.version for entry in of_one(content, pinned_version=1)] == [1]
    assert of_one(content, pinned_version=9) == []


def test_a_version_published_within_the_horizon_takes_over_at_its_time() -> None:
    content = versions(("2026-01-01 00:00", 1), ("2026-11-24 12:00", 3))
    found = [(one.version.version, one.not_before, one.not_after) for one in of_one(content)]
    assert found == [(1, None, NOON), (3, NOON, None)]


def test_publishing_the_same_version_again_changes_nothing() -> None:
    content = versions(("2026-01-01 00:00", 1), ("2026-11-24 12:00", 1))
    found = [(one.version.version, one.not_before, one.not_after) for one in of_one(content)]
    assert found == [(1, None, None)]


def test_content_that_was_never_published_is_left_out() -> None:
    assert of_one(versions()) == []
    assert of_one(versions(("2026-12-24 00:00", 1))) == []


@pytest.mark.parametrize("state", [{"archived": True}, {"recalled": True}, {"approved": False}])
def test_content_that_may_not_play_is_left_out(state: dict[str, bool]) -> None:
    assert of_one(image(1, **state)) == []


def test_content_outside_its_validity_is_left_out() -> None:
    assert of_one(image(1, valid_until=SINCE)) == []
    assert of_one(image(1, valid_from=UNTIL)) == []


def test_validity_within_the_horizon_becomes_not_before_and_not_after() -> None:
    (entry,) = of_one(image(1, valid_from=NOON, valid_until=NOON + timedelta(hours=1)))
    assert (entry.not_before, entry.not_after) == (NOON, NOON + timedelta(hours=1))


def test_validity_beyond_the_horizon_is_not_mentioned() -> None:
    (entry,) = of_one(image(1, valid_from=SINCE, valid_until=UNTIL))
    assert (entry.not_before, entry.not_after) == (None, None)


def test_an_items_own_dates_and_its_contents_validity_hold_together() -> None:
    content = image(1, valid_from=NOON - timedelta(hours=2), valid_until=NOON)
    (entry,) = of_one(content, not_before=NOON - timedelta(hours=1), not_after=UNTIL)
    assert (entry.not_before, entry.not_after) == (NOON - timedelta(hours=1), NOON)


def test_the_campaign_is_the_items_else_the_contents() -> None:
    assert of_one(image(1, campaign_id=uid(5)))[0].campaign_id == uid(5)
    assert of_one(image(1, campaign_id=uid(5)), campaign_id=uid(6))[0].campaign_id == uid(6)
    assert of_one(image(1))[0].campaign_id is None


def test_a_nested_playlist_plays_in_its_place_as_often_as_its_weight() -> None:
    a = image(1)
    inner = playlist(2, holding(a, 20), holding(a, 21))
    outer = playlist(1, holding(a, 10), nesting(inner, 11, weight=2), holding(a, 12))
    shelf = library([inner, outer], [a])
    assert order(shelf, outer) == [10, 20, 21, 12, 20, 21]
    assert {entry.playlist_id.int for entry in loop(shelf, outer)} == {1, 2}


def test_the_dates_of_a_nested_item_hold_for_all_in_it() -> None:
    a = image(1)
    inner = playlist(2, holding(a, 20))
    outer = playlist(1, nesting(inner, 11, not_after=NOON))
    (entry,) = loop(library([inner, outer], [a]), outer)
    assert entry.not_after == NOON


def test_a_nested_playlist_without_items_takes_no_place() -> None:
    a = image(1)
    inner = playlist(2)
    outer = playlist(1, nesting(inner, 10, weight=9), holding(a, 11))
    assert order(library([inner, outer], [a]), outer) == [11]


def test_a_playlist_that_holds_itself_is_left_out_there() -> None:
    a = image(1)
    first = Playlist(
        id=uid(1), items=(holding(a, 10), PlaylistItem(id=uid(11), playlist_id=uid(2)))
    )
    second = Playlist(
        id=uid(2), items=(PlaylistItem(id=uid(20), playlist_id=uid(1)), holding(a, 21))
    )
    shelf = library([first, second], [a])
    assert order(shelf, first) == [10, 21]
    assert playable(shelf, first.id, SINCE, UNTIL) == [(SINCE, UNTIL)]


def test_nesting_has_a_limit() -> None:
    a = image(1)
    chain = [playlist(100 + NESTING_MAX + 1, holding(a, 10))]
    for number in range(NESTING_MAX, -1, -1):
        chain.append(playlist(100 + number, nesting(chain[-1], 200 + number)))
    shelf = library(chain, [a])
    for outer, entries in ((chain[-2], 1), (chain[-1], 0)):
        assert len(loop(shelf, outer)) == entries
        assert len(playable(shelf, outer.id, SINCE, UNTIL)) == entries


def test_a_loop_has_a_longest_length_however_playlists_multiply() -> None:
    lists = [playlist(100, *(holding(image(1), n, weight=10) for n in range(10)))]
    for number in range(1, 8):
        inner = lists[-1]
        items = [nesting(inner, 1000 * number + n, weight=10) for n in range(10)]
        lists.append(playlist(100 + number, *items))
    assert len(loop(library(lists, [image(1)]), lists[-1])) == LOOP_MAX_ENTRIES
    silent = library(lists, [image(1, recalled=True)])
    assert playable(silent, lists[-1].id, SINCE, UNTIL) == []
    assert why_silent(silent, lists[-1].id, NOON)[0] == "content_recalled"


def test_a_playlist_is_playable_while_one_of_its_items_is() -> None:
    a, b = image(1, valid_until=NOON), image(2, valid_from=NOON + timedelta(hours=1))
    which = playlist(1, holding(a, 10), holding(b, 11))
    shelf = library([which], [a, b])
    assert playable(shelf, which.id, SINCE, UNTIL) == [
        (SINCE, NOON),
        (NOON + timedelta(hours=1), UNTIL),
    ]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"archived": True}, "content_archived"),
        ({"recalled": True}, "content_recalled"),
        ({"approved": False}, "content_unapproved"),
        ({"valid_until": NOON}, "content_expired"),
        ({"valid_from": NOON + timedelta(seconds=1)}, "content_not_yet_valid"),
        ({"publications": ()}, "content_unpublished"),
    ],
)
def test_a_silent_playlist_says_why(values: dict[str, Any], code: str) -> None:
    content = image(1, **values)
    which = playlist(1, holding(content, 10))
    shelf = library([which], [content])
    assert why_silent(shelf, which.id, NOON)[0] == code
    assert not playable(shelf, which.id, NOON, NOON + timedelta(microseconds=1))


def test_a_playlist_silent_for_several_reasons_names_them() -> None:
    a, b = image(1, recalled=True), image(2, valid_until=LONG_AGO)
    which = playlist(1, holding(a, 10), holding(b, 11), holding(image(3), 12, not_after=LONG_AGO))
    code, text = why_silent(library([which], [a, b, image(3)]), which.id, NOON)
    assert code == "nothing_playable"
    assert text.endswith("content expired, content recalled, outside the item's dates")


def test_an_empty_or_unknown_playlist_says_it_is_empty() -> None:
    assert why_silent(library([playlist(1)], []), uid(1), NOON) == (
        "playlist_empty",
        "playlist is empty",
    )
    assert why_silent(Library(), uid(1), NOON)[0] == "playlist_empty"
