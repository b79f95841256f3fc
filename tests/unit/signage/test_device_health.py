"""Health over time: which minutes were online, from the heartbeats that came."""

from datetime import UTC, datetime, timedelta

import pytest

from signage import device_health, heartbeats
from signage.errors import Forbidden, Invalid, NotFound

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def beat(conn, device_id, at, *, error=None, used=1):
    sent = heartbeats.Heartbeat(disk_used_bytes=used, disk_total_bytes=10, last_error=error)
    await heartbeats.record(conn, device_id, sent, address="192.0.2.7", now=at)


async def minutely(conn, device_id, since, minutes):
    for minute in range(minutes):
        await beat(conn, device_id, since + timedelta(minutes=minute))


async def days(conn, actor, device_id, at, count=1):
    return await device_health.list_for_device(conn, actor, device_id, days=count, now=at)


async def test_minutes_with_heartbeats_are_online(conn, manager, window_2):
    await minutely(conn, window_2.id, NOON, 30)

    [day] = await days(conn, manager, window_2.id, NOON + timedelta(minutes=29, seconds=59))

    assert (day.online_minutes, day.expected_minutes) == (30, 30)
    assert day.hours == [None] * 12 + [30] + [None] * 11
    assert (day.disk_used_bytes, day.disk_total_bytes, day.error_minutes) == (1, 10, 0)


async def test_a_heartbeat_covers_its_minute_and_the_two_after_it(conn, manager, window_2):
    await beat(conn, window_2.id, NOON + timedelta(minutes=10))

    [day] = await days(conn, manager, window_2.id, NOON + timedelta(minutes=59))

    assert (day.online_minutes, day.expected_minutes) == (3, 50)


async def test_a_heartbeat_at_the_end_of_an_hour_covers_the_next_ones_start(
    conn, manager, window_2
):
    await beat(conn, window_2.id, NOON + timedelta(minutes=59))

    [day] = await days(conn, manager, window_2.id, NOON + timedelta(hours=1, minutes=30))

    assert day.hours[12:14] == [1, 2]


async def test_a_finished_hour_moves_to_its_day_and_stays(conn, manager, window_2):
    await minutely(conn, window_2.id, NOON, 60)
    await beat(conn, window_2.id, NOON + timedelta(hours=1), error="stalled", used=5)
    await beat(conn, window_2.id, NOON + timedelta(hours=3), used=7)

    [day] = await days(conn, manager, window_2.id, NOON + timedelta(hours=3))

    assert day.hours[12:16] == [60, 3, 0, 1]
    assert (day.error_minutes, day.disk_used_bytes) == (1, 7)
    [row] = await conn.fetch("SELECT * FROM device_health")
    assert row["minutes"][12] == (1 << 60) - 1
    assert row["minutes"][13] == 1
    assert row["errors"] == [0] * 13 + [1] + [0] * 10


async def test_days_follow_each_other(conn, manager, window_2):
    await beat(conn, window_2.id, NOON)
    await beat(conn, window_2.id, NOON + timedelta(days=1))
    await beat(conn, window_2.id, NOON + timedelta(days=3))

    found = await days(conn, manager, window_2.id, NOON + timedelta(days=3), count=5)

    assert [day.day.day for day in found] == [22, 23, 24, 25, 26]
    assert [day.online_minutes for day in found] == [0, 3, 3, 0, 1]
    assert [day.expected_minutes for day in found] == [0, 720, 1440, 1440, 721]


async def test_days_of_silence_count_and_those_before_the_first_heartbeat_do_not(
    conn, manager, window_2
):
    assert [day.expected_minutes for day in await days(conn, manager, window_2.id, NOON, 3)] == [
        0
    ] * 3
    await beat(conn, window_2.id, NOON)
    silent = await days(conn, manager, window_2.id, NOON + timedelta(days=10), 3)
    assert [day.expected_minutes for day in silent] == [1440, 1440, 721]
    await beat(conn, window_2.id, NOON + timedelta(days=10))
    back = await days(conn, manager, window_2.id, NOON + timedelta(days=10), 3)
    assert [day.expected_minutes for day in back] == [1440, 1440, 721]
    assert [day.online_minutes for day in back] == [0, 0, 1]


async def test_a_heartbeat_that_arrives_out_of_order_spoils_no_hour(conn, manager, window_2):
    await minutely(conn, window_2.id, NOON, 5)
    await beat(conn, window_2.id, NOON + timedelta(hours=1))
    await beat(conn, window_2.id, NOON + timedelta(minutes=59))
    await beat(conn, window_2.id, NOON + timedelta(hours=2))

    [day] = await days(conn, manager, window_2.id, NOON + timedelta(hours=2))

    assert day.hours[12:15] == [7, 3, 1]


async def test_days_are_limited_and_of_ones_own_stores(
    conn, manager, madrid_manager, analyst, window_2
):
    assert len(await days(conn, manager, window_2.id, NOON, count=90)) == 90
    for count in (0, 91):
        with pytest.raises(Invalid):
            await days(conn, manager, window_2.id, NOON, count=count)
    with pytest.raises(NotFound):
        await days(conn, madrid_manager, window_2.id, NOON)
    with pytest.raises(Forbidden):
        await days(conn, analyst, window_2.id, NOON)


async def test_what_is_older_than_ninety_days_is_forgotten(conn, window_2, monkeypatch):
    for age in (89, 90, 91, 92):
        await conn.execute(
            """
            INSERT INTO device_health (device_id, day, minutes, errors)
            SELECT $1, $2, array_fill(0::bigint, ARRAY[24]), array_fill(0::smallint, ARRAY[24])
            """,
            window_2.id,
            NOON.date() - timedelta(days=age),
        )
    monkeypatch.setattr(device_health, "FORGET_ROWS", 1)

    assert [await device_health.forget_old(conn, now=NOON) for _ in range(3)] == [1, 1, 0]
    kept = await conn.fetch("SELECT day FROM device_health ORDER BY day")
    assert [(NOON.date() - row["day"]).days for row in kept] == [90, 89]
