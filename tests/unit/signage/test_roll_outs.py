"""Roll-outs: who reports the plan that is due, and who does not yet."""

import pytest

from signage import assignments, heartbeats, plans, roll_outs
from signage.actors import SYSTEM
from signage.errors import Forbidden
from signage.heartbeats import Heartbeat
from signage.targets import Target


async def report(conn, device, now) -> None:
    etag = await plans.due(conn, device.id, now=now)
    beat = Heartbeat(disk_used_bytes=1, plan_etag=etag)
    await heartbeats.record(conn, device.id, beat, address="", now=now)


async def test_a_screen_has_it_when_it_reports_what_is_due(conn, window_2, lisbon, playlist, now):
    target = Target("store", lisbon.id)
    before = await roll_outs.of_target(conn, SYSTEM, target)
    assert (before.screens, before.have_it, before.is_complete) == (1, 0, False)
    assert [one.name for one in before.waiting] == ["Window 2"]

    await report(conn, window_2, now)
    after = await roll_outs.of_target(conn, SYSTEM, target)
    assert (after.have_it, after.waiting, after.is_complete) == (1, [], True)

    await assignments.put(conn, SYSTEM, target, playlist.id, now=now)
    assert not (await roll_outs.of_target(conn, SYSTEM, target)).is_complete


async def test_only_ones_own_stores_are_counted(conn, window_2, madrid_screen, manager, food):
    fleet = Target("fleet")
    assert (await roll_outs.of_target(conn, SYSTEM, fleet)).screens == 2
    assert (await roll_outs.of_target(conn, manager, fleet)).screens == 1
    empty = await roll_outs.of_target(conn, SYSTEM, Target("group", food.id))
    assert (empty.screens, empty.waiting, empty.is_complete) == (0, [], True)


async def test_it_takes_the_right_to_watch(conn, analyst):
    with pytest.raises(Forbidden):
        await roll_outs.of_target(conn, analyst, Target("fleet"))
