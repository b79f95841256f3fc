"""Plays are gathered: few transactions for many requests, each answered after its own commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import pytest

from db.pool import create_pool
from db.roles import APPLICATION_ROLE
from signage import partitions, plays
from signage.errors import Unavailable
from signage.ids import new_id
from tests.conftest import _database
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import event
from web.gathering import Gathering
from web.limits import Limits

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Gate:
    """A pool whose connections come when the test opens it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.open = asyncio.Event()
        self.lent = 0

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        self.lent += 1
        await self.open.wait()
        async with self.pool.acquire() as conn:
            yield conn


@pytest.fixture(scope="module")
async def pool(server_dsn: str, template: str) -> AsyncIterator[asyncpg.Pool]:
    """One database for all of them: each counts the events of its own screen."""
    async with (
        _database(server_dsn, source=template) as (_, dsn),
        await create_pool(dsn, role=APPLICATION_ROLE) as connections,
    ):
        yield connections


@pytest.fixture
def gate(pool: asyncpg.Pool) -> Gate:
    return Gate(pool)


@pytest.fixture
async def gathered(gate: Gate) -> AsyncIterator[Callable[..., Gathering]]:
    made: list[Gathering] = []

    def gather(**limits: int) -> Gathering:
        made.append(Gathering(gate, msgspec.structs.replace(Limits(event_writers=1), **limits)))
        return made[-1]

    yield gather
    gate.open.set()
    for gathering in made:
        await gathering.aclose()


@pytest.fixture
async def cast(pool: asyncpg.Pool) -> plays_cast.Cast:
    async with pool.acquire() as conn:
        await partitions.ensure(conn, now=NOW)
        return msgspec.structs.replace(await plays_cast.assemble(conn), conn=pool)


def batch(cast: plays_cast.Cast, count: int = 1, **fields: Any) -> plays.Batch:
    events = [event(cast, NOW, **fields) for _ in range(count)]
    return plays.Batch(cast.device, events, None, NOW)


async def ask(
    gathering: Gathering, sent: plays.Batch, size_bytes: int = 100
) -> "asyncio.Task[Any]":
    """Send a batch, and come back when it waits."""
    task = asyncio.create_task(gathering.ingest(sent, size_bytes=size_bytes))
    await asyncio.sleep(0)
    return task


async def count(cast: plays_cast.Cast, what: str = "*") -> int:
    found: int = await cast.conn.fetchval(
        f"SELECT count({what}) FROM proof_of_play_events WHERE device_id = $1", cast.device
    )
    return found


async def test_what_comes_while_a_writer_is_busy_is_one_transaction(cast, gate, gathered):
    gathering = gathered()
    sent = [await ask(gathering, batch(cast, 3)) for _ in range(10)]
    gate.open.set()

    answers = await asyncio.gather(*sent)

    assert [answer.accepted for answer in answers] == [3] * 10
    assert await count(cast) == 30
    assert (gate.lent, await count(cast, "DISTINCT xmin::text")) == (2, 2)


async def test_each_gets_the_answer_to_its_own_batch(cast, gate, gathered):
    gathering = gathered()
    first = batch(cast, 2)
    sent = [await ask(gathering, one) for one in (first, batch(cast, 1, duration_ms=-1), first)]
    gate.open.set()

    good, bad, again = await asyncio.gather(*sent)

    assert (good.accepted, good.rejected, good.duplicates) == (2, 0, 0)
    assert (bad.accepted, bad.rejected, bad.results[0].code) == (0, 1, "negative_duration")
    assert (again.accepted, again.duplicates) == (2, 2)


async def test_nobody_is_answered_before_the_commit(cast, gathered, gate, monkeypatch):
    seen: list[int] = []
    ingest = plays.ingest

    async def watched(conn, batches, **given):
        async with conn.transaction():
            answers = await ingest(conn, batches, **given)
            seen.append(await count(cast))
            assert not task.done()
            return answers

    monkeypatch.setattr(plays, "ingest", watched)
    task = await ask(gathered(), batch(cast))
    gate.open.set()
    await task

    assert seen == [0]
    assert await count(cast) == 1


@pytest.mark.parametrize(
    ("limits", "turns"),
    [
        ({"batches_per_transaction_max": 4}, 2),
        ({"batches_per_transaction_max": 3}, 3),
        ({"events_per_transaction_max": 8}, 2),
        ({"events_per_transaction_max": 7}, 3),
        ({"events_per_transaction_max": 1}, 5),
    ],
)
async def test_a_transaction_has_a_limit(cast, gate, gathered, limits, turns):
    """The first batch goes alone, four of two events each wait meanwhile."""
    gathering = gathered(**limits)
    sent = [await ask(gathering, batch(cast, 2)) for _ in range(5)]
    gate.open.set()
    await asyncio.gather(*sent)

    assert gate.lent == turns


