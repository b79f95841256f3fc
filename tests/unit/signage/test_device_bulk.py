"""Bulk changes: of all selected screens or of none, one entry in the audit log for each."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from signage import audit_chain, commands, device_bulk, devices, group_rules, groups, placements
from signage.actors import SYSTEM
from signage.device_bulk import (
    AddTag,
    AddToGroup,
    Command,
    Move,
    RemoveFromGroup,
    RemoveTag,
    Retire,
    apply,
)
from signage.devices import Changes, Device
from signage.errors import Conflict, Forbidden, Invalid
from signage.ids import new_id
from tests.unit.conftest import Pair


@pytest.fixture
async def tills(conn, pair: Pair, lisbon, now) -> list[Device]:
    """Three tills in Lisbon."""
    paired = [await pair(lisbon, f"Till {number}") for number in (1, 2, 3)]
    return [await devices.find(conn, SYSTEM, screen.device_id, now=now) for screen in paired]


def ids(selected: list[Device]) -> list[UUID]:
    return [device.id for device in selected]


async def again(conn: asyncpg.Connection, selected: list[Device], now: Any) -> list[Device]:
    return [await devices.find(conn, SYSTEM, device.id, now=now) for device in selected]


async def audited(conn: asyncpg.Connection, action: str) -> list[asyncpg.Record]:
    return await conn.fetch("SELECT * FROM audit_log WHERE action = $1 ORDER BY seq", action)


async def plans_wanted(conn: asyncpg.Connection) -> int:
    wanted: int = await conn.fetchval("SELECT sum(plan_wanted)::int FROM devices")
    return wanted


async def test_screens_move_with_their_placements_and_get_another_plan(
    conn, admin, tills, porto, now
):
    before = await plans_wanted(conn)

    applied = await apply(conn, admin, Move(device_ids=ids(tills), store_id=porto.id), now=now)

    assert (applied.selected, applied.changed) == (3, 3)
    moved = await again(conn, tills, now)
    assert [(device.store, device.revision) for device in moved] == [
        ("Porto", device.revision + 1) for device in tills
    ]
    assert await plans_wanted(conn) == before + 3
    for device in tills:
        stood = await placements.list_for_device(conn, device.id)
        assert [place.store for place in stood] == ["Porto"]


async def test_tags_and_groups_are_put_on_and_taken_off(conn, manager, tills, food, now):
    steps = [
        (AddTag(device_ids=ids(tills), tag=" 4k "), ["4k"], []),
        (AddToGroup(device_ids=ids(tills), group_id=food.id), ["4k"], [food.id]),
        (RemoveTag(device_ids=ids(tills), tag="4k"), [], [food.id]),
        (RemoveFromGroup(device_ids=ids(tills), group_id=food.id), [], []),
    ]
    for change, tags, group_ids in steps:
        assert (await apply(conn, manager, change, now=now)).changed == 3
        assert (await apply(conn, manager, change, now=now)).changed == 0
        found = await again(conn, tills, now)
        assert [(device.tags, device.group_ids) for device in found] == [(tags, group_ids)] * 3


async def test_only_what_was_not_so_before_changes_and_is_audited(conn, manager, tills, now):
    await devices.change(conn, manager, tills[0].id, Changes(tags=["4k"]), now=now)
    before = len(await audited(conn, "devices.change"))

    change = AddTag(device_ids=ids(tills), tag="4k")
    applied = await apply(conn, manager, change, now=now)

    assert (applied.selected, applied.changed) == (3, 2)
    entries = (await audited(conn, "devices.change"))[before:]
    assert [entry["entity_id"] for entry in entries] == sorted(str(id_) for id_ in ids(tills)[1:])
    assert {entry["actor_id"] for entry in entries} == {manager.id}
    assert [(e["before"]["tags"], e["after"]["tags"]) for e in entries] == [([], ["4k"])] * 2
    assert [device.revision for device in await again(conn, tills, now)] == [
        device.revision + 1 for device in tills
    ]


async def test_the_audit_chain_of_many_entries_in_one_statement_is_whole(conn, manager, tills, now):
    await apply(conn, manager, Retire(device_ids=ids(tills)), now=now)

    assert (await audit_chain.verify(conn)).wrong == []


async def test_screens_retire_together(conn, manager, tills, now):
    await devices.revoke(conn, manager, tills[0].id, now=now)

    await apply(conn, manager, Retire(device_ids=ids(tills)), now=now)

    assert {device.status for device in await again(conn, tills, now)} == {"retired"}


async def test_a_command_reaches_each_with_its_own_name(conn, manager, tills, now):
    change = Command(device_ids=ids(tills), kind="identify", args={"seconds": 5})

    await apply(conn, manager, change, now=now)

    for device in tills:
        [sent] = (await commands.list_for_device(conn, manager, device.id, now=now)).items
        assert (sent.kind, sent.state) == ("identify", "queued")
        assert sent.args == {"name": device.name, "store_name": "Lisbon", "seconds": 5}
    assert len(await audited(conn, "commands.send")) == 3


async def test_groups_with_rules_follow_a_bulk_change(conn, admin, manager, tills, now):
    rule = group_rules.Rule(tags=["4k"])
    sharp = await groups.create(conn, admin, name="Sharp", rule=rule, now=now)

    await apply(conn, manager, AddTag(device_ids=ids(tills), tag="4k"), now=now)

    assert [device.group_ids for device in await again(conn, tills, now)] == [[sharp.id]] * 3
    with pytest.raises(Invalid) as refused:
        change = AddToGroup(device_ids=ids(tills), group_id=sharp.id)
        await apply(conn, manager, change, now=now)
    assert refused.value.errors[0].pointer == "/group_id"


@pytest.fixture
async def wrong_changes(tills, madrid, madrid_screen) -> list[tuple[Any, str]]:
    """What cannot be done to all, and the pointer to why."""
    beyond = [*ids(tills), madrid_screen.id]
    unknown = [*ids(tills), new_id()]
    return [
        (AddTag(device_ids=beyond, tag="x"), "/device_ids"),
        (Retire(device_ids=unknown), "/device_ids"),
        (Command(device_ids=beyond, kind="reload"), "/device_ids"),
        (Move(device_ids=ids(tills), store_id=madrid.id), "/store_id"),
        (Move(device_ids=ids(tills), store_id=new_id()), "/store_id"),
        (AddToGroup(device_ids=ids(tills), group_id=new_id()), "/group_id"),
        (AddTag(device_ids=ids(tills), tag=" "), "/tag"),
        (AddTag(device_ids=ids(tills), tag="x" * 101), "/tag"),
        (Command(device_ids=ids(tills), kind="reload", args={"a": "x" * 5000}), "/args"),
    ]


async def test_what_one_screen_forbids_happens_to_none(conn, manager, tills, wrong_changes, now):
    for change, pointer in wrong_changes:
        with pytest.raises(Invalid) as refused:
            await apply(conn, manager, change, now=now)
        assert [error.pointer for error in refused.value.errors] == [pointer], change
        assert await again(conn, tills, now) == tills
    assert await conn.fetchval("SELECT count(*) FROM device_commands") == 0


async def test_a_screen_out_of_service_keeps_the_others_from_it(conn, manager, tills, now):
    await devices.retire(conn, manager, tills[1].id, now=now)

    for change in (Retire(device_ids=ids(tills)), Command(device_ids=ids(tills), kind="reload")):
        with pytest.raises(Conflict) as refused:
            await apply(conn, manager, change, now=now)
        assert refused.value.code == "device_retired"
        assert "Till 2" in refused.value.detail
    assert (await devices.find(conn, SYSTEM, tills[0].id, now=now)).status == "active"


async def test_a_fifty_first_tag_goes_on_no_screen(conn, manager, tills, now):
    full = Changes(tags=[f"tag {number}" for number in range(50)])
    await devices.change(conn, manager, tills[2].id, full, now=now)

    with pytest.raises(Invalid) as refused:
        await apply(conn, manager, AddTag(device_ids=ids(tills), tag="one more"), now=now)

    assert refused.value.errors[0].code == "too_many_tags"
    assert (await devices.find(conn, SYSTEM, tills[0].id, now=now)).tags == []


async def test_an_installer_changes_nothing(conn, installer, tills, now):
    with pytest.raises(Forbidden):
        await apply(conn, installer, Retire(device_ids=ids(tills)), now=now)


async def test_a_thousand_screens_take_as_many_statements_as_one(conn, manager, lisbon, now):
    made = await conn.fetch(
        """
        INSERT INTO devices (id, name, store_id, created_at, updated_at)
        SELECT gen_random_uuid(), 'Screen ' || n, $1, $2, $2 FROM generate_series(1, 1000) n
        RETURNING id
        """,
        lisbon.id,
        now,
    )
    every = [row["id"] for row in made]
    counts = []
    for change in (AddTag(device_ids=every[:1], tag="x"), AddTag(device_ids=every, tag="x")):
        said: list[str] = []
        with conn.query_logger(lambda record, said=said: said.append(record.query)):
            await apply(conn, manager, change, now=now)
            await asyncio.sleep(0)  # the logger is told in the loop's next round
        counts.append(len([text for text in said if "/*" in text]))

    assert 5 < counts[0] == counts[1] < 20
    tagged = await conn.fetchval("SELECT count(*) FROM devices WHERE tags = ARRAY['x']")
    assert tagged == 1000
    assert device_bulk.DEVICES_MAX == 1000
