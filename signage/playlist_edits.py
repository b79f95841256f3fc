"""Edits of a draft: what somebody asks for, which can be done again on a draft that moved on.

Pure. Places are counted from 1; one past either end means that end.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec

from signage.errors import Conflict
from signage.playlist_items import NewItem


class Add(msgspec.Struct, frozen=True):
    """Put a content or a playlist at a place, at the end without one."""

    content_id: UUID | None = None
    playlist_id: UUID | None = None
    to: int | None = None


class Move(msgspec.Struct, frozen=True):
    """Put items one after another, in the order they have, so that the first is at ``to``."""

    ids: list[UUID]
    to: int


class Remove(msgspec.Struct, frozen=True):
    """Take items out."""

    ids: list[UUID]


class Alter(msgspec.Struct, frozen=True):
    """Set some values of items; what is left out stays as it is, None returns to the default."""

    ids: list[UUID]
    duration_ms: int | msgspec.UnsetType | None = msgspec.UNSET
    weight: int | msgspec.UnsetType = msgspec.UNSET
    version: int | msgspec.UnsetType | None = msgspec.UNSET
    campaign_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    not_before: datetime | msgspec.UnsetType | None = msgspec.UNSET
    not_after: datetime | msgspec.UnsetType | None = msgspec.UNSET


Edit = Add | Move | Remove | Alter


def apply(items: Sequence[NewItem], edit: Edit) -> list[NewItem]:
    """Return the items after the edit. Conflict where none of those it names is there any more."""
    match edit:
        case Add(content_id, playlist_id, to):
            new = NewItem(content_id=content_id, playlist_id=playlist_id)
            at = len(items) if to is None else _index(to)
            return [*items[:at], new, *items[at:]]
        case Move(ids, to):
            return _moved(items, _present(items, ids), to)
        case Remove(ids):
            gone = _present(items, ids)
            return [item for item in items if item.id not in gone]
        case Alter(ids):
            changed = _present(items, ids)
            values = _given(edit)
            return [
                msgspec.structs.replace(item, **values) if item.id in changed else item
                for item in items
            ]
        case _:
            assert_never(edit)


def _present(items: Sequence[NewItem], ids: Collection[UUID]) -> set[UUID]:
    present = {item.id for item in items if item.id is not None} & set(ids)
    if not present:
        detail = "This item was taken out meanwhile. Load the playlist again."
        raise Conflict(detail, code="item_gone")
    return present


def _moved(items: Sequence[NewItem], ids: set[UUID], to: int) -> list[NewItem]:
    moving = [item for item in items if item.id in ids]
    staying = [item for item in items if item.id not in ids]
    at = _index(to)
    return [*staying[:at], *moving, *staying[at:]]


def _index(place: int) -> int:
    return max(0, place - 1)


def _given(edit: Alter) -> dict[str, object]:
    return {
        name: value
        for name, value in msgspec.structs.asdict(edit).items()
        if name != "ids" and value is not msgspec.UNSET
    }
