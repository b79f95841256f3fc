"""The audit log: who changed what, before and after, in a chain that shows tampering.

Written in the transaction of the change itself; the database numbers and chains the rows.
"""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from signage.actors import Actor

SECRET_FIELDS = frozenset(
    {"password_hash", "token_hash", "refresh_hash", "key_hash", "totp_secret"}
)


async def record(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    action: str,
    entity: str,
    entity_id: object,
    before: object = None,
    after: object = None,
    now: datetime,
) -> None:
    """Append one entry. ``before`` and ``after`` are Structs or dicts; secrets are masked."""
    await conn.execute(
        """
        /* audit.record */
        INSERT INTO audit_log (at, actor_kind, actor_id, action, entity, entity_id,
                               before, after, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        now,
        actor.kind,
        actor.id,
        action,
        entity,
        str(entity_id),
        _masked(before),
        _masked(after),
        actor.request_id or None,
    )


def _masked(value: object) -> dict[str, Any] | None:
    if value is None:
        return None
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return {key: "***" if key in SECRET_FIELDS else shown for key, shown in fields.items()}
