"""The overview: how the fleet within one's own stores is, and what is still to be set up."""

from datetime import timedelta

from signage import assignments, heartbeats, new_claims, overview, planned_plays, plans
from signage.actors import SYSTEM
from signage.targets import Target
from tests.unit.conftest import DEVICE_INFO, SECRET


async def beat(conn, device_id, at, plan_etag=None):
    sent = heartbeats.Heartbeat(disk_used_bytes=1, plan_etag=plan_etag)
    await heartbeats.record(conn, device_id, sent, address="192.0.2.7", now=at)


async def test_a_fleet_is_counted_by_store_and_health(
    conn, admin, manager, window_2, madrid_screen, porto, now
):
    etag = await plans.due(conn, window_2.id, now=now)
    await beat(conn, window_2.id, now, etag)
    await beat(conn, madrid_screen.id, now - timedelta(hours=2))

    everywhere = await overview.load(conn, admin, now=now)
    lisbon_only = await overview.load(conn, manager, now=now)

    assert (everywhere.screens, everywhere.online, everywhere.to_plan) == (2, 1, 1)
    assert everywhere.offline_over_an_hour == 1
    assert everywhere.store_count == 3
    assert everywhere.stores[0].name == "Madrid", "the store in trouble comes first"
    assert [store.name for store in lisbon_only.stores] == ["Lisbon"]
    assert (lisbon_only.screens, lisbon_only.online) == (1, 1)


async def test_who_may_pair_sees_how_many_screens_wait(conn, admin, analyst, now):
    await new_claims.open_for_screen(
        conn, device_info=DEVICE_INFO, address="192.0.2.7", secret=SECRET, now=now
    )

    assert (await overview.load(conn, admin, now=now)).waiting == 1
    assert (await overview.load(conn, analyst, now=now)).waiting == 0


async def test_without_stores_there_is_nothing_and_no_fault(conn, advertiser, window_2, now):
    shown = await overview.load(conn, advertiser, now=now)

    assert (shown.screens, shown.stores, shown.played_by_hour) == (0, [], [0] * 24)


async def test_the_first_steps_are_ticked_one_by_one(conn, request, lisbon, pair, now):
    async def done() -> tuple[bool, bool, bool]:
        steps = await overview.steps(conn)
        return steps.paired, steps.uploaded, steps.scheduled

    assert await done() == (False, False, False)
    await pair(lisbon, "Window 2")
    assert await done() == (True, False, False)


async def test_the_last_steps_are_a_content_and_a_place_for_it(conn, lisbon, playlist, now):
    assert (await overview.steps(conn)).uploaded
    assert not (await overview.steps(conn)).scheduled

    await assignments.put(conn, SYSTEM, Target("store", lisbon.id), playlist.id, now=now)

    assert (await overview.steps(conn)).scheduled


async def test_a_ten_second_loop_is_planned_six_times_a_minute(
    conn, manager, madrid_manager, window_2, playlist, now
):
    target = Target("store", window_2.store_id)
    midnight = now.replace(hour=0)
    await conn.execute("UPDATE content_publications SET live_from = $1", midnight)
    await assignments.put(conn, SYSTEM, target, playlist.id, now=now)
    await plans.due(conn, window_2.id, now=now)

    planned = await planned_plays.today(conn, manager, now=now)

    assert planned.by_hour == [360] * 24
    assert planned.so_far == 12 * 360
    assert (await planned_plays.today(conn, madrid_manager, now=now)).so_far == 0
