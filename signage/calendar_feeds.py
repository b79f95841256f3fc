"""Calendar feeds: secret addresses at which a store's or a screen's schedules can be read.

Who knows the address may read it, as calendar programs cannot sign in. The secret is shown once,
kept as a hash, and can be taken back.
"""

from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, devices, icalendars, plan_inputs, stores
from signage.actors import SYSTEM, Actor
from signage.errors import Invalid, NotFound
from signage.ids import new_id
from signage.targets import Target

SECRET_BYTES = 32
FEEDS_MAX = 50


class Feed(msgspec.Struct, frozen=True):
    """An address that was given out; ``revoked_at`` says since when it leads nowhere."""

    id: UUID
    target: Target
    created_at: datetime
    revoked_at: datetime | None


class NewFeed(msgspec.Struct, frozen=True):
    """A feed and its secret, which is shown this once."""

    feed: Feed
    secret: str


async def create(
    conn: asyncpg.Connection, actor: Actor, target: Target, *, now: datetime
) -> NewFeed:
    """Give out an address for a store or a screen in the actor's scope."""
    actor.require("program")
    await _require(conn, actor, target, now)
    if len(await list_for(conn, actor, target, now=now)) >= FEEDS_MAX:
        detail = f"There are {FEEDS_MAX} addresses already. Take some back first."
        raise Invalid.field("/target", "too_many_feeds", detail)
    feed_id, secret = new_id(), token_urlsafe(SECRET_BYTES)
    device_id, _, store_id = target.columns()
    async with conn.transaction():
        await conn.execute(
            """
            /* calendar_feeds.create */
            INSERT INTO calendar_feeds (id, target_kind, device_id, store_id, secret_hash,
                                        created_by, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            feed_id,
            target.kind,
            device_id,
            store_id,
            _hash(secret),
            actor.id,
            now,
        )
        await audit.record(
            conn,
            actor,
            action="calendar_feeds.create",
            entity=target.kind,
            entity_id=target.id,
            after={"feed_id": feed_id},
            now=now,
        )
    return NewFeed(Feed(feed_id, target, now, None), secret)


async def list_for(
    conn: asyncpg.Connection, actor: Actor, target: Target, *, now: datetime
) -> list[Feed]:
    """Return the addresses of a store or screen that still lead somewhere, the newest first."""
    await _require(conn, actor, target, now)
    rows = await conn.fetch(
        """
        /* calendar_feeds.list_for */
        SELECT id, created_at FROM calendar_feeds
        WHERE target_kind = $1 AND $2 IN (device_id, store_id) AND revoked_at IS NULL
        ORDER BY created_at DESC, id DESC LIMIT $3
        """,
        target.kind,
        target.id,
        FEEDS_MAX,
    )
    return [Feed(row["id"], target, row["created_at"], None) for row in rows]


async def find(conn: asyncpg.Connection, actor: Actor, feed_id: UUID, *, now: datetime) -> Feed:
    """Return an address of the actor's stores, revoked or not, or raise NotFound."""
    row = await conn.fetchrow(
        """
        /* calendar_feeds.find */
        SELECT target_kind, coalesce(device_id, store_id) AS target_id, created_at, revoked_at
        FROM calendar_feeds WHERE id = $1
        """,
        feed_id,
    )
    if row is None:
        raise NotFound("There is no such address.")
    target = Target(row["target_kind"], row["target_id"])
    try:
        await _require(conn, actor, target, now)
    except NotFound:
        raise NotFound("There is no such address.") from None
    return Feed(feed_id, target, row["created_at"], row["revoked_at"])


async def revoke(
    conn: asyncpg.Connection, actor: Actor, target: Target, feed_id: UUID, *, now: datetime
) -> None:
    """Take an address back. NotFound where the target has no such address any more."""
    actor.require("program")
    await _require(conn, actor, target, now)
    async with conn.transaction():
        revoked = await conn.fetchval(
            """
            /* calendar_feeds.revoke */
            UPDATE calendar_feeds SET revoked_at = $4
            WHERE id = $1 AND target_kind = $2 AND $3 IN (device_id, store_id)
                  AND revoked_at IS NULL
            RETURNING id
            """,
            feed_id,
            target.kind,
            target.id,
            now,
        )
        if revoked is None:
            raise NotFound("There is no such address.")
        await audit.record(
            conn,
            actor,
            action="calendar_feeds.revoke",
            entity=target.kind,
            entity_id=target.id,
            before={"feed_id": feed_id},
            now=now,
        )


async def read(conn: asyncpg.Connection, secret: str, *, now: datetime) -> bytes:
    """Return the calendar behind a secret, or raise NotFound."""
    row = await conn.fetchrow(
        """
        /* calendar_feeds.read */
        SELECT target_kind, coalesce(device_id, store_id) AS target_id
        FROM calendar_feeds WHERE secret_hash = $1 AND revoked_at IS NULL
        """,
        _hash(secret),
    )
    if row is None:
        raise NotFound("There is no such calendar.")
    if row["target_kind"] == "device":
        device = await devices.find(conn, SYSTEM, row["target_id"], now=now)
        inputs = await plan_inputs.load(conn, device.id)
        return icalendars.write(device.name, list(inputs.schedules), device.timezone, now=now)
    store = await stores.find(conn, SYSTEM, row["target_id"])
    inputs = await plan_inputs.load_for_target(conn, store.id, group_ids=[], with_store=True)
    return icalendars.write(store.name, list(inputs.schedules), store.timezone, now=now)


async def _require(conn: asyncpg.Connection, actor: Actor, target: Target, now: datetime) -> None:
    if target.kind == "device" and target.id is not None:
        await devices.find(conn, actor, target.id, now=now)
    elif target.kind == "store" and target.id is not None:
        await stores.find(conn, actor, target.id)
    else:
        detail = "A calendar address is for one store or one screen."
        raise Invalid.field("/target", "invalid_target", detail)


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
