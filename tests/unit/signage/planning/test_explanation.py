"""Why this plays: the winner of an instant, and the reason of every loser."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage.planning import Assignment, Schedule, explain, read_store, resolve
from tests.unit.signage.planning.cast import (
    BREAKFAST,
    EMPTY,
    OFFERS,
    assignment,
    at,
    holding,
    image,
    inputs,
    library,
    playlist,
    schedule,
)

NOON = at("2026-11-23 12:00")
LATER = at("2026-05-01 00:00")


def reason(loser: Schedule | Assignment, *others: Any, **values: Any) -> tuple[str, str] | None:
    """Return why it loses at noon UTC, 13:00 in Berlin."""
    explanation = explain(inputs(loser, *others, **values), NOON)
    (verdict,) = (one for one in explanation.losers if one.source.id == loser.id)
    return verdict.reason


def test_the_winner_comes_with_its_window_and_without_a_reason() -> None:
    explanation = explain(inputs(schedule(1), assignment(2)), NOON)
    assert explanation.winner is not None
    assert (explanation.winner.kind, explanation.winner.source.id.int) == ("schedule", 1)
    assert (explanation.winner.start, explanation.winner.end) == (
        at("2026-11-23 07:00"),
        at("2026-11-23 19:00"),
    )
    assert explanation.winner.reason is None


def test_an_assignment_wins_without_a_window() -> None:
    winner = explain(inputs(assignment(2)), NOON).winner
    assert winner is not None
    assert (winner.kind, winner.start, winner.end) == ("assignment", None, None)


def test_in_a_hole_nobody_wins_and_all_have_their_reasons() -> None:
    explanation = explain(inputs(schedule(1, enabled=False)), NOON)
    assert explanation.winner is None
    assert [one.reason for one in explanation.losers] == [("disabled", "disabled")]


@pytest.mark.parametrize(
    ("loser", "winner", "expected"),
    [
        ({"priority": 20}, {}, ("lower_priority", "lower priority 20 < 50")),
        ({}, {"takeover": True, "priority": 0}, ("takeover", "beaten by a takeover")),
        ({}, {"layer": "device"}, ("lower_layer", "lower layer fleet < device")),
        (
            {"layer": "group", "group_rank": 1},
            {"layer": "group", "group_rank": 3},
            ("lower_group_rank", "lower group rank 1 < 3"),
        ),
        ({}, {"start_time": time(9)}, ("earlier_start", "earlier start 08:00 < 09:00")),
        (
            {"start_time": time(14), "end_time": time(13, 30)},
            {},
            ("earlier_start", "earlier start 2026-11-22 14:00 < 2026-11-23 08:00"),
        ),
        ({}, {"created_at": LATER}, ("created_earlier", "created earlier")),
        ({}, {}, ("smaller_id", "created at the same time, smaller id")),
    ],
)
def test_a_schedule_that_is_beaten_names_the_rule(
    loser: dict[str, Any], winner: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert reason(schedule(1, **loser), schedule(2, **winner)) == expected


def test_a_schedule_beats_an_assignment() -> None:
    assert reason(assignment(1, "device"), schedule(2)) == (
        "schedule_beats_assignment",
        "a schedule beats an assignment",
    )


def test_a_wider_assignment_loses_by_its_layer() -> None:
    assert reason(assignment(1, "store"), assignment(2, "group")) == (
        "lower_layer",
        "lower layer store < group",
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"enabled": False}, ("disabled", "disabled")),
        ({"end_time": time(13)}, ("outside_hours", "outside its hours")),
        ({"start_time": time(22), "end_time": time(6)}, ("outside_hours", "outside its hours")),
        ({"rrule": "FREQ=WEEKLY;BYDAY=TU"}, ("not_on_this_date", "not on this date")),
        ({"starts_on": date(2026, 11, 24)}, ("not_on_this_date", "not on this date")),
        ({"exdates": (date(2026, 11, 23),)}, ("not_on_this_date", "not on this date")),
        ({"playlist_id": EMPTY.id}, ("playlist_empty", "playlist is empty")),
    ],
)
def test_a_schedule_that_does_not_come_round_says_why(
    values: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert reason(schedule(1, **values)) == expected


def test_a_schedule_only_when_open_loses_while_the_store_is_closed() -> None:
    store = read_store("Europe/Berlin", {"tue": [("08:00", "20:00")]})
    assert reason(schedule(1, only_when_open=True), store=store) == ("store_closed", "store closed")


def test_a_playlist_whose_content_expired_says_so() -> None:
    offer = image(1, valid_until=NOON)
    which = playlist(11, holding(offer, 20))
    shelf = library([which], [offer])
    expired = ("content_expired", "content expired")
    assert reason(schedule(1, playlist_id=which.id), shelf=shelf) == expired
    assert reason(assignment(1, playlist_id=which.id), shelf=shelf) == expired


def test_the_losers_that_came_closest_stand_first() -> None:
    explanation = explain(
        inputs(schedule(1, enabled=False), assignment(2), schedule(3, priority=10), schedule(4)),
        NOON,
    )
    assert [one.source.id.int for one in explanation.losers] == [3, 2, 1]


some_sources = st.lists(
    st.one_of(
        st.builds(
            lambda number, start, end, **values: schedule(
                number, start_time=time(start), end_time=time(end), **values
            ),
            number=st.integers(1, 10_000),
            start=st.integers(0, 23),
            end=st.integers(0, 23),
            layer=st.sampled_from(["device", "group", "store", "fleet"]),
            priority=st.integers(49, 51),
            takeover=st.booleans(),
            only_when_open=st.booleans(),
            enabled=st.booleans(),
            playlist_id=st.sampled_from([OFFERS.id, BREAKFAST.id, EMPTY.id]),
            rrule=st.sampled_from([None, "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE"]),
        ),
        st.builds(
            assignment,
            st.integers(10_001, 20_000),
            st.sampled_from(["device", "group", "store", "fleet"]),
        ),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(some_sources, st.integers(0, 4 * 24 * 60))
def test_the_winner_is_who_the_plan_says_and_everybody_else_has_a_reason(
    sources: list[Any], minutes: int
) -> None:
    store = read_store("Europe/Berlin", {"mon": [("09:00", "18:00")], "wed": [("20:00", "03:00")]})
    found = inputs(*sources, store=store)
    instant = at("2026-11-23 00:00") + timedelta(minutes=minutes)
    windows = resolve(found, at("2026-11-22 00:00"), at("2026-11-28 00:00"))
    playing = [one.source for one in windows if one.start <= instant < one.end]
    explanation = explain(found, instant)
    winner = [explanation.winner.source] if explanation.winner else []
    assert winner == playing
    told = {one.source.id for one in explanation.losers if one.reason}
    assert told | {one.id for one in playing} == {one.id for one in sources}
    assert len(explanation.losers) == len(sources) - len(playing)
