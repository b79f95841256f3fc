"""A change to the whole fleet: how long until the plan of every screen is current again.

10,000 screens in 100 stores of five zones, 200 schedules on the fleet, groups and stores. The cost
is to grow with the distinct plans, not with the screens: the baseline is the same change in a chain
of as many stores and schedules with a tenth of the screens.
"""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID

import asyncpg

from bench import shop
from bench.figures import ROUNDS, Figure
from db.pool import create_pool
from signage import content, plan_making, playlists, schedules
from signage.actors import SYSTEM
from signage.playlist_items import NewItem
from signage.targets import Target

SCREENS = 10_000
STORES = 100
GROUPS = 10
PLAYLISTS = 20
SCHEDULES = 200
SECONDS_MAX = 2
ZONES = ("Europe/Lisbon", "Europe/Madrid", "Europe/Berlin", "Europe/Athens", "Atlantic/Azores")


async def measure() -> list[Figure]:
    """Outdate every plan, then refresh until none is left, in turns with the smaller chain."""
    many = await _rounds(SCREENS)
    few = await _rounds(SCREENS // 10)
    return [
        Figure(
            name=f"Fleet-wide change: {SCREENS:,} plans current, {SCHEDULES} schedules",
            against=f"the same with {SCREENS // 10:,} screens",
            unit="ms",
            ours=many,
            baseline=few,
            at_most=5,
            limit=SECONDS_MAX * 1000,
            note="A fleet-wide change costs by distinct plans, and both chains have 100.",
        )
    ]


async def _rounds(screens: int) -> list[float]:
    async with (
        shop.scratch() as (dsn, _, role),
        await create_pool(dsn, role=role) as pool,
        pool.acquire() as conn,
    ):
        await _chain(conn, screens)
        await plan_making.refresh(conn, now=datetime.now(UTC))
        return [await _change(conn, screens, round_) for round_ in range(ROUNDS)]


async def _change(conn: asyncpg.Connection, screens: int, round_: int) -> float:
    loop = await conn.fetchval("SELECT id FROM playlists ORDER BY id LIMIT 1")
    now = datetime.now(UTC)
    started = perf_counter()
    await _schedule(conn, f"Change {round_}", loop, Target("fleet"), now)
    made = 0
    while some := await plan_making.refresh(conn, now=now):
        made += some
    took_ms = (perf_counter() - started) * 1000
    assert made == screens, f"{made} plans were made for {screens} screens"
    return took_ms


async def _chain(conn: asyncpg.Connection, screens: int) -> None:
    now = datetime.now(UTC)
    await conn.execute(
        """
        INSERT INTO stores (id, code, name, timezone, created_at, updated_at)
        SELECT gen_random_uuid(), 'S-' || n, 'Store ' || n, ($2::text[])[n % 5 + 1], $3, $3
        FROM generate_series(1, $1) AS n
        """,
        STORES,
        list(ZONES),
        now,
    )
    await conn.execute(
        """
        INSERT INTO devices (id, name, store_id, created_at, updated_at, last_seen_at)
        SELECT gen_random_uuid(), 'Screen ' || n, s.id, $2, $2,
               $2::timestamptz - n * interval '6 ms'
        FROM generate_series(1, $1) AS n JOIN stores s ON s.code = 'S-' || (n % 100 + 1)
        """,
        screens,
        now,
    )
    await conn.execute(
        """
        INSERT INTO device_groups (id, name, rank, created_at, updated_at)
        SELECT gen_random_uuid(), 'Group ' || n, n, $2, $2 FROM generate_series(1, $1) AS n
        """,
        GROUPS,
        now,
    )
    # A group is the screens of every tenth store, as a region is.
    await conn.execute(
        """
        INSERT INTO device_group_members (group_id, device_id)
        SELECT g.id, d.id FROM devices d JOIN stores s ON s.id = d.store_id
        JOIN device_groups g ON g.rank = substr(s.code, 3)::integer % $1 + 1
        """,
        GROUPS,
    )
    loops = await _playlists(conn, now)
    for number, target in enumerate(await _targets(conn)):
        loop = loops[number % len(loops)]
        await _schedule(conn, f"Schedule {number}", loop, target, now - timedelta(days=1))


async def _playlists(conn: asyncpg.Connection, now: datetime) -> list[UUID]:
    spots = []
    for number in range(PLAYLISTS):
        details = content.Details(name=f"Spot {number}")
        url = f"https://example.com/{number}"
        spots.append(await content.create_url(conn, SYSTEM, details, url=url, now=now))
    items = [NewItem(content_id=spot.id, duration_ms=10_000) for spot in spots]
    made = []
    for number in range(PLAYLISTS):
        loop = items[number:] + items[:number]
        name = f"Loop {number}"
        made.append(await playlists.create(conn, SYSTEM, name=name, items=loop, now=now))
    return [loop.id for loop in made]


async def _targets(conn: asyncpg.Connection) -> list[Target]:
    stores = await conn.fetch("SELECT id FROM stores ORDER BY code")
    groups = await conn.fetch("SELECT id FROM device_groups ORDER BY rank")
    some = [Target("store", row["id"]) for row in stores]
    some += [Target("group", row["id"]) for row in groups for _ in range(4)]
    return some + [Target("fleet")] * (SCHEDULES - len(some))


async def _schedule(
    conn: asyncpg.Connection, name: str, playlist_id: UUID, target: Target, now: datetime
) -> None:
    number = int(name.rsplit(maxsplit=1)[-1])
    new = schedules.NewSchedule(
        name=name,
        playlist_id=playlist_id,
        target=target,
        starts_on=now.date(),
        start_time=f"{8 + number % 12:02}:00",
        end_time=f"{9 + number % 12:02}:30",
        rrule="FREQ=DAILY",
        priority=number % 100,
    )
    await schedules.create(conn, SYSTEM, new, now=now)
