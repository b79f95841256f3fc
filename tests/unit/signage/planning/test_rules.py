"""Which recurrence rules are understood, and with what reason the others are refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage.planning import Rule, RuleError, parse
from signage.planning.rules import COUNT_MAX, INTERVAL_MAX, RULE_MAX_CHARS


def test_every_part_that_a_schedule_may_use_is_read() -> None:
    assert parse(
        "FREQ=YEARLY;INTERVAL=2;BYDAY=MO,-1SU,+2TU;BYMONTHDAY=1,-1;BYMONTH=3,10;"
        "BYSETPOS=1,-1;WKST=SU;COUNT=7"
    ) == Rule(
        freq="YEARLY",
        interval=2,
        byday=((-1, 6), (0, 0), (2, 1)),
        bymonthday=(-1, 1),
        bymonth=(3, 10),
        bysetpos=(-1, 1),
        wkst=6,
        count=7,
    )


def test_case_order_and_repeated_values_do_not_matter() -> None:
    assert parse("byday=fr,mo,fr;freq=weekly") == parse("FREQ=WEEKLY;BYDAY=MO,FR")


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("20261231", date(2026, 12, 31)),
        ("20261231T180000", datetime.fromisoformat("2026-12-31T18:00")),
        ("20261231T180000Z", datetime(2026, 12, 31, 18, tzinfo=UTC)),
    ],
)
def test_until_has_three_forms(text: str, until: date) -> None:
    read = parse(f"FREQ=DAILY;UNTIL={text}").until
    assert (type(read), read) == (type(until), until)


@pytest.mark.parametrize(
    ("rule", "code", "says"),
    [
        ("", "rule_syntax", "semicolon"),
        ("FREQ=DAILY;", "rule_syntax", "semicolon"),
        ("DAILY", "rule_syntax", "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("RRULE:FREQ=DAILY", "rule_syntax", "Leave out RRULE:"),
        ("FREQ=DAILY;FREQ=DAILY", "rule_part_repeated", "twice"),
        ("INTERVAL=2", "rule_freq", "how often"),
        ("FREQ=FORTNIGHTLY", "rule_freq", "DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=HOURLY", "rule_freq", "at most once a day"),
        ("FREQ=MINUTELY", "rule_freq", "at most once a day"),
        ("FREQ=SECONDLY", "rule_freq", "at most once a day"),
        ("FREQ=YEARLY;BYWEEKNO=20", "rule_part_unsupported", "BYWEEKNO"),
        ("FREQ=YEARLY;BYYEARDAY=100", "rule_part_unsupported", "BYMONTHDAY"),
        ("FREQ=DAILY;BYHOUR=8", "rule_part_unsupported", "times of day"),
        ("FREQ=DAILY;BYMINUTE=8", "rule_part_unsupported", "times of day"),
        ("FREQ=DAILY;BYSECOND=8", "rule_part_unsupported", "times of day"),
        ("FREQ=YEARLY;BYEASTER=0", "rule_part_unsupported", "dates themselves"),
        ("RSCALE=HEBREW;FREQ=YEARLY", "rule_part_unsupported", "Gregorian"),
        ("FREQ=MONTHLY;SKIP=BACKWARD", "rule_part_unsupported", "left out"),
        ("FREQ=DAILY;X-COLOUR=RED", "rule_part_unknown", "X-COLOUR"),
        ("FREQ=DAILY;INTERVAL=0", "rule_value", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=-1", "rule_value", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1.5", "rule_value", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "rule_value", "COUNT"),
        ("FREQ=DAILY;COUNT=\u0663", "rule_value", "COUNT"),
        ("FREQ=WEEKLY;BYDAY=XX", "rule_value", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0MO", "rule_value", "BYDAY"),
        ("FREQ=YEARLY;BYDAY=54MO", "rule_value", "BYDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "rule_value", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "rule_value", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=13", "rule_value", "BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=-1", "rule_value", "BYMONTH"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "rule_value", "BYSETPOS"),
        ("FREQ=WEEKLY;WKST=1", "rule_value", "WKST"),
        ("FREQ=DAILY;UNTIL=2026-12-31", "rule_value", "20261231"),
        ("FREQ=DAILY;UNTIL=20260230", "rule_value", "does not exist"),
        ("FREQ=DAILY;UNTIL=20261231T250000", "rule_value", "does not exist"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "rule_value", "without it there is no end"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "rule_combination", "exclude each other"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "rule_combination", "MONTHLY"),
        ("FREQ=WEEKLY;BYDAY=2TU", "rule_combination", "MONTHLY or YEARLY"),
        ("FREQ=DAILY;BYDAY=-1SU", "rule_combination", "MONTHLY or YEARLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "rule_combination", "at most five"),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=6MO", "rule_combination", "at most five"),
        ("FREQ=MONTHLY;BYSETPOS=1", "rule_combination", "needs BYDAY"),
    ],
)
def test_anything_else_is_refused_with_the_reason(rule: str, code: str, says: str) -> None:
    with pytest.raises(RuleError) as refusal:
        parse(rule)
    assert (refusal.value.code, refusal.value.field) == (code, "rrule")
    assert says in refusal.value.detail
    assert refusal.value.detail.endswith(".")


@pytest.mark.parametrize(
    ("part", "most"), [("INTERVAL", INTERVAL_MAX), ("COUNT", COUNT_MAX), ("BYMONTHDAY", 31)]
)
def test_numbers_have_a_limit(part: str, most: int) -> None:
    parse(f"FREQ=DAILY;{part}={most}")
    with pytest.raises(RuleError, match=str(most)):
        parse(f"FREQ=DAILY;{part}={most + 1}")


def test_a_rule_has_a_longest_length() -> None:
    rule = "FREQ=YEARLY;BYMONTHDAY=1"
    longest = rule + ",1" * ((RULE_MAX_CHARS - len(rule)) // 2)
    assert len(longest) == RULE_MAX_CHARS
    parse(longest)
    with pytest.raises(RuleError) as refusal:
        parse(longest + "1")
    assert refusal.value.code == "rule_too_long"


@given(st.text(alphabet="FREQ=DAILYWK;,BYMONTHUSPV0123456789+-TZ ", max_size=60))
def test_any_text_is_a_rule_or_a_refusal(text: str) -> None:
    _parse_or_refuse(text)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["FREQ", "BYDAY", "BYMONTH", "COUNT", "UNTIL", "WKST", "BYSETPOS"]),
            st.one_of(st.text(max_size=8), st.sampled_from(["DAILY", "MO", "1", "20261231"])),
        ),
        max_size=5,
    )
)
def test_any_parts_are_a_rule_or_a_refusal(parts: list[tuple[str, str]]) -> None:
    _parse_or_refuse(";".join(f"{name}={value}" for name, value in parts))


def _parse_or_refuse(text: str) -> None:
    try:
        assert parse(text).freq in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
    except RuleError as refusal:
        assert refusal.detail
