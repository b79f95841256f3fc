"""A real PostgreSQL for every test: ``conn`` is rolled back, ``pool`` has a database of its own.

Without ``DATABASE_URL`` an embedded server is started for the run and shared by its workers; with
it, scratch databases are made on that server and dropped.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import psutil
import pytest

from db import pool as db_pool
from db import postmaster
from db.embedded import EmbeddedServer
from db.migrate import migrate
from db.roles import APPLICATION_ROLE

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)[:12]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DIRECTORY_PREFIX = "playbill-tests-"
# The promises to disk are tested on servers of their own; here only speed matters.
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SMALL = {"shared_buffers": "128MB", "max_connections": "200", "max_wal_size": "512MB"}


@pytest.fixture
def now() -> datetime:
    """The time in tests: a Monday noon in November, in UTC."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """Yield the address of a server on which databases may be made."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with _scratch_server() as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def template(server_dsn: str) -> AsyncIterator[str]:
    """Yield the name of a migrated, empty database that others are cloned from."""
    async with _database(server_dsn, source="template0") as (name, dsn):
        migrated = await migrate(dsn)
        assert migrated.application_role == APPLICATION_ROLE, "the tests' login must make roles"
        yield name


@pytest.fixture(scope="session")
async def shared_database(server_dsn: str, template: str) -> AsyncIterator[str]:
    """Yield the address of the database in which each test's transaction is rolled back."""
    async with _database(server_dsn, source=template) as (_, dsn):
        yield dsn


@pytest.fixture(scope="session")
async def shared_connections(shared_database: str) -> AsyncIterator[asyncpg.Pool]:
    """Yield the pool behind ``conn``; a pool, so that a broken connection is replaced."""
    role = APPLICATION_ROLE
    async with await db_pool.create_pool(
        shared_database, role=role, min_size=1, max_size=1
    ) as pool:
        yield pool


@pytest.fixture
async def conn(shared_connections: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection inside a transaction that is rolled back."""
    async with shared_connections.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            if not connection.is_closed():
                await transaction.rollback()


@pytest.fixture
async def database(server_dsn: str, template: str) -> AsyncIterator[str]:
    """Yield the address of a database of the test's own, migrated and empty."""
    async with _database(server_dsn, source=template) as (_, dsn):
        yield dsn


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Yield a pool on a database of the test's own, acting as the application does."""
    async with await db_pool.create_pool(database, role=APPLICATION_ROLE) as connections:
        yield connections


@asynccontextmanager
async def _database(server: str, *, source: str) -> AsyncIterator[tuple[str, str]]:
    name = f"playbill_test_{RUN}_{WORKER}_{uuid4().hex[:8]}"
    await _run(server, f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY = FILE_COPY")
    try:
        yield name, urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        await _run(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _run(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def _scratch_server() -> Iterator[str]:
    parent = Path(tempfile.gettempdir())
    _sweep(parent)
    directory = parent / f"{DIRECTORY_PREFIX}{os.getpid() if WORKER == 'main' else os.getppid()}"
    server = EmbeddedServer(directory, settings=SETTINGS | SMALL)
    with server:
        yield server.dsn
    if server.pid is None:
        shutil.rmtree(directory, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove what runs that were killed left behind: the directory is named for their process."""
    for directory in parent.glob(f"{DIRECTORY_PREFIX}*"):
        if psutil.pid_exists(int(directory.name.removeprefix(DIRECTORY_PREFIX))):
            continue
        left = postmaster.find(directory / "postgres")
        if left is not None:
            postmaster.ask_to_stop(left.pid, at_once=True)
        shutil.rmtree(directory, ignore_errors=True)
