"""Calendars: every occurrence with what it plays and to whom it loses, in the store's time."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from signage import assignments, calendars, playlists, schedules
from signage.actors import SYSTEM
from signage.errors import Forbidden, Invalid, NotFound
from signage.playlist_items import NewItem
from signage.targets import Target

MONDAY = date(2026, 11, 23)
LISBON = ZoneInfo("Europe/Lisbon")


@pytest.fixture
async def offers(conn, menu, now) -> playlists.Playlist:
    items = [NewItem(content_id=menu.id, duration_ms=10_000)]
    return await playlists.create(conn, SYSTEM, name="Offers", items=items, now=now)


@pytest.fixture
def put(conn, playlist, now):
    """Schedule: ``await put("Lunch", Target("fleet"), "12:00", "14:00")``."""

    async def make(name, target, start, end, **values):
        new = schedules.NewSchedule(
            **{
                "name": name,
                "playlist_id": playlist.id,
                "target": target,
                "starts_on": MONDAY,
                "start_time": start,
                "end_time": end,
                "rrule": "FREQ=DAILY",
                **values,
            }
        )
        return await schedules.create(conn, SYSTEM, new, now=now)

    return make


async def week(conn, target, now, *, actor=SYSTEM, since=MONDAY, days=7, **more):
    return await calendars.load(conn, actor, target, since=since, days=days, now=now, **more)


async def test_a_series_has_an_entry_on_each_day(conn, put, lisbon, now):
    await put("Lunch", Target("fleet"), "12:00", "14:00")

    found = await week(conn, Target("store", lisbon.id), now)

    assert [entry.on for entry in found.entries] == [MONDAY + timedelta(days=n) for n in range(7)]
    assert {entry.starts_at.strftime("%H:%M %Z") for entry in found.entries} == {"12:00 WET"}
    assert all(entry.plays == [(entry.starts_at, entry.ends_at)] for entry in found.entries)
    assert (found.timezone, found.store) == ("Europe/Lisbon", "Lisbon")


async def test_an_overlap_says_who_wins_and_how_long(conn, put, lisbon, now):
    await put("Day", Target("fleet"), "08:00", "20:00")
    await put("Lunch", Target("store", lisbon.id), "12:00", "14:00")

    found = await week(conn, Target("store", lisbon.id), now, days=1)

    day, lunch = found.entries
    assert found.conflicts == [day]
    [lost] = day.loses
    assert (lost.winner, lost.starts_at, lost.ends_at) == ("Lunch", lunch.starts_at, lunch.ends_at)
    assert [(a.hour, b.hour) for a, b in day.plays] == [(8, 12), (14, 20)]
    assert lunch.loses == []


async def test_the_gaps_show_what_is_always_on(conn, put, lisbon, playlist, now):
    await assignments.put(conn, SYSTEM, Target("fleet"), playlist.id, now=now)
    await put("Day", Target("fleet"), "08:00", "20:00")

    found = await week(conn, Target("store", lisbon.id), now, days=1)

    assert [(a.starts_at.hour, a.ends_at.hour, a.playlist) for a in found.base] == [
        (0, 8, "Always on"),
        (20, 0, "Always on"),
    ]


async def test_what_is_put_on_a_store_is_not_in_the_calendar_of_the_fleet(
    conn, put, lisbon, food, now
):
    await put("Fleet", Target("fleet"), "08:00", "09:00")
    await put("Store", Target("store", lisbon.id), "10:00", "11:00")
    await put("Group", Target("group", food.id), "12:00", "13:00")

    async def names(target):
        found = await week(conn, target, now, days=1)
        return [entry.name for entry in found.entries]

    assert await names(Target("fleet")) == ["Fleet"]
    assert await names(Target("store", lisbon.id)) == ["Fleet", "Store"]
    assert await names(Target("group", food.id)) == ["Fleet", "Group"]


async def test_the_fleet_is_read_in_the_time_of_a_chosen_store(conn, put, lisbon, madrid, now):
    await put("Tokyo morning", Target("fleet"), "08:00", "09:00", timezone="Asia/Tokyo")

    chosen = await week(conn, Target("fleet"), now, days=1, store_id=madrid.id)

    assert chosen.timezone == "Europe/Madrid"
    assert {entry.starts_at.hour for entry in chosen.entries} == {0}


async def test_a_disabled_schedule_is_shown_and_plays_nothing(conn, put, lisbon, now):
    await put("Off", Target("fleet"), "08:00", "09:00", enabled=False)

    [entry] = (await week(conn, Target("fleet"), now, days=1)).entries

    assert (entry.enabled, entry.plays, entry.loses) == (False, [], [])


async def test_the_days_on_which_clocks_change_have_23_and_25_hours(conn, lisbon, now):
    spring = await week(conn, Target("fleet"), now, since=date(2026, 3, 29), days=1)
    autumn = await week(conn, Target("fleet"), now, since=date(2026, 10, 25), days=1)
    assert [day.hours for day in (*spring.days, *autumn.days)] == [23, 25]


async def test_a_device_is_read_in_its_own_stores_time(conn, put, madrid_screen, now):
    await put("Lunch", Target("device", madrid_screen.id), "12:00", "14:00")

    found = await week(conn, Target("device", madrid_screen.id), now, days=1)

    assert [entry.name for entry in found.entries] == ["Lunch"]
    assert found.timezone == "Europe/Madrid"


async def test_another_stores_calendar_is_not_found(conn, manager, madrid, madrid_screen, now):
    for target in (Target("store", madrid.id), Target("device", madrid_screen.id)):
        with pytest.raises(NotFound):
            await week(conn, target, now, actor=manager)
    with pytest.raises(NotFound):
        await week(conn, Target("fleet"), now, actor=manager, store_id=madrid.id)


async def test_a_manager_reads_the_fleet_in_an_own_stores_time(conn, manager, madrid, lisbon, now):
    assert (await week(conn, Target("fleet"), now, actor=manager)).store == "Lisbon"


async def test_without_a_store_there_is_no_calendar(conn, now):
    with pytest.raises(NotFound, match="no store"):
        await week(conn, Target("fleet"), now)


async def test_who_reads_reports_sees_no_calendar(conn, analyst, lisbon, now):
    with pytest.raises(Forbidden):
        await week(conn, Target("fleet"), now, actor=analyst)


@pytest.mark.parametrize(("days", "allowed"), [(0, False), (1, True), (42, True), (43, False)])
async def test_a_calendar_has_at_most_six_weeks(conn, lisbon, now, days, allowed):
    if allowed:
        assert len((await week(conn, Target("fleet"), now, days=days)).days) == days
    else:
        with pytest.raises(Invalid):
            await week(conn, Target("fleet"), now, days=days)
