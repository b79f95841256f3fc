"""Working on a draft: single edits, undo and redo, and what to do where two people edit at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import (
    audit,
    playlist_difference,
    playlist_edits,
    playlist_history,
    playlist_items,
    playlists,
)
from signage.actors import Actor
from signage.errors import Conflict
from signage.ids import new_id
from signage.playlist_difference import Difference
from signage.playlist_edits import Add, Edit, Move
from signage.playlist_items import Item, NewItem
from signage.playlists import Playlist

Way = Literal["undo", "redo"]


class Clash(msgspec.Struct, frozen=True):
    """Two edits of one draft: what others did since ``base``, and what was asked for.

    Both are None where the state at ``base`` is forgotten. ``by`` made the newest revision;
    ``same_items`` are the names of items that both touched.
    """

    playlist: Playlist
    base: int
    theirs: Difference | None
    mine: Difference | None
    by: str
    at: datetime | None
    same_items: list[str]


async def edit(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    wanted: Edit,
    *,
    revision: int | None = None,
    now: datetime,
) -> int:
    """Do one edit and return the new revision; a move is one statement, however many items.

    Stale where ``revision`` is given and somebody saved since; Conflict where the item is gone.
    """
    async with conn.transaction():
        before = await playlists.begin_change(conn, actor, playlist_id, revision=revision, now=now)
        items = playlist_edits.apply([item.as_new() for item in before.items], wanted)
        if isinstance(wanted, Move):
            order = [item.id for item in items if item.id is not None]
            await playlist_items.reorder(conn, playlist_id, order)
        else:
            await playlist_items.replace(conn, playlist_id, items)
        await _keep(conn, actor, before, items, wanted, now)
    return before.revision + 1


async def overwrite(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    wanted: Edit,
    *,
    base: int,
    revision: int,
    now: datetime,
) -> int:
    """Make the draft what it was at ``base`` with the edit done: everybody else's changes go.

    They can be undone back to. Stale where ``revision``, whose changes are given up knowingly, is
    not the newest; Conflict where the state at ``base`` is forgotten.
    """
    async with conn.transaction():
        before = await playlists.begin_change(conn, actor, playlist_id, revision=revision, now=now)
        step = await playlist_history.find(conn, playlist_id, base)
        if step is None:
            detail = "What you saw is too long ago to go back to. Load the playlist again."
            raise Conflict(detail, code="revision_forgotten")
        once = await playlist_history.items_at(conn, playlist_id, base)
        items = playlist_edits.apply([item.as_new() for item in once], wanted)
        await playlist_items.replace(conn, playlist_id, items, once=once)
        await _keep(conn, actor, before, items, wanted, now)
    return before.revision + 1


async def go(
    conn: asyncpg.Connection,
    actor: Actor,
    playlist_id: UUID,
    way: Way,
    *,
    revision: int | None = None,
    now: datetime,
) -> Playlist:
    """Undo the last change of the draft, or redo the last one undone, under a new revision.

    Stale where ``revision`` is given and is not the newest; Conflict where there is nothing to
    undo or redo.
    """
    async with conn.transaction():
        before = await playlists.begin_change(conn, actor, playlist_id, revision=revision, now=now)
        here = await playlist_history.find(conn, playlist_id, before.revision)
        goal = here and (here.undoes_to if way == "undo" else here.redoes_to)
        there = goal and await playlist_history.find(conn, playlist_id, goal)
        if not there:
            raise Conflict(f"There is nothing to {way}.", code=f"nothing_to_{way}")
        once = await playlist_history.items_at(conn, playlist_id, there.revision)
        await _rename(conn, playlist_id, there.name)
        items = [item.as_new() for item in once]
        await playlist_items.replace(conn, playlist_id, items, once=once)
        await playlist_history.keep(
            conn,
            actor,
            playlist_id,
            undoes_to=there.undoes_to if way == "undo" else before.revision,
            redoes_to=before.revision if way == "undo" else there.redoes_to,
            now=now,
        )
        after = await playlists.find(conn, playlist_id)
        await _audit(conn, actor, f"playlists.{way}", playlist_id, before, after, now)
    return after


async def clash(conn: asyncpg.Connection, playlist_id: UUID, wanted: Edit, *, base: int) -> Clash:
    """Return what stands against each other, for whoever has to decide."""
    current = await playlists.find(conn, playlist_id)
    newest = await playlist_history.find(conn, playlist_id, current.revision)
    found = Clash(
        playlist=current,
        base=base,
        theirs=None,
        mine=None,
        by=newest.changed_by_name if newest else "",
        at=newest.changed_at if newest else None,
        same_items=[],
    )
    began = await playlist_history.find(conn, playlist_id, base)
    if began is None:
        return found
    once = await playlist_history.items_at(conn, playlist_id, base)
    theirs = playlist_difference.compare(once, current.items)
    if began.name != current.name:
        theirs = msgspec.structs.replace(theirs, name=(began.name, current.name))
    mine = await _wanted_difference(conn, once, wanted)
    both = playlist_difference.ids_touched(theirs) & playlist_difference.ids_touched(mine)
    names = [item.name for item in once if item.id in both]
    return msgspec.structs.replace(found, theirs=theirs, mine=mine, same_items=names)


async def _wanted_difference(
    conn: asyncpg.Connection, once: list[Item], wanted: Edit
) -> Difference:
    try:
        asked = playlist_edits.apply([item.as_new() for item in once], wanted)
    except Conflict:
        return playlist_difference.compare(once, once)
    known = {item.id: item for item in once}
    added = await _added(conn, wanted) if isinstance(wanted, Add) else None
    after = [_with_values(known[new.id], new) if new.id in known else added for new in asked]
    return playlist_difference.compare(once, [item for item in after if item is not None])


def _with_values(item: Item, new: NewItem) -> Item:
    values = {name: getattr(new, name) for name in playlist_difference.COMPARED}
    return msgspec.structs.replace(item, **values)


async def _added(conn: asyncpg.Connection, wanted: Add) -> Item | None:
    row = await conn.fetchrow(
        """
        /* playlist_drafts.added */
        SELECT name, kind FROM content WHERE id = $1
        UNION ALL
        SELECT name, 'playlist' FROM playlists WHERE id = $2
        """,
        wanted.content_id,
        wanted.playlist_id,
    )
    if row is None:
        return None
    return Item(
        id=new_id(),
        position=0,
        content_id=wanted.content_id,
        playlist_id=wanted.playlist_id,
        name=row["name"],
        kind=row["kind"],
        duration_ms=None,
        own_duration_ms=None,
        poster_sha256=None,
        version=None,
        campaign_id=None,
        not_before=None,
        not_after=None,
        weight=1,
    )


async def _rename(conn: asyncpg.Connection, playlist_id: UUID, name: str) -> None:
    await conn.execute(
        "/* playlist_drafts.rename */ UPDATE playlists SET name = $2 WHERE id = $1",
        playlist_id,
        name,
    )


async def _keep(
    conn: asyncpg.Connection,
    actor: Actor,
    before: Playlist,
    items: list[NewItem],
    wanted: Edit,
    now: datetime,
) -> None:
    await playlist_history.keep(conn, actor, before.id, undoes_to=before.revision, now=now)
    if isinstance(wanted, Move):
        # Places are told, not whole items: a move among a thousand should not weigh two thousand.
        was = _places([item.id for item in before.items], wanted.ids)
        became = _places([item.id for item in items], wanted.ids)
        await _audit(conn, actor, "playlists.move", before.id, was, became, now)
    else:
        after = await playlists.find(conn, before.id)
        await _audit(conn, actor, "playlists.change", before.id, before, after, now)


def _places(order: Sequence[UUID | None], ids: list[UUID]) -> dict[str, int]:
    return {str(one): place for place, one in enumerate(order, 1) if one in ids}


async def _audit(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    playlist_id: UUID,
    before: object,
    after: object,
    now: datetime,
) -> None:
    await audit.record(
        conn,
        actor,
        action=action,
        entity="playlist",
        entity_id=playlist_id,
        before=before,
        after=after,
        now=now,
    )
