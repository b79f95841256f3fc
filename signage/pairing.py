"""Pairing: a screen redeems an approved claim, once, and becomes a device with tokens.

Of any number of simultaneous redemptions exactly one wins. State, device, tokens, placement and
audit entry are one transaction.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import (
    attempts,
    audit,
    claims,
    clones,
    credentials,
    group_members,
    group_rules,
    new_claims,
    placements,
    settings,
    tokens,
)
from signage.actors import Actor
from signage.errors import PlaybillError, Refused, TooMany
from signage.ids import new_id

LOST_REPLY_WINDOW_S = 600
SLOW_DOWN_STEP_S = 5


class Paired(msgspec.Struct, frozen=True):
    """The device that came of a claim, and its first pair of tokens."""

    device_id: UUID
    tokens: tokens.TokenPair


async def redeem(
    conn: asyncpg.Connection,
    claim_code: str,
    *,
    device_info: dict[str, Any],
    install_secret: str | None = None,
    address: str,
    secret: bytes,
    now: datetime,
) -> Paired:
    """Turn an approved claim into a device.

    Raises Refused ``authorization_pending``, ``access_denied``, ``expired_token`` or
    ``invalid_claim_code``, TooMany ``slow_down`` or, for guesses over the limit,
    ``too_many_attempts``. Whatever is wrong with a short code has one and the same answer.
    """
    new_claims.check_device_info(device_info)
    code_hash = claims.code_hash(claim_code, secret)
    install_hash = credentials.sha256(install_secret) if install_secret else None
    async with conn.transaction():
        claim = await conn.fetchrow(_TAKE, code_hash, install_hash, now)
        if claim is None:
            claim = await conn.fetchrow(
                _TAKE_AGAIN, code_hash, install_hash, now - timedelta(seconds=LOST_REPLY_WINDOW_S)
            )
        if claim is not None:
            return await _pair(conn, claim, device_info, address, secret, now)
    raise await _reason(conn, claim_code, code_hash, install_hash, address, now)


_TAKE = """
/* pairing.take */
UPDATE device_claims
SET state = 'redeemed', redeemed_at = $3, updated_at = $3,
    install_secret_hash = coalesce($2, install_secret_hash)
WHERE code_hash = $1 AND state = 'approved' AND expires_at > $3
      AND ($2::bytea IS NULL OR install_secret_hash IS NULL OR install_secret_hash = $2)
RETURNING id, store_id, name, group_ids, replaces_device_id, device_id, approved_by"""

_TAKE_AGAIN = """
/* pairing.take_again */
SELECT c.id, c.store_id, c.name, c.group_ids, c.replaces_device_id, c.device_id, c.approved_by
FROM device_claims c JOIN devices d ON d.id = c.device_id
WHERE c.code_hash = $1 AND c.state = 'redeemed' AND c.install_secret_hash = $2
      AND c.redeemed_at > $3 AND d.token_used_at IS NULL AND d.token_generation = 0
      AND d.status = 'active' AND NOT EXISTS (SELECT 1 FROM device_claims later
          WHERE later.device_id = d.id AND later.id <> c.id AND later.redeemed_at >= c.redeemed_at)
