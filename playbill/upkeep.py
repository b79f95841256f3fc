"""The duties there are: each hands the domain a connection and the time."""

from playbill.duties import Duty
from signage import attempts, partitions, plan_making, plan_version, quarantine
from web.services import Services

MINUTE_S = 60
HOUR_S = 3600


async def _plans(services: Services) -> int:
    done = 0
    async with services.pool.acquire() as conn:
        while made := await plan_making.refresh(conn, now=services.clock()):
            done += made
    return done


async def _plan_version(services: Services) -> int:
    async with services.pool.acquire() as conn:
        return await plan_version.adopt(conn, now=services.clock())


async def _partitions(services: Services) -> int:
    async with services.pool.acquire() as conn:
        return await partitions.ensure(conn, now=services.clock())


async def _attempts(services: Services) -> None:
    async with services.pool.acquire() as conn:
        await attempts.forget_old(conn, now=services.clock())


async def _quarantine(services: Services) -> int:
    async with services.pool.acquire() as conn:
        return await quarantine.forget_old(conn, now=services.clock())


DUTIES = (
    Duty("plan version", HOUR_S, _plan_version),
    Duty("plans", 30, _plans, wakes_on="playbill_plans"),
    Duty("partitions", HOUR_S, _partitions),
    Duty("attempts", 10 * MINUTE_S, _attempts),
    Duty("quarantine", HOUR_S, _quarantine),
)
