"""Exports: a list or report as CSV, streamed while the database reads it, never whole in memory."""

from collections.abc import AsyncIterator, Callable

import asyncpg
from quart import Response

from signage import reports
from signage.actors import Actor
from signage.report_query import ReportQuery
from web.services import services

Pieces = Callable[[asyncpg.Connection], AsyncIterator[bytes]]


async def proof_of_play_csv(actor: Actor, query: ReportQuery) -> Response:
    """Answer with the whole result as CSV; what is wrong with the query is raised before."""
    name = f"proof-of-play-{query.from_}-{query.to}.csv"
    return await csv(name, lambda conn: reports.proof_of_play_csv(conn, actor, query))


async def csv(name: str, pieces: Pieces) -> Response:
    """Answer with a file of this name, whose first piece is read before the answer begins.

    So whatever the domain refuses is raised here and becomes an ordinary refusal.
    """
    chunks = _chunks(services().pool, pieces)
    first = await anext(chunks)
    answer = Response(_resumed(first, chunks), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.timeout = None
    return answer


async def _chunks(pool: asyncpg.Pool, pieces: Pieces) -> AsyncIterator[bytes]:
    async with pool.acquire() as conn:
        async for chunk in pieces(conn):
            yield chunk


async def _resumed(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
