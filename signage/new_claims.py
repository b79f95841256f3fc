"""New claims: a screen without credentials asks in, or the console makes a code to type in.

Both are kept by the hashes of their codes only; ``signage.claims`` answers them.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import claims, credentials, settings
from signage.actors import Actor
from signage.claims import Approval
from signage.errors import Invalid, TooMany
from signage.ids import new_id

SCREEN_CLAIM_LIFE_S = 600
CONSOLE_CLAIM_LIFE_S = 24 * 3600
CONSOLE_CLAIM_LIFE_MAX_S = 90 * 24 * 3600
POLL_INTERVAL_S = 5
USER_CODE_LETTERS = 8
CONSOLE_CODE_LETTERS = 12
PENDING_RETRY_AFTER_S = 60
DEVICE_INFO_MAX_BYTES = 16 * 1024
INSTALL_SECRET_MAX_CHARS = 200


class ScreenClaim(msgspec.Struct, frozen=True):
    """What a screen gets that will show a code; ``claim_code`` is never shown."""

    claim_id: UUID
    claim_code: str
    user_code: str
    expires_in: int
    interval: int


class ConsoleClaim(msgspec.Struct, frozen=True):
    """What the console gets: a code to type into the player, shown once."""

    claim_id: UUID
    claim_code: str
    expires_at: datetime


async def open_for_screen(
    conn: asyncpg.Connection,
    *,
    device_info: dict[str, Any],
    install_secret: str | None = None,
    address: str,
    secret: bytes,
    now: datetime,
) -> ScreenClaim:
    """Open a pending claim for a screen without credentials; TooMany over the limits on them."""
    check_device_info(device_info)
    install_hash = credentials.sha256(install_secret) if install_secret else None
    await _limit_pending(conn, address, install_hash, now)
    claim_code = credentials.random_secret("dpc_")
    while True:
        user_code = credentials.random_code(USER_CODE_LETTERS)
        claim_id = await conn.fetchval(
            """
            /* claims.open_for_screen */
            INSERT INTO device_claims (id, kind, state, code_hash, user_code_hash,
                install_secret_hash, device_info_json, address, interval_s,
                created_at, updated_at, expires_at)
            VALUES ($1, 'screen', 'pending', $2, $3, $4, $5, $6, $7, $8, $8, $9)
            ON CONFLICT (user_code_hash) WHERE state = 'pending' DO NOTHING
            RETURNING id
            """,
            new_id(),
            claims.code_hash(claim_code, secret),
            claims.code_hash(user_code, secret),
            install_hash,
            device_info,
            address,
            POLL_INTERVAL_S,
            now,
            now + timedelta(seconds=SCREEN_CLAIM_LIFE_S),
        )
        if claim_id is not None:
            return ScreenClaim(
                claim_id, claim_code, user_code, SCREEN_CLAIM_LIFE_S, POLL_INTERVAL_S
            )


async def open_for_console(
    conn: asyncpg.Connection,
    actor: Actor,
    approval: Approval,
    *,
    ttl_s: int = CONSOLE_CLAIM_LIFE_S,
    secret: bytes,
    now: datetime,
) -> ConsoleClaim:
    """Open a claim that is approved from the start, for somebody to type into a screen."""
    actor.require("pair")
    check_ttl(ttl_s)
    async with conn.transaction():
        await claims.check_approval(conn, actor, approval, now)
        claim_code = credentials.random_code(CONSOLE_CODE_LETTERS)
        expires_at = now + timedelta(seconds=ttl_s)
        claim_id = await conn.fetchval(
            """
            /* claims.open_for_console */
            INSERT INTO device_claims (id, kind, state, code_hash, store_id, name, group_ids,
                replaces_device_id, approved_by, approved_at, created_by, created_at, updated_at,
                expires_at)
            VALUES ($1, 'console', 'approved', $2, $3, $4, $5, $6, $7, $8, $7, $8, $8, $9)
            RETURNING id
            """,
            new_id(),
            claims.code_hash(claim_code, secret),
            approval.store_id,
            approval.name,
            approval.group_ids,
            approval.replaces_device_id,
            actor.id,
            now,
            expires_at,
        )
        await claims.record(conn, actor, "claims.open", claim_id, approval, now)
    return ConsoleClaim(claim_id, claim_code, expires_at)


def check_ttl(ttl_s: int) -> None:
    """Raise Invalid unless a code to type may live so many seconds."""
    if not 60 <= ttl_s <= CONSOLE_CLAIM_LIFE_MAX_S:
        detail = f"A code lives from 60 to {CONSOLE_CLAIM_LIFE_MAX_S} seconds."
        raise Invalid.field("/ttl_s", "invalid_ttl", detail)


def check_device_info(device_info: dict[str, Any]) -> None:
    """Raise Invalid where it is over 16 KiB as JSON or holds what PostgreSQL cannot keep."""
    try:
        encoded = msgspec.json.encode(device_info)
    except (UnicodeEncodeError, RecursionError, OverflowError) as error:
        detail = "device_info holds characters that are no Unicode text."
        raise Invalid.field("/device_info", "invalid_device_info", detail) from error
    if len(encoded) > DEVICE_INFO_MAX_BYTES or b"\\u0000" in encoded:
        detail = f"device_info is at most {DEVICE_INFO_MAX_BYTES} bytes of JSON without NUL."
        raise Invalid.field("/device_info", "invalid_device_info", detail)


async def _limit_pending(
    conn: asyncpg.Connection, address: str, install_hash: bytes | None, now: datetime
) -> None:
    pending = await conn.fetchrow(
        """
        /* claims.limit_pending */
        SELECT count(*) AS total, count(*) FILTER (WHERE address = $1) AS here,
               count(*) FILTER (WHERE install_secret_hash = $2) AS of_install
        FROM device_claims WHERE state = 'pending' AND expires_at > $3
        """,
        address,
        install_hash,
        now,
    )
    limits = await settings.load(conn)
    if (
        pending["here"] >= limits.pending_claims_per_address_max
        or pending["of_install"] >= limits.pending_claims_per_install_max
        or pending["total"] >= limits.pending_claims_total_max
    ):
        detail = "Too many screens wait for approval. Approve some, then this one can ask again."
        raise TooMany(detail, retry_after_s=PENDING_RETRY_AFTER_S, code="too_many_claims")
