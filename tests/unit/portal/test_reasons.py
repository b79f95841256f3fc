"""Why a screen plays what it plays: the winner first, each loser with the rule in a sentence."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from portal import reasons
from signage.explanations import NOTHING, Explanation, Reason, Span, Verdict

LISBON = ZoneInfo("Europe/Lisbon")
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BREAKFAST = Verdict(
    "schedule", uuid4(), "Weekdays", "Breakfast", "group", 50, Span(AT, AT + timedelta(hours=3))
)


def test_the_winner_plays() -> None:
    (winner,) = reasons.entries(Explanation(AT, BREAKFAST, []), LISBON)
    assert winner["wins"]
    assert winner["verdict"] == "Plays"
    assert winner["title"] == "Weekdays: Breakfast"


def test_hours_are_the_stores_own() -> None:
    (winner,) = reasons.entries(Explanation(AT, BREAKFAST, []), ZoneInfo("Europe/Madrid"))
    assert "Mon 23 Nov 09:00 to 12:00" in winner["text"]


def test_a_whole_day_is_said_as_such() -> None:
    midnight = AT.replace(hour=0)
    all_day = Verdict(
        "schedule", uuid4(), "Sale", "Autumn", "fleet", 50,
        Span(midnight, midnight + timedelta(days=1)),
    )  # fmt: skip
    (winner,) = reasons.entries(Explanation(AT, all_day, []), LISBON)
    assert winner["text"].endswith("all day on Mon 23 Nov.")


def test_links_lead_to_schedules_and_playlists_for_who_may_open_them() -> None:
    menu = uuid4()
    always = Verdict(
        "assignment", uuid4(), "Menu", "Menu", "store", None, None,
        Reason("schedule_beats_assignment", "a schedule beats an assignment"), menu,
    )  # fmt: skip
    explained = Explanation(AT, BREAKFAST, [always])
    linked = reasons.entries(explained, LISBON, links=True)
    assert [entry["href"] for entry in linked] == [
        f"/schedules/{BREAKFAST.id}",
        f"/playlists/{menu}",
    ]
    assert not [entry for entry in reasons.entries(explained, LISBON) if entry.get("href")]


def test_a_takeover_is_not_named_twice() -> None:
    drill = Verdict("schedule", uuid4(), "Takeover: Drill", "Drill", "fleet", 100, None)
    (winner,) = reasons.entries(Explanation(AT, drill, []), LISBON)
    assert winner["title"] == "Takeover: Drill"


def test_a_loser_names_the_rule_and_the_figures() -> None:
    loser = Verdict(
        "schedule", uuid4(), "Brand", "Autumn", "fleet", 10, None,
        Reason("lower_priority", "lower priority 10 < 50"),
    )  # fmt: skip
    _, lost = reasons.entries(Explanation(AT, BREAKFAST, [loser]), LISBON)
    assert not lost["wins"]
    assert lost["verdict"] == "Outranked"
    assert "lower priority 10 < 50" in lost["text"]


def test_an_unknown_rule_is_told_in_its_own_words() -> None:
    loser = Verdict(
        "assignment", uuid4(), "Loop", "Loop", "store", None, None,
        Reason("no_content", "nothing in it can play"),
    )  # fmt: skip
    _, lost = reasons.entries(Explanation(AT, BREAKFAST, [loser]), LISBON)
    assert lost["verdict"] == "Skipped"
    assert lost["text"].startswith("Nothing in it can play")


def test_a_hole_says_that_nothing_is_assigned() -> None:
    (hole,) = reasons.entries(Explanation(AT, NOTHING, []), LISBON)
    assert not hole["wins"]
    assert hole["title"] == "Nothing is assigned"
