"""A campaign's pace in words."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from portal import pace
from signage.campaign_standings import Standing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def standing(**more: object) -> Standing:
    values: dict[str, object] = {
        "id": UUID(int=1), "name": "Autumn", "advertiser": "", "contract_number": "",
        "starts_on": date(2026, 11, 1), "ends_on": date(2026, 11, 30), "planned_plays": 3000,
        "revision": 1, "created_at": NOW, "updated_at": NOW, "archived_at": None,
        "state": "running", "played": 0, "expected_plays": 100, "pace": None,
    }  # fmt: skip
    return Standing(**(values | more))  # type: ignore[arg-type]  # the values are of the right types


@pytest.mark.parametrize(
    ("share", "state", "words", "tone"),
    [
        (None, "running", "", "off"),
        (0.96, "running", "4% behind", "warn"),
        (0.9, "running", "10% behind", "crit"),
        (0.0, "running", "100% behind", "crit"),
        (0.991, "running", "On pace", "ok"),
        (1.009, "running", "On pace", "ok"),
        (1.12, "running", "12% ahead", "ok"),
        (0.95, "ended", "5% short", "warn"),
        (1.0, "ended", "As planned", "ok"),
        (1.5, "ended", "50% over", "ok"),
    ],
)
def test_it_is_said_in_words(share, state, words, tone):
    assert pace.describe(standing(pace=share, state=state)) == pace.Pace(words, tone)


def test_a_day_has_its_part_of_the_plan():
    assert pace.planned_a_day(standing()) == 100
    assert pace.planned_a_day(standing(planned_plays=None)) is None
    assert pace.planned_a_day(standing(ends_on=None)) is None


def test_it_runs_from_its_first_day_to_its_last():
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    assert all(pace.runs_on(standing(), day) for day in (first, last))
    assert not pace.runs_on(standing(), date(2026, 10, 31))
    assert not pace.runs_on(standing(), date(2026, 12, 1))
    assert pace.runs_on(standing(starts_on=None, ends_on=None), date(2026, 12, 1))