FOR UPDATE OF c, d"""


async def _pair(
    conn: asyncpg.Connection,
    claim: asyncpg.Record,
    device_info: dict[str, Any],
    address: str,
    secret: bytes,
    now: datetime,
) -> Paired:
    # What the former hardware said last is not true of this one.
    device_id: UUID = claim["device_id"] or claim["replaces_device_id"] or new_id()
    await group_rules.hold(conn)
    if claim["device_id"] is None and claim["replaces_device_id"] is None:
        await _create_device(conn, device_id, claim, now)
    await conn.execute(
        """
        /* pairing.pair */
        UPDATE devices
        SET status = 'active', device_info_json = $2, last_address = $3, updated_at = $4,
            player_version = coalesce($5, player_version), now_playing = NULL,
            plan_etag_reported = NULL, last_error = NULL, disk_used_bytes = NULL,
            disk_total_bytes = NULL, clock_offset_ms = NULL, counters = '{}',
            machine_fingerprint = NULL, machine_address = NULL, machines = '{}',
            revision = revision + 1
        WHERE id = $1
        """,
        device_id,
        device_info,
        address,
        now,
        player_version(device_info),
    )
    await group_rules.follow(conn, [device_id], now=now)
    await conn.execute(
        "/* pairing.note_device */ UPDATE device_claims SET device_id = $2 WHERE id = $1",
        claim["id"],
        device_id,
    )
    pair = await tokens.issue(conn, device_id, secret=secret, now=now)
    await clones.close_for_new_identity(conn, device_id, now=now)
    await audit.record(
        conn,
        Actor(kind="device", id=device_id, name="", role="device", address=address),
        action="pairing.replace" if claim["replaces_device_id"] else "pairing.redeem",
        entity="device",
        entity_id=device_id,
        after={"claim_id": claim["id"], "approved_by": claim["approved_by"]},
        now=now,
    )
    return Paired(device_id, pair)


async def _create_device(
    conn: asyncpg.Connection, device_id: UUID, claim: asyncpg.Record, now: datetime
) -> None:
    await conn.execute(
        """
        /* pairing.create_device */
        INSERT INTO devices (id, name, store_id, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $4)
        """,
        device_id,
        (claim["name"] or f"Screen {device_id.hex[-4:].upper()}").strip(),
        claim["store_id"],
        now,
    )
    await placements.begin(conn, device_id, claim["store_id"], now=now)
    await group_members.join(conn, device_id, claim["group_ids"], now=now)


async def _reason(
    conn: asyncpg.Connection,
    claim_code: str,
    code_hash: bytes,
    install_hash: bytes | None,
    address: str,
    now: datetime,
) -> PlaybillError:
    claim = await conn.fetchrow(
        """
        /* pairing.reason */
        SELECT id, state, expires_at, interval_s, last_polled_at, install_secret_hash
        FROM device_claims WHERE code_hash = $1
        """,
        code_hash,
    )
    mine = claim and (
        not install_hash
        or claim["install_secret_hash"] is None
        or credentials.same(claim["install_secret_hash"], install_hash)
    )
    if claim and mine and claims.is_long(claim_code):
        if claim["state"] == "denied":
            return Refused("Somebody said that this is not their screen.", code="access_denied")
        if claim["state"] in ("pending", "approved", "expired") and claim["expires_at"] <= now:
            return Refused("The code expired. Ask for another.", code="expired_token")
        if claim["state"] == "pending":
            return await _pending(conn, claim, now)
    return await _wrong_code(conn, address, now)


async def _pending(conn: asyncpg.Connection, claim: asyncpg.Record, now: datetime) -> PlaybillError:
    # RFC 8628 section 3.5: a client that polls too fast adds five seconds to its interval.
    last = claim["last_polled_at"]
    too_fast = last is not None and now - last < timedelta(seconds=claim["interval_s"])
    interval_s = claim["interval_s"] + (SLOW_DOWN_STEP_S if too_fast else 0)
    await conn.execute(
        """
        /* pairing.note_poll */
        UPDATE device_claims SET last_polled_at = $2, interval_s = $3 WHERE id = $1
        """,
        claim["id"],
        now,
        interval_s,
    )
    if too_fast:
        detail = f"Asked too soon. Ask every {interval_s} seconds from now on."
        return TooMany(detail, retry_after_s=interval_s, code="slow_down")
    return Refused(
        "Nobody has approved this screen yet.",
        code="authorization_pending",
        retry_after_s=interval_s,
    )


async def _wrong_code(conn: asyncpg.Connection, address: str, now: datetime) -> PlaybillError:
    limits = await settings.load(conn)
    guesses = await attempts.count_guess(conn, "claim_code", address, now=now)
    if (
        guesses.here > limits.wrong_codes_per_address_max
        or guesses.total > limits.wrong_codes_total_max
    ):
        return TooMany(
            "Too many wrong codes. Wait before the next one; a right code always works.",
            retry_after_s=attempts.seconds_left(now),
            code="too_many_attempts",
        )
    detail = "This code is unknown, used or expired. Check it, or ask for a new one."
    return Refused(detail, code="invalid_claim_code")


def player_version(device_info: dict[str, Any]) -> str | None:
    """Return the player's version out of what it says about itself, at most 100 characters."""
    version = device_info.get("player_version")
    return version[:100] if isinstance(version, str) else None
