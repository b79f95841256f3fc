"""Calendar feeds: who has the secret address reads the calendar, until it is taken back."""

import pytest
from icalendar import Calendar

from signage import calendar_feeds, schedules
from signage.actors import SYSTEM
from signage.errors import Forbidden, Invalid, NotFound
from signage.targets import Target


@pytest.fixture
def of_lisbon(lisbon) -> Target:
    return Target("store", lisbon.id)


@pytest.fixture
async def lunch(conn, playlist, of_lisbon, now):
    new = schedules.NewSchedule(
        name="Lunch",
        playlist_id=playlist.id,
        target=of_lisbon,
        starts_on=now.date(),
        start_time="12:00",
        end_time="14:00",
    )
    return await schedules.create(conn, SYSTEM, new, now=now)


async def summaries(conn, secret, now):
    calendar = Calendar.from_ical(await calendar_feeds.read(conn, secret, now=now))
    return [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]


async def test_a_store_is_read_by_its_secret(conn, manager, of_lisbon, lunch, now):
    made = await calendar_feeds.create(conn, manager, of_lisbon, now=now)
    assert await summaries(conn, made.secret, now) == ["Lunch"]


async def test_a_screen_shows_what_reaches_it(conn, manager, window_2, lunch, now):
    target = Target("device", window_2.id)
    made = await calendar_feeds.create(conn, manager, target, now=now)
    assert await summaries(conn, made.secret, now) == ["Lunch"]


async def test_another_store_does_not_show_it(conn, admin, madrid, lunch, now):
    made = await calendar_feeds.create(conn, admin, Target("store", madrid.id), now=now)
    assert await summaries(conn, made.secret, now) == []


async def test_taken_back_it_leads_nowhere(conn, manager, of_lisbon, now):
    made = await calendar_feeds.create(conn, manager, of_lisbon, now=now)
    await calendar_feeds.revoke(conn, manager, of_lisbon, made.feed.id, now=now)

    with pytest.raises(NotFound):
        await calendar_feeds.read(conn, made.secret, now=now)
    with pytest.raises(NotFound):
        await calendar_feeds.revoke(conn, manager, of_lisbon, made.feed.id, now=now)
    assert await calendar_feeds.list_for(conn, manager, of_lisbon, now=now) == []


async def test_a_wrong_secret_leads_nowhere(conn, now):
    with pytest.raises(NotFound):
        await calendar_feeds.read(conn, "wrong", now=now)


async def test_the_secret_is_kept_as_a_hash_only(conn, manager, of_lisbon, now):
    made = await calendar_feeds.create(conn, manager, of_lisbon, now=now)
    rows = await conn.fetch("SELECT f::text AS row FROM calendar_feeds f")
    rows += await conn.fetch("SELECT a::text AS row FROM audit_log a")
    assert not any(made.secret in row["row"] for row in rows)


async def test_another_stores_manager_gives_out_nothing(conn, madrid_manager, of_lisbon, now):
    with pytest.raises(NotFound):
        await calendar_feeds.create(conn, madrid_manager, of_lisbon, now=now)


async def test_an_installer_gives_out_nothing(conn, installer, of_lisbon, now):
    with pytest.raises(Forbidden):
        await calendar_feeds.create(conn, installer, of_lisbon, now=now)


async def test_the_fleet_has_no_address(conn, admin, now):
    with pytest.raises(Invalid):
        await calendar_feeds.create(conn, admin, Target("fleet"), now=now)


async def test_there_are_so_many_addresses_and_no_more(conn, manager, of_lisbon, now, monkeypatch):
    monkeypatch.setattr(calendar_feeds, "FEEDS_MAX", 2)
    for _ in range(2):
        await calendar_feeds.create(conn, manager, of_lisbon, now=now)
    with pytest.raises(Invalid):
        await calendar_feeds.create(conn, manager, of_lisbon, now=now)
