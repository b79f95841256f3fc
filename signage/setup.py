"""The first start: a one-time link makes the first administrator; no account exists before."""

from datetime import datetime, timedelta

import asyncpg

from signage import audit, credentials, users
from signage.actors import SYSTEM
from signage.errors import NotFound

LINK_LIFE_S = 24 * 3600


async def open_link(conn: asyncpg.Connection, *, now: datetime) -> str | None:
    """Return the secret of a fresh set-up link, void in a day; None once anybody can sign in."""
    if await users.any_exist(conn):
        return None
    token = credentials.random_secret("")
    async with conn.transaction():
        await conn.execute(
            """
            /* setup.open_link */
            INSERT INTO invitations (token_hash, kind, role, created_at, expires_at)
            VALUES ($1, 'setup', 'admin', $2, $3)
            """,
            credentials.sha256(token),
            now,
            now + timedelta(seconds=LINK_LIFE_S),
        )
        await audit.record(
            conn,
            SYSTEM,
            action="setup.open_link",
            entity="installation",
            entity_id="setup",
            now=now,
        )
    return token


async def check(conn: asyncpg.Connection, token: str, *, now: datetime) -> None:
    """Raise NotFound unless the link can still be used."""
    usable = await conn.fetchval(
        """
        /* setup.check */
        SELECT EXISTS (SELECT 1 FROM invitations
                       WHERE token_hash = $1 AND kind = 'setup' AND used_at IS NULL
                             AND expires_at > $2)
               AND NOT EXISTS (SELECT 1 FROM users)
        """,
        credentials.sha256(token),
        now,
    )
    if not usable:
        raise NotFound(_USED)


async def create_first_administrator(
    conn: asyncpg.Connection, token: str, *, email: str, name: str, password: str, now: datetime
) -> users.User:
    """Use the link, once: of two who use it at the same time, one wins."""
    async with conn.transaction():
        await conn.execute(
            "/* setup.lock */ SELECT pg_advisory_xact_lock(hashtext('playbill.setup'))"
        )
        used = await conn.fetchval(
            """
            /* setup.create_first_administrator */
            UPDATE invitations SET used_at = $2
            WHERE token_hash = $1 AND kind = 'setup' AND used_at IS NULL AND expires_at > $2
                  AND NOT EXISTS (SELECT 1 FROM users)
            RETURNING token_hash
            """,
            credentials.sha256(token),
            now,
        )
        if used is None:
            raise NotFound(_USED)
        return await users.add(
            conn, SYSTEM, email=email, name=name, role="admin", password=password, now=now
        )


_USED = "This set-up link was used or is too old. Start Playbill again for a new one, or sign in."
