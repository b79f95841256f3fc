"""Two-factor: a code from an authenticator (TOTP, RFC 6238) or one of ten recovery codes.

The authenticator's secret is derived from the server's secret, the person and a count of set-ups,
so nothing that makes codes stands in the database.
"""

import base64
import hmac
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
import pyotp

from signage import attempts, audit, credentials, users
from signage.actors import Actor
from signage.errors import Conflict, Invalid, TooMany

ISSUER = "Playbill"
SECRET_BYTES = 20
"""160 bits, as RFC 4226 section 4 recommends; base32 has 32 letters of it."""
STEP_S = 30
STEPS_EARLY_OR_LATE = 1
RECOVERY_CODES = 10
RECOVERY_CODE_LETTERS = 12
FREE_FAILURES = 5
FAILURES_PER_ACCOUNT_MAX = 20


class SetUp(msgspec.Struct, frozen=True):
    """What an authenticator is told: the secret to type, and the same as an address for a QR."""

    secret: str
    uri: str


async def offer(conn: asyncpg.Connection, actor: Actor, *, secret: bytes) -> SetUp:
    """Return what to set an authenticator up with. Nothing is on before a code confirms it."""
    user_id, generation, email = await _person(conn, actor)
    key = secret_of(secret, user_id, generation + 1)
    uri = pyotp.TOTP(key, interval=STEP_S).provisioning_uri(name=email, issuer_name=ISSUER)
    return SetUp(key, uri)


async def confirm(
    conn: asyncpg.Connection, actor: Actor, code: str, *, secret: bytes, now: datetime
) -> list[str]:
    """Turn it on with a first code; return ten recovery codes, shown this once.

    Invalid for a wrong code, TooMany after five of them, Conflict where it is on already.
    """
    user_id, generation, _ = await _person(conn, actor)
    await _limit(conn, user_id, actor.address, now)
    step = _step_of(code, secret_of(secret, user_id, generation + 1), now)
    if step is None:
        await _count_failure(conn, user_id, actor.address, now)
        raise Invalid.field("/code", "wrong_code", "This code is wrong or too old. Try the next.")
    async with conn.transaction():
        turned_on = await conn.fetchval(
            """
            /* two_factor.confirm */
            UPDATE users SET totp_generation = $2 + 1, totp_since = $3, totp_last_step = $4
            WHERE id = $1 AND totp_generation = $2 AND totp_since IS NULL
            RETURNING id
            """,
            user_id,
            generation,
            now,
            step,
        )
        if turned_on is None:
            raise Conflict("Two-factor is on already.", code="two_factor_on")
        codes = await _replace_recovery_codes(conn, user_id, secret, now)
        await _record(conn, actor, "two_factor.turn_on", user_id, now)
    return codes


async def verify(
    conn: asyncpg.Connection,
    user_id: UUID,
    code: str,
    *,
    address: str,
    secret: bytes,
    now: datetime,
) -> bool:
    """Use up a code: return whether it was right. No code is right twice. TooMany after five."""
    await _limit(conn, user_id, address, now)
    right = await _use_totp(conn, user_id, code, secret, now) or await _use_recovery_code(
        conn, user_id, code, secret, now
    )
    if not right:
        await _count_failure(conn, user_id, address, now)
    return right


async def renew_recovery_codes(
    conn: asyncpg.Connection, actor: Actor, code: str, *, secret: bytes, now: datetime
) -> list[str]:
    """Return ten new recovery codes for a right code; those before are void. Invalid if wrong."""
    user_id, _, _ = await _person(conn, actor)
    await _require_code(conn, actor, user_id, code, secret, now)
    async with conn.transaction():
        codes = await _replace_recovery_codes(conn, user_id, secret, now)
        await _record(conn, actor, "two_factor.renew_codes", user_id, now)
    return codes


async def turn_off(
    conn: asyncpg.Connection, actor: Actor, code: str, *, secret: bytes, now: datetime
) -> None:
    """Turn one's own off with a code; the caller has checked the password. Invalid if wrong."""
    user_id, _, _ = await _person(conn, actor)
    await _require_code(conn, actor, user_id, code, secret, now)
    async with conn.transaction():
        await _forget(conn, user_id)
        await _record(conn, actor, "two_factor.turn_off", user_id, now)


async def reset(conn: asyncpg.Connection, actor: Actor, user_id: UUID, *, now: datetime) -> None:
    """Turn somebody's off who lost their authenticator. Conflict where it is not on."""
    actor.require_everywhere("administer")
    user = await users.find(conn, user_id)
    if not user.two_factor:
        raise Conflict(f"{user.name} has no second factor.", code="two_factor_off")
    async with conn.transaction():
        await _forget(conn, user_id)
        await _record(conn, actor, "two_factor.reset", user_id, now)


async def codes_left(conn: asyncpg.Connection, user_id: UUID) -> int:
    """Return how many recovery codes are unused."""
    left: int = await conn.fetchval(
        """
        /* two_factor.codes_left */
        SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL
        """,
        user_id,
    )
    return left


