"""Claims: how an unknown screen asks in, and how somebody with a right lets it (RFC 8628).

``claim_code`` is always the secret. What a screen shows is a separate ``user_code``, which a
signed-in person can approve but nobody can redeem. Redeeming is in ``signage.pairing``.
"""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import attempts, audit, credentials, devices, groups, stores
from signage.actors import Actor
from signage.errors import Invalid, NotFound, TooMany

APPROVED_CLAIM_LIFE_S = 600
WRONG_CODES_PER_PERSON_MAX = 5

State = Literal["pending", "approved", "redeemed", "denied", "revoked", "expired"]


class Claim(msgspec.Struct, frozen=True):
    """A claim as people see it; no code is ever in it."""

    id: UUID
    kind: Literal["screen", "console"]
    state: State
    device_info: dict[str, Any]
    address: str
    store_id: UUID | None
    store: str | None
    name: str | None
    group_ids: list[UUID]
    replaces_device_id: UUID | None
    device_id: UUID | None
    batch_id: UUID | None
    approved_by: UUID | None
    approver: str | None
    approved_at: datetime | None
    redeemed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody decides who approves a screen."""

    store_id: UUID
    name: str | None = None
    group_ids: list[UUID] = []
    replaces_device_id: UUID | None = None


async def find_pending(
    conn: asyncpg.Connection, actor: Actor, user_code: str, *, secret: bytes, now: datetime
) -> Claim:
    """Return the claim whose code is on a screen. NotFound, or TooMany after five wrong codes."""
    actor.require("pair")
    async with conn.transaction():
        # One code of a person after another, or many at once would all come before the count.
        await conn.execute(_ONE_AT_A_TIME, str(actor.id))
        tried = await attempts.failures(conn, "user_code", str(actor.id), now=now)
        if tried >= WRONG_CODES_PER_PERSON_MAX:
            raise TooMany(
                "Five wrong codes in 15 minutes. Wait a little, then read the code again.",
                retry_after_s=attempts.seconds_left(now),
                code="too_many_attempts",
            )
        row = await conn.fetchrow(
            f"""
            /* claims.find_pending */
            {SELECT}
            WHERE c.user_code_hash = $2 AND c.state = 'pending' AND c.expires_at > $1
            """,
            now,
            code_hash(user_code, secret),
        )
        if row is not None:
            return Claim(**dict(row))
        await attempts.count_failure(conn, "user_code", str(actor.id), now=now)
    detail = "No screen shows this code now. Codes change after 10 minutes: look again."
    raise NotFound(detail, code="unknown_code")


_ONE_AT_A_TIME = """
/* claims.one_at_a_time */
SELECT pg_advisory_xact_lock(hashtextextended('playbill user code ' || $1, 0))"""


async def approve(
    conn: asyncpg.Connection,
    actor: Actor,
    user_code: str,
    approval: Approval,
    *,
    secret: bytes,
    now: datetime,
) -> Claim:
    """Let the screen in: it redeems its claim within seconds and becomes a device of the store."""
    claim = await find_pending(conn, actor, user_code, secret=secret, now=now)
    async with conn.transaction():
        await check_approval(conn, actor, approval, now)
        approved = await conn.fetchval(
            """
            /* claims.approve */
            UPDATE device_claims
            SET state = 'approved', store_id = $2, name = $3, group_ids = $4,
                replaces_device_id = $5, approved_by = $6, approved_at = $7, updated_at = $7,
                expires_at = $8
            WHERE id = $1 AND state = 'pending' AND expires_at > $7
            RETURNING id
            """,
            claim.id,
            approval.store_id,
            approval.name,
            approval.group_ids,
            approval.replaces_device_id,
            actor.id,
            now,
            now + timedelta(seconds=APPROVED_CLAIM_LIFE_S),
        )
        if approved is None:
            raise NotFound("Somebody else answered this screen just now.", code="unknown_code")
        await record(conn, actor, "claims.approve", claim.id, approval, now)
        await _expect_no_more(conn, actor, approval, now)
        return await _read(conn, claim.id, now)


async def deny(
    conn: asyncpg.Connection, actor: Actor, user_code: str, *, secret: bytes, now: datetime
) -> Claim:
    """Turn the screen away: it is told so and shows another code only when asked to."""
    claim = await find_pending(conn, actor, user_code, secret=secret, now=now)
    return await _end(conn, actor, claim.id, "denied", now)


async def revoke(conn: asyncpg.Connection, actor: Actor, claim_id: UUID, *, now: datetime) -> Claim:
    """Take back a code that nobody has used yet."""
    actor.require("pair")
    await find(conn, actor, claim_id, now=now)
    return await _end(conn, actor, claim_id, "revoked", now)


async def find(conn: asyncpg.Connection, actor: Actor, claim_id: UUID, *, now: datetime) -> Claim:
    """Return the claim; one of another store, or a screen's that nobody approved, is NotFound."""
    row = await conn.fetchrow(
        f"""
        /* claims.find */
        {SELECT}
        WHERE c.id = $2 AND ($3::uuid[] IS NULL OR c.store_id = ANY ($3))
        """,
        now,
        claim_id,
        actor.store_ids,
    )
    if row is None:
        raise NotFound("There is no such claim in your stores.")
    return Claim(**dict(row))