@pytest.mark.parametrize(
    ("limits", "is_let_in"),
    [
        ({"events_waiting_max": 6}, True),
        ({"events_waiting_max": 5}, False),
        ({"events_waiting_max_bytes": 300}, True),
        ({"events_waiting_max_bytes": 299}, False),
    ],
)
async def test_so_much_waits_and_not_one_more(cast, gate, gathered, limits, is_let_in):
    gathering = gathered(**limits)
    sent = [await ask(gathering, batch(cast, 2)) for _ in range(2)]
    last = await ask(gathering, batch(cast, 2))
    gate.open.set()

    if is_let_in:
        assert (await last).accepted == 2
    else:
        with pytest.raises(Unavailable):
            await last
    await asyncio.gather(*sent)
    assert (await gathering.ingest(batch(cast, 2), size_bytes=100)).accepted == 2


async def test_a_batch_over_the_limit_comes_in_alone(cast, gate, gathered):
    gate.open.set()
    gathering = gathered(events_waiting_max=1, events_per_transaction_max=1)

    assert (await gathering.ingest(batch(cast, 3), size_bytes=10**9)).accepted == 3


async def test_a_batch_that_fails_for_its_data_fails_alone(cast, gate, gathered, pool, monkeypatch):
    ingest, poison = plays.ingest, batch(cast)

    async def fail(conn, batches, **given):
        answers = await ingest(conn, batches, **given)
        if poison in batches:
            await conn.execute("SELECT 1 / 0")
        return answers

    async def transaction(conn, batches, **given):
        async with conn.transaction():
            return await fail(conn, batches, **given)

    monkeypatch.setattr(plays, "ingest", transaction)
    gathering = gathered()
    sent = [await ask(gathering, one) for one in (batch(cast), batch(cast), poison, batch(cast))]
    gate.open.set()
    answers = await asyncio.gather(*sent, return_exceptions=True)

    assert [getattr(answer, "accepted", 0) for answer in answers] == [1, 1, 0, 1]
    assert isinstance(answers[2], Unavailable)
    assert await count(cast) == 3


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InterfaceError("cannot call Transaction.commit(): the underlying connection is"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.DiskFullError("could not extend file"),
        ConnectionResetError(),
        TimeoutError(),
    ],
)
async def test_what_is_uncertain_is_refused_for_all_and_tried_once(
    cast, gate, gathered, monkeypatch, error
):
    tried: list[int] = []

    async def lost(conn, batches, **given):
        tried.append(len(batches))
        raise error

    monkeypatch.setattr(plays, "ingest", lost)
    gathering = gathered()
    sent = [await ask(gathering, batch(cast)) for _ in range(3)]
    gate.open.set()
    answers = await asyncio.gather(*sent, return_exceptions=True)

    assert {type(answer) for answer in answers} == {Unavailable}
    assert tried == [1, 2]


async def test_a_request_that_goes_away_takes_nothing_with_it(cast, gate, gathered):
    gathering = gathered()
    sent = [await ask(gathering, batch(cast)) for _ in range(3)]
    sent[1].cancel()
    gate.open.set()
    answers = await asyncio.gather(*sent, return_exceptions=True)

    assert [getattr(answer, "accepted", None) for answer in answers] == [1, None, 1]
    assert await count(cast) == 2


async def test_a_stop_writes_what_waits_and_takes_nothing_more(cast, gate, gathered):
    gathering = gathered()
    sent = [await ask(gathering, batch(cast)) for _ in range(3)]
    stopping = asyncio.create_task(gathering.aclose())
    await asyncio.sleep(0)

    with pytest.raises(Unavailable):
        await gathering.ingest(batch(cast), size_bytes=1)
    gate.open.set()
    await stopping

    assert [(await one).accepted for one in sent] == [1, 1, 1]


async def test_a_stop_refuses_what_cannot_be_written_in_time(cast, gathered, monkeypatch):
    monkeypatch.setattr("web.gathering.DRAIN_MAX_S", 0.01)
    gathering = gathered()
    sent = [await ask(gathering, batch(cast)) for _ in range(3)]

    await gathering.aclose()

    answers = await asyncio.gather(*sent, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}


async def test_many_screens_at_once_over_two_writers(pool, cast):
    async with pool.acquire() as conn:
        screens = [await plays_cast.screen(conn, cast.porto) for _ in range(20)]
        await plays_cast.give(conn, screens, [cast.spot_item])
    gathering = Gathering(pool, Limits())
    batches = [
        plays.Batch(screen, [event(cast, NOW, event_id=str(new_id()))] * 2, None, NOW)
        for screen in screens * 5
    ]

    answers = await asyncio.gather(*(gathering.ingest(one, size_bytes=100) for one in batches))

    assert {(answer.accepted, answer.duplicates) for answer in answers} == {(2, 1)}
    rows = "SELECT count(*) FROM proof_of_play_events WHERE device_id = ANY ($1)"
    assert await pool.fetchval(rows, screens) == 100
    sums = "SELECT sum(plays) FROM proof_of_play_aggregate_daily WHERE device_id = ANY ($1)"
    assert await pool.fetchval(sums, screens) == 100
