"""Proof of play is gathered: what many requests bring at once is written in few transactions.

It is a group commit without a timer. A writer takes all that is waiting; what comes while it
commits waits for the next turn, so a busy server makes larger transactions and an idle one answers
at once. Each request is answered after the commit that holds its batch, and not before.
"""

import asyncio
from collections import deque
from contextvars import Context
from typing import Protocol

import asyncpg
import msgspec
import structlog

from signage import plays
from signage.errors import Unavailable
from web.limits import Limits

DRAIN_MAX_S = 8.0

# What is wrong with the database or the connection, and so with every batch of the transaction.
EVERYBODYS = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.InvalidTransactionStateError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)

log = structlog.get_logger()


class Pool(Protocol):
    """Where connections are borrowed."""

    def acquire(self) -> asyncpg.pool.PoolAcquireContext:
        """Lend a connection for a ``with``."""


class _Waiting(msgspec.Struct, eq=False):
    batch: plays.Batch
    size_bytes: int
    answer: "asyncio.Future[plays.BatchResult]"


class Gathering:
    """The batches that wait for a transaction, in the order they came, and their writers."""

    def __init__(self, pool: Pool, limits: Limits) -> None:
        self.limits = limits
        self._pool = pool
        self._waiting: deque[_Waiting] = deque()
        self._writing = self._events = self._bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False

    async def ingest(self, batch: plays.Batch, *, size_bytes: int) -> plays.BatchResult:
        """Return the answer to the batch when it is committed.

        Unavailable where there is no room, or where nobody knows whether it was kept: sending it
        again is always safe.
        """
        events = len(batch.events)
        self._admit(events, size_bytes)
        waiting = _Waiting(batch, size_bytes, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._events += events
        self._bytes += size_bytes
        try:
            self._start_writer()
            return await waiting.answer
        finally:
            self._events -= events
            self._bytes -= size_bytes

    async def aclose(self) -> None:
        """Take nothing more, write what waits; what is not written in time is refused."""
        self._is_closing = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=DRAIN_MAX_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        _refuse(self._waiting)

    def _admit(self, events: int, size_bytes: int) -> None:
        if self._is_closing:
            raise Unavailable("The server is stopping. Send the batch again in a moment.")
        # One alone is let in whatever its size: it could never come in otherwise.
        full = self._events and (
            self._events + events > self.limits.events_waiting_max
            or self._bytes + size_bytes > self.limits.events_waiting_max_bytes
        )
        if full:
            raise Unavailable("Too many plays are waiting to be written. Send the batch again.")

    def _start_writer(self) -> None:
        if self._writing >= self.limits.event_writers:
            return
        self._writing += 1
        # In a context of its own: a writer goes on after the request that started it.
        task = asyncio.get_running_loop().create_task(self._write(), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self) -> None:
        try:
            while taken := self._take():
                await self._commit(taken)
        finally:
            self._writing -= 1

    def _take(self) -> list[_Waiting]:
        """Take what one transaction may hold, at least one; who went away is not waited for."""
        taken: list[_Waiting] = []
        events = 0
        while self._waiting and len(taken) < self.limits.batches_per_transaction_max:
            events += len(self._waiting[0].batch.events)
            if taken and events > self.limits.events_per_transaction_max:
                break
            first = self._waiting.popleft()
            if not first.answer.done():
                taken.append(first)
        return taken

    async def _commit(self, taken: list[_Waiting]) -> None:
        try:
            answers = await self._ingest([waiting.batch for waiting in taken])
        except Exception as error:
            if not _is_of_one(error):
                _refuse(taken)
            elif len(taken) == 1:
                log.exception("events.batch_failed", device_id=str(taken[0].batch.device_id))
                _refuse(taken)
            else:
                for waiting in taken:
                    await self._commit([waiting])
        except BaseException:
            _refuse(taken)
            raise
        else:
            _answer(taken, answers)

    async def _ingest(self, batches: list[plays.Batch]) -> list[plays.BatchResult]:
        now = max(batch.received_at for batch in batches if batch.received_at is not None)
        async with self._pool.acquire() as conn:
            return await plays.ingest(conn, batches, now=now)


def _is_of_one(error: Exception) -> bool:
    """Whether one batch may be the reason, so that the others are to be tried without it."""
    # The driver's own refusal of a value is an InterfaceError too, and a ValueError.
    lost = isinstance(error, asyncpg.InterfaceError) and not isinstance(error, ValueError)
    return not lost and not isinstance(error, EVERYBODYS)


def _answer(taken: list[_Waiting], answers: list[plays.BatchResult]) -> None:
    for waiting, answer in zip(taken, answers, strict=True):
        if not waiting.answer.done():
            waiting.answer.set_result(answer)


def _refuse(taken: "deque[_Waiting] | list[_Waiting]") -> None:
    detail = "Nobody knows whether this batch was kept. Send it again: it counts once."
    for waiting in taken:
        if not waiting.answer.done():
            waiting.answer.set_exception(Unavailable(detail))
