"""Stores as a download: the whole list as CSV, read page by page while it is sent."""

from collections.abc import AsyncIterator

from quart import Response

from signage import store_lists
from signage.actors import Actor
from web.services import now, services


async def csv(actor: Actor, filters: store_lists.Filters, sort: str | None) -> Response:
    """Answer with every store that matches; what is wrong with the order is raised before."""
    chunks = _chunks(actor, filters, sort)
    first = await anext(chunks)
    answer = Response(_resumed(first, chunks), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="stores-{now():%Y-%m-%d}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    answer.timeout = None
    return answer


async def _chunks(
    actor: Actor, filters: store_lists.Filters, sort: str | None
) -> AsyncIterator[bytes]:
    at = now()
    async with services().pool.acquire() as conn:
        async for chunk in store_lists.export_csv(conn, actor, filters, sort=sort, now=at):
            yield chunk


async def _resumed(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
