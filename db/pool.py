"""Connections: they speak JSON as Python objects, see the schema playbill, and have time limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec

from db.problems import Unreachable

SCHEMA = "playbill"
POOL_MIN_SIZE = 2
POOL_MAX_SIZE = 10
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
CONNECT_TIMEOUT_S = 10.0
JSONB_VERSION = b"\x01"

CONNECT_ERRORS = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.CannotConnectNowError,
    TimeoutError,
)


async def create_pool(
    dsn: str,
    *,
    role: str | None = None,
    min_size: int = POOL_MIN_SIZE,
    max_size: int = POOL_MAX_SIZE,
    statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
    lock_timeout_ms: int = LOCK_TIMEOUT_MS,
    behind_pgbouncer: bool = False,
) -> asyncpg.Pool:
    """Return an open pool. ``role`` is who its connections act as (``db.roles.application_role``).

    PgBouncer in transaction mode takes no settings at the start of a connection and shares prepared
    statements among clients: ``behind_pgbouncer`` sends none and prepares none, and the database's
    login then needs ``ALTER ROLE ... SET search_path = playbill`` (and ``SET role``) once.
    Raises Unreachable if no connection can be made.
    """
    settings = _session_settings(role, statement_timeout_ms, lock_timeout_ms)
    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=min_size,
            max_size=max_size,
            init=set_codecs,
            timeout=CONNECT_TIMEOUT_S,
            server_settings={} if behind_pgbouncer else settings,
            statement_cache_size=0 if behind_pgbouncer else 100,
        )
    except CONNECT_ERRORS as error:
        raise unreachable(error) from error


async def connect(
    dsn: str, *, role: str | None = None, statement_timeout_ms: int = STATEMENT_TIMEOUT_MS
) -> asyncpg.Connection:
    """Return one connection like those of the pool: for a command, or for LISTEN."""
    settings = _session_settings(role, statement_timeout_ms, LOCK_TIMEOUT_MS)
    try:
        conn = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, server_settings=settings)
    except CONNECT_ERRORS as error:
        raise unreachable(error) from error
    await set_codecs(conn)
    return conn


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """Lend a connection inside a transaction: committed at the end, rolled back on an exception."""
    async with pool.acquire() as conn, conn.transaction():
        yield conn


async def set_codecs(conn: asyncpg.Connection) -> None:
    """Make json and jsonb columns Python objects, in and out."""
    await conn.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_encode_jsonb, decoder=_decode_jsonb
    )
    await conn.set_type_codec(
        "json",
        schema="pg_catalog",
        format="binary",
        encoder=msgspec.json.encode,
        decoder=msgspec.json.decode,
    )


def unreachable(error: BaseException) -> Unreachable:
    """Return the sentence for a failed connection; never the address, which has a password."""
    reason = str(error) or type(error).__name__
    return Unreachable(
        f"The database cannot be reached: {reason.rstrip('.')}. Check that DATABASE_URL is right"
        " and that the server is running, or unset it to use the embedded one."
    )


def _session_settings(
    role: str | None, statement_timeout_ms: int, lock_timeout_ms: int
) -> dict[str, str]:
    settings = {
        "application_name": "playbill",
        "search_path": SCHEMA,
        "timezone": "UTC",
        "statement_timeout": str(statement_timeout_ms),
        "lock_timeout": str(lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
    }
    # As a start-up setting the role survives the RESET ALL of a connection returned to its pool.
    return settings if role is None else settings | {"role": role}


def _encode_jsonb(value: Any) -> bytes:
    return JSONB_VERSION + msgspec.json.encode(value)


def _decode_jsonb(data: bytes) -> Any:
    return msgspec.json.decode(data[1:])
