"""Lists of devices: who sees which, filters, every order, and pages that miss nobody."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from signage import device_lists, devices, heartbeats
from signage.actors import SYSTEM, Actor
from signage.device_lists import DEFAULT_SORT, ORDERS, Filters
from signage.devices import Changes, Device
from signage.errors import Forbidden, Invalid
from tests.unit.conftest import Pair

EVERY_SORT = [sort for key in ORDERS for sort in (key, f"-{key}")]


async def names(conn: asyncpg.Connection, actor: Actor, now: Any, **filters: Any) -> list[str]:
    page = await device_lists.list_page(conn, actor, Filters(**filters), now=now)
    return [device.name for device in page.items]


async def every_page(
    conn: asyncpg.Connection, now: Any, *, sort: str = DEFAULT_SORT, limit: int = 2
) -> list[Device]:
    found: list[Device] = []
    cursor = None
    while True:
        page = await device_lists.list_page(
            conn, SYSTEM, sort=sort, limit=limit, cursor=cursor, now=now
        )
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.fixture
async def fleet(conn, pair: Pair, lisbon, porto, madrid, now) -> list[Device]:
    """Seven screens: some alike, some that have told nothing of themselves yet."""
    told = [
        (lisbon, "Till", 10, "1.2.0", 5, 10),
        (porto, "Till", 10, "1.2.0", 5, 10),
        (madrid, "Till", 600, "1.10.0", 9, 10),
        (lisbon, "Door", 5000, "0.9", 0, None),
        (porto, "Window", None, None, None, None),
        (madrid, "Window", None, None, None, None),
        (lisbon, "Ärger", 5000, "1.2.0", 1, 10),
    ]
    made = []
    for store, name, silent_s, version, used, total in told:
        screen = await pair(store, name)
        await conn.execute(
            """
            UPDATE devices SET last_seen_at = $2, player_version = $3, disk_used_bytes = $4,
                disk_total_bytes = $5 WHERE id = $1
            """,
            screen.device_id,
            silent_s and now - timedelta(seconds=silent_s),
            version,
            used,
            total,
        )
        made.append(await devices.find(conn, SYSTEM, screen.device_id, now=now))
    return made


async def test_a_list_holds_the_screens_of_ones_own_stores_by_name(
    conn, admin, manager, pair: Pair, lisbon, window_2, madrid_screen, now
):
    await pair(lisbon, "Till 1")

    assert await names(conn, admin, now) == ["Entrance", "Till 1", "Window 2"]
    assert await names(conn, manager, now) == ["Till 1", "Window 2"]


async def test_who_may_not_watch_lists_nothing(conn, analyst, advertiser, window_2, now):
    for actor in (analyst, advertiser):
        with pytest.raises(Forbidden):
            await device_lists.list_page(conn, actor, now=now)
        with pytest.raises(Forbidden):
            await device_lists.count(conn, actor, now=now)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("window", 1),
        ("l8d25a", 2),
        ("lisb", 1),
        ("mad-0", 1),
        ("%", 0),
        ("_", 0),
        ("\\", 0),
        ("  ", 2),
        ("nowhere", 0),
    ],
)
async def test_a_search_looks_in_names_serials_and_stores_and_means_itself(
    conn, admin, window_2, madrid_screen, now, q, found
):
    assert len(await names(conn, admin, now, q=q)) == found


async def test_a_search_finds_the_new_name_and_the_new_serial(conn, admin, window_2, now):
    await devices.change(conn, admin, window_2.id, Changes(name="Façade"), now=now)
    beat = heartbeats.Heartbeat(disk_used_bytes=1, device_info={"serial": "ZZ-9"})
    await heartbeats.record(conn, window_2.id, beat, address="192.0.2.7", now=now)

    for q, found in (("FAÇADE", 1), ("zz-9", 1), ("Window", 0), ("L8D25A", 0)):
        assert len(await names(conn, admin, now, q=q)) == found, q


async def test_filters_narrow_a_list(conn, admin, food, window_2, madrid_screen, lisbon, now):
    changes = Changes(tags=["4k"], group_ids=[food.id])
    await devices.change(conn, admin, window_2.id, changes, now=now)
    await conn.execute("UPDATE devices SET player_version = '2.0' WHERE id = $1", madrid_screen.id)

    for filters in (
        {"tag": "4k"},
        {"group_id": food.id},
        {"store_id": lisbon.id},
        {"store": "LISBON"},
        {"store": " lis-01 "},
        {"player_version": "1.4.0"},
    ):
        assert await names(conn, admin, now, **filters) == ["Window 2"], filters
    assert await names(conn, admin, now, health="online") == []
    assert await names(conn, admin, now, health="never") == ["Entrance", "Window 2"]
    assert await names(conn, admin, now, store="Lis") == []


async def test_a_retired_screen_leaves_the_list_and_stays_in_the_books(
    conn, manager, window_2, now
):
    await devices.retire(conn, manager, window_2.id, now=now)

    assert await names(conn, manager, now) == []
    assert await names(conn, manager, now, status="retired") == ["Window 2"]
    assert (await device_lists.count(conn, manager, now=now)).matching == 0
    counts = await device_lists.count(conn, manager, Filters(status="retired"), now=now)
    assert (counts.matching, sum(counts.fleet.values())) == (1, 0)


@pytest.mark.parametrize("sort", EVERY_SORT)
async def test_every_order_is_whole_and_its_pages_miss_nobody(conn, fleet, now, sort):
    whole = [device.id for device in await every_page(conn, now, sort=sort, limit=1000)]

    assert sorted(whole) == sorted(device.id for device in fleet)
    for limit in (1, 2, 3):
        paged = await every_page(conn, now, sort=sort, limit=limit)
        assert [device.id for device in paged] == whole


@pytest.mark.parametrize("key", sorted(ORDERS))
async def test_a_minus_turns_an_order_round(conn, fleet, now, key):
    forward = await every_page(conn, now, sort=key)
    backward = await every_page(conn, now, sort=f"-{key}")

    assert [device.id for device in backward] == [device.id for device in reversed(forward)]


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("store", lambda device: (device.store, device.name)),
        ("last_seen_at", lambda device: device.last_seen_at),
        ("storage", lambda device: device.disk_total_bytes and device.disk_used_bytes / 10),
        ("created_at", lambda device: device.created_at),
    ],
)
async def test_an_order_is_by_what_it_says_and_the_unknown_comes_first(
    conn, fleet, now, sort, value
):
    values = [value(device) for device in await every_page(conn, now, sort=sort)]
    known = [one for one in values if one is not None]

    assert values == [None] * (len(values) - len(known)) + known
    assert all(earlier <= later for earlier, later in pairwise(known))


async def test_by_status_the_longest_silent_in_service_come_first(conn, fleet, now):
    await devices.retire(conn, SYSTEM, fleet[0].id, now=now)
    await devices.revoke(conn, SYSTEM, fleet[1].id, now=now)

    found = await every_page(conn, now, sort="status")

    assert [(device.status, device.health) for device in found] == [
        ("active", "never"),
        ("active", "never"),
        ("active", "offline"),
        ("active", "offline"),
        ("active", "late"),
        ("revoked", "online"),
    ]


@pytest.mark.parametrize("sort", ["", "-", "--name", "name;", "NAME", "id", "d.name", "name desc"])
async def test_an_unknown_order_is_refused(conn, window_2, now, sort):
    with pytest.raises(Invalid) as refused:
        await device_lists.list_page(conn, SYSTEM, sort=sort, now=now)
    assert refused.value.errors[0].code == "unknown_sort"


@pytest.mark.parametrize("other", ["-name", "store", "last_seen_at"])
async def test_a_cursor_serves_only_its_own_order(conn, fleet, now, other):
    page = await device_lists.list_page(conn, SYSTEM, sort="name", limit=2, now=now)

    with pytest.raises(Invalid) as refused:
        await device_lists.list_page(
            conn, SYSTEM, sort=other, cursor=page.next_cursor, limit=2, now=now
        )
    assert refused.value.errors[0].code == "invalid_cursor"


async def test_counts_are_of_the_filter_and_of_the_fleet(conn, fleet, manager, now):
    counts = await device_lists.count(conn, SYSTEM, Filters(q="till"), now=now)

    assert counts.matching == 3
    assert counts.fleet == {"online": 2, "late": 1, "offline": 2, "never": 2}
    own = await device_lists.count(conn, manager, now=now)
    assert (own.matching, own.fleet["online"], own.fleet["never"]) == (3, 1, 0)


async def test_the_choices_are_of_ones_own_stores_and_bounded(
    conn, fleet, manager, admin, food, monkeypatch, now
):
    await devices.change(conn, admin, fleet[0].id, Changes(tags=["4k", "food"]), now=now)
    await devices.change(conn, admin, fleet[2].id, Changes(tags=["door"]), now=now)

    own = await device_lists.choices(conn, manager)
    assert [store.name for store in own.stores] == ["Lisbon"]
    assert (own.player_versions, own.tags) == (["1.2.0", "0.9"], ["4k", "food"])
    assert [group.name for group in own.groups] == ["Food counters"]
    assert own.more_stores is False

    monkeypatch.setattr(device_lists, "CHOICES_MAX", 2)
    few = await device_lists.choices(conn, admin)
    assert ([store.name for store in few.stores], few.more_stores) == (["Lisbon", "Madrid"], True)
    assert len(few.tags) == 2


async def test_each_yields_the_whole_list_in_its_order(conn, fleet, now):
    found = [device async for device in device_lists.each(conn, SYSTEM, sort="-store", now=now)]

    assert found == await every_page(conn, now, sort="-store")


@pytest.fixture
async def ten_thousand(conn, lisbon, now) -> None:
    """Ten thousand screens, counted by the planner."""
    await conn.execute(
        """
        INSERT INTO devices (id, name, store_id, player_version, last_seen_at, created_at,
                             updated_at)
        SELECT gen_random_uuid(), 'Screen ' || n, $1, '1.4.' || n % 50, $2::timestamptz,
               $2 - interval '1 s' * n, $2
        FROM generate_series(1, 10000) n
        """,
        lisbon.id,
        now,
    )
    await conn.execute("ANALYZE devices")


async def test_orders_that_stand_still_are_read_from_an_index_on_every_page(
    conn, ten_thousand, now
):
    for key, index in (
        ("name", "devices_name"),
        ("player_version", "devices_version"),
        ("created_at", "devices_created"),
    ):
        for sort in (key, f"-{key}"):
            first = await device_lists.list_page(conn, SYSTEM, sort=sort, now=now)
            for cursor in (None, first.next_cursor):
                plan = await explained(conn, sort, cursor, now)
                assert f"using {index} on devices" in plan, (sort, plan)
                assert "Seq Scan on devices" not in plan, (sort, plan)
                # An order that the index gives needs no more rows than the page has.
                assert "Rows Removed" not in plan, (sort, plan)


async def test_one_stores_screens_are_found_by_an_index(conn, ten_thousand, porto, pair, now):
    await pair(porto, "Window")
    manager = Actor(kind="user", id=None, name="Rui", role="manager", store_ids=[porto.id])

    plan = await explained(conn, "name", None, now, actor=manager)

    assert "using devices_store_name on devices" in plan or "on devices_store_name" in plan, plan
    assert "Seq Scan on devices" not in plan


async def explained(
    conn: asyncpg.Connection,
    sort: str,
    cursor: str | None,
    now: Any,
    *,
    actor: Actor = SYSTEM,
) -> str:
    """Return the plan of the statement that the list sends."""
    sent: list[Any] = []
    with conn.query_logger(sent.append):
        await device_lists.list_page(conn, actor, sort=sort, cursor=cursor, now=now)
        await asyncio.sleep(0)  # the logger is told in the loop's next round
    [statement] = sent
    rows = await conn.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) {statement.query}", *statement.args)
    return "\n".join(row[0] for row in rows)
