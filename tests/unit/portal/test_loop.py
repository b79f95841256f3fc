"""A round of a playlist: how long it takes, and which share each item has of it."""

from uuid import UUID, uuid4

from portal import loop
from signage.playlist_items import Item


def _item(**given: object) -> Item:
    values: dict[str, object] = {
        "id": uuid4(), "position": 1, "content_id": uuid4(), "playlist_id": None,
        "name": "Bakery", "kind": "image", "duration_ms": None, "own_duration_ms": None,
        "poster_sha256": None, "version": None, "campaign_id": None, "not_before": None,
        "not_after": None, "weight": 1,
    }  # fmt: skip
    return Item(**(values | given))  # type: ignore[arg-type]  # the values are of the right types


def test_a_picture_without_a_duration_plays_ten_seconds() -> None:
    picture = _item()
    assert loop.measure([picture]).parts[picture.id].plays_ms == 10_000


def test_a_video_plays_as_long_as_it_is() -> None:
    video = _item(kind="video", own_duration_ms=15_000)
    assert loop.measure([video]).total_ms == 15_000


def test_a_duration_given_by_hand_comes_first() -> None:
    video = _item(kind="video", own_duration_ms=15_000, duration_ms=8_000)
    assert loop.measure([video]).total_ms == 8_000


def test_a_weight_counts_each_time_in_the_round() -> None:
    often, once = _item(weight=3), _item()
    round_ = loop.measure([often, once])
    assert round_.total_ms == 40_000
    assert (round_.parts[often.id].share, round_.parts[once.id].share) == (0.75, 0.25)


def test_a_nested_playlist_is_counted_apart() -> None:
    nested = _item(content_id=None, playlist_id=UUID(int=1), kind="playlist")
    round_ = loop.measure([_item(), nested])
    assert (round_.total_ms, round_.nested) == (10_000, 1)
    assert nested.id not in round_.parts


def test_an_empty_playlist_has_no_round() -> None:
    assert loop.measure([]) == loop.Loop(total_ms=0, parts={}, nested=0)
