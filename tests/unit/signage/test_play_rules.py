"""What counts: a completed play of nearly its planned duration, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage.play_rules import RULES, EventType, Outcome, Result, Rules, counted_from_ms, outcome


@pytest.mark.parametrize(
    ("planned_ms", "least_ms"),
    [
        (500, 500),  # less than a second was planned: all of it
        (1_000, 1_000),  # never under a second
        (1_400, 1_000),
        (2_000, 1_500),  # half a second less
        (10_000, 9_500),
        (10_001, 9_501),  # 5 % of it is 500.05 ms
        (15_000, 14_250),  # 5 % less
        (86_400_000, 82_080_000),
    ],
)
def test_a_play_counts_from_its_planned_duration_less_the_tolerance(
    planned_ms: int, least_ms: int
) -> None:
    assert counted_from_ms(planned_ms, RULES) == least_ms
    assert outcome("play", "completed", least_ms, planned_ms, RULES) == "played"
    assert outcome("play", "completed", least_ms - 1, planned_ms, RULES) == "partial"


@given(planned_ms=st.integers(1, 86_400_000))
def test_the_threshold_is_exactly_the_written_rule(planned_ms: int) -> None:
    exact = min(planned_ms, max(1_000, planned_ms - max(500, 0.05 * planned_ms)))

    assert exact <= counted_from_ms(planned_ms, RULES) < exact + 1


@pytest.mark.parametrize(
    ("result", "counted"),
    [
        ("completed", "played"),
        ("interrupted", "partial"),
        ("content_failed", "failed"),
        ("hardware_failed", "failed"),
        ("skipped", "skipped"),
    ],
)
def test_each_result_of_a_play_has_its_column(result: Result, counted: Outcome) -> None:
    assert outcome("play", result, 10_000, 10_000, RULES) == counted


@pytest.mark.parametrize("event_type", ["fallback", "test"])
def test_fallbacks_and_test_cards_enter_no_column(event_type: EventType) -> None:
    assert outcome(event_type, "completed", 10_000, 10_000, RULES) == "none"


def test_the_thresholds_can_be_set() -> None:
    strict = Rules(tolerance_ms=0, tolerance_percent=0)

    assert counted_from_ms(10_000, strict) == 10_000
