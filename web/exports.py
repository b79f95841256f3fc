"""Exports: a report as CSV, streamed while the database reads it, never whole in memory."""

from collections.abc import AsyncIterator

import asyncpg
from quart import Response

from signage import reports
from signage.actors import Actor
from signage.report_query import ReportQuery
from web.services import services


async def proof_of_play_csv(actor: Actor, query: ReportQuery) -> Response:
    """Answer with the whole result as CSV; what is wrong with the query is raised before."""
    chunks = _chunks(services().pool, actor, query)
    first = await anext(chunks)
    name = f"proof-of-play-{query.from_}-{query.to}.csv"
    answer = Response(_resumed(first, chunks), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.timeout = None
    return answer


async def _chunks(pool: asyncpg.Pool, actor: Actor, query: ReportQuery) -> AsyncIterator[bytes]:
    async with pool.acquire() as conn:
        async for chunk in reports.proof_of_play_csv(conn, actor, query):
            yield chunk


async def _resumed(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
