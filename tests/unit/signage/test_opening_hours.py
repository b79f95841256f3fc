"""Opening hours as people write them, and as they are written back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage import opening_hours
from signage.opening_hours import ALL_DAY, WrittenWrong


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-12:00, 14:00-20:00", [("08:00", "12:00"), ("14:00", "20:00")]),
        ("8-20", [("08:00", "20:00")]),
        (" 8.30 \N{EN DASH} 18h ; 19-21 ", [("08:30", "18:00"), ("19:00", "21:00")]),
        ("18:00-02:00", [("18:00", "02:00")]),
        ("20:00-24:00", [("20:00", "24:00")]),
        ("Closed", []),
        ("ALL DAY", ALL_DAY),
        ("24h", ALL_DAY),
    ],
)
def test_people_write_hours_in_their_own_way(text, hours):
    assert opening_hours.read(text) == hours


@pytest.mark.parametrize(
    "text",
    ["", "open", "08:00", "08:00-12:00-14:00", "25:00-26:00", "08:61-09:00", "08:00-08:00",
     "24:00-08:00", "08:00-12:00, 11:00-13:00", "8 to 9 to 10", "08:00-09:00," * 9],
)  # fmt: skip
def test_what_means_no_hours_is_refused_with_a_sentence(text):
    with pytest.raises(WrittenWrong, match=r"\.$"):
        opening_hours.read(text)


TIMES = st.integers(0, 47).map(lambda half: f"{half // 2:02d}:{half % 2 * 30:02d}")


@given(st.lists(st.tuples(TIMES, TIMES), max_size=8))
def test_what_is_right_reads_back_as_it_was_written(hours):
    if not opening_hours.wrong_with(hours):
        assert opening_hours.read(opening_hours.write(hours)) == hours


def test_a_special_day_is_a_date_and_hours():
    read = opening_hours.read_special_day("2026-12-24 08:00-12:00, 14:00-17:00")
    assert read == (date(2026, 12, 24), [("08:00", "12:00"), ("14:00", "17:00")])
    for wrong in ("24.12.2026 08:00-12:00", "2026-02-30 closed", "2026-12-24"):
        with pytest.raises(WrittenWrong):
            opening_hours.read_special_day(wrong)


def test_eight_intervals_a_day_are_right_and_nine_are_not():
    eight = [(f"{2 * n:02d}:00", f"{2 * n + 1:02d}:00") for n in range(8)]
    assert opening_hours.wrong_with(eight) == ""
    assert opening_hours.wrong_with([*eight, ("16:00", "17:00")])
