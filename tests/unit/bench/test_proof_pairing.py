"""The campaigns on pairing and refreshing, at a size that every run of the tests can afford."""

from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from bench import proof_pairing, shop
from bench.proof_report import Broken
from signage import claims, new_claims, pairing, tokens
from signage.actors import SYSTEM
from tests.unit.conftest import SECRET, open_store, pair_screen

AT_ONCE = 20


@pytest.fixture
async def chain(pool: asyncpg.Pool, now: datetime) -> shop.Shop:
    """A shop of three screens, on a database of its own."""
    async with pool.acquire() as conn:
        store = await open_store(conn, "B-1", "Bench", "Europe/Lisbon", now)
        paired = [await pair_screen(conn, store, f"Screen {n}", now=now) for n in range(3)]
    screens = [
        shop.Screen(one.device_id, one.tokens.device_token, one.tokens.refresh_token, "")
        for one in paired
    ]
    return shop.Shop("", Path(), pool, SECRET, store.id, screens, [])


async def test_of_many_who_redeem_each_code_at_once_one_wins(pool, now):
    async with pool.acquire() as conn:
        store = await open_store(conn, "B-1", "Bench", "Europe/Lisbon", now)
    chain = shop.Shop("", Path(), pool, SECRET, store.id, [], [])

    refused = await proof_pairing.redeem_all(chain, 10, AT_ONCE, print)

    assert refused.total() == 10 * (AT_ONCE - 1)
    assert set(refused) <= {"invalid_claim_code", "too_many_attempts"}


async def test_of_many_who_refresh_at_once_all_get_one_pair_and_every_reuse_is_found(chain):
    await proof_pairing.refresh_all(chain, AT_ONCE, print)

    assert await proof_pairing.reuse_all(chain) == 3


async def test_the_campaign_breaks_where_a_code_redeems_twice(chain, monkeypatch):
    async def generous(conn, code, **given):
        approval = claims.Approval(chain.store_id)
        claim = await new_claims.open_for_console(
            conn, SYSTEM, approval, secret=SECRET, now=given["now"]
        )
        return await redeem(conn, claim.claim_code, **given)

    redeem = pairing.redeem
    monkeypatch.setattr(pairing, "redeem", generous)

    with pytest.raises(Broken, match="20 winners"):
        await proof_pairing.redeem_all(chain, 1, AT_ONCE, print)


async def test_the_campaign_breaks_where_a_refresh_gives_another_pair(chain, monkeypatch):
    refresh, drawn = tokens.refresh, iter(range(1000))

    async def forgetful(conn, token, **given):
        pair = await refresh(conn, token, **given)
        return tokens.TokenPair(f"token {next(drawn)}", pair.refresh_token, 60)

    monkeypatch.setattr(tokens, "refresh", forgetful)

    with pytest.raises(Broken, match="20 pairs"):
        await proof_pairing.refresh_all(chain, AT_ONCE, print)
