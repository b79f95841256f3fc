"""A million plays while the database and the workers are killed and replies are lost.

Every acknowledged play is counted, and counted once. The same with commits that do not wait for
the disk has to lose some: otherwise it would prove nothing.
"""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import cycle
from time import monotonic
from typing import Literal

import asyncpg
import msgspec
import psutil

from bench import senders, servers, shop
from bench.cutting import Proxy, in_front_of
from bench.proof_report import Report, Say, must
from db.embedded import EmbeddedServer
from db.pool import connect
from signage import report_query, reports
from signage.actors import SYSTEM

Fault = Literal["database", "worker", "reply"]
FAULTS: tuple[Fault, ...] = ("database", "worker", "reply")
FREE = {
    "PLAYBILL_DEVICE_REQUESTS_PER_MINUTE": "1000000",
    "PLAYBILL_DEVICE_REQUESTS_BURST": "1000000",
}
LOOK_EVERY_S = 0.02
STUCK_AFTER_S = 120.0
DEAD_WITHIN_S = 10.0
CONTROL_TRIES = 10
CONTROL_ID = 2**100


class Size(msgspec.Struct, frozen=True):
    """How much is sent by how many screens, and how often each fault strikes meanwhile."""

    events: int = 1_000_000
    screens: int = 20
    together: int = 500
    faults: int = 20


class Struck(msgspec.Struct):
    """How often each fault struck."""

    database: int = 0
    worker: int = 0
    reply: int = 0


class Counted(msgspec.Struct, frozen=True):
    """The same plays, counted in four places, and how many rows have an id that another has."""

    events: int
    daily: int
    store: int
    csv: int
    twice: int


async def killing(say: Say, size: Size | None = None) -> Report:
    """Send, strike, count; then strike once more without waiting for the disk."""
    size = size or Size()
    async with shop.opened(size.screens) as chain:
        chain.pool.terminate()
        with (
            EmbeddedServer(chain.data_dir) as database,
            servers.playbill(chain.dsn, chain.data_dir, FREE) as port,
        ):
            async with in_front_of(port) as proxy:
                sent, struck = await _send(chain, proxy, database, size, say)
                counted = await _counted(chain.dsn)
                lost = await _lose(chain, proxy, database, say)
    must(sent.acknowledged == size.events, f"{sent.acknowledged:,} were acknowledged")
    must(counted == Counted(*[size.events] * 4, 0), f"{counted} of {size.events:,}")
    must(min(msgspec.structs.astuple(struck)) >= size.faults, f"only {struck}")
    must(lost > 0, "nothing was lost where commits do not wait for the disk")
    return _report(size, sent, struck, counted, lost)


async def _send(
    chain: shop.Shop, proxy: Proxy, database: EmbeddedServer, size: Size, say: Say
) -> tuple[senders.Sent, Struck]:
    sent, struck, began = senders.Sent(), Struck(), datetime.now(UTC)
    each = size.events // size.screens
    players = [
        asyncio.create_task(
            senders.Player(proxy.port, screen, sent).send_all(
                senders.batches(
                    chain.item_ids,
                    first_id=number * each,
                    count=each,
                    together=size.together,
                    began=began,
                )
            )
        )
        for number, screen in enumerate(chain.screens)
    ]
    all_sent = asyncio.gather(*players)
    await _strike(all_sent, proxy, database, size, sent, struck, say)
    await all_sent
    return sent, struck


async def _strike(
    all_sent: "asyncio.Future[list[None]]",
    proxy: Proxy,
    database: EmbeddedServer,
    size: Size,
    sent: senders.Sent,
    struck: Struck,
    say: Say,
) -> None:
    """Strike at even steps of the work, each time after it went on since the last fault."""
    times = size.faults * len(FAULTS)
    for number, fault in zip(range(times), cycle(FAULTS), strict=False):
        due = size.events * (number + 1) // (times + 1)
        await _until(lambda due=due: sent.acknowledged >= due or all_sent.done())
        if all_sent.done():
            return
        match fault:
            case "database":
                await _kill_database(database)
                struck.database += 1
            case "worker":
                struck.worker += _kill_workers()
            case "reply":
                proxy.to_cut += 1
                await _until(lambda: proxy.to_cut == 0 or all_sent.done())
                struck.reply = proxy.cut
        was = sent.acknowledged
        await _until(lambda was=was: sent.acknowledged > was or all_sent.done())
        say(f"{sent.acknowledged:,} acknowledged, {sent.again:,} sent again, {struck}")


async def _until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + STUCK_AFTER_S
    while not is_so():
        must(monotonic() < deadline, f"nothing went on for {STUCK_AFTER_S:.0f} s")
        await asyncio.sleep(LOOK_EVERY_S)


