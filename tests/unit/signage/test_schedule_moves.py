"""Moves: one occurrence, it and all following, or all, in the clock of the calendar."""

from datetime import date, time

import pytest

from signage import schedule_moves, schedules
from signage.actors import SYSTEM
from signage.errors import Forbidden, Invalid, NotFound, Stale
from signage.schedule_moves import Move
from signage.targets import Target

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
WEDNESDAY = date(2026, 11, 25)


@pytest.fixture
def put(conn, playlist, lisbon, now):
    """Schedule: ``await put(rrule="FREQ=DAILY")``."""

    async def make(**values):
        new = schedules.NewSchedule(
            **{
                "name": "Lunch",
                "playlist_id": playlist.id,
                "target": Target("store", lisbon.id),
                "starts_on": MONDAY,
                "start_time": "12:00",
                "end_time": "14:00",
                **values,
            }
        )
        return await schedules.create(conn, SYSTEM, new, now=now)

    return make


@pytest.fixture
def move(conn, now):
    """Move: ``await move(schedule, MONDAY, TUESDAY, "13:00", "15:00", extent="all")``."""

    async def make(schedule, on, to, start=None, end=None, *, actor=SYSTEM, extent="one", **more):
        timezone = more.pop("timezone", "Europe/Lisbon")
        wanted = Move(on=on, date=to, start=start, end=end, timezone=timezone)
        return await schedule_moves.move(
            conn, actor, schedule.id, wanted, extent=extent, now=now, **more
        )

    return make


async def test_what_plays_once_goes_where_it_is_put(put, move):
    lunch = await put()

    moved = await move(lunch, MONDAY, TUESDAY, "13:15", "15:45")

    assert moved.id == lunch.id
    assert (moved.starts_on, moved.start_time, moved.end_time) == (
        TUESDAY,
        time(13, 15),
        time(15, 45),
    )


async def test_what_lasts_all_day_keeps_doing_so(put, move):
    fair = await put(all_day=True, start_time=None, end_time=None)

    moved = await move(fair, MONDAY, TUESDAY)

    assert (moved.starts_on, moved.all_day) == (TUESDAY, True)


async def test_only_one_date_of_a_series_goes(conn, put, move):
    lunch = await put(rrule="FREQ=DAILY")

    alone = await move(lunch, TUESDAY, WEDNESDAY, "15:00", "16:00")

    assert (alone.series_id, alone.series_on, alone.starts_on) == (lunch.id, TUESDAY, WEDNESDAY)
    assert (await schedules.find(conn, SYSTEM, lunch.id)).exdates == [TUESDAY]


async def test_a_date_and_all_that_follow_go(conn, put, move):
    lunch = await put(rrule="FREQ=WEEKLY;BYDAY=MO")
    second = date(2026, 11, 30)

    rest = await move(lunch, second, date(2026, 12, 1), "12:00", "14:00", extent="following")

    assert (rest.rrule, rest.starts_on) == ("FREQ=WEEKLY;BYDAY=TU", second)
    assert (await schedules.find(conn, SYSTEM, lunch.id)).ends_on == date(2026, 11, 29)


@pytest.mark.parametrize(
    ("rrule", "on", "to", "becomes", "starts_on"),
    [
        ("FREQ=DAILY", MONDAY, MONDAY, "FREQ=DAILY", MONDAY),
        ("FREQ=WEEKLY", MONDAY, TUESDAY, "FREQ=WEEKLY;BYDAY=TU", MONDAY),
        ("FREQ=WEEKLY;BYDAY=MO,WE", WEDNESDAY, TUESDAY, "FREQ=WEEKLY;BYDAY=MO,TU", MONDAY),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
            MONDAY,
            date(2026, 11, 22),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU",
            date(2026, 11, 22),
        ),
    ],
)
async def test_all_dates_go(put, move, rrule, on, to, becomes, starts_on):
    lunch = await put(rrule=rrule)

    moved = await move(lunch, on, to, "11:00", "12:00", extent="all")

    assert (moved.id, moved.rrule, moved.starts_on) == (lunch.id, becomes, starts_on)
    assert moved.start_time == time(11)


async def test_what_was_left_out_of_a_week_stays_left_out(put, move):
    lunch = await put(rrule="FREQ=WEEKLY;BYDAY=MO", exdates=[date(2026, 11, 30)])
    moved = await move(lunch, MONDAY, TUESDAY, extent="all")
    assert moved.exdates == [date(2026, 12, 1)]


async def test_a_rule_that_says_the_day_itself_is_not_moved_to_another(put, move):
    lunch = await put(rrule="FREQ=MONTHLY;BYDAY=4MO")
    with pytest.raises(Invalid) as refused:
        await move(lunch, MONDAY, TUESDAY, extent="all")
    assert [error.code for error in refused.value.errors] == ["ruled_date"]


async def test_a_zone_of_its_own_gets_its_own_time(put, move):
    lunch = await put(timezone="Asia/Tokyo", start_time="20:00", end_time="22:00")

    moved = await move(lunch, MONDAY, MONDAY, "16:00", "18:00")

    assert (moved.starts_on, moved.start_time, moved.end_time) == (TUESDAY, time(1), time(3))


async def test_a_move_can_be_refused(put, move, madrid_manager, analyst):
    lunch = await put()
    with pytest.raises(Invalid):
        await move(lunch, TUESDAY, WEDNESDAY)
    with pytest.raises(Invalid):
        await move(lunch, MONDAY, TUESDAY, "10:00", "11:00", timezone="Mars/Olympus")
    with pytest.raises(Stale):
        await move(lunch, MONDAY, TUESDAY, revision=7)
    with pytest.raises(NotFound):
        await move(lunch, MONDAY, TUESDAY, actor=madrid_manager)
    with pytest.raises(Forbidden):
        await move(lunch, MONDAY, TUESDAY, actor=analyst)
