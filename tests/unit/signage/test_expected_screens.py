"""Expected screens: a list becomes codes, all or none; a new sheet takes the old codes back."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from signage import (
    claim_lists,
    claims,
    devices,
    expected_screens,
    group_changes,
    pairing,
    store_changes,
)
from signage.actors import SYSTEM, Actor
from signage.claim_batches import Batch
from signage.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from signage.expected_screens import ExpectedScreen
from signage.ids import new_id
from tests.unit.conftest import DEVICE_INFO, SECRET, open_store

WINDOW = ExpectedScreen("LIS-01", "Window 1", ["Food counters"])
TILL = ExpectedScreen("LIS-01", "Till 4")


async def expect(
    conn: asyncpg.Connection, actor: Actor, *screens: ExpectedScreen, now: datetime, **more: Any
) -> Batch:
    return await expected_screens.expect(conn, actor, list(screens), **more, secret=SECRET, now=now)


async def redeem(conn: asyncpg.Connection, code: str, now: datetime) -> devices.Device:
    paired = await pairing.redeem(
        conn, code, device_info=DEVICE_INFO, address="192.0.2.7", secret=SECRET, now=now
    )
    return await devices.find(conn, SYSTEM, paired.device_id, now=now)


async def refusals(
    conn: asyncpg.Connection, actor: Actor, *screens: ExpectedScreen, now: datetime
) -> list[list[tuple[str, str]]]:
    found = await expected_screens.errors_in(conn, actor, list(screens), now=now)
    return [[(error.pointer, error.code) for error in errors] for errors in found]


async def test_each_screen_of_the_list_gets_a_code_that_makes_it(
    conn, installer, lisbon, food, now
):
    batch = await expect(conn, installer, WINDOW, TILL, now=now, ttl_s=3600)

    assert batch.expires_at == now + timedelta(hours=1)
    assert [(code.store, code.name, code.groups) for code in batch.codes] == [
        ("Lisbon", "Till 4", []),
        ("Lisbon", "Window 1", ["Food counters"]),
    ]
    device = await redeem(conn, batch.codes[1].claim_code, now)
    assert (device.name, device.store, device.group_ids) == ("Window 1", "Lisbon", [food.id])


async def test_a_sheet_is_in_the_order_people_count(conn, installer, lisbon, now):
    names = ["Till 16", "Till 4", "Café 2", "till 5"]
    batch = await expect(
        conn, installer, *(ExpectedScreen("LIS-01", name) for name in names), now=now
    )

    assert [code.name for code in batch.codes] == ["Café 2", "Till 4", "till 5", "Till 16"]


async def test_codes_are_kept_hashed_and_the_batch_is_audited(conn, installer, lisbon, food, now):
    batch = await expect(conn, installer, WINDOW, TILL, now=now)

    kept = str(await conn.fetch("SELECT * FROM device_claims"))
    kept += str(await conn.fetch("SELECT * FROM audit_log"))
    assert not [code for code in batch.codes if code.claim_code in kept]
    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'claims.expect'")
    assert (entry["actor_id"], entry["entity_id"]) == (installer.id, str(batch.batch_id))
    assert (entry["after"]["screens"], entry["after"]["stores"]) == (2, ["LIS-01"])


@pytest.mark.parametrize(
    ("screen", "refused"),
    [
        (ExpectedScreen("LIS-01", " Window 2 "), []),
        (ExpectedScreen(" LIS-01", "x" * 200), []),
        (ExpectedScreen("LIS-01", "x" * 201), [("/name", "invalid_name")]),
        (ExpectedScreen("LIS-01", " "), [("/name", "invalid_name")]),
        (ExpectedScreen("LIS-99", "Window 2"), [("/store_code", "unknown_store")]),
        (ExpectedScreen("MAD-01", "Window 2"), [("/store_code", "unknown_store")]),
        (ExpectedScreen("", ""), [("/name", "invalid_name"), ("/store_code", "unknown_store")]),
        (ExpectedScreen("LIS-01", "A", ["Food counters", "Nope"]), [("/groups", "unknown_group")]),
        (
            ExpectedScreen("LIS-01", "A", ["Food counters"] * 51),
            [("/groups", "too_many_groups")],
        ),
    ],
)
async def test_what_cannot_be_expected_is_named(
    conn, installer, lisbon, madrid, food, now, screen, refused
):
    assert await refusals(conn, installer, screen, now=now) == [refused]


async def test_a_screen_is_expected_once(conn, installer, lisbon, food, window_2, now):
    await expect(conn, installer, WINDOW, now=now)

    assert await refusals(
        conn,
        installer,
        ExpectedScreen("LIS-01", "window 1"),
        ExpectedScreen("LIS-01", "window 2"),
        ExpectedScreen("LIS-01", "Till 4"),
        ExpectedScreen("LIS-01", "TILL 4"),
        now=now,
    ) == [
        [("/name", "screen_expected")],
        [("/name", "screen_exists")],
        [],
        [("/name", "name_twice")],
    ]
    later = now + timedelta(days=1)
    assert await refusals(conn, installer, WINDOW, now=later) == [[]]


async def test_a_wrong_line_makes_none_of_them(conn, installer, lisbon, now):
    with pytest.raises(Invalid) as refused:
        await expect(conn, installer, TILL, ExpectedScreen("X", ""), now=now)

    assert [error.pointer for error in refused.value.errors] == [
        "/screens/1/name",
        "/screens/1/store_code",
    ]
    assert await conn.fetchval("SELECT count(*) FROM device_claims") == 0


@pytest.mark.parametrize(("count", "fits"), [(0, False), (1, True), (1000, True), (1001, False)])
async def test_a_list_has_one_to_a_thousand_screens(conn, installer, lisbon, now, count, fits):
    screens = [ExpectedScreen("LIS-01", f"Screen {number}") for number in range(count)]
    if fits:
        assert len((await expect(conn, installer, *screens, now=now)).codes) == count
    else:
        with pytest.raises(Invalid) as refused:
            await expect(conn, installer, *screens, now=now)
        assert refused.value.errors[0].pointer == "/screens"


@pytest.mark.parametrize("ttl_s", [59, 90 * 86400 + 1])
async def test_codes_live_as_long_as_any_other(conn, installer, lisbon, now, ttl_s):
    with pytest.raises(Invalid):
        await expect(conn, installer, TILL, ttl_s=ttl_s, now=now)


async def test_the_same_form_sent_twice_makes_one_set_of_codes(conn, installer, lisbon, now):
    batch_id = new_id()
    await expect(conn, installer, TILL, batch_id=batch_id, now=now)

    with pytest.raises(Conflict):
        await expect(conn, installer, TILL, batch_id=batch_id, now=now)
    assert await conn.fetchval("SELECT count(*) FROM device_claims") == 1


async def test_two_who_import_the_same_list_at_once_make_one_set(pool, now):
    async with pool.acquire() as conn:
        await open_store(conn, "LIS-01", "Lisbon", "Europe/Lisbon", now)

    async def attempt() -> int:
        async with pool.acquire() as conn:
            try:
                return len((await expect(conn, SYSTEM, TILL, now=now)).codes)
            except Invalid:
                return 0

    assert sorted(await asyncio.gather(*(attempt() for _ in range(5)))) == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("role", ["analyst", "advertiser"])
async def test_who_may_not_pair_expects_nothing(conn, request, lisbon, role, now):
    actor = request.getfixturevalue(role)
    with pytest.raises(Forbidden):
        await expect(conn, actor, TILL, now=now)
    with pytest.raises(Forbidden):
        await expected_screens.expect_again(conn, actor, new_id(), secret=SECRET, now=now)


# A new sheet --------------------------------------------------------------------------------------


async def test_a_new_sheet_takes_the_unused_codes_back(conn, installer, lisbon, food, now):
    first = await expect(conn, installer, WINDOW, TILL, now=now)
    till, window = first.codes
    await redeem(conn, till.claim_code, now)

    again = await expected_screens.expect_again(
        conn, installer, first.batch_id, secret=SECRET, now=now
    )

    assert again.batch_id == first.batch_id
    assert [(code.name, code.groups) for code in again.codes] == [("Window 1", ["Food counters"])]
    with pytest.raises(Refused):
        await redeem(conn, window.claim_code, now)
    assert (await redeem(conn, again.codes[0].claim_code, now)).name == "Window 1"
    assert await claim_lists.count(
        conn, installer, claim_lists.Filters(batch_id=first.batch_id), now=now
    ) == {"redeemed": 2, "revoked": 1}


async def test_a_new_sheet_has_what_expired_and_not_what_somebody_revoked(
    conn, installer, lisbon, food, now
):
    first = await expect(conn, installer, WINDOW, TILL, ttl_s=60, now=now)
    await claims.revoke(conn, installer, first.codes[0].claim_id, now=now)
    later = now + timedelta(minutes=2)
    await claim_lists.let_go(conn, now=later)

    again = await expected_screens.expect_again(
        conn, installer, first.batch_id, secret=SECRET, now=later
    )

    assert [code.name for code in again.codes] == ["Window 1"]


async def test_a_new_sheet_leaves_out_groups_that_are_gone(conn, admin, lisbon, food, now):
    first = await expect(conn, admin, WINDOW, now=now)
    await group_changes.archive(conn, admin, food.id, now=now)

    again = await expected_screens.expect_again(conn, admin, first.batch_id, secret=SECRET, now=now)

    assert [(code.name, code.groups) for code in again.codes] == [("Window 1", [])]


async def test_no_new_sheet_is_made_for_a_store_that_was_closed(conn, admin, lisbon, food, now):
    first = await expect(conn, admin, WINDOW, ttl_s=60, now=now)
    later = now + timedelta(minutes=2)
    await store_changes.archive(conn, admin, lisbon.id, now=later)

    with pytest.raises(NotFound):
        await expected_screens.expect_again(conn, admin, first.batch_id, secret=SECRET, now=later)


async def test_nobody_makes_a_new_sheet_for_another_store(
    conn, installer, madrid_manager, lisbon, now
):
    batch = await expect(conn, installer, TILL, now=now)

    with pytest.raises(NotFound):
        await expected_screens.expect_again(
            conn, madrid_manager, batch.batch_id, secret=SECRET, now=now
        )
    found = await claims.find(conn, installer, batch.codes[0].claim_id, now=now)
    assert found.state == "approved"
