"""A plan poll answered 304, the token checked: against a bare function and a bare Quart route."""

from collections.abc import Iterator
from itertools import cycle

from bench import http_load, servers, shop
from bench.figures import Figure, Measure, take_turns

# Each screen may ask 60 times at once before its limit holds it back.
SCREENS = 100
SLICE_S = 2.0


async def measure() -> list[Figure]:
    """Poll as a fleet whose plans are unchanged."""
    async with shop.opened(SCREENS) as chain:
        polls = cycle(_poll(screen) for screen in chain.screens)
        with (
            servers.playbill(chain.dsn, chain.data_dir) as ours,
            servers.bare("asgi_app") as function,
            servers.bare("quart_app") as route,
        ):
            # The first use of a token and the first fetch of a plan are written down once.
            http_load.drive(ours, iter([_poll(one) for one in chain.screens]), status=304)
            turns = [_turn(port, polls) for port in (ours, function, route)]
            asked, at_best, in_quart = await take_turns(*turns)
    name = "Plan poll answered 304, token checked"
    return [
        Figure(
            name=name,
            against="bare ASGI function, same server",
            unit="/s",
            ours=asked,
            baseline=at_best,
            at_least=0.5,
        ),
        Figure(
            name=name,
            against="bare Quart route",
            unit="/s",
            ours=asked,
            baseline=in_quart,
            at_least=8,
        ),
    ]


def _turn(port: int, polls: Iterator[bytes]) -> Measure:
    async def turn() -> float:
        requests = http_load.until(SLICE_S, polls)
        return http_load.drive(port, requests, status=304).per_second

    return turn


def _poll(screen: shop.Screen) -> bytes:
    return http_load.request(
        "GET",
        "/v1/device/plan",
        Authorization=f"Bearer {screen.token}",
        If_None_Match=f'"{screen.etag}"',
    )
