"""A question is read from a query string, and each wrong value is named."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage import paging, report_sql
from signage.errors import Invalid
from signage.ids import new_id
from signage.report_query import KEYS, MEASURES, ReportQuery, check, read
from tests.unit.signage.plays_cast import ANALYST

DAYS = [("from", "2026-11-01"), ("to", "2026-11-30")]


def wrong(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read(pairs)
    return [(error.pointer, error.code) for error in refused.value.errors]


def test_a_query_string_becomes_a_question() -> None:
    one, two = new_id(), new_id()
    query = read(
        [
            *DAYS,
            ("group_by", "day,store"),
            ("group_by", "hour"),
            ("store_id", str(one)),
            ("store_id", str(two)),
            ("result", "skipped"),
            ("campaign_id", ""),
            ("sort", "-plays"),
            ("limit", "7"),
        ]
    )

    assert query == ReportQuery(
        from_=date(2026, 11, 1),
        to=date(2026, 11, 30),
        group_by=["day", "store", "hour"],
        store_id=[one, two],
        result=["skipped"],
        sort="-plays",
        limit=7,
    )
    assert query.days == 30


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("group_by", "day,year"),
        ("store_id", "Berlin"),
        ("group_id", "1"),
        ("result", "played"),
        ("sort", "plays; DROP TABLE stores"),
        ("sort", "--plays"),
        ("sort", "store"),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "ten"),
        ("limit", "9" * 5_000),
        ("from", "01.11.2026"),
        ("from", "1999-12-31"),
        ("to", "2026-10-31"),
        ("to", "3000-01-01"),
        ("to", "2026-11-30T00:00:00Z"),
        ("group_by", "\ud800"),
        ("sort", "\x00"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    others = [pair for pair in DAYS if pair[0] != name]
    [(pointer, _)] = wrong(*others, (name, value))
    # Years are told at the first day, which is where a period begins.
    assert pointer == (f"/{name}" if value != "3000-01-01" else "/from")


def test_everything_that_is_wrong_is_named_at_once() -> None:
    assert wrong(("from", "x"), ("colour", "red"), ("limit", "x")) == [
        ("/colour", "unknown_parameter"),
        ("/from", "invalid_from"),
        ("/to", "invalid_to"),
        ("/limit", "invalid_limit"),
    ]


def test_a_key_is_grouped_by_once_and_a_value_given_once() -> None:
    assert wrong(*DAYS, ("group_by", "day,day")) == [("/group_by", "repeated_key")]
    assert wrong(*DAYS, ("sort", "plays"), ("sort", "late")) == [("/sort", "invalid_sort")]


def test_ten_years_are_covered_and_not_a_day_more() -> None:
    read([("from", "2016-11-23"), ("to", "2026-11-30")])
    assert wrong(("from", "2016-11-22"), ("to", "2026-11-30")) == [("/to", "range_too_long")]


def test_a_filter_has_a_thousand_values_and_not_one_more() -> None:
    query = ReportQuery(from_=date(2026, 11, 1), to=date(2026, 11, 1), device_id=[new_id()] * 1_000)
    check(query)
    query.device_id.append(new_id())
    with pytest.raises(Invalid):
        check(query)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [":day"],
        [":day", "2026-11-01", 1],
        [":day", 7],
        [":day", "x"],
        ["", "2026-11-01"],
        "x",
    ],
)
def test_a_cursor_that_no_page_gave_is_refused(values: Any) -> None:
    query = ReportQuery(
        from_=date(2026, 11, 1),
        to=date(2026, 11, 30),
        group_by=["day"],
        cursor=paging.encode(values),
    )
    with pytest.raises(Invalid):
        report_sql.page(ANALYST, query)


@pytest.mark.parametrize(
    ("sort", "value"),
    [("plays", -1), ("plays", 2**63), ("last_played_at", "2026-11-01T00:00:00"), ("store", "\x00")],
)
def test_a_cursor_with_values_no_row_has_is_refused(sort: str, value: Any) -> None:
    rest: list[Any] = [str(new_id())] if sort == "store" else ["", str(new_id())]
    query = ReportQuery(
        from_=date(2026, 11, 1),
        to=date(2026, 11, 30),
        group_by=["store"],
        sort=sort,
        cursor=paging.encode([f"{sort}:store", value, *rest]),
    )
    with pytest.raises(Invalid):
        report_sql.page(ANALYST, query)


@given(
    group_by=st.lists(st.sampled_from(KEYS), unique=True),
    sort=st.sampled_from(MEASURES),
    descending=st.booleans(),
)
def test_a_statement_holds_only_words_of_its_own(
    group_by: list[Any], sort: str, descending: bool
) -> None:
    query = ReportQuery(
        from_=date(2026, 11, 1),
        to=date(2026, 11, 30),
        group_by=group_by,
        sort=f"-{sort}" if descending else sort,
        store_id=[new_id()],
    )
    statement = report_sql.page(ANALYST, query)

    assert str(query.store_id[0]) not in statement.text
    assert "{" not in statement.text
    assert len(statement.values) == 10
