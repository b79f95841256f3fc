"""One event is read or refused with its code, whatever JSON value it is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage.ids import new_id
from signage.play_events import Batch, Play, Refusal, check_age, read
from signage.play_rules import RULES

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BATCH = Batch(new_id(), [], NOW)
GOOD: dict[str, Any] = {
    "event_id": "0193580e-0000-7000-8000-000000000001",
    "event_type": "play",
    "result": "completed",
    "started_at": "2026-11-23T11:00:00Z",
    "duration_ms": 10_000,
    "item_id": "k7f3",
}
FIELDS = [
    *GOOD,
    "content_id",
    "plan_etag",
    "seq",
    "planned_duration_ms",
    "clock_offset_ms",
    "error",
]

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(
        ["2026-11-23T11:00:00Z", "play", "completed", -1, 2**63, -(2**63), 2**63 - 1]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec=None)), inner, max_size=3)
    ),
    max_leaves=8,
)


def taken(raw: Any) -> Play:
    play = read(raw, BATCH, 0, NOW)
    check_age(play, RULES)
    return play


def code_of(raw: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        taken(raw)
    return refusal.value.code


def test_a_good_event_is_read_with_its_instant_in_utc() -> None:
    play = taken(GOOD | {"started_at": "2026-11-23T12:00:00.25+01:00"})

    assert play.event_id == UUID(GOOD["event_id"])
    assert play.started_at == datetime(2026, 11, 23, 11, 0, 0, 250_000, UTC)
    assert play.started_at.tzinfo is UTC


@pytest.mark.parametrize("raw", [None, True, 7, 1.5, "play", [], [GOOD], {}, {"event_id": None}])
def test_what_is_no_object_with_the_fields_of_an_event_is_invalid(raw: Any) -> None:
    assert code_of(raw) == "invalid_event"


@pytest.mark.parametrize("field", ["event_id", "event_type", "result", "started_at", "duration_ms"])
def test_a_missing_field_is_invalid(field: str) -> None:
    assert code_of({name: value for name, value in GOOD.items() if name != field}) == (
        "invalid_event"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", 5),
        ("event_type", ["play"]),
        ("result", None),
        ("started_at", 1_700_000_000),
        ("duration_ms", True),
        ("duration_ms", 10_000.0),
        ("duration_ms", "10000"),
        ("duration_ms", float("nan")),
        ("duration_ms", 2**63),
        ("duration_ms", -(2**63) - 1),
        ("item_id", 4),
        ("content_id", {}),
        ("plan_etag", 1),
        ("seq", "1"),
        ("seq", 2**63),
        ("planned_duration_ms", False),
        ("clock_offset_ms", 0.5),
        ("player_version", 1.2),
        ("error", {"message": "x"}),
    ],
)
def test_a_field_of_the_wrong_type_is_invalid(field: str, value: Any) -> None:
    assert code_of(GOOD | {field: value}) == "invalid_event"


def test_a_play_that_names_nothing_is_invalid_but_a_fallback_needs_no_name() -> None:
    nameless = GOOD | {"item_id": None}

    assert code_of(nameless) == "invalid_event"
    assert taken(nameless | {"event_type": "fallback"}).sent.item_id is None
    assert taken(nameless | {"event_type": "test"}).sent.item_id is None


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("duration_ms", -1, "negative_duration"),
        ("event_type", "advert", "unknown_event_type"),
        ("event_type", "", "unknown_event_type"),
        ("result", "Completed", "unknown_result"),
        ("event_id", "", "invalid_event_id"),
        ("event_id", "1234", "invalid_event_id"),
        ("event_id", "0193580e-0000-7000-8000-00000000000g", "invalid_event_id"),
        ("event_id", "x" * 100_000, "invalid_event_id"),
        ("event_id", "\x00", "invalid_event_id"),
        ("event_id", "\ud800", "invalid_event_id"),
    ],
)
def test_each_wrong_value_has_its_own_code(field: str, value: Any, code: str) -> None:
    assert code_of(GOOD | {field: value}) == code


@pytest.mark.parametrize(
    "started_at",
    [
        "",
        "yesterday",
        "2026-11-23",
        "2026-11-23T11:00:00",
        "20261123T110000Z",
        "2026-W48-1T11:00:00Z",
        "2026-02-29T11:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T11:00:60Z",
        "2026-11-23T11:00:00+24:00",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-23:59",
        "2026-11-23T11:00:00Z\x00",
        "\ud800",
        "9" * 100_000,
    ],
)
def test_a_start_that_is_no_instant_with_its_offset_is_refused(started_at: str) -> None:
    assert code_of(GOOD | {"started_at": started_at}) == "invalid_started_at"


@pytest.mark.parametrize("offset_ms", [2**63 - 1, -(2**63), 10**15])
def test_a_correction_beyond_the_calendar_is_refused(offset_ms: int) -> None:
    assert code_of(GOOD | {"clock_offset_ms": offset_ms}) == "invalid_started_at"


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (NOW + timedelta(minutes=5), None),
        (NOW + timedelta(minutes=5, microseconds=1), "future"),
        (NOW - timedelta(days=35), None),
        (NOW - timedelta(days=35, microseconds=1), "too_old"),
        (datetime(9999, 12, 30, tzinfo=UTC), "future"),
        (datetime(1, 1, 2, tzinfo=UTC), "too_old"),
    ],
)
def test_a_start_is_accepted_from_35_days_back_to_5_minutes_ahead(
    start: datetime, code: str | None
) -> None:
    raw = GOOD | {"started_at": start.isoformat()}
    if code is None:
        assert taken(raw).started_at == start
    else:
        assert code_of(raw) == code


def test_age_is_judged_after_the_correction_of_the_clock() -> None:
    wrong_by_a_year_ms = 365 * 24 * 3600 * 1000
    ahead = GOOD | {"started_at": "2027-11-23T11:00:00Z"}

    assert code_of(ahead) == "future"
    play = taken(ahead | {"clock_offset_ms": -wrong_by_a_year_ms})
    assert play.started_at == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    assert play.device_started_at == datetime(2027, 11, 23, 11, 0, tzinfo=UTC)


def test_the_batch_corrects_an_event_that_says_nothing_of_the_clock_itself() -> None:
    corrected = read(GOOD, BATCH, 90_000, NOW)
    own = read(GOOD | {"clock_offset_ms": 0}, BATCH, 90_000, NOW)

    assert corrected.started_at - corrected.device_started_at == timedelta(seconds=90)
    assert own.started_at == own.device_started_at


@pytest.mark.parametrize(
    ("behind", "offset_ms"),
    [
        (timedelta(seconds=60), 0),
        (timedelta(seconds=-60), 0),
        (timedelta(seconds=61), 61_000),
        (timedelta(seconds=-61), -61_000),
        (timedelta(days=300), 300 * 24 * 3600 * 1000),
    ],
)
def test_a_batch_is_off_by_received_less_sent_unless_that_is_transit(
    behind: timedelta, offset_ms: int
) -> None:
    assert Batch(BATCH.device_id, [], NOW - behind).clock_offset_ms(NOW) == offset_ms


def test_a_batch_without_an_instant_of_sending_corrects_nothing() -> None:
    assert Batch(BATCH.device_id, []).clock_offset_ms(NOW) is None
    assert Batch(BATCH.device_id, [], NOW.replace(tzinfo=None)).clock_offset_ms(NOW) is None


def test_unknown_fields_are_ignored_whatever_they_hold() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]

    assert taken(GOOD | {"shiny": deep, "": "\x00"}).event_id == UUID(GOOD["event_id"])


@given(raw=ANY_JSON)
def test_no_json_value_does_more_than_be_refused(raw: Any) -> None:
    with pytest.raises(Refusal):
        taken(raw)


@given(field=st.sampled_from(FIELDS), value=ANY_JSON)
def test_no_value_of_any_field_does_more_than_be_refused(field: str, value: Any) -> None:
    try:
        taken(GOOD | {field: value})
    except Refusal as refusal:
        json.dumps([refusal.code, refusal.detail]).encode()
