"""Tokens: they expire, are refreshed without locking anybody out, and a thief is noticed."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import msgspec
import pytest

from signage import devices, incidents, settings, tokens
from signage.actors import SYSTEM
from signage.errors import Unauthenticated
from signage.ids import new_id
from tests.unit.conftest import SECRET, open_store, pair_screen


@pytest.fixture
def first(paired) -> tokens.TokenPair:
    """The tokens of the pairing."""
    return paired.tokens


async def refresh(
    conn: asyncpg.Connection, pair: tokens.TokenPair, now: datetime
) -> tokens.TokenPair:
    return await tokens.refresh(conn, pair.refresh_token, secret=SECRET, now=now)


async def refusal(conn: asyncpg.Connection, token: str, now: datetime) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await tokens.authenticate(conn, token, now=now)
    return refused.value.code


async def test_a_token_names_its_screen_for_secret_scanners(first, paired):
    assert first.device_token.startswith(f"pbd1_{paired.device_id.hex}_")
    assert first.refresh_token.startswith(f"pbr1_{paired.device_id.hex}_")
    assert first.token_expires_in == 24 * 3600


async def test_only_hashes_are_kept(conn, first):
    kept = str(await conn.fetch("SELECT * FROM devices"))
    kept += str(await conn.fetch("SELECT * FROM audit_log"))
    assert first.device_token.split("_")[2] not in kept
    assert first.refresh_token.split("_")[2] not in kept


async def test_a_token_is_good_for_a_day(conn, first, paired, now):
    last = now + timedelta(days=1) - timedelta(microseconds=1)

    actor = await tokens.authenticate(conn, first.device_token, now=last)

    assert (actor.kind, actor.id, actor.name) == ("device", paired.device_id, "Window 2")
    assert await refusal(conn, first.device_token, now + timedelta(days=1)) == "token_expired"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: "pbd1",
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: token.upper(),
        lambda token: token.replace("pbd1", "pbr1"),
        lambda token: token.replace("_", "__"),
        lambda token: "é" + token,
        lambda token: "pbd1_zz_zz_00000000",
    ],
)
async def test_what_is_no_token_is_invalid(conn, first, now, spoil):
    assert await refusal(conn, spoil(first.device_token), now) == "invalid_token"


async def test_a_made_up_secret_for_a_real_screen_is_invalid(conn, paired, now):
    from_elsewhere = tokens._derive(b"another server", paired.device_id, new_id(), 0, 60)

    assert await refusal(conn, from_elsewhere.device_token, now) == "invalid_token"


async def test_a_refresh_token_opens_nothing_else(conn, first, now):
    assert await refusal(conn, first.refresh_token, now) == "invalid_token"
    with pytest.raises(Unauthenticated):
        await tokens.refresh(conn, first.device_token, secret=SECRET, now=now)


async def test_the_former_token_works_until_the_new_one_is_used(conn, first, now):
    await tokens.authenticate(conn, first.device_token, now=now)
    second = await refresh(conn, first, now)

    assert await tokens.authenticate(conn, first.device_token, now=now)
    assert await tokens.authenticate(conn, second.device_token, now=now)
    assert await refusal(conn, first.device_token, now) == "token_expired"


@pytest.mark.parametrize(("seconds", "works"), [(599, True), (600, False)])
async def test_the_former_token_works_ten_minutes_at_most(conn, first, now, seconds, works):
    await refresh(conn, first, now)
    later = now + timedelta(seconds=seconds)

    if works:
        assert await tokens.authenticate(conn, first.device_token, now=later)
    else:
        assert await refusal(conn, first.device_token, later) == "token_expired"


async def test_a_refresh_does_not_lengthen_the_former_token(conn, first, now):
    late = now + timedelta(days=1) - timedelta(minutes=1)
    await refresh(conn, first, late)

    assert await refusal(conn, first.device_token, late + timedelta(minutes=1)) == "token_expired"


async def test_an_expired_token_can_be_refreshed(conn, first, now):
    later = now + timedelta(days=30)

    second = await refresh(conn, first, later)

    assert await tokens.authenticate(conn, second.device_token, now=later)


@pytest.mark.parametrize(("days", "works"), [(89.9, True), (90, False)])
async def test_a_refresh_token_idles_ninety_days(conn, first, now, days, works):
    later = now + timedelta(days=days)

    if works:
        assert await refresh(conn, first, later)
    else:
        with pytest.raises(Unauthenticated) as refused:
            await refresh(conn, first, later)
        assert refused.value.code == "invalid_refresh_token"


async def test_a_lost_reply_is_given_again_however_often_and_late(conn, first, now):
    second = await refresh(conn, first, now)

    for days in (0, 1, 2, 80, 160):
        later = now + timedelta(days=days)
        assert await refresh(conn, first, later) == second
    assert await tokens.authenticate(conn, second.device_token, now=later)


async def test_asking_again_within_a_minute_writes_nothing_and_says_what_is_left(conn, first, now):
    await refresh(conn, first, now)
    before = await conn.fetchval("SELECT token_expires_at FROM devices")

    soon = await refresh(conn, first, now + timedelta(seconds=40))

    assert soon.token_expires_in == 24 * 3600 - 40
    assert await conn.fetchval("SELECT token_expires_at FROM devices") == before
    later = await refresh(conn, first, now + timedelta(seconds=60))
    assert later.token_expires_in == 24 * 3600


async def test_an_administrator_decides_how_long_tokens_live(conn, admin, pair, lisbon, now):
    lives = settings.Changes(access_token_life_h=2, refresh_token_idle_life_days=3)
    await settings.change(conn, admin, lives, now=now)
    paired = await pair(lisbon, "Window 3")

    assert paired.tokens.token_expires_in == 2 * 3600
    token = paired.tokens.device_token
    assert await tokens.authenticate(conn, token, now=now + timedelta(hours=1.9))
    assert await refusal(conn, token, now + timedelta(hours=2)) == "token_expired"
    second = await refresh(conn, paired.tokens, now + timedelta(days=2.9))
    with pytest.raises(Unauthenticated):
        await refresh(conn, second, now + timedelta(days=5.9))


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"access_token_life_h": 0}, False),
        ({"access_token_life_h": 1}, True),
        ({"access_token_life_h": 720}, True),
        ({"access_token_life_h": 721}, False),
        ({"refresh_token_idle_life_days": 0}, False),
        ({"refresh_token_idle_life_days": 3651}, False),
        ({"pending_claims_per_address_max": 299}, False),
        ({"pending_claims_per_address_max": 300}, True),
        ({"wrong_codes_per_address_max": 0}, False),
    ],
)
def test_settings_of_tokens_and_claims_have_limits(changes, fits):
    try:
        msgspec.convert(changes, settings.Changes)
    except msgspec.ValidationError:
        assert not fits
    else:
        assert fits


async def test_twenty_refreshes_at_once_give_one_pair_and_lock_nobody_out(pool, now):
    async with pool.acquire() as conn:
        lisbon = await open_store(conn, "LIS-01", "Lisbon", "Europe/Lisbon", now)
        paired = await pair_screen(conn, lisbon, "Window 2", now=now)
        await tokens.authenticate(conn, paired.tokens.device_token, now=now)

    async def attempt() -> tokens.TokenPair:
        async with pool.acquire() as conn:
            return await refresh(conn, paired.tokens, now)

    given = await asyncio.gather(*(attempt() for _ in range(20)))

    assert len(set(given)) == 1
    async with pool.acquire() as conn:
        assert await tokens.authenticate(conn, given[0].device_token, now=now)
        third = await refresh(conn, given[0], now)
        assert await tokens.authenticate(conn, third.device_token, now=now)


async def test_reuse_after_the_successor_was_used_ends_the_family_and_is_reported(
    conn, first, paired, now
):
    second = await refresh(conn, first, now)
    await tokens.authenticate(conn, second.device_token, now=now)

    with pytest.raises(Unauthenticated) as refused:
        await refresh(conn, first, now)

    assert refused.value.code == "invalid_refresh_token"
    assert await refusal(conn, second.device_token, now) == "token_revoked"
    with pytest.raises(Unauthenticated):
        await refresh(conn, second, now)
    [incident] = await incidents.list_open(conn, SYSTEM, device_id=paired.device_id)
    assert (incident.kind, incident.severity) == ("refresh_token_reused", "critical")


async def test_reuse_of_a_token_of_long_ago_ends_the_family_too(conn, first, paired, now):
    pair = first
    for _ in range(4):
        pair = await refresh(conn, pair, now)
        await tokens.authenticate(conn, pair.device_token, now=now)

    with pytest.raises(Unauthenticated):
        await refresh(conn, first, now)

    assert await refusal(conn, pair.device_token, now) == "token_revoked"
    assert await incidents.list_open(conn, SYSTEM, device_id=paired.device_id)


async def test_refreshing_the_successor_counts_as_using_it(conn, first, now):
    second = await refresh(conn, first, now)
    await refresh(conn, second, now)

    with pytest.raises(Unauthenticated):
        await refresh(conn, first, now)


async def test_a_token_that_never_was_ends_nothing(conn, first, paired, now):
    never = tokens._derive(SECRET, paired.device_id, new_id(), 0, 60)

    with pytest.raises(Unauthenticated):
        await refresh(conn, never, now)

    assert await tokens.authenticate(conn, first.device_token, now=now)
    assert await incidents.list_open(conn, SYSTEM) == []


@pytest.mark.parametrize("verb", [devices.revoke, devices.retire])
async def test_a_screen_out_of_service_gets_nothing(conn, manager, first, paired, now, verb):
    await verb(conn, manager, paired.device_id, now=now)

    assert await refusal(conn, first.device_token, now) == "token_revoked"
    with pytest.raises(Unauthenticated):
        await refresh(conn, first, now)
