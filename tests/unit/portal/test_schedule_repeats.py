"""Repetitions: what the form says becomes a rule, and a rule becomes what the form says."""

from datetime import date

import pytest

from portal import schedule_repeats
from portal.schedule_repeats import Repeat

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("repeat", "rule", "words"),
    [
        (Repeat(), None, "Once"),
        (Repeat("daily"), "FREQ=DAILY", "Every day"),
        (Repeat("daily", 3, count=5), "FREQ=DAILY;INTERVAL=3;COUNT=5", "Every 3 days, 5 times"),
        (
            Repeat("weekly", weekdays=("MO", "WE", "FR")),
            "FREQ=WEEKLY;BYDAY=MO,WE,FR",
            "Every week on Monday, Wednesday and Friday",
        ),
        (Repeat("weekly"), "FREQ=WEEKLY", "Every week on Tuesday"),
        (Repeat("monthly", 2), "FREQ=MONTHLY;INTERVAL=2", "Every 2 months on day 24"),
        (Repeat("monthly_nth"), "FREQ=MONTHLY;BYDAY=4TU", "Every month on the fourth Tuesday"),
        (Repeat("monthly_last"), "FREQ=MONTHLY;BYDAY=-1TU", "Every month on the last Tuesday"),
        (Repeat("yearly"), "FREQ=YEARLY", "Every year on 24 November"),
        (
            Repeat("custom", rule="FREQ=YEARLY;BYMONTH=4;BYDAY=1SU"),
            "FREQ=YEARLY;BYMONTH=4;BYDAY=1SU",
            "By the rule FREQ=YEARLY;BYMONTH=4;BYDAY=1SU",
        ),
    ],
)
def test_a_repetition_is_written_read_back_and_told(repeat, rule, words):
    assert schedule_repeats.write(repeat, TUESDAY) == rule
    assert schedule_repeats.read(rule, TUESDAY) == repeat
    assert schedule_repeats.words(rule, TUESDAY) == words


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;UNTIL=20261231",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "FREQ=MONTHLY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=YEARLY;BYMONTHDAY=13",
    ],
)
def test_a_rule_that_the_form_cannot_say_is_kept_as_it_is(rule):
    assert schedule_repeats.read(rule, TUESDAY) == Repeat("custom", rule=rule)
