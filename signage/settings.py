"""Settings: what an administrator decides for the whole installation, each with its default.

A setting that nobody has changed has no row, so a better default reaches every installation.
"""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from signage import audit
from signage.actors import Actor


class Settings(msgspec.Struct, frozen=True):
    """Every setting. Units stand in the names; limits are those of ``Changes``."""

    two_factor_required_for_admins: bool = False
    approval_required: bool = False


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """What may be changed; what is left out stays as it is, null returns to the default."""

    two_factor_required_for_admins: bool | msgspec.UnsetType | None = msgspec.UNSET
    approval_required: bool | msgspec.UnsetType | None = msgspec.UNSET


async def load(conn: asyncpg.Connection) -> Settings:
    """Return the settings as they stand."""
    rows = await conn.fetch("/* settings.load */ SELECT key, value FROM settings")
    known = set(Settings.__struct_fields__)
    return msgspec.convert(
        {row["key"]: row["value"] for row in rows if row["key"] in known}, Settings
    )


async def change(
    conn: asyncpg.Connection, actor: Actor, changes: Changes, *, now: datetime
) -> Settings:
    """Change what is given and return the whole. Forbidden without the right to administer."""
    actor.require("administer")
    given: dict[str, Any] = {
        key: value
        for key, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    async with conn.transaction():
        await conn.execute("/* settings.lock */ LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE")
        before = await load(conn)
        await _write(conn, actor, given, now)
        after = await load(conn)
        await audit.record(
            conn,
            actor,
            action="settings.change",
            entity="settings",
            entity_id="settings",
            before={key: getattr(before, key) for key in given},
            after={key: getattr(after, key) for key in given},
            now=now,
        )
    return after


async def _write(
    conn: asyncpg.Connection, actor: Actor, given: dict[str, Any], now: datetime
) -> None:
    back = [key for key, value in given.items() if value is None]
    await conn.execute("/* settings.forget */ DELETE FROM settings WHERE key = ANY ($1)", back)
    await conn.executemany(
        """
        /* settings.write */
        INSERT INTO settings (key, value, changed_by, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (key) DO UPDATE
        SET value = EXCLUDED.value, changed_by = EXCLUDED.changed_by,
            changed_at = EXCLUDED.changed_at
        """,
        [(key, value, actor.id, now) for key, value in given.items() if value is not None],
    )
