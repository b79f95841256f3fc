"""The share bar of a loop: bands in order that fill the whole."""

from uuid import UUID, uuid4

import pytest

from portal import loop
from signage.playlist_items import Item
from signage.playlist_loops import CampaignShare, Loop, Part


def _item(name: str) -> Item:
    return Item(
        id=uuid4(), position=0, content_id=uuid4(), playlist_id=None, name=name, kind="image",
        duration_ms=None, own_duration_ms=None, poster_sha256=None, version=None,
        campaign_id=None, not_before=None, not_after=None, weight=1,
    )  # fmt: skip


def _loop(parts: dict[UUID, Part], campaigns: list[CampaignShare]) -> Loop:
    return Loop(total_ms=40_000, plays=3, parts=parts, campaigns=campaigns, turns=[])


def test_items_fill_the_bar_in_their_order() -> None:
    soup, tea, later = _item("Soup"), _item("Tea"), _item("Later")
    parts = {
        soup.id: Part(10_000, 0.75),
        tea.id: Part(10_000, 0.25),
        later.id: Part(0, 0),
    }
    bands = loop.by_item([soup, tea, later], _loop(parts, []))
    assert [(band.label, band.x, band.width) for band in bands] == [
        ("Soup", 0, 75), ("Tea", 75, 25),
    ]  # fmt: skip


def test_what_belongs_to_no_campaign_is_muted() -> None:
    shares = [
        CampaignShare(uuid4(), "Coffee", 30_000, 0.75),
        CampaignShare(None, None, 10_000, 0.25),
    ]
    bands = loop.by_campaign(_loop({}, shares))
    assert [(band.label, band.tone) for band in bands] == [
        ("Coffee", "accent"), ("No campaign", "muted"),
    ]  # fmt: skip
    assert sum(band.width for band in bands) == pytest.approx(100)


def test_an_empty_loop_has_no_bands() -> None:
    assert loop.by_item([], _loop({}, [])) == loop.by_campaign(_loop({}, [])) == []
