"""What a screen says it shows, looked up in the plan it is due."""

from datetime import UTC, datetime

import msgspec

from portal import on_screen
from signage.plans import Plan

PLAN = Plan(
    "e1",
    msgspec.json.encode(
        {
            "playlists": {"p1": {"items": [{"item_id": "a", "content": "c1"}]}},
            "content": {"c1": {"content_id": "0193"}},
        }
    ),
)


def test_an_item_of_the_plan_leads_to_its_content() -> None:
    shown = on_screen.find({"item_id": "a", "started_at": "2026-11-23T08:00:00Z"}, PLAN)
    assert shown == on_screen.OnScreen("0193", datetime(2026, 11, 23, 8, tzinfo=UTC))


def test_an_item_of_an_earlier_plan_leads_nowhere() -> None:
    assert on_screen.find({"item_id": "old"}, PLAN) == on_screen.OnScreen(None, None)


def test_a_screen_that_reports_nothing_shows_nothing_known() -> None:
    assert on_screen.find(None, PLAN) == on_screen.OnScreen()
