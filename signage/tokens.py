"""Device tokens: issued at pairing, refreshed with an overlap, revoked at once.

Access and refresh token of a generation are derived by HMAC from the server's secret, the token
family and the generation, so a refresh whose reply was lost gives the same pair again. Only SHA-256
hashes are stored.
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, credentials, incidents, settings
from signage.actors import Actor
from signage.errors import Unauthenticated
from signage.ids import new_id

OVERLAP_S = 600
RENEWED_AFTER_S = 60
"""How long a pair that is asked for again keeps the life it was given: who asks many times at once
waits for one write."""

ACCESS = "pbd1"
REFRESH = "pbr1"


class TokenPair(msgspec.Struct, frozen=True):
    """What a player keeps; ``token_expires_in`` is in seconds."""

    device_token: str
    refresh_token: str
    token_expires_in: int


async def issue(
    conn: asyncpg.Connection, device_id: UUID, *, secret: bytes, now: datetime
) -> TokenPair:
    """Begin a new family for the device: every token it had before is void from now on."""
    family = new_id()
    life = await _life(conn, now)
    pair = _derive(secret, device_id, family, 0, life.access_s)
    await conn.execute(
        """
        /* tokens.issue */
        UPDATE devices
        SET token_family = $2, token_generation = 0, token_hash = $3, token_expires_at = $4,
            token_used_at = NULL, previous_token_hash = NULL, previous_token_until = NULL,
            refresh_hash = $5, refresh_expires_at = $6, previous_refresh_hash = NULL
        WHERE id = $1
        """,
        device_id,
        family,
        credentials.sha256(pair.device_token),
        life.access_until,
        credentials.sha256(pair.refresh_token),
        life.refresh_until,
    )
    return pair


async def authenticate(
    conn: asyncpg.Connection, token: str, *, address: str = "", request_id: str = "", now: datetime
) -> Actor:
    """Return the device that holds the token.

    Raises Unauthenticated with the code ``token_expired`` (refresh it), ``token_revoked`` or
    ``invalid_token`` (pair again). The first use of a new token ends the former one's overlap.
    """
    device_id = credentials.device_of_token(ACCESS, token)
    row = device_id and await conn.fetchrow(_HOLDER, device_id)
    hashed = credentials.sha256(token)
    current = row and credentials.same(row["token_hash"], hashed)
    previous = row and credentials.same(row["previous_token_hash"], hashed)
    if not row or not (current or previous):
        raise Unauthenticated("This device token is not valid. Pair again.", code="invalid_token")
    if row["status"] != "active":
        raise Unauthenticated("This screen was revoked. Pair again.", code="token_revoked")
    if now >= (row["token_expires_at"] if current else row["previous_token_until"]):
        raise Unauthenticated("This device token expired. Refresh it.", code="token_expired")
    if current and row["token_used_at"] is None:
        await _note_first_use(conn, row["id"], hashed, now)
    return Actor(
        kind="device",
        id=row["id"],
        name=row["name"],
        role="device",
        store_ids=[row["store_id"]],
        address=address,
        request_id=request_id,
    )


_HOLDER = """
/* tokens.authenticate */
SELECT id, name, store_id, status, token_hash, token_expires_at, token_used_at,
       previous_token_hash, previous_token_until
FROM devices WHERE id = $1"""


async def refresh(
    conn: asyncpg.Connection, refresh_token: str, *, secret: bytes, now: datetime
) -> TokenPair:
    """Return the successor pair, the same one however often it is asked for until it has been used.

    Raises Unauthenticated ``invalid_refresh_token``. Reuse after the successor was used revokes the
    family and opens a critical incident (RFC 9700 section 4.14.2).
    """
    device_id = credentials.device_of_token(REFRESH, refresh_token)
    reused = False
    async with conn.transaction():
        row = device_id and await conn.fetchrow(_LOCK_FOR_REFRESH, device_id)
        hashed = credentials.sha256(refresh_token)
        if row and row["status"] == "active" and now < row["refresh_expires_at"]:
            if credentials.same(row["refresh_hash"], hashed):
                return await _advance(conn, row, secret, now)
            previous = credentials.same(row["previous_refresh_hash"], hashed)
            if previous and row["token_used_at"] is None:
                return await _repeat(conn, row, secret, now)
            reused = previous or _was_given_before(row, refresh_token, secret)
            if reused:
                await _revoke_for_reuse(conn, row["id"], now)
    detail = "This refresh token was used before." if reused else "This refresh token is not valid."
    raise Unauthenticated(f"{detail} Pair again.", code="invalid_refresh_token")


_LOCK_FOR_REFRESH = """
/* tokens.refresh */
SELECT id, status, token_family, token_generation, token_hash, token_expires_at, token_used_at,
       refresh_hash, refresh_expires_at, previous_refresh_hash
