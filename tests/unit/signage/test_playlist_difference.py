"""The difference between two states of a playlist, told as a person would tell it."""

from uuid import UUID, uuid4

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from signage.playlist_difference import compare, ids_touched
from signage.playlist_items import Item


def item(name: str, **more: object) -> Item:
    values: dict[str, object] = {
        "id": uuid4(), "position": 0, "content_id": uuid4(), "playlist_id": None, "name": name,
        "kind": "image", "duration_ms": None, "own_duration_ms": None, "poster_sha256": None,
        "version": None, "campaign_id": None, "not_before": None, "not_after": None, "weight": 1,
    }  # fmt: skip
    return Item(**(values | more))  # type: ignore[arg-type]  # the values are of the right types


SOUP, TEA, BREAD, CAKE = map(item, ("Soup", "Tea", "Bread", "Cake"))


def test_equal_states_do_not_differ():
    assert not compare([SOUP, TEA], [SOUP, TEA])


def test_what_came_and_went_is_told_with_its_place():
    found = compare([SOUP, TEA], [TEA, CAKE])
    assert [(one.item.name, one.after) for one in found.added] == [("Cake", 2)]
    assert [(one.item.name, one.before) for one in found.removed] == [("Soup", 1)]
    assert found.moved == found.changed == []
    assert found.count == 2


def test_taking_the_first_to_the_end_moves_one_item():
    found = compare([SOUP, TEA, BREAD, CAKE], [TEA, BREAD, CAKE, SOUP])
    assert [(one.item.name, one.before, one.after) for one in found.moved] == [("Soup", 1, 4)]


def test_a_changed_value_is_told_before_and_after():
    longer = msgspec.structs.replace(SOUP, duration_ms=5000, weight=2)
    [change] = compare([SOUP], [longer]).changed
    assert change.values == {"duration_ms": (None, 5000), "weight": (1, 2)}
    assert ids_touched(compare([SOUP, TEA], [longer])) == {SOUP.id, TEA.id}


@given(st.permutations(range(9)))
def test_moved_are_the_fewest_that_explain_the_order(order):
    before = [item(str(number)) for number in range(9)]
    after = [before[number] for number in order]
    moved = {one.item.id for one in compare(before, after).moved}
    stayed = [one.id for one in after if one.id not in moved]
    assert stayed == [one.id for one in before if one.id not in moved]
    assert len(stayed) == _longest_rise(order)


def _longest_rise(order: list[int]) -> int:
    lengths: list[int] = []
    for place, value in enumerate(order):
        before = [lengths[i] for i in range(place) if order[i] < value]
        lengths.append(1 + max(before, default=0))
    return max(lengths)


def test_ids_are_what_items_are_matched_by():
    twin = msgspec.structs.replace(SOUP, id=UUID(int=7))
    found = compare([SOUP], [SOUP, twin])
    assert [one.item.id for one in found.added] == [twin.id]
