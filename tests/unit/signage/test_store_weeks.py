"""The week of a store: hours past midnight, special days, and days when clocks change."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from signage import store_weeks, stores

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def store(**more: object) -> stores.Store:
    fields = {
        "id": "01900000-0000-7000-8000-000000000000",
        "code": "LIS-01",
        "name": "Lisbon",
        "timezone": "Europe/Lisbon",
        "address": "",
        "region": "",
        "opening_hours": {
            "mon": [["09:00", "13:00"], ["15:00", "19:00"]],
            "fri": [["18:00", "02:00"]],
        },
        "closures": [],
        "special_days": {},
        "devices": 0,
        "revision": 1,
        "created_at": AT,
        "updated_at": AT,
    }
    return msgspec.convert(fields | more, stores.Store)


def test_a_day_shows_its_hours_and_the_rest_of_last_nights():
    week = store_weeks.week(store(), date(2026, 11, 23))

    assert [day.day.isoweekday() for day in week] == [1, 2, 3, 4, 5, 6, 7]
    monday, friday, saturday = week[0], week[4], week[5]
    assert monday.hours == [("09:00", "13:00"), ("15:00", "19:00")]
    assert [(span.start, span.end) for span in monday.spans] == [
        (9 / 24, 13 / 24),
        (15 / 24, 19 / 24),
    ]
    assert [(span.start, span.end) for span in friday.spans] == [(18 / 24, 1)]
    assert saturday.hours == []
    assert [(span.start, span.end) for span in saturday.spans] == [(0, 2 / 24)]


def test_closures_and_special_days_are_marked():
    week = store_weeks.week(
        store(closures=["2026-11-23"], special_days={"2026-11-24": [["10:00", "11:00"]]}),
        date(2026, 11, 23),
    )

    assert [day.kind for day in week[:3]] == ["closure", "special", "usual"]
    assert week[0].spans == week[0].hours == []
    assert week[1].hours == [("10:00", "11:00")]


@pytest.mark.parametrize(
    ("day", "hours", "noon"), [(date(2026, 3, 29), -1, 11 / 23), (date(2026, 10, 25), 1, 13 / 25)]
)
def test_a_day_on_which_clocks_change_has_its_own_length(day, hours, noon):
    open_from_noon = store(opening_hours={"sun": [["12:00", "24:00"]]})
    [shown] = [d for d in store_weeks.week(open_from_noon, day) if d.day == day]

    assert shown.clocks_ms == hours * 3_600_000
    assert [(span.start, span.end) for span in shown.spans] == [(pytest.approx(noon), 1)]


def test_whether_it_is_open_goes_by_its_own_clock():
    here = store()
    assert store_weeks.state(here, AT) == store_weeks.State(True, AT.replace(hour=13))
    assert store_weeks.state(here, AT.replace(hour=13)) == store_weeks.State(
        False, AT.replace(hour=15)
    )
    assert store_weeks.state(store(opening_hours=None), AT) == store_weeks.State(True, None)
    closed = store(opening_hours={"mon": []})
    assert store_weeks.state(closed, AT) == store_weeks.State(False, None)


def test_the_days_ahead_begin_today_in_the_store():
    here = store(timezone="Pacific/Kiritimati", closures=["2026-11-23", "2026-11-24", "2027-01-01"])
    assert store_weeks.ahead(here, AT) == [date(2026, 11, 24), date(2027, 1, 1)]
