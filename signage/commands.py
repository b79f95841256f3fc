"""Commands to a screen: repeated in every heartbeat until it answers or they expire."""

from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, devices, paging
from signage.actors import Actor
from signage.errors import Invalid, NotFound
from signage.ids import new_id

COMMAND_LIFE_S = 600
DETAIL_MAX_CHARS = 2000
ARGS_MAX_BYTES = 4096

Kind = Literal["identify", "reload", "reboot", "screenshot", "refresh_plan", "clear_cache"]
KINDS: tuple[Kind, ...] = get_args(Kind)
State = Literal["queued", "delivered", "done", "failed", "expired"]


class Command(msgspec.Struct, frozen=True):
    """One command and how far it came."""

    id: UUID
    kind: Kind
    args: dict[str, Any]
    state: State
    detail: str | None
    created_at: datetime
    delivered_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime


class Due(msgspec.Struct, frozen=True):
    """What a heartbeat's reply carries for each command that waits."""

    command_id: UUID
    kind: Kind
    args: dict[str, Any]


async def send(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    *,
    kind: Kind,
    args: dict[str, Any] | None = None,
    now: datetime,
) -> Command:
    """Queue a command for the screen; it expires after ten minutes. Invalid if ``args`` is large.

    ``identify`` tells the screen its name and its store's, which it does not know by itself.
    """
    actor.require("manage")
    check_args(args or {})
    device = await devices.find(conn, actor, device_id, now=now)
    known = {"name": device.name, "store_name": device.store} if kind == "identify" else {}
    async with conn.transaction():
        row = await conn.fetchrow(
            f"""
            /* commands.send */
            INSERT INTO device_commands (id, device_id, kind, args, created_by, created_at,
                                         expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING {_COLUMNS}
            """,
            new_id(),
            device.id,
            kind,
            known | (args or {}),
            actor.id,
            now,
            now + timedelta(seconds=COMMAND_LIFE_S),
        )
        await audit.record(
            conn,
            actor,
            action="commands.send",
            entity="device",
            entity_id=device_id,
            after={"kind": kind},
            now=now,
        )
    return Command(**dict(row))


async def list_for_device(
    conn: asyncpg.Connection,
    actor: Actor,
    device_id: UUID,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Command]:
    """Return the commands of the screen, newest first, with their state as of now."""
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    before = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        f"""
        /* commands.list_for_device */
        SELECT {_COLUMNS_NOW}
        FROM device_commands
        WHERE device_id = $1 AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
        ORDER BY created_at DESC, id DESC
        LIMIT $5
        """,
        device_id,
        now,
        *(before or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["created_at"], row["id"]])
    return paging.Page([Command(**dict(row)) for row in found], next_cursor)


async def find(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, command_id: UUID, *, now: datetime
) -> Command:
    """Return one command of the screen with its state as of now, or raise NotFound."""
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    row = await conn.fetchrow(
        f"""
        /* commands.find */
        SELECT {_COLUMNS_NOW}
        FROM device_commands WHERE device_id = $1 AND id = $3
        """,
        device_id,
        now,
        command_id,
    )
    if row is None:
        raise NotFound("This screen has no such command.")
    return Command(**dict(row))


async def deliver(conn: asyncpg.Connection, device_id: UUID, *, now: datetime) -> list[Due]:
    """Return what waits for the device, oldest first, and note that it was delivered."""
    rows = await conn.fetch(
        """
        /* commands.deliver */
        UPDATE device_commands
        SET state = 'delivered', delivered_at = coalesce(delivered_at, $2)
        WHERE device_id = $1 AND state IN ('queued', 'delivered') AND expires_at > $2
        RETURNING id, kind, args, created_at
        """,
        device_id,
        now,
    )
    rows.sort(key=lambda row: (row["created_at"], row["id"]))
    return [Due(row["id"], row["kind"], row["args"]) for row in rows]


async def finish(
    conn: asyncpg.Connection,
    device_id: UUID,
    command_id: UUID,
    *,
    status: Literal["done", "failed"],
    detail: str | None = None,
    now: datetime,
) -> None:
    """Record the device's answer; the first one stands. NotFound for another device's command."""
    known = await conn.fetchval(
        """
        /* commands.finish */
        UPDATE device_commands
        SET state = CASE WHEN finished_at IS NULL THEN $3 ELSE state END,
            detail = CASE WHEN finished_at IS NULL THEN $4 ELSE detail END,
            finished_at = coalesce(finished_at, $5)
        WHERE id = $2 AND device_id = $1
        RETURNING id
        """,
        device_id,
        command_id,
        status,
        detail and detail.replace("\x00", "")[:DETAIL_MAX_CHARS],
        now,
    )
    if known is None:
        raise NotFound("This device has no such command.")


def check_args(args: dict[str, Any]) -> None:
    """Raise Invalid where the arguments are too large."""
    if len(msgspec.json.encode(args)) > ARGS_MAX_BYTES:
        detail = f"The arguments of a command have at most {ARGS_MAX_BYTES} bytes as JSON."
        raise Invalid.field("/args", "args_too_large", detail)


_COLUMNS_NOW = """id, kind, args, detail, created_at, delivered_at, finished_at, expires_at,
       CASE WHEN state IN ('queued', 'delivered') AND expires_at <= $2
            THEN 'expired' ELSE state END AS state"""
_COLUMNS = "id, kind, args, state, detail, created_at, delivered_at, finished_at, expires_at"
