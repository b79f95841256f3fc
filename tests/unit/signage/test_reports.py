"""The report: filtered, grouped, ordered and paged, with totals that are those of the whole."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from signage import plays, reports
from signage.actors import Actor
from signage.errors import Forbidden, Invalid
from signage.ids import new_id
from signage.play_events import Batch
from signage.report_query import MEASURES, ReportQuery
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import ANALYST, Cast, ago, event, send

WEEK = {"from_": date(2026, 11, 17), "to": date(2026, 11, 23)}


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


def asked(**values: Any) -> ReportQuery:
    return ReportQuery(**(WEEK | values))


async def report(cast: Cast, actor: Actor = ANALYST, **values: Any) -> reports.Report:
    now = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    return await reports.proof_of_play(cast.conn, actor, asked(**values), now=now)


async def plays_by(cast: Cast, column: str, **values: Any) -> dict[Any, int]:
    return {row[column]: row["plays"] for row in (await report(cast, **values)).rows}


async def another(cast: Cast, store_id: Any, now: datetime, *events: Any) -> Any:
    """Put up another screen with the same plan; it sends these."""
    device_id = await plays_cast.screen(cast.conn, store_id, name="Counter")
    await plays_cast.give(cast.conn, [device_id], [cast.spot_item, cast.notice_item])
    await plays.ingest(cast.conn, [Batch(device_id, list(events))], now=now)
    return device_id


async def test_nothing_played_is_no_rows_and_totals_of_nought(cast: Cast) -> None:
    empty = await report(cast, group_by=["day"])

    assert empty.rows == [] and empty.next_cursor is None
    assert msgspec.structs.astuple(empty.totals) == (0, 0, 0, 0, 0, 0, 0, 0, None, None, 0)
    assert (await report(cast)).rows == []


async def test_a_row_has_the_keys_asked_for_and_then_the_fixed_columns(
    cast: Cast, now: datetime
) -> None:
    await send(cast, event(cast, now), now=now)
    by_all = await report(cast, group_by=["content", "day", "store", "campaign", "device", "hour"])

    [row] = by_all.rows
    assert list(row) == [
        *("content_id", "content", "day", "store_id", "store", "campaign_id", "campaign"),
        *("device_id", "device", "hour", "plays", "partial", "failed", "skipped", "duration_ms"),
        *("partial_ms", "screens", "first_played_at", "last_played_at", "late"),
    ]
    assert (row["content_id"], row["content"]) == (cast.spot, "Coat spot")
    assert (row["store"], row["campaign"], row["device"]) == (
        *("Berlin Mitte", "Winter coats", "Window"),
    )
    assert (row["day"], row["hour"]) == (date(2026, 11, 23), 13)
    assert (row["plays"], row["duration_ms"], row["screens"]) == (1, 10_000, 1)
    assert row["first_played_at"] == row["last_played_at"] == now


async def test_weeks_are_named_by_their_monday_and_months_by_their_first(
    cast: Cast, now: datetime
) -> None:
    sunday, monday = ago(now, days=1), now
    await send(cast, event(cast, sunday), event(cast, monday), event(cast, monday), now=now)

    weeks = await plays_by(cast, "week", group_by=["week"])
    assert weeks == {date(2026, 11, 16): 1, date(2026, 11, 23): 2}
    assert await plays_by(cast, "month", group_by=["month"]) == {date(2026, 11, 1): 3}


async def test_plays_of_no_campaign_are_a_row_of_their_own(cast: Cast, now: datetime) -> None:
    await send(cast, event(cast, now), event(cast, now, item_id=cast.notice_item), now=now)

    found = await report(cast, group_by=["campaign"])
    assert [(row["campaign_id"], row["campaign"]) for row in found.rows] == [
        (None, None),
        (cast.campaign, "Winter coats"),
    ]


async def test_plays_in_no_store_count_for_those_who_see_every_store(
    cast: Cast, now: datetime
) -> None:
    await cast.conn.execute("DELETE FROM device_placements")
    await send(cast, event(cast, now), now=now)

    found = await report(cast, group_by=["store"])
    assert [(row["store_id"], row["store"], row["plays"]) for row in found.rows] == [
        (None, None, 1)
    ]
    assert (found.totals.screens, found.totals.stores) == (1, 0)


async def test_distinct_screens_and_stores_are_counted_once_in_the_totals(
    cast: Cast, now: datetime
) -> None:
    await send(cast, event(cast, ago(now, days=1)), event(cast, now), now=now)
    await another(cast, cast.porto, now, event(cast, now))

    found = await report(cast, group_by=["day"])
    assert [(row["plays"], row["screens"]) for row in found.rows] == [(1, 1), (2, 2)]
    assert (found.totals.plays, found.totals.screens, found.totals.stores) == (3, 2, 2)


async def test_a_screen_that_moved_is_one_screen_in_two_stores(cast: Cast, now: datetime) -> None:
    await plays_cast.move(cast.conn, cast.device, cast.porto, ago(now, hours=2))
    await send(cast, event(cast, ago(now, hours=3)), event(cast, now), now=now)

    assert (await report(cast, group_by=["day"])).rows[0]["screens"] == 1
    totals = (await report(cast)).totals
    assert (totals.screens, totals.stores) == (1, 2)


async def test_every_filter_narrows_rows_and_totals(cast: Cast, now: datetime) -> None:
    await send(
        cast,
        event(cast, ago(now, days=7)),
        event(cast, ago(now, days=6)),
        event(cast, now, item_id=cast.notice_item, result="skipped"),
        now=now,
    )
    theirs = await another(cast, cast.porto, now, event(cast, now))
    group = new_id()
    await cast.conn.execute(
        "INSERT INTO device_groups (id, name, rank, created_at, updated_at)"
        " VALUES ($1, 'Doors', 1, $2, $2)",
        group,
        now,
    )
    await cast.conn.execute("INSERT INTO device_group_members VALUES ($1, $2)", group, theirs)

    async def counts(**filters: Any) -> tuple[int, int]:
        found = await report(cast, group_by=["device"], **filters)
        assert found.totals.plays == sum(row["plays"] for row in found.rows)
        return found.totals.plays, found.totals.skipped

    assert await counts() == (2, 1)
    assert await counts(from_=date(2026, 11, 16)) == (3, 1)
    assert await counts(campaign_id=[cast.campaign]) == (2, 0)
    assert await counts(store_id=[cast.berlin]) == (1, 1)
    assert await counts(store_id=[cast.berlin, cast.porto]) == (2, 1)
    assert await counts(group_id=[group]) == (1, 0)
    assert await counts(device_id=[theirs]) == (1, 0)
    assert await counts(content_id=[cast.notice]) == (0, 1)
    assert await counts(result=["skipped"]) == (0, 1)
    assert await counts(result=["skipped", "completed"]) == (2, 1)
    assert await counts(campaign_id=[new_id()]) == (0, 0)


async def test_a_result_is_told_apart_within_its_column(cast: Cast, now: datetime) -> None:
    first, last = ago(now, hours=2), ago(now, hours=1)
    await send(
        cast,
        event(cast, now, result="content_failed", duration_ms=5),
        event(cast, first, result="hardware_failed", duration_ms=7),
        event(cast, last, result="hardware_failed", duration_ms=11),
        now=now,
    )

    totals = (await report(cast, result=["hardware_failed"])).totals
    assert (totals.failed, totals.partial_ms, totals.screens) == (2, 18, 1)
    assert (totals.first_played_at, totals.last_played_at) == (first, last)


async def test_an_actor_sees_the_plays_of_their_stores_wherever_the_screen_stands_now(
    cast: Cast, now: datetime
) -> None:
    await plays_cast.move(cast.conn, cast.device, cast.porto, ago(now, hours=2))
    await send(cast, event(cast, ago(now, hours=3)), event(cast, now), event(cast, now), now=now)
    of_berlin = Actor(kind="user", id=None, name="Bea", role="manager", store_ids=[cast.berlin])
    of_none = Actor(kind="user", id=None, name="Nil", role="manager", store_ids=[])

    assert (await report(cast, of_berlin)).totals.plays == 1
    assert (await report(cast, of_berlin, store_id=[cast.porto])).totals.plays == 0
    assert (await report(cast, of_berlin, group_by=["hour"])).totals.plays == 1
    assert (await report(cast, of_none)).totals.plays == 0
    body = [piece async for piece in reports.proof_of_play_csv(cast.conn, of_none, asked())]
    assert b"".join(body).count(b"\r\n") == 1


async def test_an_installer_reads_no_reports(cast: Cast, now: datetime) -> None:
    actor = Actor(kind="user", id=None, name="Ivo", role="installer")

    with pytest.raises(Forbidden):
        await report(cast, actor)
    with pytest.raises(Forbidden):
        await anext(reports.proof_of_play_csv(cast.conn, actor, asked()))
    with pytest.raises(Forbidden):
        await reports.by_day(cast.conn, actor, asked())


async def test_names_of_what_was_archived_still_stand_in_the_report(
    cast: Cast, now: datetime
) -> None:
    await send(cast, event(cast, now), now=now)
    for table in ("stores", "campaigns", "content"):
        await cast.conn.execute(f"UPDATE {table} SET archived_at = $1", now)
    await cast.conn.execute("UPDATE devices SET status = 'retired'")

    [row] = (await report(cast, group_by=["store", "campaign", "content", "device"])).rows
    names = [row[key] for key in ("store", "campaign", "content", "device")]
    assert names == ["Berlin Mitte", "Winter coats", "Coat spot", "Window"]


@pytest.mark.parametrize("group_by", [["day", "content"], ["hour", "content"], ["content"]])
@pytest.mark.parametrize("sort", [None, "content", "-content", "-plays", "late", "-last_played_at"])
async def test_pages_in_any_order_are_the_whole_each_row_once(
    cast: Cast, now: datetime, group_by: list[Any], sort: str | None
) -> None:
    contents = [await plays_cast.content(cast.conn, name) for name in ("b", "a", "a", "c", "")[:4]]
    items = [await plays_cast.item(cast.conn, content) for content in contents]
    await plays_cast.give(cast.conn, [cast.device], items, since=now)
    starts = [ago(now, hours=30 * (n % 3)) for n in range(12)]
    await send(
        cast, *(event(cast, start, item_id=items[n % 4]) for n, start in enumerate(starts)), now=now
    )

    whole = await report(cast, group_by=group_by, sort=sort, limit=1000)
    rows: list[Any] = []
    cursor = None
    while cursor is not None or not rows:
        page = await report(cast, group_by=group_by, sort=sort, limit=2, cursor=cursor)
        assert page.totals == whole.totals
        rows, cursor = rows + page.rows, page.next_cursor
    assert rows == whole.rows
    assert len(rows) in (4, 12)
    if sort is not None:
        key = sort.removeprefix("-")
        values = [row[key] for row in rows]
        assert values == sorted(values, reverse=sort.startswith("-"))


async def test_a_cursor_serves_only_the_question_it_came_from(cast: Cast, now: datetime) -> None:
    await send(cast, event(cast, now), event(cast, ago(now, days=1)), now=now)
    page = await report(cast, group_by=["day"], limit=1)
    assert page.next_cursor is not None

    for other in ({"group_by": ["week"]}, {"group_by": ["day"], "sort": "-day"}):
        with pytest.raises(Invalid) as refused:
            await report(cast, cursor=page.next_cursor, **other)
        assert refused.value.errors[0].code == "invalid_cursor"


async def test_by_hour_a_report_covers_92_days_and_not_one_more(cast: Cast) -> None:
    first = date(2026, 11, 23) - timedelta(days=91)

    await report(cast, group_by=["hour"], from_=first)
    with pytest.raises(Invalid) as refused:
        await report(cast, group_by=["hour"], from_=first - timedelta(days=1))
    assert refused.value.errors[0].code == "range_too_long"
    await report(cast, group_by=["day"], from_=first - timedelta(days=1))


async def test_a_chart_has_every_day_and_the_period_before_to_compare(
    cast: Cast, now: datetime
) -> None:
    starts = [now, now, ago(now, days=2), ago(now, days=8)]
    await send(cast, *(event(cast, start) for start in starts), now=now)

    days = await reports.by_day(cast.conn, ANALYST, asked())
    assert [day.day.day for day in days] == [17, 18, 19, 20, 21, 22, 23]
    assert [day.plays for day in days] == [0, 0, 0, 0, 1, 0, 2]
    assert (await reports.totals(cast.conn, ANALYST, asked())).plays == 3
    assert (await reports.before(cast.conn, ANALYST, asked())).plays == 1


async def test_a_chart_of_more_than_a_year_is_refused(cast: Cast) -> None:
    await reports.by_day(cast.conn, ANALYST, asked(from_=date(2025, 11, 23)))
    with pytest.raises(Invalid):
        await reports.by_day(cast.conn, ANALYST, asked(from_=date(2025, 11, 22)))


async def test_the_heat_map_counts_by_local_weekday_and_hour(cast: Cast, now: datetime) -> None:
    sunday_late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # Monday 00:30 in Berlin
    await send(cast, event(cast, sunday_late), event(cast, now), event(cast, now), now=now)

    heat = await reports.heat_map(cast.conn, ANALYST, asked())
    assert [len(hours) for hours in heat] == [24] * 7
    assert (heat[0][0], heat[0][13]) == (1, 2)
    assert sum(map(sum, heat)) == 3


async def test_the_top_contents_come_most_played_first(cast: Cast, now: datetime) -> None:
    notices = [event(cast, now, item_id=cast.notice_item) for _ in range(2)]
    await send(cast, event(cast, now), *notices, now=now)

    top = await reports.top_content(cast.conn, ANALYST, asked(group_by=["day"], sort="day"))
    assert [(row["content"], row["plays"]) for row in top] == [
        ("Opening hours", 2),
        ("Coat spot", 1),
    ]
    assert len(await reports.top_content(cast.conn, ANALYST, asked(), limit=1)) == 1


async def test_the_json_of_a_report_is_what_integrations_rely_on(cast: Cast, now: datetime) -> None:
    await send(cast, event(cast, now), now=now)
    body = msgspec.json.decode(msgspec.json.encode(await report(cast, group_by=["day"])))

    assert body["rows"][0]["day"] == "2026-11-23"
    assert body["rows"][0]["first_played_at"] == "2026-11-23T12:00:00Z"
    assert set(body) == {"rows", "totals", "as_of", "next_cursor"}
    assert set(body["totals"]) == {*MEASURES, "stores"}
