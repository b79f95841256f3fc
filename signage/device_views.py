"""Device views: filtered and sorted lists of screens that somebody keeps under a name.

They are their owner's alone, a person's or an API key's.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, device_lists
from signage.actors import Actor
from signage.device_lists import Filters
from signage.errors import Conflict, Invalid, NotFound
from signage.ids import new_id

VIEWS_MAX = 20
NAME_MAX_CHARS = 60


class Query(Filters, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The filters and the order of a list."""

    sort: str = device_lists.DEFAULT_SORT


class View(msgspec.Struct, frozen=True):
    """A list under a name."""

    id: UUID
    name: str
    query: Query
    created_at: datetime
    updated_at: datetime


class NewView(msgspec.Struct, forbid_unknown_fields=True):
    """What makes a view."""

    name: str
    query: Query = Query()


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """What may be changed; what is left out stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    query: Query | msgspec.UnsetType = msgspec.UNSET


async def list_for(conn: asyncpg.Connection, actor: Actor) -> list[View]:
    """Return the actor's views by name."""
    actor.require("watch")
    rows = await conn.fetch(
        f"/* device_views.list_for */ {_SELECT} WHERE owner_id = $1 ORDER BY lower(name), id",
        actor.id,
    )
    return [_view(row) for row in rows]


async def find(conn: asyncpg.Connection, actor: Actor, view_id: UUID) -> View:
    """Return the actor's view, or raise NotFound."""
    actor.require("watch")
    row = await conn.fetchrow(
        f"/* device_views.find */ {_SELECT} WHERE id = $1 AND owner_id = $2", view_id, actor.id
    )
    if row is None:
        raise NotFound("You have no such view.")
    return _view(row)


async def save(conn: asyncpg.Connection, actor: Actor, new: NewView, *, now: datetime) -> View:
    """Keep a list under a new name. Conflict where the name is taken, or at twenty views."""
    actor.require("watch")
    name = _checked(new.name, new.query)
    async with conn.transaction():
        await _count_room(conn, actor)
        row = await conn.fetchrow(
            """
            /* device_views.save */
            INSERT INTO device_views (id, owner_id, name, query, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $5)
            ON CONFLICT DO NOTHING
            RETURNING id, name, query, created_at, updated_at
            """,
            new_id(),
            actor.id,
            name,
            msgspec.to_builtins(new.query),
            now,
        )
        if row is None:
            raise _taken(name)
        view = _view(row)
        await _record(conn, actor, "save", view.id, None, view, now)
    return view


async def change(
    conn: asyncpg.Connection, actor: Actor, view_id: UUID, changes: Changes, *, now: datetime
) -> View:
    """Rename a view or keep another list under it. NotFound, Invalid; Conflict for a taken name."""
    async with conn.transaction():
        before = await find(conn, actor, view_id)
        name = before.name if isinstance(changes.name, msgspec.UnsetType) else changes.name
        query = before.query if isinstance(changes.query, msgspec.UnsetType) else changes.query
        name = _checked(name, query)
        row = await conn.fetchrow(
            """
            /* device_views.change */
            UPDATE device_views SET name = $3, query = $4, updated_at = $5
            WHERE id = $1 AND owner_id = $2
                  AND NOT EXISTS (SELECT 1 FROM device_views other
                                  WHERE other.owner_id = $2 AND other.name = $3 AND other.id <> $1)
            RETURNING id, name, query, created_at, updated_at
            """,
            view_id,
            actor.id,
            name,
            msgspec.to_builtins(query),
            now,
        )
        if row is None:
            raise _taken(name)
        after = _view(row)
        await _record(conn, actor, "change", view_id, before, after, now)
    return after


async def remove(conn: asyncpg.Connection, actor: Actor, view_id: UUID, *, now: datetime) -> View:
    """Forget the view and return what it was; the screens in it stay as they are."""
    async with conn.transaction():
        view = await find(conn, actor, view_id)
        await conn.execute(
            "/* device_views.remove */ DELETE FROM device_views WHERE id = $1 AND owner_id = $2",
            view_id,
            actor.id,
        )
        await _record(conn, actor, "remove", view_id, view, None, now)
    return view


_SELECT = "SELECT id, name, query, created_at, updated_at FROM device_views"


def _checked(name: str, query: Query) -> str:
    device_lists.check_sort(query.sort)
    if not 1 <= len(name.strip()) <= NAME_MAX_CHARS:
        detail = f"A view's name has 1 to {NAME_MAX_CHARS} characters."
        raise Invalid.field("/name", "invalid_name", detail)
    return name.strip()


async def _count_room(conn: asyncpg.Connection, actor: Actor) -> None:
    kept = await conn.fetchval(
        "/* device_views.count */ SELECT count(*) FROM device_views WHERE owner_id = $1", actor.id
    )
    if kept >= VIEWS_MAX:
        detail = f"At most {VIEWS_MAX} views. Delete one that you no longer need."
        raise Conflict(detail, code="too_many_views")


def _taken(name: str) -> Conflict:
    return Conflict(f"You have a view called {name} already.", code="view_exists")


async def _record(
    conn: asyncpg.Connection,
    actor: Actor,
    verb: str,
    view_id: UUID,
    before: View | None,
    after: View | None,
    now: datetime,
) -> None:
    def kept(view: View | None) -> dict[str, Any] | None:
        return msgspec.to_builtins({"name": view.name, "query": view.query}) if view else None

    await audit.record(
        conn,
        actor,
        action=f"device_views.{verb}",
        entity="device_view",
        entity_id=view_id,
        before=kept(before),
        after=kept(after),
        now=now,
    )


def _view(row: asyncpg.Record) -> View:
    # A view kept by an older version may name what no longer filters; the rest still does.
    fields = Query.__struct_fields__
    known = {key: value for key, value in row["query"].items() if key in fields}
    return View(**(dict(row) | {"query": msgspec.convert(known, Query)}))
