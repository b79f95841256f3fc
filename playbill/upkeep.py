"""The duties there are: each hands the domain a connection and the time."""

from collections.abc import Awaitable, Callable
from typing import Any

from playbill.duties import Duty
from signage import (
    attempts,
    audit,
    claim_lists,
    clones,
    detectors,
    device_health,
    partitions,
    plan_making,
    plan_version,
    quarantine,
    sessions,
    uploads,
)
from web.services import Services

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 24 * HOUR_S

Step = Callable[..., Awaitable[Any]]
"""A function of the domain that takes a connection and ``now``, and may count what it did."""


def _once(step: Step) -> Callable[[Services], Awaitable[int]]:
    async def run(services: Services) -> int:
        async with services.pool.acquire() as conn:
            return int(await step(conn, now=services.clock()) or 0)

    return run


def _until_done(step: Step) -> Callable[[Services], Awaitable[int]]:
    async def run(services: Services) -> int:
        done = 0
        async with services.pool.acquire() as conn:
            while did := await step(conn, now=services.clock()):
                done += did
        return done

    return run


async def _uploads(services: Services) -> int:
    async with services.pool.acquire() as conn:
        return await uploads.sweep(conn, services.media, now=services.clock())


DUTIES = (
    Duty("plan version", HOUR_S, _once(plan_version.adopt)),
    Duty("plans", 30, _until_done(plan_making.refresh), wakes_on="playbill_plans"),
    Duty("claims", MINUTE_S, _once(claim_lists.let_go)),
    Duty("detectors", 30, _once(detectors.run)),
    Duty("clones", MINUTE_S, _once(clones.close_stopped)),
    Duty("attempts", 10 * MINUTE_S, _once(attempts.forget_old)),
    Duty("uploads", HOUR_S, _uploads),
    Duty("sessions", HOUR_S, _once(sessions.forget_old)),
    Duty("partitions", HOUR_S, _once(partitions.ensure)),
    Duty("old events", DAY_S, _once(partitions.drop_old)),
    Duty("quarantine", HOUR_S, _once(quarantine.forget_old)),
    Duty("device health", DAY_S, _until_done(device_health.forget_old)),
    Duty("audit addresses", DAY_S, _once(audit.forget_addresses)),
)
