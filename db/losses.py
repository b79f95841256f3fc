"""Lost connections: a COPY that waits for room in a connection that has ended would wait for ever.

asyncpg waits to write without noticing the end (``copy_in`` in its protocol, up to 0.31 at least).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg


@asynccontextmanager
async def noticed(conn: asyncpg.Connection) -> AsyncIterator[None]:
    """Run the block until it is done; TimeoutError as soon as the connection ends meanwhile."""
    async with asyncio.timeout(None) as limit:

        def give_up(_: Any) -> None:
            limit.reschedule(0)

        conn.add_termination_listener(give_up)
        try:
            yield
        finally:
            # A connection that has ended belongs to its pool again, and has forgotten the listener.
            with suppress(asyncpg.InterfaceError):
                conn.remove_termination_listener(give_up)