def code_hash(code: str, secret: bytes) -> bytes:
    """Return what is stored of a code: a short one is hashed under the server's secret."""
    if is_long(code):
        return credentials.sha256(code.strip().lower())
    return credentials.keyed(secret, "claim", credentials.plain_code(code))


def is_long(code: str) -> bool:
    """Return whether it is a player's own secret code and not one that people type."""
    return code.strip().lower().startswith("dpc_")


STATE = """CASE WHEN c.state IN ('pending', 'approved') AND c.expires_at <= $1
                THEN 'expired' ELSE c.state END"""

SELECT = f"""
SELECT c.id, c.kind, {STATE} AS state, c.device_info_json AS device_info, c.address, c.store_id,
       s.name AS store, c.name, c.group_ids, c.replaces_device_id, c.device_id, c.batch_id,
       c.approved_by, coalesce(u.name, k.name) AS approver, c.approved_at, c.redeemed_at,
       c.created_at, c.updated_at, c.expires_at
FROM device_claims c
LEFT JOIN stores s ON s.id = c.store_id
LEFT JOIN users u ON u.id = c.approved_by
LEFT JOIN api_keys k ON k.id = c.approved_by"""
"""A claim with the names of its store and of who approved it; the first argument is the time."""


async def check_approval(
    conn: asyncpg.Connection, actor: Actor, approval: Approval, now: datetime
) -> None:
    """Raise Invalid where a name, store, group or replaced screen cannot be approved."""
    if approval.name is not None and not 1 <= len(approval.name.strip()) <= devices.NAME_MAX_CHARS:
        detail = f"A screen's name has 1 to {devices.NAME_MAX_CHARS} characters."
        raise Invalid.field("/name", "invalid_name", detail)
    await stores.require(conn, actor, approval.store_id)
    await groups.require_all(conn, approval.group_ids)
    if approval.replaces_device_id is not None:
        try:
            await devices.find(conn, actor, approval.replaces_device_id, now=now)
        except NotFound as error:
            raise Invalid.field("/replaces_device_id", "unknown_device", error.detail) from error


async def _end(
    conn: asyncpg.Connection, actor: Actor, claim_id: UUID, state: State, now: datetime
) -> Claim:
    async with conn.transaction():
        ended = await conn.fetchval(
            """
            /* claims.end */
            UPDATE device_claims SET state = $2, updated_at = $3
            WHERE id = $1 AND state IN ('pending', 'approved')
            RETURNING id
            """,
            claim_id,
            state,
            now,
        )
        if ended is None:
            raise NotFound("This claim was answered already.", code="unknown_code")
        await record(conn, actor, f"claims.{state}", claim_id, None, now)
        return await _read(conn, claim_id, now)


async def _expect_no_more(
    conn: asyncpg.Connection, actor: Actor, approval: Approval, now: datetime
) -> None:
    """Take back the code that was made for this screen: it came in by the one that it shows."""
    codes = await conn.fetch(
        """
        /* claims.expect_no_more */
        UPDATE device_claims SET state = 'revoked', updated_at = $3
        WHERE store_id = $1 AND lower(name) = lower($2) AND kind = 'console'
              AND state = 'approved'
        RETURNING id
        """,
        approval.store_id,
        approval.name,
        now,
    )
    for code in codes:
        await record(conn, actor, "claims.revoked", code["id"], None, now)


async def _read(conn: asyncpg.Connection, claim_id: UUID, now: datetime) -> Claim:
    row = await conn.fetchrow(f"/* claims.read */ {SELECT} WHERE c.id = $2", now, claim_id)
    return Claim(**dict(row))


async def record(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    claim_id: UUID,
    after: Approval | None,
    now: datetime,
) -> None:
    """Write what was done to the claim into the audit log."""
    await audit.record(
        conn, actor, action=action, entity="claim", entity_id=claim_id, after=after, now=now
    )
