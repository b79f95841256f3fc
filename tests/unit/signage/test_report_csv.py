"""The CSV: the whole result, safe in a spreadsheet, its sums those of the JSON for every filter."""

import csv
import io
import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signage import plays, report_csv, reports
from signage.actors import Actor
from signage.ids import NIL_ID
from signage.play_events import Batch
from signage.report_query import KEYS, MEASURES, ReportQuery
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import ANALYST, Cast, ago, event, send

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOVEMBER = ReportQuery(from_=date(2026, 11, 1), to=date(2026, 11, 30))
ADDITIVE = ("plays", "partial", "failed", "skipped", "duration_ms", "partial_ms", "late")


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


async def csv_of(cast: Cast, query: ReportQuery, actor: Actor = ANALYST) -> str:
    pieces = [piece async for piece in reports.proof_of_play_csv(cast.conn, actor, query)]
    return b"".join(pieces).decode()


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def cell_of(cast: Cast, name: str) -> str:
    await cast.conn.execute("UPDATE campaigns SET name = $1", name)
    await send(cast, event(cast, NOW), now=NOW)
    grouped = msgspec.structs.replace(NOVEMBER, group_by=["campaign"])
    [row] = parsed(await csv_of(cast, grouped))
    return row["campaign"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\x1b", "\x85"])
async def test_a_name_that_a_spreadsheet_would_run_gets_a_quote_before_it(
    cast: Cast, start: str
) -> None:
    assert await cell_of(cast, f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize(
    "name", ["Winter, coats", 'The "best"', "two\r\nlines", "Ärmel 冬", "a=b", "'"]
)
async def test_any_other_name_comes_through_as_it_is(cast: Cast, name: str) -> None:
    assert await cell_of(cast, name) == name


async def test_numbers_are_never_prefixed_and_nothing_is_an_empty_cell() -> None:
    async def rows() -> Any:
        yield [-1, 0, None, "-1", "", NOW]

    pieces = [piece async for piece in report_csv.pieces(["a", "b", "c", "d", "e", "f"], rows())]
    assert b"".join(pieces) == b"a,b,c,d,e,f\r\n-1,0,,'-1,,2026-11-23T12:00:00Z\r\n"


async def test_every_line_ends_in_crlf_and_none_holds_totals(cast: Cast) -> None:
    await send(cast, event(cast, NOW), event(cast, ago(NOW, days=1)), now=NOW)
    text = await csv_of(cast, msgspec.structs.replace(NOVEMBER, group_by=["day"], limit=1))

    lines = text.split("\r\n")
    assert lines[0] == ",".join(["day", *MEASURES])
    assert [line.split(",")[0] for line in lines[1:]] == ["2026-11-22", "2026-11-23", ""]
    assert "\n" not in text.replace("\r\n", "")


async def test_without_any_plays_there_is_the_header(cast: Cast) -> None:
    assert await csv_of(cast, NOVEMBER) == ",".join(MEASURES) + "\r\n"


async def test_a_long_result_comes_in_pieces_of_a_thousand_lines() -> None:
    async def rows() -> Any:
        for number in range(2_500):
            yield [number]

    pieces = [piece async for piece in report_csv.pieces(["n"], rows())]
    assert [piece.count(b"\r\n") for piece in pieces] == [1_001, 1_000, 500]


async def test_a_cell_of_the_csv_is_written_like_the_value_in_the_json(cast: Cast) -> None:
    await send(cast, event(cast, ago(NOW, hours=1, microseconds=1)), now=NOW)
    query = msgspec.structs.replace(NOVEMBER, group_by=list(KEYS))

    report = await reports.proof_of_play(cast.conn, ANALYST, query, now=NOW)
    [in_json] = json.loads(msgspec.json.encode(report.rows))
    [in_csv] = parsed(await csv_of(cast, query))
    assert in_csv == {name: str(value) for name, value in in_json.items()}
    assert list(in_csv) == list(in_json)


Facts = list[dict[str, Any]]


class Fleet(msgspec.Struct):
    """Two screens, one of which moved, and a group that only one of them is in."""

    cast: Cast
    devices: list[Any]
    group: Any


@pytest.fixture
async def fleet(cast: Cast) -> Fleet:
    counter = await plays_cast.screen(cast.conn, cast.tokyo, name="=Counter")
    await plays_cast.give(cast.conn, [counter], [cast.spot_item, cast.notice_item])
    await plays_cast.move(cast.conn, cast.device, cast.porto, ago(NOW, days=2))
    await cast.conn.execute(
        "INSERT INTO device_groups (id, name, rank, created_at, updated_at)"
        " VALUES ($1, 'Doors', 1, $2, $2)",
        counter,
        NOW,
    )
    await cast.conn.execute("INSERT INTO device_group_members VALUES ($1, $1)", counter)
    return Fleet(cast, [cast.device, counter], counter)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_json_and_csv_and_a_count_by_hand_agree_for_every_filter(
    fleet: Fleet, data: st.DataObject
) -> None:
    example = fleet.cast.conn.transaction()
    await example.start()
    try:
        await _play(fleet, data)
        query, actor = data.draw(_queries(fleet)), data.draw(_actors(fleet))
        await _compare(fleet, query, actor)
    finally:
        await example.rollback()


async def _play(fleet: Fleet, data: st.DataObject) -> None:
    cast = fleet.cast
    minutes = st.integers(0, 4 * 24 * 60)
    plays_drawn = st.tuples(
        st.sampled_from(fleet.devices),
        minutes,
        st.sampled_from(
            ["completed", "interrupted", "content_failed", "hardware_failed", "skipped"]
        ),
        st.sampled_from(["play", "play", "play", "fallback"]),
        st.sampled_from([0, 9_499, 9_500, 12_345]),
        st.sampled_from([cast.spot_item, cast.notice_item]),
    )
    for device, ago_min, result, event_type, duration_ms, item in data.draw(
        st.lists(plays_drawn, max_size=25)
    ):
        fields = {"result": result, "event_type": event_type, "duration_ms": duration_ms}
        sent = event(cast, ago(NOW, minutes=ago_min), item_id=item, **fields)
        await plays.ingest(cast.conn, [Batch(device, [sent])], now=NOW)


def _queries(fleet: Fleet) -> st.SearchStrategy[ReportQuery]:
    cast = fleet.cast
    first = st.integers(18, 24)

    def some(*values: Any) -> st.SearchStrategy[list[Any]]:
        return st.one_of(st.just([]), st.lists(st.sampled_from(values), min_size=1, unique=True))

    return st.builds(
        lambda first, days, **filters: ReportQuery(
            from_=date(2026, 11, first), to=date(2026, 11, first) + timedelta(days=days), **filters
        ),
        first=first,
        days=st.integers(0, 5),
        group_by=st.lists(st.sampled_from(KEYS), max_size=3, unique=True),
        campaign_id=some(cast.campaign, NIL_ID),
        store_id=some(cast.berlin, cast.porto, cast.tokyo),
        group_id=some(fleet.group),
        device_id=some(*fleet.devices),
        content_id=some(cast.spot, cast.notice),
        result=some("completed", "interrupted", "hardware_failed", "skipped"),
        sort=st.sampled_from([None, "-plays", "first_played_at", "-late"]),
        limit=st.integers(1, 5),
    )


def _actors(fleet: Fleet) -> st.SearchStrategy[Actor]:
    cast = fleet.cast
    scopes = st.sampled_from([None, [cast.berlin], [cast.porto, cast.tokyo], []])
    return st.builds(
        lambda stores: Actor(kind="user", id=None, name="A", role="analyst", store_ids=stores),
        scopes,
    )


async def _compare(fleet: Fleet, query: ReportQuery, actor: Actor) -> None:
    cast = fleet.cast
    facts = [
        fact for fact in map(dict, await plays_cast.rows(cast.conn)) if fact["outcome"] != "none"
    ]
    facts = [fact for fact in facts if _matches(fact, fleet, query, actor)]
    by_hand = _grouped(facts, query)

    rows: list[Any] = []
    cursor: str | None = None
    while True:
        page = await reports.proof_of_play(
            cast.conn, actor, msgspec.structs.replace(query, cursor=cursor), now=NOW
        )
        rows, cursor = rows + page.rows, page.next_cursor
        if cursor is None:
            break

    assert {_key(row, query): {name: row[name] for name in MEASURES} for row in rows} == by_hand
    assert len(rows) == len(by_hand)
    totals = msgspec.structs.asdict(page.totals)
    whole = _measured(facts) if facts else dict.fromkeys(MEASURES, 0)
    assert {name: totals[name] or 0 for name in MEASURES} == whole
    assert totals["stores"] == len({fact["store_id"] for fact in facts})

    in_csv = parsed(await csv_of(cast, query, actor))
    assert [row["plays"] for row in in_csv] == [str(row["plays"]) for row in rows]
    for name in ADDITIVE:
        assert sum(int(row[name]) for row in in_csv) == totals[name]


def _matches(fact: dict[str, Any], fleet: Fleet, query: ReportQuery, actor: Actor) -> bool:
    lists = [
        (query.campaign_id, fact["campaign_id"]),
        (query.store_id, fact["store_id"]),
        (query.group_id, fleet.group if fact["device_id"] == fleet.group else None),
        (query.device_id, fact["device_id"]),
        (query.content_id, fact["content_id"]),
        (query.result, fact["result"]),
    ]
    seen = actor.store_ids is None or fact["store_id"] in actor.store_ids
    due = query.from_ <= fact["report_day"] <= query.to
    return seen and due and all(not allowed or value in allowed for allowed, value in lists)


def _grouped(facts: Facts, query: ReportQuery) -> dict[tuple[Any, ...], dict[str, Any]]:
    groups: dict[tuple[Any, ...], Facts] = defaultdict(list)
    for fact in facts:
        day = fact["report_day"]
        keys = {
            "day": day,
            "week": day - timedelta(days=day.weekday()),
            "month": day.replace(day=1),
            "campaign": None if fact["campaign_id"] == NIL_ID else fact["campaign_id"],
            "store": fact["store_id"],
            "device": fact["device_id"],
            "content": fact["content_id"],
            "hour": fact["report_hour"],
        }
        groups[tuple(keys[key] for key in query.group_by)].append(fact)
    return {key: _measured(group) for key, group in groups.items()}


def _measured(facts: Facts) -> dict[str, Any]:
    def count(outcome: str) -> int:
        return sum(fact["outcome"] == outcome for fact in facts)

    played = [fact for fact in facts if fact["outcome"] == "played"]
    return {
        "plays": len(played),
        "partial": count("partial"),
        "failed": count("failed"),
        "skipped": count("skipped"),
        "duration_ms": sum(fact["duration_ms"] for fact in played),
        "partial_ms": sum(fact["duration_ms"] for fact in facts if fact["outcome"] != "played"),
        "screens": len({fact["device_id"] for fact in facts}),
        "first_played_at": min(fact["started_at"] for fact in facts),
        "last_played_at": max(fact["started_at"] for fact in facts),
        "late": sum(fact["late"] for fact in facts),
    }


def _key(row: dict[str, Any], query: ReportQuery) -> tuple[Any, ...]:
    named = {"campaign", "store", "device", "content"}
    return tuple(row[f"{key}_id" if key in named else key] for key in query.group_by)


async def test_a_reader_who_goes_away_leaves_the_connection_as_it_was(
    pool: asyncpg.Pool,
) -> None:
    async with pool.acquire() as conn:
        cast = await plays_cast.assemble(conn)
        await send(cast, event(cast, NOW), now=NOW)
        work_mem = await conn.fetchval("SHOW work_mem")
        reading = reports.proof_of_play_csv(conn, ANALYST, NOVEMBER)
        assert (await anext(reading)).count(b"\r\n") == 2
        await reading.aclose()

        assert not conn.is_in_transaction()
        assert await conn.fetchval("SHOW work_mem") == work_mem
        assert (await csv_of(cast, NOVEMBER)).count("\r\n") == 2
