"""Pairing: a right code redeems once, a wrong one learns nothing, a lost reply locks nobody out."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from signage import claims, devices, heartbeats, new_claims, pairing, settings, tokens
from signage.actors import SYSTEM, Actor
from signage.claims import Approval
from signage.errors import Invalid, PlaybillError, Refused, TooMany, Unauthenticated
from signage.stores import Store
from tests.unit.conftest import DEVICE_INFO, SECRET, open_store

INSTALL_SECRET = "made by the player at its first boot"
ADDRESS = "192.0.2.7"


async def redeem(conn: asyncpg.Connection, code: str, now: datetime, **more: Any) -> pairing.Paired:
    given = {"device_info": DEVICE_INFO, "address": ADDRESS} | more
    return await pairing.redeem(conn, code, **given, secret=SECRET, now=now)


async def refusal(conn: asyncpg.Connection, code: str, now: datetime, **more: Any) -> PlaybillError:
    with pytest.raises(PlaybillError) as refused:
        await redeem(conn, code, now, **more)
    return refused.value


async def ask_in(conn: asyncpg.Connection, now: datetime, **more: Any) -> new_claims.ScreenClaim:
    return await new_claims.open_for_screen(
        conn, device_info=DEVICE_INFO, address=ADDRESS, **more, secret=SECRET, now=now
    )


async def typed_code(
    conn: asyncpg.Connection, actor: Actor, store: Store, now: datetime, **more: Any
) -> new_claims.ConsoleClaim:
    approval = Approval(store.id, **more)
    return await new_claims.open_for_console(conn, actor, approval, secret=SECRET, now=now)


async def let_in(
    conn: asyncpg.Connection, actor: Actor, store: Store, now: datetime, **more: Any
) -> new_claims.ScreenClaim:
    claim = await ask_in(conn, now, **more)
    await claims.approve(
        conn, actor, claim.user_code, Approval(store.id, "Window 2"), secret=SECRET, now=now
    )
    return claim


async def test_an_approved_screen_becomes_a_device_of_its_store(conn, installer, lisbon, food, now):
    claim = await ask_in(conn, now)
    approval = Approval(lisbon.id, "Window 2", [food.id])
    await claims.approve(conn, installer, claim.user_code, approval, secret=SECRET, now=now)

    paired = await redeem(conn, claim.claim_code, now)

    device = await devices.find(conn, SYSTEM, paired.device_id, now=now)
    assert (device.name, device.store, device.group_ids) == ("Window 2", "Lisbon", [food.id])
    assert device.device_info == DEVICE_INFO
    assert (device.player_version, device.last_address) == ("1.4.0", ADDRESS)
    actor = await tokens.authenticate(conn, paired.tokens.device_token, now=now)
    assert actor.id == paired.device_id


async def test_a_screen_without_a_name_gets_one(conn, installer, lisbon, now):
    claim = await typed_code(conn, installer, lisbon, now)

    paired = await redeem(conn, claim.claim_code, now)

    device = await devices.find(conn, SYSTEM, paired.device_id, now=now)
    assert device.name == f"Screen {paired.device_id.hex[-4:].upper()}"


async def test_a_typed_code_is_read_without_case_and_dashes(conn, installer, lisbon, now):
    claim = await typed_code(conn, installer, lisbon, now)

    assert await redeem(conn, claim.claim_code.lower().replace("-", " "), now)


async def test_who_was_let_in_by_whom_is_in_the_audit_log(conn, installer, lisbon, now):
    claim = await let_in(conn, installer, lisbon, now)
    paired = await redeem(conn, claim.claim_code, now)

    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'pairing.redeem'")
    assert (entry["actor_kind"], entry["actor_id"]) == ("device", paired.device_id)
    assert entry["after"] == {
        "claim_id": str(claim.claim_id),
        "approved_by": str(installer.id),
    }


async def test_a_code_redeems_once(conn, installer, lisbon, now):
    screen = await let_in(conn, installer, lisbon, now)
    console = await typed_code(conn, installer, lisbon, now)
    for code in (screen.claim_code, console.claim_code):
        await redeem(conn, code, now)

        assert (await refusal(conn, code, now)).code == "invalid_claim_code"
    assert await conn.fetchval("SELECT count(*) FROM devices") == 2


async def test_of_fifty_who_redeem_a_code_at_once_one_wins(pool, now):
    async with pool.acquire() as conn:
        lisbon = await open_store(conn, "LIS-01", "Lisbon", "Europe/Lisbon", now)
        claim = await typed_code(conn, SYSTEM, lisbon, now)

    async def attempt() -> pairing.Paired | PlaybillError:
        async with pool.acquire() as conn:
            try:
                return await redeem(conn, claim.claim_code, now)
            except PlaybillError as error:
                return error

    results = await asyncio.gather(*(attempt() for _ in range(50)))

    winners = [result for result in results if isinstance(result, pairing.Paired)]
    losers = [result for result in results if isinstance(result, PlaybillError)]
    assert len(winners) == 1
    assert {loser.code for loser in losers} == {"invalid_claim_code"}
    async with pool.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM devices") == 1
        assert await conn.fetchval("SELECT count(*) FROM device_placements") == 1
        assert await tokens.authenticate(conn, winners[0].tokens.device_token, now=now)


async def test_a_pending_screen_is_asked_to_wait(conn, now):
    claim = await ask_in(conn, now)

    refused = await refusal(conn, claim.claim_code, now)

    assert isinstance(refused, Refused)
    assert (refused.code, refused.retry_after_s) == ("authorization_pending", 5)


async def test_who_polls_too_fast_has_to_wait_five_seconds_longer_each_time(conn, now):
    code = (await ask_in(conn, now)).claim_code
    seen = []
    for second in (0, 4, 13, 27, 46):
        refused = await refusal(conn, code, now + timedelta(seconds=second))
        seen.append((refused.code, refused.retry_after_s))

    assert seen == [
        ("authorization_pending", 5),
        ("slow_down", 10),
        ("slow_down", 15),
        ("slow_down", 20),
        ("slow_down", 25),
    ]
    later = await refusal(conn, code, now + timedelta(seconds=46 + 25))
    assert (later.code, later.retry_after_s) == ("authorization_pending", 25)


async def test_a_screen_turned_away_is_told(conn, installer, now):
    claim = await ask_in(conn, now)
    await claims.deny(conn, installer, claim.user_code, secret=SECRET, now=now)

    assert (await refusal(conn, claim.claim_code, now)).code == "access_denied"


@pytest.mark.parametrize("approved", [False, True])
async def test_an_expired_long_code_says_so(conn, installer, lisbon, now, approved):
    claim = await (let_in(conn, installer, lisbon, now) if approved else ask_in(conn, now))

    later = now + timedelta(minutes=10)

    assert (await refusal(conn, claim.claim_code, later)).code == "expired_token"


async def test_every_wrong_short_code_gets_the_same_answer(conn, installer, lisbon, now):
    used = await typed_code(conn, installer, lisbon, now)
    await redeem(conn, used.claim_code, now)
    revoked = await typed_code(conn, installer, lisbon, now)
    await claims.revoke(conn, installer, revoked.claim_id, now=now)
    expired = await typed_code(conn, installer, lisbon, now - timedelta(days=1))
    shown = await ask_in(conn, now)
    approved = await let_in(conn, installer, lisbon, now)

    answers = [
        await refusal(conn, code, now)
        for code in (
            used.claim_code,
            revoked.claim_code,
            expired.claim_code,
            shown.user_code,
            approved.user_code,
            "BCDF-GHJK-LMNP",
            "",
            "é" * 1000,
            "dpc_" + "0" * 64,
        )
    ]

    assert {(type(answer), answer.code, answer.detail) for answer in answers} == {
        (Refused, "invalid_claim_code", answers[0].detail)
    }
    assert {answer.retry_after_s for answer in answers} == {None}


async def test_over_the_limit_a_wrong_code_waits_and_a_right_one_redeems(
    conn, admin, installer, lisbon, now
):
    await settings.change(conn, admin, settings.Changes(wrong_codes_per_address_max=3), now=now)
    claim = await typed_code(conn, installer, lisbon, now)
    for _ in range(3):
        assert (await refusal(conn, "BBBB-BBBB-BBBB", now)).code == "invalid_claim_code"

    over = await refusal(conn, "BBBB-BBBB-BBBB", now)

    assert isinstance(over, TooMany)
    assert (over.code, over.retry_after_s) == ("too_many_attempts", 15 * 60)
    elsewhere = await refusal(conn, "BBBB-BBBB-BBBB", now, address="198.51.100.1")
    assert elsewhere.code == "invalid_claim_code"
    assert await redeem(conn, claim.claim_code, now)


async def test_wrong_codes_are_limited_in_total(conn, admin, now):
    await settings.change(conn, admin, settings.Changes(wrong_codes_total_max=40), now=now)
    for host in range(40):
        within = await refusal(conn, "BBBB-BBBB-BBBB", now, address=f"192.0.2.{host}")
        assert within.code == "invalid_claim_code"

    over = await refusal(conn, "BBBB-BBBB-BBBB", now, address="198.51.100.1")
    assert over.code == "too_many_attempts"


async def test_a_wrong_code_costs_the_same_work_whatever_is_wrong_with_it(
    conn, installer, lisbon, now
):
    used = await typed_code(conn, installer, lisbon, now)
    await redeem(conn, used.claim_code, now)
    revoked = await typed_code(conn, installer, lisbon, now)
    await claims.revoke(conn, installer, revoked.claim_id, now=now)
    expired = await typed_code(conn, installer, lisbon, now - timedelta(days=1))
    statements: list[str] = []
    work = []

    with conn.query_logger(lambda query: statements.append(query.query)):
        for code in (used.claim_code, revoked.claim_code, expired.claim_code, "BCDF-GHJK-LMNP"):
            statements.clear()
            await refusal(conn, code, now)
            await asyncio.sleep(0)  # the logger is called in the next turn of the loop
            work.append([text for text in statements if "/*" in text])

    assert len(work[0]) > 3
    assert work == [work[0]] * 4


async def test_polling_a_pending_claim_is_no_wrong_guess(conn, now):
    claim = await ask_in(conn, now)
    for minute in range(5):
        await refusal(conn, claim.claim_code, now + timedelta(minutes=minute))

    assert await conn.fetchval("SELECT count(*) FROM attempts") == 0


async def test_another_install_secret_redeems_nothing(conn, installer, lisbon, now):
    claim = await let_in(conn, installer, lisbon, now, install_secret=INSTALL_SECRET)

    stolen = await refusal(conn, claim.claim_code, now, install_secret="somebody else's secret")

    assert stolen.code == "invalid_claim_code"
    assert await redeem(conn, claim.claim_code, now, install_secret=INSTALL_SECRET)


async def test_a_lost_reply_is_given_again_with_fresh_tokens(conn, installer, lisbon, now):
    claim = await let_in(conn, installer, lisbon, now, install_secret=INSTALL_SECRET)
    lost = await redeem(conn, claim.claim_code, now, install_secret=INSTALL_SECRET)

    later = now + timedelta(minutes=9, seconds=59)
    again = await redeem(conn, claim.claim_code, later, install_secret=INSTALL_SECRET)

    assert again.device_id == lost.device_id
    assert again.tokens != lost.tokens
    assert await tokens.authenticate(conn, again.tokens.device_token, now=later)
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(conn, lost.tokens.device_token, now=later)
    assert await conn.fetchval("SELECT count(*) FROM devices") == 1


async def test_a_first_install_secret_at_redemption_also_guards_the_lost_reply(
    conn, installer, lisbon, now
):
    claim = await typed_code(conn, installer, lisbon, now)
    await redeem(conn, claim.claim_code, now, install_secret=INSTALL_SECRET)

    for secret in (None, "somebody else's secret"):
        refused = await refusal(conn, claim.claim_code, now, install_secret=secret)
        assert refused.code == "invalid_claim_code"
    assert await redeem(conn, claim.claim_code, now, install_secret=INSTALL_SECRET)


@pytest.mark.parametrize("end", ["ten minutes", "first call", "revoked", "replaced"])
async def test_a_reply_is_not_given_again_after(conn, installer, manager, lisbon, now, end):
    claim = await let_in(conn, installer, lisbon, now, install_secret=INSTALL_SECRET)
    paired = await redeem(conn, claim.claim_code, now, install_secret=INSTALL_SECRET)
    later = now
    match end:
        case "ten minutes":
            later += timedelta(minutes=10)
        case "first call":
            await tokens.authenticate(conn, paired.tokens.device_token, now=now)
        case "revoked":
            await devices.revoke(conn, manager, paired.device_id, now=now)
        case "replaced":
            other = await ask_in(conn, now)
            approval = Approval(lisbon.id, replaces_device_id=paired.device_id)
            await claims.approve(conn, installer, other.user_code, approval, secret=SECRET, now=now)
            await redeem(conn, other.claim_code, now)

    refused = await refusal(conn, claim.claim_code, later, install_secret=INSTALL_SECRET)

    assert refused.code == "invalid_claim_code"


async def test_a_replacement_takes_over_the_identity_and_the_old_hardware_stops(
    conn, installer, lisbon, paired, now
):
    beat = heartbeats.Heartbeat(disk_used_bytes=1, now_playing="item", last_error="broken")
    await heartbeats.record(conn, paired.device_id, beat, address=ADDRESS, now=now)
    claim = await ask_in(conn, now)
    approval = Approval(lisbon.id, replaces_device_id=paired.device_id)
    await claims.approve(conn, installer, claim.user_code, approval, secret=SECRET, now=now)

    replacement = await redeem(conn, claim.claim_code, now, device_info={"serial": "NEW"})

    assert replacement.device_id == paired.device_id
    device = await devices.find(conn, SYSTEM, paired.device_id, now=now)
    assert (device.name, device.store, device.device_info) == (
        "Window 2",
        "Lisbon",
        {"serial": "NEW"},
    )
    assert (device.now_playing, device.last_error) == (None, None)
    with pytest.raises(Unauthenticated) as refused:
        await tokens.authenticate(conn, paired.tokens.device_token, now=now)
    assert refused.value.code in ("token_revoked", "invalid_token")
    with pytest.raises(Unauthenticated):
        await tokens.refresh(conn, paired.tokens.refresh_token, secret=SECRET, now=now)


async def test_a_refused_redemption_leaves_the_claim_as_it_was(conn, installer, lisbon, now):
    claim = await let_in(conn, installer, lisbon, now)

    with pytest.raises(Invalid):
        await redeem(conn, claim.claim_code, now, device_info={"a": "x" * 20_000})

    assert await redeem(conn, claim.claim_code, now)
