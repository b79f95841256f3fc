"""Batches of claims: codes to type that are made together, for the labels of one sheet."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, claims, credentials
from signage.actors import Actor
from signage.ids import new_id
from signage.new_claims import CONSOLE_CODE_LETTERS
from signage.stores import Store


class Place(msgspec.Struct, frozen=True):
    """What one code is for; ``groups`` by name."""

    store: Store
    name: str
    groups: dict[str, UUID]


class Code(msgspec.Struct, frozen=True):
    """The code of one expected screen, as its label shows it."""

    claim_id: UUID
    claim_code: str
    store_code: str
    store: str
    name: str
    groups: list[str]


class Batch(msgspec.Struct, frozen=True):
    """The codes that were made together, by store and name. They are not kept in clear."""

    batch_id: UUID
    expires_at: datetime
    codes: list[Code]


async def make(
    conn: asyncpg.Connection,
    actor: Actor,
    batch_id: UUID,
    places: list[Place],
    *,
    ttl_s: int,
    secret: bytes,
    now: datetime,
) -> Batch:
    """Make a code for each place, which must be checked: they are approved from the start."""
    ordered = sorted(
        places, key=lambda place: (place.store.name, place.store.code, _in_order(place.name))
    )
    codes = [_code(place) for place in ordered]
    expires_at = now + timedelta(seconds=ttl_s)
    rows = [
        (
            code.claim_id,
            claims.code_hash(code.claim_code, secret),
            place.store.id,
            place.name,
            list(place.groups.values()),
            batch_id,
            actor.id,
            now,
            expires_at,
        )
        for code, place in zip(codes, ordered, strict=True)
    ]
    async with conn.transaction():
        await conn.executemany(_INSERT, rows)
        await _record(conn, actor, Batch(batch_id, expires_at, codes), now)
    return Batch(batch_id, expires_at, codes)


async def exists(conn: asyncpg.Connection, batch_id: UUID) -> bool:
    """Return whether any claim was ever made in this batch."""
    known: bool = await conn.fetchval(
        """
        /* claim_batches.exists */
        SELECT EXISTS (SELECT 1 FROM device_claims WHERE batch_id = $1)
        """,
        batch_id,
    )
    return known


_INSERT = """
/* claim_batches.make */
INSERT INTO device_claims (id, kind, state, code_hash, store_id, name, group_ids, batch_id,
    approved_by, approved_at, created_by, created_at, updated_at, expires_at)
VALUES ($1, 'console', 'approved', $2, $3, $4, $5, $6, $7, $8, $7, $8, $8, $9)"""


def _in_order(name: str) -> list[tuple[str, int]]:
    """Return a key that puts Till 4 before Till 16."""
    parts = re.findall(r"(\D*)(\d{0,9})", name.lower())
    return [(text, int(digits or 0)) for text, digits in parts]


def _code(place: Place) -> Code:
    return Code(
        claim_id=new_id(),
        claim_code=credentials.random_code(CONSOLE_CODE_LETTERS),
        store_code=place.store.code,
        store=place.store.name,
        name=place.name,
        groups=list(place.groups),
    )


async def _record(conn: asyncpg.Connection, actor: Actor, batch: Batch, now: datetime) -> None:
    after = {
        "screens": len(batch.codes),
        "stores": sorted({code.store_code for code in batch.codes}),
        "expires_at": batch.expires_at,
    }
    await audit.record(
        conn,
        actor,
        action="claims.expect",
        entity="claim_batch",
        entity_id=batch.batch_id,
        after=after,
        now=now,
    )
