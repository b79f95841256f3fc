"""Whose turn it is: the golden vectors' moments, and what a player does past a plan's end."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signage import planning
from signage.planning import playing

VECTORS = Path(__file__).parents[4] / "docs" / "conformance" / "vectors"
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def item(name: str, seconds: int, **more: Any) -> dict[str, Any]:
    valid = {"not_before": None, "not_after": None} | more
    return {"item_id": name, "content": name, "duration_ms": seconds * 1000} | valid


def plan(*items: dict[str, Any], first: int = 8, last: int = 20) -> dict[str, Any]:
    """Four days, on each of them the items in a loop from one hour to another."""
    hours = [
        (MIDNIGHT + timedelta(days=day, hours=first), MIDNIGHT + timedelta(days=day, hours=last))
        for day in range(4)
    ]
    windows = [
        {
            "from": start.isoformat(),
            "until": end.isoformat(),
            "anchor": start.isoformat(),
            "playlist": "p1",
            "schedule_id": None,
            "layer": "store",
            "takeover": False,
        }
        for start, end in hours
    ]
    loop = {"playlist_id": "00000000-0000-4000-8000-000000000001", "items": list(items)}
    until = MIDNIGHT + timedelta(days=4)
    return {"until": until.isoformat(), "windows": windows, "playlists": {"p1": loop}}


@pytest.mark.parametrize("file", sorted(VECTORS.glob("*.json")), ids=lambda file: file.stem)
def test_the_moments_of_the_golden_vectors(file):
    vector = json.loads(file.read_text(encoding="utf-8"))
    for moment in vector["moments"]:
        turn = playing.on_screen(vector["plan"], datetime.fromisoformat(moment["at"]))
        shown = vector["plan"]["content"][turn.item["content"]] if turn else {}
        assert (shown.get("content_id"), shown.get("version")) == (
            moment["content_id"],
            moment["version"],
        ), moment


def test_a_turn_begins_where_the_loop_says_and_ends_with_its_window():
    document = plan(item("menu", 10), item("soup", 25), first=8, last=9)
    opened = MIDNIGHT + timedelta(hours=8)
    turn = playing.on_screen(document, opened + 50 * SECOND)
    assert turn is not None
    assert (turn.item["item_id"], turn.start - opened, turn.end - opened) == (
        "soup",
        45 * SECOND,
        70 * SECOND,
    )
    # An hour is 102 loops of 35 s and 30 s: the last item is cut short by 5 s.
    last = playing.on_screen(document, opened + timedelta(hours=1) - SECOND)
    assert last is not None
    assert (last.item["item_id"], last.end - last.start) == ("soup", 20 * SECOND)


def test_outside_its_windows_and_without_items_nothing_plays():
    assert playing.on_screen(plan(item("menu", 10)), MIDNIGHT) is None
    assert playing.on_screen(plan(item("menu", 10)), MIDNIGHT + timedelta(hours=20)) is None
    assert playing.on_screen(plan(), MIDNIGHT + timedelta(hours=9)) is None


def test_an_item_outside_its_validity_has_no_turn():
    noon = MIDNIGHT + timedelta(hours=12)
    document = plan(item("menu", 10), item("soup", 10, not_after=noon.isoformat()))
    before = playing.on_screen(document, noon - SECOND)
    after = playing.on_screen(document, noon + 15 * SECOND)
    assert before is not None
    assert after is not None
    assert (before.item["item_id"], after.item["item_id"]) == ("soup", "menu")


@pytest.mark.parametrize("days", [4, 5, 30])
def test_past_its_end_the_last_day_repeats(days):
    document = plan(item("menu", 10))
    at = MIDNIGHT + timedelta(days=days, hours=19, minutes=59, seconds=55)
    turn = playing.on_screen(document, at)
    assert turn is not None
    assert (turn.start, turn.end) == (at - 5 * SECOND, at + 5 * SECOND)
    assert playing.on_screen(document, at + 5 * SECOND) is None


def test_two_documents_can_be_compared_window_by_window():
    before, after = plan(item("menu", 10), last=20), plan(item("menu", 10), last=18)
    since, until = MIDNIGHT + timedelta(hours=12), MIDNIGHT + timedelta(hours=30)
    one, other = (playing.read_windows(each, since, until) for each in (before, after))
    [gone] = planning.compare(one, other)
    assert (gone.start, gone.end) == (
        MIDNIGHT + timedelta(hours=18),
        MIDNIGHT + timedelta(hours=20),
    )
    assert gone.before is not None
    assert gone.after is None
