"""The database as the command line uses it: given or embedded, migrated, with a connection."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from db.embedded import EmbeddedServer
from db.migrate import migrate
from db.pool import connect
from playbill.config import Config

KeepAlive = Callable[[], None]


class Database:
    """Where the database is, and how to bring an embedded one back if it died."""

    def __init__(self, dsn: str, server: EmbeddedServer | None = None) -> None:
        self.dsn = dsn
        self.server = server

    def keep_alive(self) -> None:
        """Start the embedded server again if it died; a given one is somebody else's to mind."""
        if self.server is not None:
            self.server.ensure_running()


@contextmanager
def running(config: Config, say: Callable[[str], None]) -> Iterator[Database]:
    """Lend the database of ``DATABASE_URL``, or start, or join, the embedded one meanwhile."""
    if config.database_url is not None:
        yield Database(config.database_url)
        return
    with EmbeddedServer(config.data_dir, progress=say) as server:
        yield Database(server.dsn, server)


@asynccontextmanager
async def migrated(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Bring the schema up to date and lend a connection that acts as the application does."""
    role = (await migrate(database.dsn)).application_role
    conn = await connect(database.dsn, role=role, statement_timeout_ms=0)
    try:
        yield conn
    finally:
        await conn.close()
