"""Pairing and refreshing when the same request comes many times at once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import asyncpg

from bench import shop
from bench.proof_report import Report, Say, must
from signage import claims, new_claims, pairing, tokens
from signage.actors import SYSTEM
from signage.errors import PlaybillError

CLAIMS, REDEMPTIONS = 1_000, 50
REFRESHED, REFRESHES = 1_000, 20
SAY_EVERY = 100

Answer = pairing.Paired | PlaybillError


async def claims_redeemed_at_once(say: Say) -> Report:
    """Redeem each of 1,000 claims 50 times at once, on 50 connections: one winner each."""
    async with shop.opened(0) as chain:
        refused = await redeem_all(chain, CLAIMS, REDEMPTIONS, say)
    return Report(
        title="Claims redeemed at once",
        how=f"Each claim is redeemed {REDEMPTIONS} times at the same moment, each time on a"
        " connection of its own to a PostgreSQL that writes its promises to disk.",
        seen={
            "Claims": f"{CLAIMS:,}",
            "Redemptions": f"{CLAIMS * REDEMPTIONS:,}",
            "Winners of each claim": "1",
            "Devices, each with one placement": f"{CLAIMS:,}",
            "Refused": ", ".join(f"{count:,} {code}" for code, count in sorted(refused.items())),
        },
    )


async def refreshes_at_once(say: Say) -> Report:
    """Refresh each of 1,000 screens 20 times at once, then use a token twice: each is noticed."""
    say(f"pairing {REFRESHED:,} screens")
    async with shop.opened(REFRESHED) as chain:
        await refresh_all(chain, REFRESHES, say)
        found = await reuse_all(chain)
    return Report(
        title="Tokens refreshed at once",
        how=f"Each screen refreshes {REFRESHES} times at the same moment, each time on a connection"
        " of its own. Then its former access token is still taken, then the new one, and then the"
        " new refresh token gives the next pair. At last every screen's first refresh token comes"
        " once more, as from somebody who copied it.",
        seen={
            "Screens": f"{REFRESHED:,}",
            "Refreshes": f"{REFRESHED * REFRESHES:,}",
            "Different pairs given to each": "1",
            "Screens locked out": "0",
            "Incidents before the reuse": "0",
            "Reuses found: refused, revoked, a critical incident": f"{found:,} of {REFRESHED:,}",
        },
    )


async def redeem_all(chain: shop.Shop, count: int, at_once: int, say: Say) -> Counter[str]:
    """Redeem so many claims so many times at once; return how the others were refused."""
    refused: Counter[str] = Counter()
    for number in range(1, count + 1):
        answers = await _redeem_at_once(chain, number, at_once)
        won = [one for one in answers if isinstance(one, pairing.Paired)]
        must(len(won) == 1, f"claim {number} had {len(won)} winners")
        refused.update(one.code for one in answers if isinstance(one, PlaybillError))
        if number % SAY_EVERY == 0:
            say(f"{number:,} claims, one winner each")
    async with chain.pool.acquire() as conn:
        devices = await conn.fetchval("SELECT count(*) FROM devices")
        placed = await conn.fetchval("SELECT count(*) FROM device_placements")
    must(devices == placed == count, f"{devices} devices in {placed} places")
    return refused


async def refresh_all(chain: shop.Shop, at_once: int, say: Say) -> None:
    """Refresh every screen so many times at once, and see that each goes on with one pair."""
    for number, screen in enumerate(chain.screens, start=1):
        pairs = await _refresh_at_once(chain, screen, at_once)
        must(len(set(pairs)) == 1, f"screen {number} was given {len(set(pairs))} pairs")
        await _check_in(chain, screen, pairs[0])
        if number % SAY_EVERY == 0:
            say(f"{number:,} screens, one pair each")
    async with chain.pool.acquire() as conn:
        active = await conn.fetchval("SELECT count(*) FROM devices WHERE status = 'active'")
        incidents = await conn.fetchval("SELECT count(*) FROM incidents")
    must((active, incidents) == (len(chain.screens), 0), f"{active} active, {incidents} incidents")


async def reuse_all(chain: shop.Shop) -> int:
    """Use every screen's first refresh token again; return how many were found out."""
    async with chain.pool.acquire() as conn:
        for screen in chain.screens:
            refusal = await _refusal(chain, conn, screen)
            must(refusal == "invalid_refresh_token", f"a reuse was answered {refusal}")
        found: int = await conn.fetchval(
            """
            SELECT count(*) FROM devices d JOIN incidents i ON i.device_id = d.id
            WHERE d.status = 'revoked' AND i.kind = 'refresh_token_reused'
                  AND i.severity = 'critical' AND i.resolved_at IS NULL
            """
        )
    must(found == len(chain.screens), f"{found} of {len(chain.screens)} reuses found")
    return found


async def _redeem_at_once(chain: shop.Shop, number: int, at_once: int) -> list[Answer]:
    now = datetime.now(UTC)
    approval = claims.Approval(chain.store_id, f"Screen {number}")
    async with chain.pool.acquire() as conn:
        claim = await new_claims.open_for_console(
            conn, SYSTEM, approval, secret=chain.secret, now=now
        )

    async def redeem() -> Answer:
        async with chain.pool.acquire() as conn:
            try:
                return await pairing.redeem(
                    conn,
                    claim.claim_code,
                    device_info=shop.DEVICE_INFO,
                    address=f"claim {number}",
                    secret=chain.secret,
                    now=now,
                )
            except PlaybillError as refusal:
                return refusal

    return await asyncio.gather(*(redeem() for _ in range(at_once)))


async def _refresh_at_once(
    chain: shop.Shop, screen: shop.Screen, at_once: int
) -> list[tuple[str, str]]:
    now = datetime.now(UTC)

    async def refresh() -> tuple[str, str]:
        async with chain.pool.acquire() as conn:
            pair = await tokens.refresh(conn, screen.refresh_token, secret=chain.secret, now=now)
            return pair.device_token, pair.refresh_token

    return await asyncio.gather(*(refresh() for _ in range(at_once)))


async def _check_in(chain: shop.Shop, screen: shop.Screen, pair: tuple[str, str]) -> None:
    """Use the former token, the new one, and refresh again; each raises if it is refused."""
    now = datetime.now(UTC)
    async with chain.pool.acquire() as conn:
        for token in (screen.token, pair[0]):
            actor = await tokens.authenticate(conn, token, now=now)
            must(actor.id == screen.id, "a token is another screen's")
        await tokens.refresh(conn, pair[1], secret=chain.secret, now=now)


async def _refusal(chain: shop.Shop, conn: asyncpg.Connection, screen: shop.Screen) -> str:
    try:
        await tokens.refresh(conn, screen.refresh_token, secret=chain.secret, now=datetime.now(UTC))
    except PlaybillError as refusal:
        return refusal.code
    return "with a pair"
