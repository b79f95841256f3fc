"""Groups: by hand and by rule, who outranks whom, and exactly which plans that outdates."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from signage import (
    assignments,
    devices,
    group_changes,
    group_members,
    group_ranks,
    groups,
    heartbeats,
    schedules,
    store_changes,
)
from signage.actors import SYSTEM
from signage.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from signage.group_changes import Changes
from signage.group_rules import Rule
from signage.ids import new_id
from signage.targets import Target
from tests.unit.conftest import DEVICE_INFO, open_store, pair_screen


async def wanted(conn: asyncpg.Connection, device_id: UUID) -> int:
    """How many changes can have affected the plan of this screen."""
    count: int = await conn.fetchval("SELECT plan_wanted FROM devices WHERE id = $1", device_id)
    return count


async def members(conn: asyncpg.Connection, group_id: UUID) -> set[UUID]:
    rows = await conn.fetch(
        "SELECT device_id FROM device_group_members WHERE group_id = $1", group_id
    )
    return {row["device_id"] for row in rows}


async def tag(conn: asyncpg.Connection, device: devices.Device, now: Any, *tags: str) -> None:
    await devices.change(conn, SYSTEM, device.id, devices.Changes(tags=list(tags)), now=now)


async def ruled(conn: asyncpg.Connection, now: Any, **rule: Any) -> groups.Counted:
    return await groups.create(conn, SYSTEM, name="Ruled", rule=Rule(**rule), now=now)


# By hand ------------------------------------------------------------------------------------------


async def test_only_who_comes_or_goes_gets_another_plan(
    conn, admin, food, window_2, madrid_screen, now
):
    await group_members.put(conn, admin, food.id, [window_2.id], now=now)
    stays, comes = await wanted(conn, window_2.id), await wanted(conn, madrid_screen.id)

    await group_members.add(conn, admin, food.id, [window_2.id, madrid_screen.id], now=now)

    assert await wanted(conn, window_2.id) == stays
    assert await wanted(conn, madrid_screen.id) == comes + 1
    await group_members.remove(conn, admin, food.id, [madrid_screen.id], now=now)
    assert await wanted(conn, madrid_screen.id) == comes + 2


async def test_a_change_of_members_is_a_revision_and_symmetrical_in_the_audit_log(
    conn, admin, food, window_2, madrid_screen, now
):
    await group_members.put(conn, admin, food.id, [window_2.id], now=now)
    changed = await group_members.put(conn, admin, food.id, [madrid_screen.id], now=now)
    same = await group_members.put(conn, admin, food.id, [madrid_screen.id], now=now)

    assert (food.revision, changed.revision, same.revision) == (1, 3, 3)
    entries = await conn.fetch(
        "SELECT before, after FROM audit_log WHERE action = 'groups.set_devices' ORDER BY seq"
    )
    assert [(entry["before"], entry["after"]) for entry in entries] == [
        ({"device_ids": []}, {"device_ids": [str(window_2.id)]}),
        ({"device_ids": [str(window_2.id)]}, {"device_ids": [str(madrid_screen.id)]}),
    ]


async def test_groups_chosen_at_the_screen_are_a_revision_of_each(conn, admin, food, window_2, now):
    tills = await groups.create(conn, SYSTEM, name="Tills", now=now)
    for chosen in ([food.id], [food.id], [tills.id]):
        await devices.change(conn, admin, window_2.id, devices.Changes(group_ids=chosen), now=now)

    assert (await groups.find(conn, food.id)).revision == 3
    assert (await groups.find(conn, tills.id)).revision == 2


async def test_a_manager_counts_and_changes_only_screens_of_own_stores(
    conn, admin, manager, food, window_2, madrid_screen, now
):
    await group_members.put(conn, admin, food.id, [window_2.id, madrid_screen.id], now=now)

    assert (await groups.find_for(conn, manager, food.id)).devices == 1
    with pytest.raises(Invalid):
        await group_members.remove(conn, manager, food.id, [madrid_screen.id], now=now)
    assert (await group_members.put(conn, manager, food.id, [], now=now)).devices == 0
    assert await members(conn, food.id) == {madrid_screen.id}


# By rule ------------------------------------------------------------------------------------------


async def test_a_rule_takes_in_whoever_matches_every_part(
    conn, pair, lisbon, window_2, madrid_screen, now
):
    till = await devices.find(conn, SYSTEM, (await pair(lisbon, "Till 1")).device_id, now=now)
    await tag(conn, window_2, now, "4k", "new")
    await tag(conn, madrid_screen, now, "4k")
    await tag(conn, till, now, "new")
    every = {window_2.id, madrid_screen.id, till.id}

    async def taken(**rule: Any) -> set[UUID]:
        group = await groups.create(conn, SYSTEM, name=str(new_id()), rule=Rule(**rule), now=now)
        return await members(conn, group.id)

    assert await taken(tags=["4k"]) == {window_2.id, madrid_screen.id}
    assert await taken(tags=["4k", "new"]) == {window_2.id}
    assert await taken(tags=["4k", "new"], match_tags="any") == every
    assert await taken(store_ids=[lisbon.id]) == {window_2.id, till.id}
    assert await taken(store_ids=[lisbon.id], tags=["4k"]) == {window_2.id}
    assert await taken(models=["BrightSign XT1145", "Other"]) == every
    assert await taken(models=["Other"]) == set()


async def test_screens_come_and_go_with_their_tags(conn, window_2, madrid_screen, now):
    group = await ruled(conn, now, tags=["4k"])
    plan, other = await wanted(conn, window_2.id), await wanted(conn, madrid_screen.id)

    await tag(conn, window_2, now, "4k")
    assert await members(conn, group.id) == {window_2.id}
    await tag(conn, window_2, now, "4k", "new")
    assert await wanted(conn, window_2.id) == plan + 1
    await tag(conn, window_2, now)

    assert await members(conn, group.id) == set()
    assert await wanted(conn, window_2.id) == plan + 2
    assert await wanted(conn, madrid_screen.id) == other
    assert (await groups.find(conn, group.id)).revision == 3


async def test_screens_come_and_go_with_their_store_and_status(conn, lisbon, porto, window_2, now):
    group = await ruled(conn, now, store_ids=[porto.id])

    await devices.change(conn, SYSTEM, window_2.id, devices.Changes(store_id=porto.id), now=now)
    assert await members(conn, group.id) == {window_2.id}
    await devices.retire(conn, SYSTEM, window_2.id, now=now)
    assert await members(conn, group.id) == set()


async def test_a_heartbeat_that_tells_another_model_follows(conn, window_2, now):
    group = await ruled(conn, now, models=["BrightSign XT2145"])
    told = DEVICE_INFO | {"model": "BrightSign XT2145"}
    beat = heartbeats.Heartbeat(disk_used_bytes=1, device_info=told)

    for _ in range(2):
        await heartbeats.record(conn, window_2.id, beat, address="192.0.2.7", now=now)

    assert await members(conn, group.id) == {window_2.id}
    entries = await conn.fetch("SELECT after FROM audit_log WHERE action = 'groups.follow_rule'")
    assert [entry["after"] for entry in entries] == [{"device_ids": [str(window_2.id)]}]


async def test_a_screen_that_is_paired_follows_at_once(conn, pair, lisbon, now):
    group = await ruled(conn, now, models=["BrightSign XT1145"], store_ids=[lisbon.id])
    paired = await pair(lisbon, "Window 1")
    assert await members(conn, group.id) == {paired.device_id}


async def test_another_rule_exchanges_only_who_differs(
    conn, admin, lisbon, porto, window_2, madrid_screen, now
):
    await tag(conn, window_2, now, "4k")
    group = await ruled(conn, now, tags=["4k"])
    stays, comes = await wanted(conn, window_2.id), await wanted(conn, madrid_screen.id)

    rule = Rule(models=["BrightSign XT1145"])
    await group_changes.change(conn, admin, group.id, Changes(rule=rule), now=now)

    assert await members(conn, group.id) == {window_2.id, madrid_screen.id}
    assert await wanted(conn, window_2.id) == stays
    assert await wanted(conn, madrid_screen.id) == comes + 1


async def test_a_rule_that_ends_leaves_its_screens_to_hands(conn, admin, window_2, now):
    group = await ruled(conn, now, models=["BrightSign XT1145"])
    with pytest.raises(Conflict) as refusal:
        await group_members.put(conn, admin, group.id, [], now=now)
    assert refusal.value.code == "group_has_rule"

    await group_changes.change(conn, admin, group.id, Changes(rule=None), now=now)

    assert await members(conn, group.id) == {window_2.id}
    assert (await group_members.put(conn, admin, group.id, [], now=now)).devices == 0


async def test_a_rule_group_is_not_chosen_at_the_screen_but_may_be_named(
    conn, admin, food, window_2, now
):
    mine = await ruled(conn, now, models=["BrightSign XT1145"])
    other = await groups.create(conn, SYSTEM, name="Other", rule=Rule(models=["Other"]), now=now)
    both = devices.Changes(group_ids=[food.id, mine.id])
    changed = await devices.change(conn, admin, window_2.id, both, now=now)
    assert set(changed.group_ids) == {food.id, mine.id}

    with pytest.raises(Invalid):
        await devices.change(
            conn, admin, window_2.id, devices.Changes(group_ids=[other.id]), now=now
        )
    left = await devices.change(conn, admin, window_2.id, devices.Changes(group_ids=[]), now=now)
    assert left.group_ids == [mine.id]


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        (Rule(), "/rule"),
        (Rule(match_tags="any"), "/rule"),
        (Rule(tags=[" "]), "/rule/tags"),
        (Rule(models=[""]), "/rule/models"),
        (Rule(models=["x"] * 201), "/rule/models"),
        (Rule(store_ids=[UUID(int=1)]), "/rule/store_ids"),
    ],
)
async def test_a_wrong_rule_is_refused(conn, admin, now, rule, pointer):
    with pytest.raises(Invalid) as refusal:
        await groups.create(conn, admin, name="Ruled", rule=rule, now=now)
    assert refusal.value.errors[0].pointer == pointer


async def test_a_manager_makes_rules_for_own_stores_only(conn, manager, lisbon, madrid, now):
    own = Rule(store_ids=[lisbon.id], tags=["4k"])
    group = await groups.create(conn, manager, name="Own", rule=own, now=now)

    for rule in (Rule(tags=["4k"]), Rule(store_ids=[lisbon.id, madrid.id])):
        with pytest.raises(Forbidden):
            await groups.create(conn, manager, name="Wide", rule=rule, now=now)
        with pytest.raises(Forbidden):
            await group_changes.change(conn, manager, group.id, Changes(rule=rule), now=now)


async def test_rules_and_screens_changed_at_once_agree_in_the_end(pool, now):
    """Neither misses the other, and neither waits for the other for ever."""
    async with pool.acquire() as conn:
        store = await open_store(conn, "LIS-01", "Lisbon", "Europe/Lisbon", now)
        screen = (await pair_screen(conn, store, "Window 2", now=now)).device_id
        group = await groups.create(conn, SYSTEM, name="Ruled", rule=Rule(tags=["a"]), now=now)

    async def retag(name: str) -> None:
        async with pool.acquire() as conn:
            await devices.change(conn, SYSTEM, screen, devices.Changes(tags=[name]), now=now)

    async def rewrite(name: str) -> None:
        async with pool.acquire() as conn:
            changes = Changes(rule=Rule(tags=[name]))
            await group_changes.change(conn, SYSTEM, group.id, changes, now=now)

    for _ in range(4):
        await asyncio.gather(retag("a"), rewrite("b"), retag("b"), rewrite("a"), retag("a"))
        async with pool.acquire() as conn:
            tags = (await devices.find(conn, SYSTEM, screen, now=now)).tags
            rule = (await groups.find(conn, group.id)).rule
            belongs = rule is not None and tags == rule.tags
            assert (await members(conn, group.id) == {screen}) == belongs


# Ranks --------------------------------------------------------------------------------------------


async def three(conn: asyncpg.Connection, now: Any) -> list[UUID]:
    return [(await groups.create(conn, SYSTEM, name=name, now=now)).id for name in ("A", "B", "C")][
        ::-1
    ]


async def test_the_order_is_put_as_a_whole(conn, admin, now):
    c, b, a = await three(conn, now)
    assert await group_ranks.order(conn) == [c, b, a]

    await group_ranks.reorder(conn, admin, [a, c, b], now=now)

    assert await group_ranks.order(conn) == [a, c, b]
    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'groups.reorder'")
    assert entry["before"]["group_ids"] == [str(c), str(b), str(a)]
    assert entry["after"]["group_ids"] == [str(a), str(c), str(b)]


async def test_only_screens_whose_groups_changed_places_get_another_plan(
    conn, admin, pair, lisbon, now
):
    c, b, a = await three(conn, now)
    screens = {
        name: (await pair(lisbon, name, group_ids=chosen)).device_id
        for name, chosen in {"AB": [a, b], "BC": [b, c], "B": [b], "none": []}.items()
    }
    before = {name: await wanted(conn, screen) for name, screen in screens.items()}

    await group_ranks.reorder(conn, admin, [c, a, b], now=now)

    after = {name: await wanted(conn, screen) for name, screen in screens.items()}
    assert {name: after[name] - before[name] for name in screens} == {
        "AB": 1,
        "BC": 0,
        "B": 0,
        "none": 0,
    }
    rank = (await groups.find(conn, c)).rank + 1
    await group_changes.change(conn, admin, b, Changes(rank=rank), now=now)
    assert await wanted(conn, screens["AB"]) == after["AB"] + 1
    assert await wanted(conn, screens["BC"]) == after["BC"] + 1


async def test_a_move_that_others_overtook_is_stale(conn, admin, now):
    c, b, a = await three(conn, now)
    read = group_ranks.revision([c, b, a])

    first = await group_ranks.move(conn, admin, a, 1, read=read, now=now)
    with pytest.raises(Stale):
        await group_ranks.move(conn, admin, b, 1, read=read, now=now)

    assert first == group_ranks.revision([a, c, b])
    await group_ranks.move(conn, admin, a, 99, read=first, now=now)
    assert await group_ranks.order(conn) == [c, b, a]


async def test_an_order_names_each_group_once(conn, admin, manager, now):
    c, b, a = await three(conn, now)
    for wrong in ([c, b], [c, b, b], [c, b, a, new_id()]):
        with pytest.raises(Invalid):
            await group_ranks.reorder(conn, admin, wrong, now=now)
    with pytest.raises(Forbidden):
        await group_ranks.reorder(conn, manager, [a, b, c], now=now)
    with pytest.raises(NotFound):
        await group_ranks.move(conn, admin, new_id(), 1, now=now)


# Changing and deleting ----------------------------------------------------------------------------


async def test_a_taken_name_or_rank_is_refused(conn, admin, food, now):
    tills = await groups.create(conn, SYSTEM, name="Tills", now=now)
    for changes in (Changes(name=food.name), Changes(rank=food.rank)):
        with pytest.raises(Conflict):
            await group_changes.change(conn, admin, tills.id, changes, now=now)


async def test_a_manager_renames_but_neither_ranks_nor_deletes_what_others_use(
    conn, admin, manager, food, madrid_screen, now
):
    await group_members.put(conn, admin, food.id, [madrid_screen.id], now=now)
    renamed = await group_changes.change(conn, manager, food.id, Changes(name="Soups"), now=now)
    assert renamed.name == "Soups"
    with pytest.raises(Forbidden):
        await group_changes.change(conn, manager, food.id, Changes(rank=99), now=now)
    with pytest.raises(Forbidden):
        await group_changes.archive(conn, manager, food.id, now=now)


async def test_a_group_in_use_is_not_deleted_and_says_by_what(
    conn, admin, food, playlist, window_2, now
):
    target = Target("group", food.id)
    await assignments.put(conn, SYSTEM, target, playlist.id, now=now)
    new = schedules.NewSchedule(
        name="Lunch", playlist_id=playlist.id, target=target, starts_on=now.date(), all_day=True
    )
    made = await schedules.create(conn, SYSTEM, new, now=now)

    with pytest.raises(Conflict, match=r"Always on.*Lunch") as refusal:
        await group_changes.archive(conn, admin, food.id, now=now)
    assert refusal.value.code == "group_in_use"

    await assignments.remove(conn, SYSTEM, target, now=now)
    await conn.execute("UPDATE schedules SET archived_at = $2 WHERE id = $1", made.id, now)
    await group_changes.archive(conn, admin, food.id, now=now)
    with pytest.raises(NotFound):
        await groups.find(conn, food.id)


async def test_a_deleted_group_gives_its_name_free_and_its_screens_back(
    conn, admin, food, window_2, now
):
    await group_members.put(conn, admin, food.id, [window_2.id], now=now)
    await group_changes.archive(conn, admin, food.id, now=now)

    assert (await devices.find(conn, SYSTEM, window_2.id, now=now)).group_ids == []
    again = await groups.create(conn, admin, name=food.name, now=now)
    assert again.devices == 0
    assert [group.name for group in await groups.list_all(conn)] == [food.name]


async def test_an_overtaken_change_of_a_group_is_stale(conn, admin, food, now):
    await group_changes.change(conn, admin, food.id, Changes(name="First"), now=now)
    with pytest.raises(Stale):
        await group_changes.change(
            conn, admin, food.id, Changes(name="Second"), revision=food.revision, now=now
        )


async def test_groups_are_listed_by_name_or_the_winning_ones_first(conn, admin, advertiser, now):
    ids = await three(conn, now)
    for sort, order in ((None, ids[::-1]), ("-rank", ids)):
        seen: list[UUID] = []
        cursor = None
        for _ in range(3):
            page = await groups.list_page(conn, admin, sort=sort, limit=1, cursor=cursor)
            seen += [group.id for group in page.items]
            cursor = page.next_cursor
        assert (seen, cursor) == (order, None)
    with pytest.raises(Forbidden):
        await groups.list_page(conn, advertiser)


async def test_a_store_of_a_rule_can_close(conn, admin, porto, now):
    group = await ruled(conn, now, store_ids=[porto.id])
    await store_changes.archive(conn, admin, porto.id, now=now)
    assert (await groups.find_for(conn, admin, group.id)).devices == 0


async def test_somebody_who_may_not_manage_changes_nothing(conn, installer, food, now):
    doers: list[Any] = [
        groups.create(conn, installer, name="x", now=now),
        group_changes.change(conn, installer, food.id, Changes(name="x"), now=now),
        group_changes.archive(conn, installer, food.id, now=now),
        group_members.put(conn, installer, food.id, [], now=now),
        group_ranks.reorder(conn, installer, [food.id], now=now),
    ]
    for doing in doers:
        with pytest.raises(Forbidden):
            await doing
