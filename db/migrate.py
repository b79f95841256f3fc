"""Migrations: numbered SQL files, forward only, each applied once and in one transaction.

Any number of processes may migrate at the same time: an advisory lock lets one through, and the
others find nothing left to do.
"""

import hashlib
import re
from pathlib import Path

import asyncpg
import msgspec

from db import roles
from db.pool import CONNECT_ERRORS, CONNECT_TIMEOUT_S, SCHEMA, set_codecs, unreachable
from db.problems import DatabaseProblem, EditedMigration, NewerSchema

MIGRATIONS = Path(__file__).parent / "migrations"
FILE_NAME = re.compile(r"[0-9]{3}_[a-z0-9_]+\.sql")
LOCK_KEY = 0x706C617962696C6C  # "playbill" in ASCII


class Migrated(msgspec.Struct, frozen=True):
    """What a migration did: the files applied now, and the role the application is to act as."""

    applied: list[str]
    application_role: str | None


async def migrate(dsn: str, *, directory: Path = MIGRATIONS) -> Migrated:
    """Bring the database to this program's schema; safe to repeat and to run at the same time.

    Raises Unreachable, EditedMigration or NewerSchema; a failing file leaves nothing of itself.
    """
    try:
        conn = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S)
    except CONNECT_ERRORS as error:
        raise unreachable(error) from error
    try:
        await set_codecs(conn)
        return await migrate_with(conn, directory=directory)
    finally:
        await conn.close()


async def migrate_with(conn: asyncpg.Connection, *, directory: Path = MIGRATIONS) -> Migrated:
    """Do the same on a connection outside any transaction, logged in as the owner."""
    # A file may take long, and another process's files too: no time limit on either.
    await conn.execute("SET statement_timeout = 0; SET lock_timeout = 0")
    await conn.execute("/* migrate.lock */ SELECT pg_advisory_lock($1)", LOCK_KEY)
    try:
        await _prepare_schema(conn)
        applied = await _apply_pending(conn, _files(directory))
        if await roles.ensure(conn):
            await roles.grant(conn)
        return Migrated(applied, await roles.application_role(conn))
    finally:
        await conn.execute("/* migrate.unlock */ SELECT pg_advisory_unlock($1)", LOCK_KEY)


async def pending(conn: asyncpg.Connection, *, directory: Path = MIGRATIONS) -> list[str]:
    """Return the files not yet applied; changes nothing, raises as ``migrate`` does."""
    if await conn.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.schema_migrations") is None:
        return list(_files(directory))
    return _check(await _recorded(conn), _files(directory))


async def _prepare_schema(conn: asyncpg.Connection) -> None:
    # CREATE SCHEMA asks for a privilege even where IF NOT EXISTS has nothing to do.
    if not await conn.fetchval("SELECT to_regnamespace($1) IS NOT NULL", SCHEMA):
        await conn.execute(f"/* migrate.create_schema */ CREATE SCHEMA {SCHEMA}")
    await conn.execute(f"SET search_path = {SCHEMA}")
    await conn.execute(
        """
        /* migrate.create_table */
        CREATE TABLE IF NOT EXISTS schema_migrations (
            name text PRIMARY KEY,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL
        )
        """
    )


async def _apply_pending(conn: asyncpg.Connection, files: dict[str, str]) -> list[str]:
    names = _check(await _recorded(conn), files)
    for name in names:
        try:
            await _apply(conn, name, files[name])
        except asyncpg.PostgresError as error:
            raise DatabaseProblem(
                f"The migration {name} failed and was undone: {error}. Nothing of it remains;"
                " the database is as it was before."
            ) from error
    return names


async def _apply(conn: asyncpg.Connection, name: str, sql: str) -> None:
    async with conn.transaction():
        await conn.execute(sql)
        await conn.execute(
            """
            /* migrate.record */
            INSERT INTO schema_migrations (name, checksum, applied_at) VALUES ($1, $2, now())
            """,
            name,
            _checksum(sql),
        )


async def _recorded(conn: asyncpg.Connection) -> dict[str, str]:
    rows = await conn.fetch(
        f"""
        /* migrate.recorded */
        SELECT name, checksum FROM {SCHEMA}.schema_migrations ORDER BY name
        """
    )
    return {row["name"]: row["checksum"] for row in rows}


def _check(recorded: dict[str, str], files: dict[str, str]) -> list[str]:
    unknown = [name for name in recorded if name not in files]
    if unknown:
        raise NewerSchema(
            f"The database has the migration {unknown[-1]}, which this Playbill does not know: a"
            " newer version was here. Start that version, or restore a backup made before it."
        )
    edited = [name for name, checksum in recorded.items() if checksum != _checksum(files[name])]
    if edited:
        raise EditedMigration(
            f"The migration {edited[0]} was edited after it was applied here. Restore the file as"
            " it was released and put the change into a new migration."
        )
    names = [name for name in files if name not in recorded]
    if names and recorded and names[0] < max(recorded):
        raise EditedMigration(
            f"The migration {names[0]} is older than {max(recorded)}, which is applied already."
            " Give it the next free number."
        )
    return names


def _files(directory: Path) -> dict[str, str]:
    paths = sorted(path for path in directory.iterdir() if FILE_NAME.fullmatch(path.name))
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def _checksum(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
