"""Edits of a draft: what each does, and that it can be done again on a draft that moved on."""

from uuid import UUID

import pytest

from signage import playlist_edits
from signage.errors import Conflict
from signage.ids import new_id
from signage.playlist_edits import Add, Alter, Move, Remove
from signage.playlist_items import NewItem

A, B, C, D = (UUID(int=number) for number in range(1, 5))


@pytest.fixture
def items() -> list[NewItem]:
    return [NewItem(id=one, content_id=new_id(), duration_ms=1000) for one in (A, B, C, D)]


def ids(items: list[NewItem]) -> list[UUID | None]:
    return [item.id for item in items]


@pytest.mark.parametrize(
    ("moved", "to", "order"),
    [
        ([A], 4, [B, C, D, A]),
        ([D], 1, [D, A, B, C]),
        ([B], 3, [A, C, B, D]),
        ([A, C], 2, [B, A, C, D]),
        ([C, A], 99, [B, D, A, C]),
        ([D], -5, [D, A, B, C]),
        ([B], 2, [A, B, C, D]),
    ],
)
def test_items_move_together_to_a_place(items, moved, to, order):
    assert ids(playlist_edits.apply(items, Move(moved, to))) == order


@pytest.mark.parametrize(("to", "place"), [(None, 4), (1, 0), (2, 1), (99, 4), (0, 0)], ids=str)
def test_an_item_is_added_at_its_place(items, to, place):
    content_id = new_id()
    added = playlist_edits.apply(items, Add(content_id=content_id, to=to))
    assert [item.content_id for item in added].index(content_id) == place
    assert len(added) == 5


def test_items_are_taken_out(items):
    assert ids(playlist_edits.apply(items, Remove([B, D, new_id()]))) == [A, C]


def test_only_what_is_given_changes(items):
    altered = playlist_edits.apply(items, Alter([A, B], duration_ms=None, weight=3))
    assert [(item.duration_ms, item.weight) for item in altered] == [
        (None, 3), (None, 3), (1000, 1), (1000, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("edit", [Move([new_id()], 1), Remove([new_id()]), Alter([new_id()])])
def test_what_is_gone_cannot_be_edited(items, edit):
    with pytest.raises(Conflict) as caught:
        playlist_edits.apply(items, edit)
    assert caught.value.code == "item_gone"
