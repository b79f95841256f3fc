"""A playlist's loop: how long one round takes, and which share of it each item has."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from signage.planning.loops import DEFAULT_DURATION_MS
from signage.playlist_items import Item


class Part(msgspec.Struct, frozen=True):
    """One item's part: one play of it, and its share of the round with its weight."""

    plays_ms: int
    share: float


class Loop(msgspec.Struct, frozen=True):
    """A round in milliseconds. Nested playlists are not in it; they have lengths of their own."""

    total_ms: int
    parts: dict[UUID, Part]
    nested: int


def measure(items: Sequence[Item]) -> Loop:
    """Return the round that the items make."""
    own = [item for item in items if item.content_id is not None]
    lengths = {item.id: _plays_ms(item) for item in own}
    total_ms = sum(lengths[item.id] * item.weight for item in own)
    return Loop(
        total_ms=total_ms,
        parts={
            item.id: Part(lengths[item.id], lengths[item.id] * item.weight / total_ms)
            for item in own
        },
        nested=len(items) - len(own),
    )


def _plays_ms(item: Item) -> int:
    return item.duration_ms or item.own_duration_ms or DEFAULT_DURATION_MS
