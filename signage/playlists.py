"""Playlists: what plays in which order. People edit the draft; screens play the live edition.

An item that did not change keeps its id when a playlist is saved, so plays before and after count
for the same item.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, playlist_history, playlist_items, playlist_list, playlist_uses, targets
from signage.actors import Actor
from signage.errors import Conflict, Invalid, NotFound, Stale
from signage.ids import new_id
from signage.playlist_items import Edition, Item, NewItem

NAME_MAX_CHARS = 200
COPY_SUFFIX = " (copy)"

Summary = playlist_list.Summary
list_page = playlist_list.list_page


class Playlist(msgspec.Struct, frozen=True):
    """A playlist; ``items`` are the draft's. It is published when both revisions are equal."""

    id: UUID
    name: str
    items: list[Item]
    revision: int
    published_revision: int | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


async def find(
    conn: asyncpg.Connection,
    playlist_id: UUID,
    *,
    edition: Edition = "draft",
    archived: bool = False,
) -> Playlist:
    """Return the playlist with its items; NotFound too where it is archived, unless asked for."""
    row = await conn.fetchrow(
        """
        /* playlists.find */
        SELECT id, name, revision, published_revision, published_at, created_at, updated_at,
               archived_at
        FROM playlists WHERE id = $1 AND (archived_at IS NULL OR $2)
        """,
        playlist_id,
        archived,
    )
    if row is None:
        raise NotFound("There is no such playlist.")
    items = await playlist_items.list_for(conn, playlist_id, edition)
    return Playlist(items=items, **dict(row))


async def create(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    name: str,
    items: list[NewItem] | None = None,
    draft: bool = False,
    now: datetime,
) -> Playlist:
    """Make a playlist and, unless it shall stay a draft, publish it."""
    actor.require("program")
    playlist_id = new_id()
    async with conn.transaction():
        await conn.execute(
            """
            /* playlists.create */
            INSERT INTO playlists (id, name, created_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $4)
            """,
            playlist_id,
            _checked_name(name),
            actor.id,
            now,
        )
        await playlist_items.replace(conn, playlist_id, items or [])
        await playlist_history.keep(conn, actor, playlist_id, undoes_to=None, now=now)
        await _audit(conn, actor, "playlists.create", playlist_id, None, now)
        if not draft:
            return await publish(conn, actor, playlist_id, now=now)
        return await find(conn, playlist_id)


async def duplicate(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    *,
    name: str | None = None,
    now: datetime,
) -> Playlist:
    """Make a draft that holds the same, under the given name or "... (copy)"."""
    actor.require("program")
    async with conn.transaction():
        original = await find(conn, playlist_id)
        copied = name or original.name[: NAME_MAX_CHARS - len(COPY_SUFFIX)] + COPY_SUFFIX
        made = await create(conn, actor, name=copied, draft=True, now=now)
        items = [msgspec.structs.replace(item.as_new(), id=None) for item in original.items]
        await begin_change(conn, actor, made.id, now=now)
        await playlist_items.replace(conn, made.id, items, once=original.items)
        await playlist_history.keep(conn, actor, made.id, undoes_to=None, now=now)
        await _audit(conn, actor, "playlists.duplicate", made.id, original, now)
        return await find(conn, made.id)


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    *,
    name: str | None = None,
    items: list[NewItem] | None = None,
    revision: int | None = None,
    now: datetime,
) -> Playlist:
    """Change the draft. Stale where ``revision`` is given and somebody saved it since."""
    async with conn.transaction():
        before = await begin_change(conn, actor, playlist_id, name=name, revision=revision, now=now)
        if items is not None:
            await playlist_items.replace(conn, playlist_id, items)
        await playlist_history.keep(conn, actor, playlist_id, undoes_to=before.revision, now=now)
        await _audit(conn, actor, "playlists.change", playlist_id, before, now)
        return await find(conn, playlist_id)


async def begin_change(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    *,
    name: str | None = None,
    revision: int | None = None,
    now: datetime,
) -> Playlist:
    """Count the revision up and return the draft as it was; nobody else can change it meanwhile.

    For use in a transaction. Stale where ``revision`` is given and is not the current one.
    """
    actor.require("program")
    wanted = None if name is None else _checked_name(name)
    row = await conn.fetchrow(
        """
        /* playlists.change */
        UPDATE playlists p SET name = coalesce($3, p.name), revision = p.revision + 1,
                               updated_at = $4
        FROM (SELECT id, name, updated_at FROM playlists WHERE id = $1 FOR NO KEY UPDATE) b
        WHERE p.id = b.id AND p.archived_at IS NULL AND ($2::int IS NULL OR p.revision = $2)
        RETURNING p.id, b.name, p.revision - 1 AS revision, p.published_revision,
                  p.published_at, p.created_at, b.updated_at
        """,
        playlist_id,
        revision,
        wanted,
        now,
    )
    if row is None:
        current = await find(conn, playlist_id)
        raise Stale(f"{current.name} was saved by somebody else meanwhile. Load it again.")
    return Playlist(items=await playlist_items.list_for(conn, playlist_id, "draft"), **dict(row))


