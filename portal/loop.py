"""A playlist's loop as a bar: which share of a round each item and each campaign has."""

from collections.abc import Sequence

import msgspec

from signage.playlist_items import Item
from signage.playlist_loops import Loop

TONES = ("accent", "info", "ok", "warn", "crit")
WHOLE = 100.0
LEGEND_MAX = 8


class Band(msgspec.Struct, frozen=True):
    """A piece of the bar: where it begins and how wide it is, in percentages of the whole."""

    label: str
    x: float
    width: float
    share: float
    tone: str


def by_item(items: Sequence[Item], loop: Loop) -> list[Band]:
    """Return the bar of the items in their order; what does not play now is not in it."""
    shares = [(item.name, loop.parts[item.id].share) for item in items]
    return _bands([(name, share) for name, share in shares if share])


def by_campaign(loop: Loop) -> list[Band]:
    """Return the bar of the campaigns, the largest first, then what belongs to none."""
    return _bands([(share.name or "No campaign", share.share) for share in loop.campaigns])


def _bands(shares: Sequence[tuple[str, float]]) -> list[Band]:
    bands, x = [], 0.0
    for index, (label, share) in enumerate(shares):
        width = share * WHOLE
        tone = "muted" if label == "No campaign" else TONES[index % len(TONES)]
        bands.append(Band(label, round(x, 3), round(width, 3), share, tone))
        x += width
    return bands
