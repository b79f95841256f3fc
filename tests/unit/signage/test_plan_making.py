"""Making plans: once for all screens alike, in the order they ask, and never an outdated one."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from signage import assignments, devices, group_members, plan_inputs, plan_making, plans, stores
from signage.actors import SYSTEM
from signage.targets import Target


@pytest.fixture
async def alike(conn, pair, lisbon, porto, playlist, now):
    """Four screens that play the same: two in Lisbon, two in Porto, of the same zone and hours."""
    await assignments.put(conn, SYSTEM, Target("fleet"), playlist.id, now=now)
    places = [(lisbon, "One"), (lisbon, "Two"), (porto, "Three"), (porto, "Four")]
    return [(await pair(store, name)).device_id for store, name in places]


async def state(conn, device_id):
    return await conn.fetchrow(
        "SELECT plan_etag, plan_made = plan_wanted AS current FROM devices WHERE id = $1", device_id
    )


async def test_screens_alike_share_one_plan(conn, alike, now):
    assert await plan_making.refresh(conn, now=now) == 4

    assert await conn.fetchval("SELECT count(*) FROM playout_plans") == 1
    assert all([(await state(conn, device_id))["current"] for device_id in alike])


async def test_what_reaches_one_screen_gives_it_a_plan_of_its_own(conn, alike, playlist, now):
    await assignments.put(conn, SYSTEM, Target("device", alike[0]), playlist.id, now=now)

    shared = await plan_inputs.load_shared(conn, alike)

    assert [each.device_ids for each in shared] == [[alike[0]], alike[1:]]


async def test_a_group_that_nothing_is_put_on_separates_nobody(conn, alike, food, now):
    await group_members.put_device(conn, alike[0], [food.id], now=now)

    [shared] = await plan_inputs.load_shared(conn, alike)

    assert shared.device_ids == alike


async def test_other_opening_hours_are_other_inputs(conn, alike, porto, now):
    await conn.execute("UPDATE stores SET opening_hours = $2 WHERE id = $1", porto.id, {"mon": []})

    shared = await plan_inputs.load_shared(conn, alike)

    assert [each.device_ids for each in shared] == [alike[:2], alike[2:]]


async def test_a_poll_and_the_background_make_the_same_plan(conn, alike, now):
    polled = await plans.due(conn, alike[0], now=now)
    await plan_making.refresh(conn, now=now)

    assert {(await state(conn, device_id))["plan_etag"] for device_id in alike} == {polled}


async def test_nothing_is_left_to_make_the_second_time(conn, alike, now):
    await plan_making.refresh(conn, now=now)

    assert await plan_making.refresh(conn, now=now) == 0


async def test_a_new_day_outdates_every_plan(conn, alike, now):
    await plan_making.refresh(conn, now=now)

    assert await plan_making.refresh(conn, now=now + timedelta(days=1)) == 4


async def test_a_retired_screen_gets_no_plan(conn, alike, now):
    await devices.retire(conn, SYSTEM, alike[0], now=now)

    assert await plan_making.refresh(conn, now=now) == 3


async def test_who_asks_next_comes_first_and_the_silent_last(conn, alike, now):
    silent, next_, later, never = alike
    seen = {silent: timedelta(hours=5), next_: timedelta(seconds=59), later: timedelta(seconds=5)}
    for device_id, ago in seen.items():
        await conn.execute(
            "UPDATE devices SET last_seen_at = $2 WHERE id = $1", device_id, now - ago
        )
    order = []
    for _ in alike:
        await plan_making.refresh(conn, limit=1, now=now)
        order += [
            device_id
            for device_id in alike
            if device_id not in order and (await state(conn, device_id))["current"]
        ]

    assert order == [next_, later, silent, never]


async def test_a_plan_outdated_while_it_was_made_is_not_kept(conn, alike, now):
    wanted = await conn.fetchval("SELECT plan_wanted FROM devices WHERE id = $1", alike[0])

    assert await plan_making.make(conn, {alike[0]: wanted - 1}, now=now) == 0
    assert not (await state(conn, alike[0]))["current"]


async def test_a_revision_is_noted_only_where_the_plan_is_another(conn, alike, playlist, now):
    await plan_making.refresh(conn, now=now)
    later = now + timedelta(minutes=1)
    await assignments.put(conn, SYSTEM, Target("fleet"), playlist.id, now=later)
    await plan_making.refresh(conn, now=later)

    [revision] = await plans.list_for_device(conn, alike[0])
    assert revision.due_from == now


async def test_the_number_of_statements_does_not_grow_with_the_screens(conn, alike):
    assert await statements(conn, alike[:1]) == await statements(conn, alike) == 6


async def statements(conn, device_ids):
    seen = []
    with conn.query_logger(seen.append):
        await plan_inputs.load_shared(conn, device_ids)
        await asyncio.sleep(0)  # the logger is called by the loop, after the answer
    return len([query for query in seen if "/* plan_inputs." in query.query])


@pytest.fixture
async def fleet(pool, now) -> list[asyncpg.Record]:
    """Thirty screens of a database of its own, for tests with several connections."""
    async with pool.acquire() as conn:
        new = stores.NewStore(code="LIS-01", name="Lisbon", timezone="Europe/Lisbon")
        store = await stores.create(conn, SYSTEM, new, now=now)
        return await conn.fetch(
            """
            INSERT INTO devices (id, name, store_id, created_at, updated_at)
            SELECT gen_random_uuid(), 'Screen ' || n, $1, $2, $2 FROM generate_series(1, 30) AS n
            RETURNING id, plan_wanted
            """,
            store.id,
            now,
        )


async def test_two_processes_at_once_agree_and_make_every_plan(pool, fleet, now):
    async def refresh():
        async with pool.acquire() as conn:
            return await plan_making.refresh(conn, now=now)

    await asyncio.gather(*(refresh() for _ in range(4)))

    await refresh()
    made = await pool.fetch("SELECT plan_etag, plan_made = plan_wanted AS current FROM devices")
    assert len(made) == len(fleet)
    assert all(row["current"] for row in made)
    assert len({row["plan_etag"] for row in made}) == 1
    assert await pool.fetchval("SELECT count(*) FROM device_plans") == len(fleet)


async def test_a_screen_that_a_change_holds_is_left_for_the_next_turn(pool, fleet, now):
    held, *_ = fleet
    async with pool.acquire() as changing, pool.acquire() as making:
        async with changing.transaction():
            await changing.execute(
                "UPDATE devices SET plan_wanted = plan_wanted + 1 WHERE id = $1", held["id"]
            )
            assert await plan_making.refresh(making, now=now) == len(fleet) - 1
        assert await plan_making.refresh(making, now=now) == 1


async def test_a_change_tells_who_makes_plans_when_it_is_committed(pool, fleet):
    told = asyncio.Event()
    async with pool.acquire() as listening, pool.acquire() as changing:
        note = lambda *_: told.set()  # noqa: E731 - the same object is taken off again
        await listening.add_listener("playbill_plans", note)
        async with changing.transaction():
            await changing.execute("UPDATE devices SET plan_wanted = plan_wanted + 1")
            await listening.fetchval("SELECT 1")
            assert not told.is_set()
        await asyncio.wait_for(told.wait(), 10)
        await listening.remove_listener("playbill_plans", note)
