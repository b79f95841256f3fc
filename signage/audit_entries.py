"""Entries of the audit log as people read them: who, what, on what, when, from where."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import audit_changes, audit_names, audit_words, paging
from signage.audit_changes import Change
from signage.audit_names import Names
from signage.errors import Invalid

ADDRESS_KEPT_DAYS = 90
COUNTED_MAX = 10_000
CHOICES_MAX = 200
ACTOR_KINDS = ("user", "key", "device", "system")
PROGRAM = "Playbill"


class Entry(msgspec.Struct, frozen=True):
    """One change. ``what`` is a sentence, ``name`` what the thing is called today.

    ``address`` is there for 90 days, and only where the whole log is read.
    """

    id: str
    seq: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor: str
    action: str
    what: str
    entity: str
    entity_id: str
    name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changes: list[Change]
    address: str | None
    request_id: str | None
    hash: str


class Filters(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Which entries a list shows. ``actor`` is an id or a kind of actor; ``q`` looks in words.

    Days are in UTC, both included. Words are actions, values, request ids, names of actors and
    of screens.
    """

    actor: str | None = None
    action: str | None = None
    entity: str | None = None
    entity_id: str | None = None
    from_: date | None = None
    to: date | None = None
    q: str | None = None


class Named(msgspec.Struct, frozen=True):
    """Somebody who may stand in the log."""

    id: UUID
    name: str
    kind: str


NO_FILTERS = Filters()

SELECT = """
SELECT l.seq, l.at, l.actor_kind, l.actor_id, l.action, l.entity, l.entity_id, l.before, l.after,
       l.request_id, l.hash, {address} AS address
FROM audit_log l"""

MATCHES = """($1::text IS NULL OR l.actor_kind = $1)
    AND ($2::uuid IS NULL OR l.actor_id = $2)
    AND ($3::text IS NULL OR l.action = $3)
    AND ($4::text IS NULL OR l.entity = $4)
    AND ($5::text IS NULL OR l.entity_id = $5)
    AND ($6::date IS NULL OR l.at >= $6::date::timestamp AT TIME ZONE 'UTC')
    AND ($7::date IS NULL OR l.at < ($7::date + 1)::timestamp AT TIME ZONE 'UTC')
    AND ($8::text IS NULL OR l.action ILIKE '%' || $8 || '%' OR l.request_id ILIKE $8
         OR l.before::text ILIKE '%' || $8 || '%' OR l.after::text ILIKE '%' || $8 || '%'
         OR l.actor_id IN (SELECT u.id FROM users u WHERE u.name ILIKE '%' || $8 || '%'
                           UNION ALL
                           SELECT k.id FROM api_keys k WHERE k.name ILIKE '%' || $8 || '%')
         OR l.entity_id IN (SELECT d.id::text FROM devices d
                            WHERE d.name ILIKE '%' || $8 || '%'))"""


def values(filters: Filters) -> list[Any]:
    """Return the arguments of MATCHES. Invalid where the actor is neither a kind nor an id."""
    kind, actor_id = None, None
    if filters.actor in ACTOR_KINDS:
        kind = filters.actor
    elif filters.actor:
        try:
            actor_id = UUID(filters.actor)
        except ValueError as error:
            detail = "An actor is an id, or one of user, key, device, system."
            raise Invalid.field("/actor", "invalid_actor", detail) from error
    return [
        kind,
        actor_id,
        filters.action,
        filters.entity,
        filters.entity_id,
        filters.from_,
        filters.to,
        paging.like(filters.q),
    ]


async def told(conn: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> list[Entry]:
    """Return rows of SELECT as entries, every id in them with its name of today."""
    fields = ("actor_id", "entity_id", "before", "after")
    names = await audit_names.look_up(conn, (row[field] for row in rows for field in fields))
    return [_entry(row, names) for row in rows]


async def choices(conn: asyncpg.Connection) -> tuple[list[Named], list[str]]:
    """Return who a list can be limited to, people before keys, and the kinds of things in it."""
    actors = await conn.fetch(_ACTORS, CHOICES_MAX)
    kinds = await conn.fetch(_ENTITIES)
    return [Named(**dict(row)) for row in actors], [row["entity"] for row in kinds]


_ACTORS = """
/* audit_entries.actors */
(SELECT id, name, 'user' AS kind FROM users ORDER BY name LIMIT $1)
UNION ALL
(SELECT id, name, 'key' AS kind FROM api_keys ORDER BY name LIMIT $1)"""

# From kind to kind along the index, as there are few kinds and many entries.
_ENTITIES = """
/* audit_entries.entities */
WITH RECURSIVE kinds AS (
    (SELECT entity FROM audit_log ORDER BY entity LIMIT 1)
    UNION ALL
    SELECT (SELECT l.entity FROM audit_log l WHERE l.entity > k.entity ORDER BY l.entity LIMIT 1)
    FROM kinds k WHERE k.entity IS NOT NULL)
SELECT entity FROM kinds WHERE entity IS NOT NULL"""


def _entry(row: asyncpg.Record, names: Names) -> Entry:
    before, after = row["before"], row["after"]
    name = names.get(row["entity_id"]) or _name_in(after) or _name_in(before)
    return Entry(
        id=str(row["seq"]),
        seq=row["seq"],
        at=row["at"],
        actor_kind=row["actor_kind"],
        actor_id=row["actor_id"],
        actor=_actor(row, names),
        action=row["action"],
        what=audit_words.sentence(row["action"], row["entity"], name, before, after, names),
        entity=row["entity"],
        entity_id=row["entity_id"],
        name=name,
        before=before,
        after=after,
        changes=audit_changes.between(before, after, names),
        address=row["address"],
        request_id=row["request_id"],
        hash=row["hash"].hex(),
    )


def _actor(row: asyncpg.Record, names: Names) -> str:
    if row["actor_kind"] == "system":
        return PROGRAM
    unknown = {"user": "Somebody", "key": "An API key", "device": "A screen"}
    return names.get(str(row["actor_id"])) or unknown[row["actor_kind"]]


def _name_in(value: Any) -> str:
    found = value.get("name") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
