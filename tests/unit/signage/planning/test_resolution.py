"""Which one plays: each rule of precedence by its name, holes, cuts and merged windows."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage.planning import Inputs, Schedule, Window, open_intervals, read_store, resolve
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
    uid,
)

DAY = (at("2026-11-23 00:00"), at("2026-11-24 00:00"))
LATER = at("2026-05-01 00:00")


def played(given_: Inputs, since: datetime = DAY[0], until: datetime = DAY[1]) -> list[Any]:
    """Return (from, until, number of the source) of what plays, in UTC."""
    form = "%d %H:%M"
    return [
        (window.start.strftime(form), window.end.strftime(form), window.source.id.int)
        for window in resolve(given_, since, until)
    ]


def winner(*sources: Any) -> int:
    """Return the number of the source that plays at noon, whatever order they are given in."""
    found = {
        resolve(inputs(*order), at("2026-11-23 12:00"), at("2026-11-23 12:01"))[0].source.id.int
        for order in (sources, sources[::-1])
    }
    (number,) = found
    return number


def test_a_takeover_beats_anything_that_is_none() -> None:
    takeover = schedule(1, takeover=True, priority=0, layer="fleet")
    assert winner(takeover, schedule(2, layer="device", priority=100)) == 1


def test_between_takeovers_the_other_rules_decide() -> None:
    wide = schedule(1, takeover=True, layer="fleet", priority=100)
    assert winner(wide, schedule(2, takeover=True, layer="store", priority=0)) == 2


@pytest.mark.parametrize(
    ("specific", "wide"), [("device", "group"), ("group", "store"), ("store", "fleet")]
)
def test_the_more_specific_layer_beats_priority(specific: Any, wide: Any) -> None:
    assert (
        winner(schedule(1, layer=specific, priority=0), schedule(2, layer=wide, priority=99)) == 1
    )
    assert winner(assignment(1, specific), assignment(2, wide)) == 1


def test_within_a_layer_the_higher_priority_plays() -> None:
    assert winner(schedule(1, priority=51), schedule(2, created_at=LATER)) == 1


def test_priority_beats_the_rank_of_the_group() -> None:
    ranked = schedule(1, layer="group", group_rank=9, priority=40)
    assert winner(ranked, schedule(2, layer="group", group_rank=1)) == 2


def test_within_the_group_layer_the_larger_rank_plays() -> None:
    early = schedule(1, layer="group", group_rank=2, start_time=time(7))
    assert winner(early, schedule(2, layer="group", group_rank=1, created_at=LATER)) == 1
    assert winner(assignment(1, "group", group_rank=2), assignment(2, "group", group_rank=1)) == 1


def test_a_rank_says_nothing_outside_the_group_layer() -> None:
    ranked = schedule(1, layer="store", group_rank=9)
    assert winner(ranked, schedule(2, layer="store", created_at=LATER)) == 2


def test_the_later_nominal_start_plays() -> None:
    assert winner(schedule(1, start_time=time(9)), schedule(2, created_at=LATER)) == 1


def test_the_nominal_start_is_the_one_before_opening_hours_cut_it() -> None:
    store = read_store("Europe/Berlin", {"mon": [("10:00", "18:00")]})
    cut = schedule(1, start_time=time(7), only_when_open=True)
    found = inputs(cut, schedule(2, start_time=time(9)), store=store)
    assert played(found) == [("23 08:00", "23 19:00", 2)]


def test_the_schedule_created_later_plays() -> None:
    assert winner(schedule(1, created_at=LATER), schedule(2)) == 1


def test_in_the_end_the_larger_id_plays() -> None:
    assert winner(schedule(1), schedule(2)) == 2


def test_an_assignment_plays_where_nothing_is_scheduled() -> None:
    wide = schedule(1, layer="fleet")
    assert played(inputs(wide, assignment(2, "device"))) == [
        ("23 00:00", "23 07:00", 2),
        ("23 07:00", "23 19:00", 1),
        ("23 19:00", "24 00:00", 2),
    ]


def test_where_there_is_nothing_there_is_a_hole() -> None:
    assert played(inputs(schedule(1))) == [("23 07:00", "23 19:00", 1)]
    assert played(inputs()) == []


def test_an_occurrence_that_was_interrupted_keeps_its_anchor() -> None:
    lunch = schedule(2, start_time=time(12), end_time=time(13), priority=60)
    windows = resolve(inputs(schedule(1), lunch), *DAY)
    assert [(one.source.id.int, one.anchor) for one in windows] == [
        (1, at("2026-11-23 07:00")),
        (2, at("2026-11-23 11:00")),
        (1, at("2026-11-23 07:00")),
    ]


def test_the_anchor_is_the_unclipped_start_and_1970_for_an_assignment() -> None:
    night = schedule(1, start_time=time(22), end_time=time(6))
    windows = resolve(inputs(night, assignment(2)), *DAY)
    assert [(one.start, one.anchor) for one in windows[:2]] == [
        (DAY[0], at("2026-11-22 21:00")),
        (at("2026-11-23 05:00"), at("1970-01-01 00:00")),
    ]


def test_pieces_of_one_occurrence_that_adjoin_are_one_window() -> None:
    beaten = schedule(2, start_time=time(10), end_time=time(11), priority=10)
    assert played(inputs(schedule(1), beaten)) == [("23 07:00", "23 19:00", 1)]


def test_two_occurrences_that_adjoin_are_two_windows() -> None:
    whole = schedule(1, all_day=True)
    assert played(inputs(whole)) == [("23 00:00", "23 23:00", 1), ("23 23:00", "24 00:00", 1)]


def test_a_disabled_schedule_never_plays() -> None:
    assert played(inputs(schedule(1, enabled=False))) == []


def test_a_schedule_only_when_open_is_cut_by_hours_closures_and_special_days() -> None:
    week = {"mon": [("09:00", "12:00"), ("13:00", "17:00")], "tue": [("09:00", "17:00")]}
    closed, special = [date(2026, 11, 24)], {date(2026, 11, 25): [("10:00", "11:00")]}
    store = read_store("Europe/Berlin", week, closed, special)
    found = inputs(schedule(1, only_when_open=True), store=store)
    assert played(found, DAY[0], at("2026-11-27 00:00")) == [
        ("23 08:00", "23 11:00", 1),
        ("23 12:00", "23 16:00", 1),
        ("25 09:00", "25 10:00", 1),
    ]


def test_opening_hours_are_the_stores_whatever_zone_the_schedule_has() -> None:
    store = read_store("Europe/Berlin", {"mon": [("09:00", "17:00")]})
    abroad = schedule(
        1, only_when_open=True, timezone="Asia/Tokyo", start_time=time(), end_time=time(18)
    )
    assert played(inputs(abroad, store=store)) == [
        ("23 08:00", "23 09:00", 1),
        ("23 15:00", "23 16:00", 1),
    ]


def test_without_a_zone_a_schedule_is_in_the_local_time_of_the_store() -> None:
    starts = {
        zone: resolve(inputs(schedule(1), store=read_store(zone)), *DAY)[0].anchor.hour
        for zone in ("Europe/Lisbon", "Europe/Berlin", "Asia/Kolkata")
    }
    assert starts == {"Europe/Lisbon": 8, "Europe/Berlin": 7, "Asia/Kolkata": 2}


@pytest.mark.parametrize("number", [EMPTY.id, uid(9999)])
def test_a_playlist_left_with_no_items_counts_as_no_assignment(number: Any) -> None:
    top = schedule(1, takeover=True, playlist_id=number)
    silent = assignment(2, "device", playlist_id=number)
    assert played(inputs(top, silent, assignment(3))) == [("23 00:00", "24 00:00", 3)]


def test_a_playlist_whose_content_expires_gives_way_from_that_instant() -> None:
    offer = image(1, valid_until=at("2026-11-23 10:00"))
    expiring, always = playlist(11, holding(offer, 20)), playlist(12, holding(image(2), 21))
    shelf = library([expiring, always], [offer, image(2)])
    found = inputs(
        schedule(1, playlist_id=expiring.id), assignment(2, playlist_id=always.id), shelf=shelf
    )
    assert played(found) == [
        ("23 00:00", "23 07:00", 2),
        ("23 07:00", "23 10:00", 1),
        ("23 10:00", "24 00:00", 2),
    ]


def test_both_days_of_a_clock_change_are_whole() -> None:
    whole = schedule(1, all_day=True, starts_on=date(2026, 1, 1))
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        noon = datetime.combine(day, time(12), DAY[0].tzinfo)
        windows = resolve(inputs(whole), noon - timedelta(days=2), noon + timedelta(days=2))
        assert windows[2].end - windows[2].start == timedelta(hours=hours)


some_schedules = st.lists(
    st.builds(
        lambda number, start, end, **values: schedule(
            number, start_time=time(start), end_time=time(end), **values
        ),
        number=st.integers(1, 10_000),
        start=st.integers(0, 23),
        end=st.integers(0, 23),
        layer=st.sampled_from(["device", "group", "store", "fleet"]),
        priority=st.integers(49, 51),
        group_rank=st.integers(1, 2),
        takeover=st.booleans(),
        only_when_open=st.booleans(),
        enabled=st.booleans(),
        playlist_id=st.sampled_from([OFFERS.id, BREAKFAST.id, EMPTY.id]),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)
OPEN = read_store("Europe/Berlin", {"mon": [("09:00", "18:00")], "wed": [("20:00", "03:00")]})
SPAN = (at("2026-11-23 05:13"), at("2026-11-26 17:31"))


@given(some_schedules)
def test_windows_are_sorted_disjoint_within_the_span_and_merged(found: list[Schedule]) -> None:
    windows = resolve(inputs(*found, store=OPEN), *SPAN)
    assert all(SPAN[0] <= one.start < one.end <= SPAN[1] for one in windows)
    for one, other in pairwise(windows):
        assert one.end <= other.start
        assert one.end < other.start or _differ(one, other)


def _differ(one: Window, other: Window) -> bool:
    return (one.source.id, one.anchor) != (other.source.id, other.anchor)


@given(some_schedules, st.randoms())
def test_the_order_of_the_inputs_does_not_matter(found: list[Schedule], chance: Any) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert resolve(inputs(*found, store=OPEN), *SPAN) == resolve(
        inputs(*shuffled, store=OPEN), *SPAN
    )


@given(some_schedules)
def test_only_when_open_never_plays_while_closed(found: list[Schedule]) -> None:
    spans = open_intervals(OPEN, *SPAN)
    for window in resolve(inputs(*found, store=OPEN), *SPAN):
        if isinstance(window.source, Schedule) and window.source.only_when_open:
            assert any(start <= window.start and window.end <= end for start, end in spans)


@given(some_schedules, st.integers(1, 4000))
def test_a_longer_span_agrees_with_a_shorter_one(found: list[Schedule], minutes: int) -> None:
    middle = SPAN[0] + timedelta(minutes=minutes)
    whole = resolve(inputs(*found, store=OPEN), *SPAN)
    parts = [
        *resolve(inputs(*found, store=OPEN), SPAN[0], middle),
        *resolve(inputs(*found, store=OPEN), middle, SPAN[1]),
    ]
    assert _instants(whole) == _instants(parts)


def _instants(windows: list[Window]) -> set[tuple[datetime, Any, datetime]]:
    return {
        (window.start + timedelta(minutes=n), window.source.id, window.anchor)
        for window in windows
        for n in range(0, int((window.end - window.start) / timedelta(minutes=1)), 1)
    }
