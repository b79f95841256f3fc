"""A check-up: is everything there that Playbill needs, and if not, what to do about it.

Each check is a function that returns findings; none changes anything, and one that cannot be made
is itself a finding, so that the others still tell what they see.
"""

import secrets
import shutil
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import asyncpg
import msgspec

from db.migrate import pending
from db.pool import POOL_MAX_SIZE
from db.roles import application_role
from playbill.config import KEY_FILE_NAME, Config
from playbill.upkeep import DUTIES
from signage import duties, partitions
from signage.media import storage

POSTGRESQL_MIN = 150_000
CLOCKS_APART_MAX = timedelta(seconds=2)
DISK_FREE_MIN_BYTES = 1024**3
DUTY_LATE_MAX = timedelta(minutes=2)

Verdict = Literal["ok", "note", "wrong"]


class Finding(msgspec.Struct, frozen=True):
    """What was looked at and how it is; a note can stay as it is, what is wrong cannot."""

    verdict: Verdict
    about: str
    text: str


Check = Callable[[Config, asyncpg.Connection], Awaitable[list[Finding]]]


async def examine(config: Config, conn: asyncpg.Connection) -> list[Finding]:
    """Make every check on an owner's connection; what a check cannot do is told as wrong."""
    found: list[Finding] = []
    for check in CHECKS:
        about = check.__name__.removeprefix("_").replace("_", " ")
        try:
            found += await check(config, conn)
        except (asyncpg.PostgresError, OSError) as error:
            found.append(Finding("wrong", about, f"This cannot be checked: {error}."))
    return found


async def _database(_: Config, conn: asyncpg.Connection) -> list[Finding]:
    version = int(await conn.fetchval("SHOW server_version_num"))
    name = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < POSTGRESQL_MIN:
        return [Finding("wrong", "database", f"{name} is too old. Upgrade it to 15 or newer.")]
    return [Finding("ok", "database", name)]


async def _schema(_: Config, conn: asyncpg.Connection) -> list[Finding]:
    missing = await pending(conn)
    if missing:
        text = f"{len(missing)} migrations are missing, from {missing[0]} on. Run playbill migrate."
        return [Finding("wrong", "schema", text)]
    return [Finding("ok", "schema", "Every migration is applied.")]


async def _roles(_: Config, conn: asyncpg.Connection) -> list[Finding]:
    if await application_role(conn) is None:
        text = (
            "There is one role only, so the audit log is guarded by triggers, not by privilege."
            " Give the login CREATEROLE and run playbill migrate."
        )
        return [Finding("note", "roles", text)]
    return [Finding("ok", "roles", "The application may not rewrite the audit log.")]


async def _clock(_: Config, conn: asyncpg.Connection) -> list[Finding]:
    before = datetime.now(UTC)
    theirs = await conn.fetchval("SELECT clock_timestamp()")
    after = datetime.now(UTC)
    if before - CLOCKS_APART_MAX <= theirs <= after + CLOCKS_APART_MAX:
        return [Finding("ok", "clock", "It agrees with the database's.")]
    apart = abs(theirs - before).total_seconds()
    text = f"It is {apart:,.0f} s from the database's. Set both by NTP: plays are dated by them."
    return [Finding("wrong", "clock", text)]


async def _partitions(_: Config, conn: asyncpg.Connection) -> list[Finding]:
    now = datetime.now(UTC)
    missing = await partitions.list_missing(conn, now=now)
    strays = await partitions.count_strays(conn)
    if missing:
        months = ", ".join(f"{month:%Y-%m}" for month in missing)
        text = f"{months} have no place of their own. playbill serve makes them within an hour."
        return [Finding("wrong", "partitions", text)]
    if strays:
        text = f"{strays:,} plays lie in the default partition. Is playbill serve running?"
        return [Finding("wrong", "partitions", text)]
    return [Finding("ok", "partitions", "Every month that plays may fall into is there.")]


async def _storage(config: Config, _: asyncpg.Connection) -> list[Finding]:
    try:
        store = storage.open_store(config.data_dir, config.media_url, config.media_options)
        sha256 = await storage.keep_bytes(store, secrets.token_bytes(32))
        await storage.size(store, sha256)
        await storage.delete(store, sha256)
    # Each kind of bucket has errors of its own, and what they say is what there is to tell.
    except Exception as error:
        text = f"The media store does not keep a file: {error}. Check its address and credentials."
        return [Finding("wrong", "storage", text)]
    return [Finding("ok", "storage", "The media store keeps and returns a file.")]


async def _disk(config: Config, _: asyncpg.Connection) -> list[Finding]:
    free = shutil.disk_usage(config.data_dir).free
    text = f"{free / 1024**3:,.1f} GiB are free at the data directory."
    if free < DISK_FREE_MIN_BYTES:
        return [Finding("wrong", "disk", f"{text} Make room before the database stops.")]
    return [Finding("ok", "disk", text)]


async def _workers(_: Config, conn: asyncpg.Connection) -> list[Finding]:
    now = datetime.now(UTC)
    last = {duty.name: duty for duty in await duties.list_all(conn)}
    if not last:
        return [Finding("note", "workers", "No duty ever ran. They run while playbill serve does.")]
    found = []
    for duty in DUTIES:
        done = last.get(duty.name)
        if done is not None and done.error:
            found.append(Finding("wrong", "workers", f"{duty.name} failed: {done.error}"))
        elif done is None or now - done.started_at > DUTY_LATE_MAX + timedelta(
            seconds=duty.every_s
        ):
            text = f"{duty.name} did not run when it should have. Is playbill serve running?"
            found.append(Finding("note", "workers", text))
    return found or [Finding("ok", "workers", f"All {len(DUTIES)} duties are done in time.")]


async def _connections(config: Config, conn: asyncpg.Connection) -> list[Finding]:
    most = int(await conn.fetchval("SHOW max_connections"))
    wanted = config.workers * (POOL_MAX_SIZE + 1)
    if config.behind_pgbouncer or wanted + 5 <= most:
        return [Finding("ok", "connections", f"{wanted} at most, of {most} the server allows.")]
    text = f"{config.workers} workers want {wanted} of {most}. Raise max_connections."
    return [Finding("wrong", "connections", text)]


async def _settings(config: Config, _: asyncpg.Connection) -> list[Finding]:
    found = []
    if config.public_url is None:
        text = "PLAYBILL_PUBLIC_URL is not set: links and QR codes carry what people came by."
        found.append(Finding("note", "settings", text))
    elif not config.public_url.startswith("https://"):
        text = "PLAYBILL_PUBLIC_URL is plain http: passwords and tokens can be read on the way."
        found.append(Finding("note", "settings", text))
    key = config.data_dir / KEY_FILE_NAME
    if key.exists() and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        text = f"{key} can be read by others. Make it yours alone: chmod 600."
        found.append(Finding("wrong", "settings", text))
    return found or [Finding("ok", "settings", "Links are made for the public address, by HTTPS.")]


CHECKS: tuple[Check, ...] = (
    _database,
    _schema,
    _roles,
    _clock,
    _partitions,
    _storage,
    _disk,
    _workers,
    _connections,
    _settings,
)