async def publish(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    *,
    revision: int | None = None,
    now: datetime,
) -> Playlist:
    """Make the draft what screens play, and outdate the plans that hold this playlist.

    Stale where ``revision`` is given and the draft was changed since: nobody publishes unseen.
    """
    actor.require("program")
    async with conn.transaction():
        before = await find(conn, playlist_id, edition="live")
        current = await conn.fetchval(
            """
            /* playlists.publish */
            UPDATE playlists SET published_revision = revision, published_at = $2 WHERE id = $1
            RETURNING revision
            """,
            playlist_id,
            now,
        )
        if revision is not None and revision != current:
            raise Stale(f"The draft of {before.name} was changed meanwhile. Look at it again.")
        await playlist_items.publish(conn, playlist_id)
        await outdate_plans(conn, [playlist_id])
        await _audit(conn, actor, "playlists.publish", playlist_id, before, now)
        return await find(conn, playlist_id)


async def archive(
    conn: asyncpg.Connection, actor: Actor, playlist_id: UUID, *, now: datetime
) -> None:
    """Put the playlist away; what was played stays proven.

    Conflict ``playlist_in_use``, naming where, while it is scheduled, always on or nested.
    """
    actor.require("program")
    async with conn.transaction():
        # The lock keeps others from assigning, scheduling or nesting it at this moment.
        await conn.execute(
            "/* playlists.lock */ SELECT id FROM playlists WHERE id = $1 FOR UPDATE", playlist_id
        )
        before = await find(conn, playlist_id)
        uses = await playlist_uses.list_for(conn, actor, playlist_id)
        if uses:
            named = "; ".join(use.words for use in uses[: playlist_uses.NAMED_MAX])
            more = len(uses) - playlist_uses.NAMED_MAX
            detail = f"{before.name} is in use: {named}{f'; and {more} more' if more > 0 else ''}."
            raise Conflict(f"{detail} Take it out there first.", code="playlist_in_use")
        await _set_archived(conn, playlist_id, now)
        await outdate_plans(conn, [playlist_id])
        await _audit(conn, actor, "playlists.archive", playlist_id, before, now)


async def restore(
    conn: asyncpg.Connection, actor: Actor, playlist_id: UUID, *, now: datetime
) -> Playlist:
    """Bring an archived playlist back as it was; done twice it stays back."""
    actor.require("program")
    async with conn.transaction():
        before = await find(conn, playlist_id, archived=True)
        if before.archived_at is not None:
            await _set_archived(conn, playlist_id, None)
            await outdate_plans(conn, [playlist_id])
            await _audit(conn, actor, "playlists.restore", playlist_id, before, now)
        return await find(conn, playlist_id)


async def outdate_plans(conn: asyncpg.Connection, playlist_ids: list[UUID]) -> None:
    """Mark the plans of all devices that one of these playlists can reach, by nesting too."""
    await targets.hold_programmes(conn, exclusive=True)
    await conn.execute(
        f"""
        /* playlists.outdate_plans */
        WITH RECURSIVE {playlist_uses.REACHED}
        UPDATE devices d SET plan_wanted = plan_wanted + 1
        WHERE {playlist_uses.IS_REACHED}
        """,
        playlist_ids,
    )


async def _set_archived(conn: asyncpg.Connection, playlist_id: UUID, at: datetime | None) -> None:
    await conn.execute(
        "/* playlists.archive */ UPDATE playlists SET archived_at = $2 WHERE id = $1",
        playlist_id,
        at,
    )


def _checked_name(name: str) -> str:
    if not 1 <= len(name.strip()) <= NAME_MAX_CHARS:
        detail = f"A playlist's name has 1 to {NAME_MAX_CHARS} characters."
        raise Invalid.field("/name", "invalid_name", detail)
    return name.strip()


async def _audit(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    playlist_id: UUID,
    before: Playlist | None,
    now: datetime,
) -> None:
    edition: Edition = "live" if action == "playlists.publish" else "draft"
    await audit.record(
        conn,
        actor,
        action=action,
        entity="playlist",
        entity_id=playlist_id,
        before=before,
        after=None
        if action == "playlists.archive"
        else await find(conn, playlist_id, edition=edition),
        now=now,
    )