FROM devices WHERE id = $1 FOR UPDATE"""


async def _advance(
    conn: asyncpg.Connection, row: asyncpg.Record, secret: bytes, now: datetime
) -> TokenPair:
    life = await _life(conn, now)
    generation = row["token_generation"] + 1
    pair = _derive(secret, row["id"], row["token_family"], generation, life.access_s)
    await conn.execute(
        """
        /* tokens.advance */
        UPDATE devices
        SET token_generation = token_generation + 1,
            previous_token_hash = token_hash,
            previous_token_until = least(token_expires_at, $2),
            previous_refresh_hash = refresh_hash,
            token_hash = $3, token_expires_at = $4, token_used_at = NULL,
            refresh_hash = $5, refresh_expires_at = $6
        WHERE id = $1
        """,
        row["id"],
        now + timedelta(seconds=OVERLAP_S),
        credentials.sha256(pair.device_token),
        life.access_until,
        credentials.sha256(pair.refresh_token),
        life.refresh_until,
    )
    return pair


async def _repeat(
    conn: asyncpg.Connection, row: asyncpg.Record, secret: bytes, now: datetime
) -> TokenPair:
    # However late the same pair is asked for again, it must be of use: its life starts anew.
    life = await _life(conn, now)
    left_s = int((row["token_expires_at"] - now).total_seconds())
    family, generation = row["token_family"], row["token_generation"]
    if life.access_s - RENEWED_AFTER_S < left_s <= life.access_s:
        return _derive(secret, row["id"], family, generation, left_s)
    await conn.execute(
        """
        /* tokens.repeat */
        UPDATE devices SET token_expires_at = $2, refresh_expires_at = $3 WHERE id = $1
        """,
        row["id"],
        life.access_until,
        life.refresh_until,
    )
    return _derive(secret, row["id"], family, generation, life.access_s)


def _was_given_before(row: asyncpg.Record, refresh_token: str, secret: bytes) -> bool:
    # Only the latest former token is kept; those before it can be derived again.
    return any(
        _derive(secret, row["id"], row["token_family"], generation, 0).refresh_token
        == refresh_token
        for generation in range(row["token_generation"])
    )


async def _note_first_use(
    conn: asyncpg.Connection, device_id: UUID, token_hash: bytes, now: datetime
) -> None:
    await conn.execute(
        """
        /* tokens.note_first_use */
        UPDATE devices
        SET token_used_at = $3, previous_token_until = least(previous_token_until, $3)
        WHERE id = $1 AND token_hash = $2 AND token_used_at IS NULL
        """,
        device_id,
        token_hash,
        now,
    )


async def _revoke_for_reuse(conn: asyncpg.Connection, device_id: UUID, now: datetime) -> None:
    await conn.execute(
        "/* tokens.revoke_for_reuse */ UPDATE devices SET status = 'revoked' WHERE id = $1",
        device_id,
    )
    await incidents.open_for_device(
        conn,
        device_id,
        kind="refresh_token_reused",
        severity="critical",
        summary="A refresh token was used again after its successor. Somebody may hold a copy of "
        "this screen's identity. Pair the screen again as a replacement.",
        now=now,
    )
    device = Actor(kind="device", id=device_id, name="", role="device")
    await audit.record(
        conn,
        device,
        action="tokens.revoke_for_reuse",
        entity="device",
        entity_id=device_id,
        now=now,
    )


class _Life(msgspec.Struct, frozen=True):
    """How long tokens that are given now are good for."""

    access_s: int
    access_until: datetime
    refresh_until: datetime


async def _life(conn: asyncpg.Connection, now: datetime) -> _Life:
    chosen = await settings.load(conn)
    access = timedelta(hours=chosen.access_token_life_h)
    idle = timedelta(days=chosen.refresh_token_idle_life_days)
    return _Life(int(access.total_seconds()), now + access, now + idle)


def _derive(
    secret: bytes, device_id: UUID, family: UUID, generation: int, expires_in_s: int
) -> TokenPair:
    def token(kind: str) -> str:
        key = credentials.keyed(secret, kind, device_id.hex, family.hex, str(generation))
        return credentials.device_token(kind, device_id, key)

    return TokenPair(token(ACCESS), token(REFRESH), expires_in_s)