async def _kill_database(database: EmbeddedServer) -> None:
    """Kill the postmaster and all its children at once, as a crash does, and start it again."""
    pid = database.pid
    must(pid is not None, "the database was not running")
    postmaster = psutil.Process(pid)
    killed = [postmaster, *postmaster.children(recursive=True)]
    for process in killed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    await asyncio.to_thread(psutil.wait_procs, killed, DEAD_WITHIN_S)
    await asyncio.to_thread(database.ensure_running)


def _kill_workers() -> int:
    """Kill the program's workers, which it starts again by itself; return how many."""
    killed = 0
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if "serve" not in child.cmdline():
                continue
            for worker in child.children():
                if any("spawn_main" in part for part in worker.cmdline()):
                    worker.kill()
                    killed += 1
    return killed


async def _counted(dsn: str) -> Counted:
    today = datetime.now(UTC).date()
    period = {"from": str(today - timedelta(days=60)), "to": str(today + timedelta(days=1))}
    query = report_query.read([*period.items(), ("group_by", "store")])
    conn = await connect(dsn, statement_timeout_ms=0)
    try:
        rows, ids = await conn.fetchrow(
            "SELECT count(*), count(DISTINCT (device_id, event_id)) FROM proof_of_play_events"
        )
        daily = await conn.fetchval("SELECT sum(plays)::bigint FROM proof_of_play_aggregate_daily")
        store = await conn.fetchval(
            "SELECT sum(plays)::bigint FROM proof_of_play_aggregate_daily d"
            " JOIN stores s ON s.id = d.store_id"
        )
        written = b"".join([part async for part in reports.proof_of_play_csv(conn, SYSTEM, query)])
    finally:
        await conn.close()
    lines = csv.DictReader(io.StringIO(written.decode("utf-8-sig")))
    return Counted(rows, daily, store, sum(int(line["plays"]) for line in lines), rows - ids)


async def _lose(chain: shop.Shop, proxy: Proxy, database: EmbeddedServer, say: Say) -> int:
    """Return how many acknowledged plays are gone where commits do not wait for the disk."""
    await _ask(
        chain.dsn, lambda conn: conn.execute("ALTER DATABASE playbill SET synchronous_commit = off")
    )
    await _kill_database(database)
    lost, began = 0, datetime.now(UTC)
    for number in range(CONTROL_TRIES):
        sent, first_id = senders.Sent(), CONTROL_ID + number * 1_000
        few = senders.batches(
            chain.item_ids, first_id=first_id, count=500, together=50, began=began
        )
        await senders.Player(proxy.port, chain.screens[0], sent).send_all(few)
        await _kill_database(database)
        kept = await _ask(
            chain.dsn,
            lambda conn, first=first_id: conn.fetchval(
                "SELECT count(*) FROM proof_of_play_events WHERE event_id >= $1 AND event_id < $2",
                *(f"{bound:032x}" for bound in (first, first + 1_000)),
            ),
        )
        lost += sent.acknowledged - kept
        say(f"without waiting for the disk {lost:,} were lost")
        if lost:
            break
    return lost


async def _ask(dsn: str, question: Callable[[asyncpg.Connection], Awaitable[int]]) -> int:
    conn = await connect(dsn)
    try:
        return await question(conn)
    finally:
        await conn.close()


def _report(size: Size, sent: senders.Sent, struck: Struck, counted: Counted, lost: int) -> Report:
    return Report(
        title="Plays while everything is killed",
        how=f"{size.screens} screens send {size.events:,} plays over HTTP in batches of"
        f" {size.together}, each until it is acknowledged. At even steps of the work, in turn,"
        " PostgreSQL with all its processes and the worker are killed (kill -9), and a proxy cuts"
        " the connection when the server has committed and answers 200. Afterwards the same with"
        " synchronous_commit = off, which must lose some.",
        seen={
            "Plays acknowledged": f"{sent.acknowledged:,}",
            "PostgreSQL killed": f"{struck.database} times",
            "Workers killed": f"{struck.worker} times",
            "Replies lost after the commit": f"{struck.reply}",
            "Batches that were sent again": f"{sent.again:,}",
            "Plays lost": f"{sent.acknowledged - counted.events}",
            "Plays counted twice": f"{counted.twice}",
            "Rows, daily sums, sums by store, CSV": f"{counted.events:,}, {counted.daily:,},"
            f" {counted.store:,}, {counted.csv:,}",
            "Lost with synchronous_commit = off": f"{lost:,} acknowledged plays",
        },
    )
