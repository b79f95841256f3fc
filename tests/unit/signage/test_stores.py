"""Stores: who sees which, what may be changed by whom, and whose plans a change outdates."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from signage import (
    claims,
    device_bulk,
    devices,
    heartbeats,
    new_claims,
    store_changes,
    store_lists,
    stores,
)
from signage.actors import SYSTEM, Actor
from signage.device_bulk import Move
from signage.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from signage.ids import new_id
from signage.store_changes import Changes
from signage.store_lists import Filters
from tests.unit.conftest import SECRET, open_store, pair_screen

HOURS = {"mon": [("08:00", "12:00"), ("14:00", "20:00")], "fri": [("18:00", "02:00")]}


async def wanted(conn: asyncpg.Connection, device_id: UUID) -> int:
    """How many changes can have affected the plan of this screen."""
    count: int = await conn.fetchval("SELECT plan_wanted FROM devices WHERE id = $1", device_id)
    return count


async def names(conn: asyncpg.Connection, actor: Actor, now: Any, **more: Any) -> list[str]:
    filters = Filters(**{key: more.pop(key) for key in ("q", "region", "timezone") if key in more})
    page = await store_lists.list_page(conn, actor, filters, now=now, **more)
    return [store.name for store in page.items]


# Changing -----------------------------------------------------------------------------------------


async def test_only_what_is_given_changes(conn, admin, lisbon, now):
    changes = Changes(name=" Lisboa ", opening_hours=HOURS, closures=[date(2026, 12, 25)])

    changed = await store_changes.change(conn, admin, lisbon.id, changes, now=now)

    assert (changed.name, changed.code, changed.timezone) == ("Lisboa", "LIS-01", "Europe/Lisbon")
    assert changed.opening_hours == HOURS
    assert changed.closures == [date(2026, 12, 25)]
    assert changed.revision == lisbon.revision + 1


async def test_no_hours_at_all_means_always_open(conn, admin, lisbon, now):
    for given in (HOURS, None, {}):
        changes = Changes(opening_hours=given)
        changed = await store_changes.change(conn, admin, lisbon.id, changes, now=now)
        assert changed.opening_hours == (given or None)


@pytest.mark.parametrize(
    "changes",
    [
        Changes(timezone="Europe/Madrid"),
        Changes(opening_hours=HOURS),
        Changes(closures=[date(2026, 12, 25)]),
        Changes(special_days={date(2026, 12, 24): [("08:00", "17:00")]}),
    ],
)
async def test_hours_and_zone_outdate_the_plans_of_this_store_alone(
    conn, admin, window_2, madrid_screen, now, changes
):
    here, elsewhere = await wanted(conn, window_2.id), await wanted(conn, madrid_screen.id)

    await store_changes.change(conn, admin, window_2.store_id, changes, now=now)

    assert await wanted(conn, window_2.id) == here + 1
    assert await wanted(conn, madrid_screen.id) == elsewhere


async def test_a_new_name_or_the_same_hours_outdate_no_plan(conn, admin, window_2, now):
    await store_changes.change(
        conn, admin, window_2.store_id, Changes(opening_hours=HOURS), now=now
    )
    before = await wanted(conn, window_2.id)

    changes = Changes(name="Lisboa", address="Rua 1", region="South", opening_hours=HOURS)
    await store_changes.change(conn, admin, window_2.store_id, changes, now=now)

    assert await wanted(conn, window_2.id) == before


async def test_a_manager_changes_address_and_hours_and_no_more(conn, manager, lisbon, now):
    changes = Changes(address="Rua 1", opening_hours=HOURS, name=lisbon.name)
    changed = await store_changes.change(conn, manager, lisbon.id, changes, now=now)
    assert changed.address == "Rua 1"

    for field in ("name", "code", "timezone", "region"):
        other = Changes(**{field: "Europe/Madrid" if field == "timezone" else "Other"})
        with pytest.raises(Forbidden):
            await store_changes.change(conn, manager, lisbon.id, other, now=now)


async def test_nobody_else_changes_a_store(conn, installer, madrid_manager, lisbon, now):
    with pytest.raises(Forbidden):
        await store_changes.change(conn, installer, lisbon.id, Changes(address="x"), now=now)
    with pytest.raises(NotFound):
        await store_changes.change(conn, madrid_manager, lisbon.id, Changes(address="x"), now=now)


async def test_an_overtaken_change_is_stale(conn, admin, lisbon, now):
    await store_changes.change(conn, admin, lisbon.id, Changes(address="First"), now=now)

    with pytest.raises(Stale):
        await store_changes.change(
            conn, admin, lisbon.id, Changes(address="Second"), revision=lisbon.revision, now=now
        )
    assert (await stores.find(conn, admin, lisbon.id)).address == "First"


async def test_another_stores_code_is_refused(conn, admin, lisbon, porto, now):
    with pytest.raises(Conflict) as refusal:
        await store_changes.change(conn, admin, lisbon.id, Changes(code=porto.code), now=now)
    assert refusal.value.code == "store_code_taken"


async def test_a_change_is_audited_with_the_same_fields_before_and_after(conn, admin, lisbon, now):
    await store_changes.change(conn, admin, lisbon.id, Changes(address="Rua 1"), now=now)

    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'stores.change'")
    assert entry["before"].keys() == entry["after"].keys()
    assert (entry["before"]["address"], entry["after"]["address"]) == ("", "Rua 1")


# Archiving ----------------------------------------------------------------------------------------


async def test_an_archived_store_is_gone_and_its_code_free(conn, admin, porto, now):
    await store_changes.archive(conn, admin, porto.id, now=now)

    with pytest.raises(NotFound):
        await stores.find(conn, admin, porto.id)
    assert await names(conn, admin, now) == []
    again = await open_store(conn, porto.code, "Porto again", "Europe/Lisbon", now)
    assert again.id != porto.id
    with pytest.raises(NotFound):
        await store_changes.archive(conn, admin, porto.id, now=now)


async def test_a_store_is_not_archived_while_screens_stand_there(conn, admin, window_2, now):
    with pytest.raises(Conflict, match="1 screen stands in Lisbon") as refusal:
        await store_changes.archive(conn, admin, window_2.store_id, now=now)
    assert refusal.value.code == "store_has_screens"

    await devices.retire(conn, admin, window_2.id, now=now)
    await store_changes.archive(conn, admin, window_2.store_id, now=now)


async def test_a_store_is_not_archived_while_a_screen_is_being_paired(conn, admin, porto, now):
    approval = claims.Approval(porto.id, "Window 1", [])
    await new_claims.open_for_console(conn, SYSTEM, approval, secret=SECRET, now=now)

    with pytest.raises(Conflict) as refusal:
        await store_changes.archive(conn, admin, porto.id, now=now)
    assert refusal.value.code == "store_has_claims"


async def test_only_administrators_archive(conn, manager, lisbon, now):
    with pytest.raises(Forbidden):
        await store_changes.archive(conn, manager, lisbon.id, now=now)


async def test_no_screen_is_moved_into_a_store_that_is_being_archived(pool, now):
    async with pool.acquire() as conn, pool.acquire() as other:
        lisbon = await open_store(conn, "LIS-01", "Lisbon", "Europe/Lisbon", now)
        porto = await open_store(conn, "OPO-01", "Porto", "Europe/Lisbon", now)
        paired = await pair_screen(conn, lisbon, "Window 2", now=now)
        move = Move(device_ids=[paired.device_id], store_id=porto.id)
        async with conn.transaction():
            await store_changes.archive(conn, SYSTEM, porto.id, now=now)
            moving = asyncio.create_task(device_bulk.apply(other, SYSTEM, move, now=now))
            while not await pool.fetchval(WAITING):
                assert not moving.done()

        with pytest.raises(Invalid, match="no such store"):
            await moving


WAITING = """
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE a.datname = current_database() AND NOT l.granted"""


# Lists --------------------------------------------------------------------------------------------


async def test_a_list_counts_screens_by_health_within_ones_stores(
    conn, admin, manager, pair, lisbon, window_2, madrid_screen, now
):
    for name, ago_s in (("Late", 200), ("Gone", 4000)):
        await pair(lisbon, name)
        screen = (await conn.fetchrow("SELECT id FROM devices WHERE name = $1", name))["id"]
        await conn.execute(
            "UPDATE devices SET last_seen_at = $2 WHERE id = $1",
            screen,
            now - timedelta(seconds=ago_s),
        )
    sent = heartbeats.Heartbeat(disk_used_bytes=1)
    await heartbeats.record(conn, madrid_screen.id, sent, address="192.0.2.7", now=now)

    [here] = (await store_lists.list_page(conn, manager, now=now)).items
    totals = await store_lists.count(conn, admin, now=now)

    assert here.name == "Lisbon"
    assert (here.devices, here.online, here.late, here.offline, here.never) == (3, 0, 1, 1, 1)
    assert (totals.stores, totals.online, totals.late, totals.offline, totals.never) == (
        2,
        1,
        1,
        1,
        1,
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "lis"}, ["Lisbon"]),
        ({"q": "MAD-01"}, ["Madrid"]),
        ({"q": "%"}, []),
        ({"timezone": "Europe/Madrid"}, ["Madrid"]),
        ({"region": "South"}, []),
        ({"sort": "-name"}, ["Porto", "Madrid", "Lisbon"]),
        ({"sort": "code"}, ["Lisbon", "Madrid", "Porto"]),
    ],
)
async def test_a_list_is_searched_and_sorted(conn, admin, lisbon, porto, madrid, now, asked, found):
    assert await names(conn, admin, now, **asked) == found


@pytest.mark.parametrize("sort", ["name", "-name", "-screens", "screens", "region", "-offline"])
async def test_every_order_pages_through_each_store_once(
    conn, admin, lisbon, porto, madrid, now, sort
):
    seen: list[UUID] = []
    cursor = None
    for _ in range(3):
        page = await store_lists.list_page(conn, admin, sort=sort, limit=1, cursor=cursor, now=now)
        seen += [store.id for store in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert set(seen) == {lisbon.id, porto.id, madrid.id}


async def test_an_order_that_there_is_not_and_a_foreign_cursor_are_refused(
    conn, admin, lisbon, porto, now
):
    with pytest.raises(Invalid):
        await store_lists.list_page(conn, admin, sort="password_hash", now=now)
    page = await store_lists.list_page(conn, admin, sort="-screens", limit=1, now=now)
    with pytest.raises(Invalid):
        await store_lists.list_page(conn, admin, sort="name", cursor=page.next_cursor, now=now)


async def test_an_advertiser_reads_no_stores_and_an_analyst_all(
    conn, advertiser, analyst, lisbon, now
):
    with pytest.raises(Forbidden):
        await store_lists.list_page(conn, advertiser, now=now)
    assert await names(conn, analyst, now) == ["Lisbon"]


async def test_an_unknown_store_is_absent(conn, admin, lisbon):
    with pytest.raises(NotFound):
        await stores.find(conn, admin, new_id())
