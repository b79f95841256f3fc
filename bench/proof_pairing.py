"""Pairing and refreshing when the same request comes many times at once."""

import asyncio
from datetime import UTC, datetime

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
    refused: dict[str, int] = {}
    async with shop.opened(0) as chain:
        for number in range(1, CLAIMS + 1):
            answers = await _redeem_at_once(chain, number)
            won = [one for one in answers if isinstance(one, pairing.Paired)]
            must(len(won) == 1, f"claim {number} had {len(won)} winners")
            for answer in answers:
                if isinstance(answer, PlaybillError):
                    refused[answer.code] = refused.get(answer.code, 0) + 1
            if number % SAY_EVERY == 0:
                say(f"{number:,} claims, one winner each")
        async with chain.pool.acquire() as conn:
            devices = await conn.fetchval("SELECT count(*) FROM devices")
            placed = await conn.fetchval("SELECT count(*) FROM device_placements")
    must(devices == placed == CLAIMS, f"{devices} devices in {placed} places")
    return Report(
        title="Claims redeemed at once",
        how=f"Each claim is redeemed {REDEMPTIONS} times at the same moment, each time on a"
        " connection of its own to a PostgreSQL that writes its promises to disk.",
        seen={
            "Claims": f"{CLAIMS:,}",
            "Redemptions": f"{CLAIMS * REDEMPTIONS:,}",
            "Winners of each claim": "1",
            "Devices, each with one placement": f"{devices:,}",
            "Refused": ", ".join(f"{count:,} {code}" for code, count in sorted(refused.items())),
        },
    )


async def _redeem_at_once(chain: shop.Shop, number: int) -> list[Answer]:
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

    return await asyncio.gather(*(redeem() for _ in range(REDEMPTIONS)))


async def refreshes_at_once(say: Say) -> Report:
    """Refresh each of 1,000 screens 20 times at once: one identical pair, nobody locked out."""
    say(f"pairing {REFRESHED:,} screens")
    async with shop.opened(REFRESHED) as chain:
        for number, screen in enumerate(chain.screens, start=1):
            pairs = await _refresh_at_once(chain, screen)
            must(len(set(pairs)) == 1, f"screen {number} was given {len(set(pairs))} pairs")
            await _check_in(chain, screen, pairs[0])
            if number % SAY_EVERY == 0:
                say(f"{number:,} screens, one pair each")
        async with chain.pool.acquire() as conn:
            active = await conn.fetchval("SELECT count(*) FROM devices WHERE status = 'active'")
            incidents = await conn.fetchval("SELECT count(*) FROM incidents")
    must((active, incidents) == (REFRESHED, 0), f"{active} active, {incidents} incidents")
    return Report(
        title="Tokens refreshed at once",
        how=f"Each screen refreshes {REFRESHES} times at the same moment, each time on a connection"
        " of its own. Then its former access token is still taken, then the new one, and then the"
        " new refresh token gives the next pair.",
        seen={
            "Screens": f"{REFRESHED:,}",
            "Refreshes": f"{REFRESHED * REFRESHES:,}",
            "Different pairs given to each": "1",
            "Screens locked out": "0",
            "Incidents": "0",
        },
    )


async def _refresh_at_once(chain: shop.Shop, screen: shop.Screen) -> list[tuple[str, str]]:
    now = datetime.now(UTC)

    async def refresh() -> tuple[str, str]:
        async with chain.pool.acquire() as conn:
            pair = await tokens.refresh(conn, screen.refresh_token, secret=chain.secret, now=now)
            return pair.device_token, pair.refresh_token

    return await asyncio.gather(*(refresh() for _ in range(REFRESHES)))


async def _check_in(chain: shop.Shop, screen: shop.Screen, pair: tuple[str, str]) -> None:
    """Use the former token, the new one, and refresh again; each raises if it is refused."""
    now = datetime.now(UTC)
    async with chain.pool.acquire() as conn:
        for token in (screen.token, pair[0]):
            actor = await tokens.authenticate(conn, token, now=now)
            must(actor.id == screen.id, "a token is another screen's")
        await tokens.refresh(conn, pair[1], secret=chain.secret, now=now)
