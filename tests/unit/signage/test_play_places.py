"""A play belongs to the store where the screen stood when it played, on that store's own day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from signage import plays
from signage.ids import NIL_ID, new_id
from signage.play_events import Batch
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import LONG_AGO, Cast, ago, days, event, rows, send

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


async def placed(cast: Cast, *during: tuple[object, datetime | None, datetime | None]) -> None:
    await cast.conn.execute("DELETE FROM device_placements WHERE device_id = $1", cast.device)
    for store_id, since, until in during:
        await plays_cast.say(cast.conn, "placements", cast.device, store_id, since, until)


async def played_at(cast: Cast, *starts: datetime, now: datetime) -> list[asyncpg.Record]:
    result = await send(cast, *(event(cast, start) for start in starts), now=now)
    assert result.rejected == 0
    return await rows(cast.conn)


async def test_a_late_play_from_before_a_move_counts_for_the_store_of_then(
    cast: Cast, now: datetime
) -> None:
    await plays_cast.move(cast.conn, cast.device, cast.tokyo, ago(now, days=2))
    before, at, after = await played_at(
        cast,
        ago(now, days=2, milliseconds=1),
        ago(now, days=2),
        ago(now, hours=1),
        now=now,
    )

    assert before["store_id"] == cast.berlin and before["late"]
    assert at["store_id"] == after["store_id"] == cast.tokyo
    assert before["report_hour"] == 12 and at["report_hour"] == 21


async def test_moving_a_screen_rewrites_nothing_that_was_counted(cast: Cast, now: datetime) -> None:
    await played_at(cast, ago(now, hours=2), now=now)
    before = await days(cast.conn)
    await plays_cast.move(cast.conn, cast.device, cast.tokyo, ago(now, hours=1))

    assert await days(cast.conn) == before
    assert [row["store_id"] for row in await played_at(cast, now, now=now)] == [
        cast.berlin,
        cast.tokyo,
    ]
    assert {day["store_id"]: day["plays"] for day in await days(cast.conn)} == {
        cast.berlin: 1,
        cast.tokyo: 1,
    }


async def test_a_play_before_the_first_placement_belongs_to_its_store(
    cast: Cast, now: datetime
) -> None:
    await placed(cast, (cast.tokyo, now, None))
    [row] = await played_at(cast, ago(now, days=3), now=now)

    assert (row["store_id"], row["report_hour"]) == (cast.tokyo, 21)


async def test_in_a_gap_there_is_no_store_and_the_day_is_that_of_the_last_one(
    cast: Cast, now: datetime
) -> None:
    noon, taken_down = ago(now, days=2), ago(now, days=3)
    await placed(cast, (cast.tokyo, LONG_AGO, taken_down), (cast.berlin, ago(now, days=1), None))
    gap = noon + timedelta(hours=4)  # 01:00 of the next day in Tokyo
    [row] = await played_at(cast, gap, now=now)

    assert (row["store_id"], row["report_day"]) == (NIL_ID, gap.date() + timedelta(days=1))
    assert row["report_hour"] == 1


async def test_after_the_last_placement_there_is_no_store_either(cast: Cast, now: datetime) -> None:
    await placed(cast, (cast.tokyo, LONG_AGO, ago(now, days=1)))
    [row] = await played_at(cast, now, now=now)

    assert (row["store_id"], row["report_hour"]) == (NIL_ID, 21)


async def test_a_screen_that_stood_nowhere_has_utc_days(cast: Cast, now: datetime) -> None:
    await placed(cast)
    [row] = await played_at(cast, now, now=now)

    assert (row["store_id"], row["report_hour"]) == (NIL_ID, 12)


async def test_a_placement_without_a_beginning_has_always_been(cast: Cast, now: datetime) -> None:
    await placed(cast, (cast.tokyo, None, None))
    [row] = await played_at(cast, now, now=now)

    assert row["store_id"] == cast.tokyo


async def test_a_zone_that_this_machine_does_not_know_stops_no_play(
    cast: Cast, now: datetime
) -> None:
    await cast.conn.execute("UPDATE stores SET timezone = 'Mars/Base'")
    [row] = await played_at(cast, now, now=now)

    assert (row["store_id"], row["report_hour"]) == (cast.berlin, 12)


async def test_the_hour_that_comes_twice_counts_on_its_day_both_times(cast: Cast) -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    second = first.replace(fold=1)
    found = await played_at(
        cast, *(start.astimezone(UTC) for start in (first, second)), now=second.astimezone(UTC)
    )

    assert [row["started_at"].hour for row in found] == [0, 1]
    assert {(row["report_day"], row["report_hour"]) for row in found} == {(date(2026, 10, 25), 2)}
    assert [day["plays"] for day in await days(cast.conn)] == [2]


async def test_the_night_that_lacks_an_hour_has_none_of_it(cast: Cast) -> None:
    last = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
    found = await played_at(
        cast, last, last + timedelta(seconds=1), now=last + timedelta(minutes=1)
    )

    assert [row["report_hour"] for row in found] == [1, 3]


async def test_a_play_over_midnight_counts_once_on_the_day_it_began(
    cast: Cast, now: datetime
) -> None:
    start = datetime(2026, 11, 22, 23, 59, 58, tzinfo=BERLIN).astimezone(UTC)
    await played_at(cast, start, now=now)

    [day] = await days(cast.conn)
    assert (day["report_day"], day["plays"]) == (date(2026, 11, 22), 1)


async def test_the_corrected_start_decides_the_day_and_the_place(cast: Cast, now: datetime) -> None:
    moved_at = ago(now, minutes=30)
    await plays_cast.move(cast.conn, cast.device, cast.porto, moved_at)
    hour_slow = event(cast, ago(now, minutes=70), clock_offset_ms=3_600_000)
    await send(cast, hour_slow, now=now)

    [row] = await rows(cast.conn)
    assert row["started_at"] == ago(now, minutes=10)
    assert (row["store_id"], row["report_hour"]) == (cast.porto, 11)


async def test_each_screen_of_a_round_has_its_own_place(cast: Cast, now: datetime) -> None:
    other = await plays_cast.screen(cast.conn, cast.tokyo)
    nowhere = new_id()
    await plays_cast.give(cast.conn, [other, nowhere], [cast.spot_item])
    devices = [cast.device, other, nowhere]
    batches = [Batch(device_id, [event(cast, now)]) for device_id in devices]
    await plays.ingest(cast.conn, batches, now=now)

    found = {row["device_id"]: row["store_id"] for row in await rows(cast.conn)}
    assert found == {cast.device: cast.berlin, other: cast.tokyo, nowhere: NIL_ID}
