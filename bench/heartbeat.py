"""A heartbeat decoded, validated and stored: against a bare function that reads its body."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle

import msgspec

from bench import http_load, servers, shop
from bench.figures import Figure, Measure, take_turns

SCREENS = 100
SLICE_S = 2.0


async def measure() -> list[Figure]:
    """Send what a player sends every minute."""
    started = datetime.now(UTC)
    async with shop.opened(SCREENS) as chain:
        item_id = chain.item_ids[0]
        beats = [_beat(screen, item_id, started) for screen in chain.screens]
        with (
            servers.playbill(chain.dsn, chain.data_dir) as ours,
            servers.bare("asgi_app") as function,
        ):
            http_load.drive(ours, iter(beats), status=200)
            turns = [_turn(port, cycle(beats)) for port in (ours, function)]
            stored, only_read = await take_turns(*turns)
        async with chain.pool.acquire() as conn:
            seen = await conn.fetchval(
                "SELECT count(*) FROM devices WHERE last_seen_at > $1", started
            )
    assert seen == SCREENS, f"{seen} of {SCREENS} screens were seen"
    return [
        Figure(
            name="Heartbeat decoded, validated, stored",
            against="bare ASGI function reading the body",
            unit="/s",
            ours=stored,
            baseline=only_read,
            at_least=0.4,
        )
    ]


def _turn(port: int, beats: Iterator[bytes]) -> Measure:
    async def turn() -> float:
        requests = http_load.until(SLICE_S, beats)
        return http_load.drive(port, requests, status=200).per_second

    return turn


def _beat(screen: shop.Screen, item_id: str, at: datetime) -> bytes:
    body = {
        "disk_used_bytes": 4_000_000_000,
        "disk_total_bytes": 16_000_000_000,
        "now_playing": {"item_id": item_id, "started_at": at, "frame": 1234},
        "plan_etag": screen.etag,
        "counters": {"plays": 360, "stalls": 0, "restarts": 1},
        "sent_at": at,
        "player_version": "1.0.0",
    }
    return http_load.request(
        "POST",
        "/v1/device/heartbeat",
        body=msgspec.json.encode(body),
        Authorization=f"Bearer {screen.token}",
    )