def secret_of(secret: bytes, user_id: UUID, generation: int) -> str:
    """Return the base32 secret of a person's set-up; each set-up has another one."""
    derived = credentials.keyed(secret, "two-factor", user_id.hex, str(generation))
    return base64.b32encode(derived[:SECRET_BYTES]).decode()


async def _person(conn: asyncpg.Connection, actor: Actor) -> tuple[UUID, int, str]:
    row = await conn.fetchrow(
        "/* two_factor.person */ SELECT id, totp_generation, email FROM users WHERE id = $1",
        actor.id,
    )
    if row is None:
        raise Conflict("Only people who sign in have a second factor.", code="no_person")
    return row["id"], row["totp_generation"], row["email"]


def _step_of(code: str, key: str, now: datetime) -> int | None:
    """Return the time step that the code belongs to, None where it is none of the current ones."""
    typed = credentials.plain_code(code).encode()
    totp = pyotp.TOTP(key, interval=STEP_S)
    current = int(now.timestamp()) // STEP_S
    steps = range(current - STEPS_EARLY_OR_LATE, current + STEPS_EARLY_OR_LATE + 1)
    right = [s for s in steps if hmac.compare_digest(totp.generate_otp(s).encode(), typed)]
    return right[-1] if right else None


async def _use_totp(
    conn: asyncpg.Connection, user_id: UUID, code: str, secret: bytes, now: datetime
) -> bool:
    generation = await conn.fetchval(
        """
        /* two_factor.generation */
        SELECT totp_generation FROM users WHERE id = $1 AND totp_since IS NOT NULL
        """,
        user_id,
    )
    if generation is None:
        return False
    step = _step_of(code, secret_of(secret, user_id, generation), now)
    # RFC 6238 section 5.2: the second attempt of a code must not be accepted.
    used = step is not None and await conn.fetchval(
        """
        /* two_factor.use_totp */
        UPDATE users SET totp_last_step = $3
        WHERE id = $1 AND totp_generation = $2 AND totp_since IS NOT NULL AND totp_last_step < $3
        RETURNING id
        """,
        user_id,
        generation,
        step,
    )
    return bool(used)


async def _use_recovery_code(
    conn: asyncpg.Connection, user_id: UUID, code: str, secret: bytes, now: datetime
) -> bool:
    used = await conn.fetchval(
        """
        /* two_factor.use_recovery_code */
        UPDATE recovery_codes SET used_at = $3
        WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL
        RETURNING user_id
        """,
        user_id,
        _code_hash(secret, user_id, code),
        now,
    )
    return used is not None


async def _require_code(
    conn: asyncpg.Connection,
    actor: Actor,
    user_id: UUID,
    code: str,
    secret: bytes,
    now: datetime,
) -> None:
    if not await verify(conn, user_id, code, address=actor.address, secret=secret, now=now):
        raise Invalid.field("/code", "wrong_code", "This code is wrong or was used.")


async def _replace_recovery_codes(
    conn: asyncpg.Connection, user_id: UUID, secret: bytes, now: datetime
) -> list[str]:
    codes = [credentials.random_code(RECOVERY_CODE_LETTERS) for _ in range(RECOVERY_CODES)]
    await conn.execute(
        "/* two_factor.drop_codes */ DELETE FROM recovery_codes WHERE user_id = $1", user_id
    )
    await conn.execute(
        """
        /* two_factor.keep_codes */
        INSERT INTO recovery_codes (user_id, code_hash, created_at)
        SELECT $1, unnest($2::bytea[]), $3
        """,
        user_id,
        [_code_hash(secret, user_id, code) for code in codes],
        now,
    )
    return codes


async def _forget(conn: asyncpg.Connection, user_id: UUID) -> None:
    await conn.execute(
        """
        /* two_factor.forget */
        UPDATE users SET totp_since = NULL, totp_last_step = NULL WHERE id = $1
        """,
        user_id,
    )
    await conn.execute(
        "/* two_factor.drop_codes */ DELETE FROM recovery_codes WHERE user_id = $1", user_id
    )


def _code_hash(secret: bytes, user_id: UUID, code: str) -> bytes:
    return credentials.keyed(secret, "recovery", user_id.hex, credentials.plain_code(code))


async def _limit(conn: asyncpg.Connection, user_id: UUID, address: str, now: datetime) -> None:
    here = await attempts.failures(conn, "code", f"{user_id} from {address}", now=now)
    anywhere = await attempts.failures(conn, "code", str(user_id), now=now)
    if here >= FREE_FAILURES or anywhere >= FAILURES_PER_ACCOUNT_MAX:
        raise TooMany(
            "Too many wrong codes. Wait a few minutes, then try again.",
            retry_after_s=attempts.seconds_left(now),
            code="too_many_attempts",
        )


async def _count_failure(
    conn: asyncpg.Connection, user_id: UUID, address: str, now: datetime
) -> None:
    await attempts.count_failure(conn, "code", f"{user_id} from {address}", now=now)
    await attempts.count_failure(conn, "code", str(user_id), now=now)


async def _record(
    conn: asyncpg.Connection, actor: Actor, action: str, user_id: UUID, now: datetime
) -> None:
    await audit.record(conn, actor, action=action, entity="user", entity_id=user_id, now=now)
