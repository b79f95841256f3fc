"""Devices: who sees which screen, what may be changed by hand, and how a screen ends."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from signage import device_lists, devices, groups, heartbeats, pairing, stores, tokens
from signage.actors import SYSTEM
from signage.devices import Changes, Device
from signage.errors import Conflict, Forbidden, Invalid, NotFound, Stale, Unauthenticated
from signage.ids import new_id
from tests.unit.conftest import open_store, pair_screen


async def beat(conn: asyncpg.Connection, device: Device, at: datetime, **more: Any) -> None:
    sent = heartbeats.Heartbeat(disk_used_bytes=1, **more)
    await heartbeats.record(conn, device.id, sent, address="192.0.2.7", now=at)


async def test_a_screen_is_found_with_its_store_and_what_it_says_of_itself(conn, window_2, now):
    found = await devices.find(conn, SYSTEM, window_2.id, now=now)

    assert (found.name, found.store, found.timezone) == ("Window 2", "Lisbon", "Europe/Lisbon")
    assert found.device_info["serial"] == "L8D25A001234"
    assert found.player_version == "1.4.0"
    assert (found.status, found.health) == ("active", "never")


async def test_a_screen_of_another_store_is_absent(conn, madrid_manager, window_2, now):
    with pytest.raises(NotFound):
        await devices.find(conn, madrid_manager, window_2.id, now=now)


@pytest.mark.parametrize(
    ("silent_s", "health"),
    [(0, "online"), (149, "online"), (150, "late"), (899, "late"), (900, "offline")],
)
async def test_health_follows_the_last_heartbeat(conn, window_2, now, silent_s, health):
    await beat(conn, window_2, now)

    later = now + timedelta(seconds=silent_s)

    assert (await devices.find(conn, SYSTEM, window_2.id, now=later)).health == health
    counted = await device_lists.count(conn, SYSTEM, now=later)
    assert counted.fleet == {"online": 0, "late": 0, "offline": 0, "never": 0} | {health: 1}


async def test_only_what_is_given_changes(conn, manager, window_2, now):
    changes = Changes(name="  Window 3 ", notes="Behind glass")

    changed = await devices.change(conn, manager, window_2.id, changes, now=now)

    assert (changed.name, changed.notes, changed.tags) == ("Window 3", "Behind glass", [])
    assert changed.revision == window_2.revision + 1


async def test_a_change_is_in_the_audit_log_with_before_and_after(conn, manager, window_2, now):
    await devices.change(conn, manager, window_2.id, Changes(name="Window 3"), now=now)

    entry = await conn.fetchrow(
        "SELECT * FROM audit_log WHERE action = 'devices.change' ORDER BY seq DESC LIMIT 1"
    )
    assert (entry["actor_kind"], entry["actor_id"]) == ("user", manager.id)
    assert entry["entity_id"] == str(window_2.id)
    assert (entry["before"]["name"], entry["after"]["name"]) == ("Window 2", "Window 3")


@pytest.mark.parametrize("role", ["installer", "analyst", "advertiser"])
async def test_who_may_not_manage_changes_nothing(conn, request, window_2, now, role):
    actor = request.getfixturevalue(role)

    for verb in (devices.retire, devices.revoke, devices.reinstate):
        with pytest.raises(Forbidden):
            await verb(conn, actor, window_2.id, now=now)
    assert (await devices.find(conn, SYSTEM, window_2.id, now=now)) == window_2


async def test_a_screen_of_another_store_cannot_be_changed(conn, madrid_manager, window_2, now):
    with pytest.raises(NotFound):
        await devices.change(conn, madrid_manager, window_2.id, Changes(name="Mine"), now=now)


async def test_a_stale_revision_changes_nothing(conn, manager, window_2, now):
    await devices.change(
        conn, manager, window_2.id, Changes(name="First"), revision=window_2.revision, now=now
    )

    with pytest.raises(Stale):
        await devices.change(
            conn, manager, window_2.id, Changes(name="Second"), revision=window_2.revision, now=now
        )
    assert (await devices.find(conn, SYSTEM, window_2.id, now=now)).name == "First"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        (Changes(name=""), "/name"),
        (Changes(name="  "), "/name"),
        (Changes(name="x" * 201), "/name"),
        (Changes(notes="x" * 10_001), "/notes"),
        (Changes(tags=[f"tag {number}" for number in range(51)]), "/tags"),
        (Changes(tags=["x" * 101]), "/tags"),
        (Changes(tags=[""]), "/tags"),
        (Changes(group_ids=[new_id()]), "/group_ids"),
        (Changes(store_id=new_id()), "/store_id"),
    ],
)
async def test_a_wrong_value_is_named_and_nothing_is_kept(
    conn, admin, window_2, now, changes, pointer
):
    with pytest.raises(Invalid) as refused:
        await devices.change(conn, admin, window_2.id, changes, now=now)

    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert await devices.find(conn, SYSTEM, window_2.id, now=now) == window_2


async def test_values_at_their_limits_are_kept(conn, admin, window_2, now):
    changes = Changes(
        name="x" * 200, notes="y" * 10_000, tags=[f"{number:0>100}" for number in range(50)]
    )

    changed = await devices.change(conn, admin, window_2.id, changes, now=now)

    assert (len(changed.name), len(changed.notes), len(changed.tags)) == (200, 10_000, 50)


async def test_a_move_ends_one_placement_and_begins_the_next(conn, admin, window_2, porto, now):
    later = now + timedelta(hours=2)

    moved = await devices.change(conn, admin, window_2.id, Changes(store_id=porto.id), now=later)

    assert moved.store == "Porto"
    placements = await conn.fetch(
        """
        SELECT store_id, lower(during) AS since, upper(during) AS until FROM device_placements
        WHERE device_id = $1 ORDER BY 2
        """,
        window_2.id,
    )
    assert [tuple(row) for row in placements] == [
        (window_2.store_id, now, later),
        (porto.id, later, None),
    ]


async def test_a_move_back_in_the_same_instant_leaves_one_placement(
    conn, admin, window_2, porto, now
):
    for store_id in (porto.id, window_2.store_id):
        await devices.change(conn, admin, window_2.id, Changes(store_id=store_id), now=now)

    standing = await conn.fetch("SELECT store_id, during FROM device_placements")
    assert [row["store_id"] for row in standing] == [window_2.store_id]


async def test_a_manager_cannot_move_a_screen_into_a_store_of_somebody_else(
    conn, manager, window_2, madrid: stores.Store, now
):
    with pytest.raises(Invalid) as refused:
        await devices.change(conn, manager, window_2.id, Changes(store_id=madrid.id), now=now)

    assert refused.value.errors[0].pointer == "/store_id"
    assert (await devices.find(conn, SYSTEM, window_2.id, now=now)).store == "Lisbon"


async def test_groups_are_replaced_as_a_whole(conn, admin, food: groups.Group, window_2, now):
    other = await groups.create(conn, SYSTEM, name="Tills", now=now)

    both = Changes(group_ids=[food.id, other.id, food.id])
    assert (await devices.change(conn, admin, window_2.id, both, now=now)).group_ids == sorted(
        [food.id, other.id]
    )
    none = Changes(group_ids=[])
    assert (await devices.change(conn, admin, window_2.id, none, now=now)).group_ids == []


async def test_a_revoked_screen_is_told_to_pair_again(conn, manager, paired: pairing.Paired, now):
    await devices.revoke(conn, manager, paired.device_id, now=now)

    with pytest.raises(Unauthenticated) as refused:
        await tokens.authenticate(conn, paired.tokens.device_token, now=now)
    assert refused.value.code == "token_revoked"


async def test_a_screen_in_service_is_revoked_retired_and_taken_back(conn, manager, window_2, now):
    steps = [
        (devices.revoke, "revoked"),
        (devices.revoke, "revoked"),
        (devices.reinstate, "active"),
        (devices.retire, "retired"),
        (devices.reinstate, "active"),
        (devices.revoke, "revoked"),
        (devices.retire, "retired"),
    ]
    for verb, status in steps:
        assert (await verb(conn, manager, window_2.id, now=now)).status == status


@pytest.mark.parametrize(
    ("verbs", "code"),
    [
        ((devices.retire, devices.retire), "already_retired"),
        ((devices.retire, devices.revoke), "device_retired"),
        ((devices.reinstate,), "already_active"),
    ],
)
async def test_what_cannot_follow_is_a_conflict_and_changes_nothing(
    conn, manager, window_2, now, verbs, code
):
    *done, last = verbs
    for verb in done:
        await verb(conn, manager, window_2.id, now=now)
    before = await devices.find(conn, SYSTEM, window_2.id, now=now)

    with pytest.raises(Conflict) as refused:
        await last(conn, manager, window_2.id, now=now)

    assert refused.value.code == code
    assert await devices.find(conn, SYSTEM, window_2.id, now=now) == before


async def test_a_screen_taken_back_has_to_pair_again(conn, manager, paired, now):
    await devices.retire(conn, manager, paired.device_id, now=now)
    await devices.reinstate(conn, manager, paired.device_id, now=now)

    with pytest.raises(Unauthenticated) as refused:
        await tokens.authenticate(conn, paired.tokens.device_token, now=now)
    assert refused.value.code == "invalid_token"


async def test_a_revoked_screen_can_still_be_renamed(conn, manager, window_2, now):
    await devices.revoke(conn, manager, window_2.id, now=now)

    renamed = await devices.change(conn, manager, window_2.id, Changes(name="Lost"), now=now)

    assert (renamed.name, renamed.status) == ("Lost", "revoked")


async def test_a_change_at_the_same_time_as_a_revocation_does_not_undo_it(pool, admin, now):
    async with pool.acquire() as one, pool.acquire() as other:
        lisbon = await open_store(one, "LIS", "Lisbon", "Europe/Lisbon", now)
        screen = (await pair_screen(one, lisbon, "Window 2", now=now)).device_id
        async with one.transaction():
            await devices.revoke(one, admin, screen, now=now)
            rename = devices.change(other, admin, screen, Changes(name="Window 3"), now=now)
            renaming = asyncio.create_task(rename)
            await asyncio.wait([renaming], timeout=0.2)
        renamed = await renaming

    assert (renamed.name, renamed.status) == ("Window 3", "revoked")
