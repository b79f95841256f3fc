"""Claims: a screen asks in, somebody with the right lets it in, and the code is no secret."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from signage import claim_lists, claims, credentials, devices, new_claims, settings
from signage.actors import SYSTEM, Actor
from signage.claims import Approval, Claim
from signage.errors import Forbidden, Invalid, NotFound, TooMany
from signage.ids import new_id
from signage.new_claims import ConsoleClaim, ScreenClaim
from tests.unit.conftest import DEVICE_INFO, SECRET

ADDRESS = "192.0.2.7"


async def ask_in(conn: asyncpg.Connection, now: datetime, **more: Any) -> ScreenClaim:
    given = {"device_info": DEVICE_INFO, "address": ADDRESS} | more
    return await new_claims.open_for_screen(conn, **given, secret=SECRET, now=now)


async def type_in(
    conn: asyncpg.Connection, actor: Actor, approval: Approval, now: datetime, **more: Any
) -> ConsoleClaim:
    return await new_claims.open_for_console(conn, actor, approval, **more, secret=SECRET, now=now)


async def approve(
    conn: asyncpg.Connection, actor: Actor, code: str, approval: Approval, now: datetime
) -> Claim:
    return await claims.approve(conn, actor, code, approval, secret=SECRET, now=now)


async def find(conn: asyncpg.Connection, actor: Actor, code: str, now: datetime) -> Claim:
    return await claims.find_pending(conn, actor, code, secret=SECRET, now=now)


async def test_a_screen_gets_a_secret_and_another_code_to_show(conn, now):
    claim = await ask_in(conn, now)

    assert claim.claim_code.startswith("dpc_")
    assert len(claim.claim_code) == len("dpc_") + 64
    assert len(claim.user_code) == 9
    assert set(claim.user_code) <= set(credentials.USER_CODE_ALPHABET + "-")
    assert (claim.expires_in, claim.interval) == (600, 5)


async def test_no_code_is_kept_in_clear(conn, installer, lisbon, now):
    screen = await ask_in(conn, now, install_secret="an install secret of the player")
    console = await type_in(conn, installer, Approval(lisbon.id), now)

    kept = str(await conn.fetch("SELECT * FROM device_claims"))
    kept += str(await conn.fetch("SELECT * FROM audit_log"))
    for code in (screen.claim_code, screen.user_code, console.claim_code, "install secret"):
        assert code not in kept
        assert code.replace("-", "") not in kept


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{plain}", "{spaced}"])
async def test_a_code_is_read_without_case_spaces_and_dashes(conn, installer, now, typed):
    code = (await ask_in(conn, now)).user_code
    spelled = typed.format(
        code, lower=code.lower(), plain=code.replace("-", ""), spaced=" ".join(code)
    )

    assert (await find(conn, installer, spelled, now)).device_info == DEVICE_INFO


async def test_the_secret_cannot_be_approved(conn, installer, now):
    claim = await ask_in(conn, now)

    with pytest.raises(NotFound):
        await find(conn, installer, claim.claim_code, now)


async def test_an_installer_sees_what_asks_in(conn, installer, now):
    claim = await ask_in(conn, now)

    found = await find(conn, installer, claim.user_code, now + timedelta(minutes=2))

    assert found.device_info["model"] == "BrightSign XT1145"
    assert (found.address, found.created_at) == (ADDRESS, now)


async def test_an_approved_claim_has_store_name_groups_and_who_it_was(
    conn, installer, lisbon, food, now
):
    claim = await ask_in(conn, now)

    approved = await approve(
        conn, installer, claim.user_code, Approval(lisbon.id, "Window 2", [food.id]), now
    )

    assert approved.state == "approved"
    assert (approved.store_id, approved.name) == (lisbon.id, "Window 2")
    assert approved.group_ids == [food.id]
    assert (approved.approved_by, approved.approved_at) == (installer.id, now)


async def test_a_claim_is_answered_once(conn, installer, lisbon, now):
    claim = await ask_in(conn, now)
    await approve(conn, installer, claim.user_code, Approval(lisbon.id), now)

    with pytest.raises(NotFound):
        await approve(conn, installer, claim.user_code, Approval(lisbon.id), now)
    with pytest.raises(NotFound):
        await claims.deny(conn, installer, claim.user_code, secret=SECRET, now=now)


@pytest.mark.parametrize(("minutes", "shown"), [(9.9, True), (10, False)])
async def test_a_code_on_a_screen_lives_ten_minutes(conn, installer, now, minutes, shown):
    claim = await ask_in(conn, now)
    later = now + timedelta(minutes=minutes)

    if shown:
        assert (await find(conn, installer, claim.user_code, later)).state == "pending"
    else:
        with pytest.raises(NotFound):
            await find(conn, installer, claim.user_code, later)


@pytest.mark.parametrize("role", ["analyst", "advertiser"])
async def test_who_may_not_pair_sees_and_answers_nothing(conn, request, lisbon, now, role):
    actor = request.getfixturevalue(role)
    code = (await ask_in(conn, now)).user_code

    with pytest.raises(Forbidden):
        await approve(conn, actor, code, Approval(lisbon.id), now)
    with pytest.raises(Forbidden):
        await claims.deny(conn, actor, code, secret=SECRET, now=now)
    with pytest.raises(Forbidden):
        await type_in(conn, actor, Approval(lisbon.id), now)
    with pytest.raises(Forbidden):
        await claim_lists.list_for(conn, actor, now=now)


async def test_five_wrong_codes_stop_a_person_but_nobody_else(conn, installer, manager, now):
    right = (await ask_in(conn, now)).user_code
    for wrong in ("BBBB-BBBB", "nonsense", "", "dpc_", "ß" * 300):
        with pytest.raises(NotFound):
            await find(conn, installer, wrong, now)

    with pytest.raises(TooMany) as refused:
        await find(conn, installer, right, now)

    assert refused.value.retry_after_s == 15 * 60
    assert (await find(conn, manager, right, now)).state == "pending"
    later = now + timedelta(minutes=15)
    again = (await ask_in(conn, later)).user_code
    assert (await find(conn, installer, again, later)).state == "pending"


async def test_many_wrong_codes_at_once_are_five_guesses_too(pool, admin, now):
    async def guess(code: str) -> str:
        async with pool.acquire() as conn:
            try:
                return (await find(conn, admin, code, now)).state
            except (NotFound, TooMany) as refused:
                return refused.code

    said = await asyncio.gather(*(guess(f"BBBB-BBB{letter}") for letter in "BCDFGHJKLMNPQRST"))

    assert sorted(said) == ["too_many_attempts"] * 11 + ["unknown_code"] * 5


async def test_right_codes_at_once_are_no_guesses(pool, admin, now):
    async with pool.acquire() as conn:
        codes = [(await ask_in(conn, now)).user_code for _ in range(10)]

    async def look(code: str) -> str:
        async with pool.acquire() as conn:
            return (await find(conn, admin, code, now)).state

    assert await asyncio.gather(*(look(code) for code in codes)) == ["pending"] * 10


@pytest.mark.parametrize(
    ("approval", "pointer"),
    [
        ({"store_id": new_id()}, "/store_id"),
        ({"group_ids": [new_id()]}, "/group_ids"),
        ({"replaces_device_id": new_id()}, "/replaces_device_id"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 201}, "/name"),
    ],
)
async def test_a_wrong_approval_leaves_the_claim_waiting(
    conn, installer, lisbon, now, approval, pointer
):
    claim = await ask_in(conn, now)

    with pytest.raises(Invalid) as refused:
        chosen = Approval(**({"store_id": lisbon.id} | approval))
        await approve(conn, installer, claim.user_code, chosen, now)

    assert refused.value.errors[0].pointer == pointer
    assert (await find(conn, installer, claim.user_code, now)).state == "pending"


async def test_nobody_lets_a_screen_into_a_store_that_is_not_theirs(
    conn, installer, madrid, madrid_screen: devices.Device, now
):
    code = (await ask_in(conn, now)).user_code

    for approval in (
        Approval(madrid.id),
        Approval(installer.store_ids[0], replaces_device_id=madrid_screen.id),
    ):
        with pytest.raises(Invalid):
            await approve(conn, installer, code, approval, now)


@pytest.mark.parametrize(
    ("ttl_s", "fits"), [(59, False), (60, True), (90 * 86400, True), (90 * 86400 + 1, False)]
)
async def test_a_typed_code_lives_a_minute_to_ninety_days(
    conn, installer, lisbon, now, ttl_s, fits
):
    if fits:
        claim = await type_in(conn, installer, Approval(lisbon.id), now, ttl_s=ttl_s)
        assert claim.expires_at == now + timedelta(seconds=ttl_s)
    else:
        with pytest.raises(Invalid):
            await type_in(conn, installer, Approval(lisbon.id), now, ttl_s=ttl_s)


async def test_a_code_nobody_used_can_be_taken_back_once(conn, installer, lisbon, now):
    claim = await type_in(conn, installer, Approval(lisbon.id), now)

    revoked = await claims.revoke(conn, installer, claim.claim_id, now=now)

    assert revoked.state == "revoked"
    with pytest.raises(NotFound):
        await claims.revoke(conn, installer, claim.claim_id, now=now)


async def test_a_claim_of_another_store_is_absent(conn, installer, madrid_manager, lisbon, now):
    claim = await type_in(conn, installer, Approval(lisbon.id), now)

    for verb in (claims.find, claims.revoke):
        with pytest.raises(NotFound):
            await verb(conn, madrid_manager, claim.claim_id, now=now)
    assert (await claim_lists.list_for(conn, madrid_manager, now=now)).items == []
    assert (await claims.find(conn, installer, claim.claim_id, now=now)).state == "approved"


async def test_the_list_is_newest_first_and_says_what_expired(conn, installer, lisbon, now):
    for minute in range(3):
        at = now + timedelta(minutes=minute)
        await type_in(conn, installer, Approval(lisbon.id, f"Till {minute}"), at, ttl_s=120)

    later = now + timedelta(minutes=3)
    first = await claim_lists.list_for(conn, installer, limit=2, now=later)
    second = await claim_lists.list_for(
        conn, installer, limit=2, cursor=first.next_cursor, now=later
    )

    assert [(claim.name, claim.state) for claim in first.items + second.items] == [
        ("Till 2", "approved"),
        ("Till 1", "expired"),
        ("Till 0", "expired"),
    ]


async def test_a_roll_out_behind_one_address_fits_and_a_flood_does_not(conn, now):
    most = settings.Settings().pending_claims_per_address_max
    await pending(conn, most - 1, now)

    await ask_in(conn, now)
    with pytest.raises(TooMany) as refused:
        await ask_in(conn, now)

    assert most >= 300
    assert (refused.value.code, refused.value.retry_after_s) == ("too_many_claims", 60)
    await ask_in(conn, now, address="198.51.100.1")
    await ask_in(conn, now + timedelta(minutes=10))


async def test_an_administrator_decides_how_many_may_wait(conn, admin, now):
    await settings.change(
        conn, admin, settings.Changes(pending_claims_per_address_max=300), now=now
    )
    await pending(conn, 299, now)
    await ask_in(conn, now)

    with pytest.raises(TooMany):
        await ask_in(conn, now)


async def test_one_installation_waits_with_twenty_codes_at_most(conn, now):
    for _ in range(20):
        await ask_in(conn, now, install_secret="of a player that restarts all the time")

    with pytest.raises(TooMany):
        await ask_in(conn, now, install_secret="of a player that restarts all the time")
    await ask_in(conn, now, install_secret="of another player")
    await ask_in(conn, now)


async def test_claims_that_wait_are_limited_in_total(conn, admin, now):
    await settings.change(conn, admin, settings.Changes(pending_claims_total_max=300), now=now)
    await pending(conn, 299, now, address="203.0.113.1")
    await ask_in(conn, now, address="192.0.2.1")

    with pytest.raises(TooMany):
        await ask_in(conn, now, address="192.0.2.99")
    assert await claim_lists.count_pending(conn, now=now) == 300


async def pending(
    conn: asyncpg.Connection, count: int, now: datetime, *, address: str = ADDRESS
) -> None:
    await conn.execute(
        """
        INSERT INTO device_claims (id, kind, state, code_hash, user_code_hash, address,
                                   created_at, updated_at, expires_at)
        SELECT gen_random_uuid(), 'screen', 'pending', sha256(n::text::bytea),
               sha256(n::text::bytea), $1, $2::timestamptz, $2, $2 + interval '10 minutes'
        FROM generate_series(1, $3) AS n
        """,
        address,
        now,
        count,
    )


@pytest.mark.parametrize(
    ("device_info", "fits"),
    [
        ({"a": "x" * (16 * 1024 - 8)}, True),
        ({"a": "x" * (16 * 1024 - 7)}, False),
        ({"serial": "A\x00B"}, False),
    ],
)
async def test_what_a_screen_says_of_itself_has_a_limit(conn, now, device_info, fits):
    if fits:
        assert await ask_in(conn, now, device_info=device_info)
    else:
        with pytest.raises(Invalid) as refused:
            await ask_in(conn, now, device_info=device_info)
        assert refused.value.errors[0].pointer == "/device_info"


async def test_a_claim_says_whose_it_is_by_name(conn, add_user, installer, lisbon, now):
    user = await add_user(installer)
    claim = await ask_in(conn, now)
    actor = Actor(kind="user", id=user.id, name="Ines", role="installer", store_ids=[lisbon.id])

    approved = await approve(conn, actor, claim.user_code, Approval(lisbon.id), now)

    assert (approved.store, approved.approver) == ("Lisbon", "Ines")


async def test_a_screen_that_comes_in_by_its_own_code_is_not_expected_any_more(
    conn, installer, lisbon, now
):
    expected = await type_in(conn, installer, Approval(lisbon.id, "Window 2"), now)
    other = await type_in(conn, installer, Approval(lisbon.id, "Window 3"), now)
    shown = await ask_in(conn, now)

    await approve(conn, installer, shown.user_code, Approval(lisbon.id, "window 2"), now)

    assert (await claims.find(conn, installer, expected.claim_id, now=now)).state == "revoked"
    assert (await claims.find(conn, installer, other.claim_id, now=now)).state == "approved"


async def test_every_answer_is_in_the_audit_log(conn, installer, lisbon, now):
    approved, denied = await ask_in(conn, now), await ask_in(conn, now)
    await approve(conn, installer, approved.user_code, Approval(lisbon.id, "Window 2"), now)
    await claims.deny(conn, installer, denied.user_code, secret=SECRET, now=now)
    console = await type_in(conn, installer, Approval(lisbon.id), now)
    await claims.revoke(conn, installer, console.claim_id, now=now)

    entries = await conn.fetch(
        "SELECT action, actor_id, after FROM audit_log WHERE entity = 'claim' ORDER BY seq"
    )
    assert [entry["action"] for entry in entries] == [
        "claims.approve",
        "claims.denied",
        "claims.open",
        "claims.revoked",
    ]
    assert {entry["actor_id"] for entry in entries} == {installer.id}
    assert entries[0]["after"]["name"] == "Window 2"


async def test_a_pending_claim_belongs_to_no_store_yet(conn, installer, now):
    claim = await ask_in(conn, now)

    with pytest.raises(NotFound):
        await claims.find(conn, installer, claim.claim_id, now=now)
    assert (await claims.find(conn, SYSTEM, claim.claim_id, now=now)).state == "pending"
