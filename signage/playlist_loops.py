"""A draft's loop as a screen would play it now: flattened, weighted, within validity.

Nested playlists are taken as they are published, since that is what screens play of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import plan_inputs, planning
from signage.planning import inputs
from signage.planning.loops import Entry
from signage.playlist_items import Item

AN_INSTANT = timedelta(milliseconds=1)
TURNS_MAX = 500

Kind = Literal["image", "video", "url"]


class Turn(msgspec.Struct, frozen=True):
    """One play in the loop. ``playlist`` names the nested playlist that it comes from."""

    content_id: UUID
    name: str
    kind: Kind
    version: int
    url: str | None
    duration_ms: int
    campaign: str | None
    playlist: str | None


class Part(msgspec.Struct, frozen=True):
    """What an item is in the loop: the length of one turn, and its share with its weight.

    It has no length and no share where it does not play now.
    """

    plays_ms: int
    share: float


class CampaignShare(msgspec.Struct, frozen=True):
    """What a campaign has of the loop; None is what belongs to no campaign."""

    campaign_id: UUID | None
    name: str | None
    duration_ms: int
    share: float


class Loop(msgspec.Struct, frozen=True):
    """A round in milliseconds, the parts by item id, and the first TURNS_MAX of ``plays`` turns."""

    total_ms: int
    plays: int
    parts: dict[UUID, Part]
    campaigns: list[CampaignShare]
    turns: list[Turn]


async def measure(
    conn: asyncpg.Connection, playlist_id: UUID, items: Sequence[Item], *, now: datetime
) -> Loop:
    """Return the loop that the items make in this playlist, at this instant."""
    library = await _library(conn, playlist_id, items, now)
    span = (now, now + AN_INSTANT)
    entries = planning.flatten(library, playlist_id, *span)
    lengths = {
        item.id: sum(entry.duration_ms for entry in planning.flatten(library, item.id, *span))
        for item in items
    }
    total_ms = sum(lengths[item.id] * item.weight for item in items)
    names = await _names(conn, entries)
    return Loop(
        total_ms=total_ms,
        plays=len(entries),
        parts={
            item.id: Part(lengths[item.id], lengths[item.id] * item.weight / (total_ms or 1))
            for item in items
        },
        campaigns=_campaigns(entries, names),
        turns=[_turn(entry, names, playlist_id) for entry in entries[:TURNS_MAX]],
    )


async def _library(
    conn: asyncpg.Connection, playlist_id: UUID, items: Sequence[Item], now: datetime
) -> inputs.Library:
    """Beside the playlist, every item stands alone under its own id, to be measured."""
    nested = [item.playlist_id for item in items if item.playlist_id]
    live = await plan_inputs.library_of(conn, nested)
    content = await plan_inputs.contents_of(
        conn, [item.content_id for item in items if item.content_id]
    )
    own = tuple(_planned(item) for item in items)
    alone = {item.id: inputs.Playlist(id=item.id, items=(replace(item, weight=1),)) for item in own}
    library = inputs.Library(
        playlists={
            **live.playlists,
            **alone,
            playlist_id: inputs.Playlist(id=playlist_id, items=own),
        },
        content={**live.content, **content},
    )
    return plan_inputs.live_now(library, now)


def _planned(item: Item) -> inputs.PlaylistItem:
    return inputs.PlaylistItem(
        id=item.id,
        content_id=item.content_id,
        playlist_id=item.playlist_id,
        pinned_version=item.version,
        duration_ms=item.duration_ms,
        weight=item.weight,
        campaign_id=item.campaign_id,
        not_before=item.not_before,
        not_after=item.not_after,
    )


class _Names(msgspec.Struct, frozen=True):
    content: dict[UUID, str]
    campaigns: dict[UUID, str]
    playlists: dict[UUID, str]


async def _names(conn: asyncpg.Connection, entries: Sequence[Entry]) -> _Names:
    rows = await conn.fetch(
        """
        /* playlist_loops.names */
        SELECT 'content' AS kind, id, name FROM content WHERE id = ANY ($1)
        UNION ALL
        SELECT 'campaigns', id, name FROM campaigns WHERE id = ANY ($2)
        UNION ALL
        SELECT 'playlists', id, name FROM playlists WHERE id = ANY ($3)
        """,
        list({entry.content.id for entry in entries}),
        list({entry.campaign_id for entry in entries if entry.campaign_id}),
        list({entry.playlist_id for entry in entries}),
    )
    found: dict[str, dict[UUID, str]] = {"content": {}, "campaigns": {}, "playlists": {}}
    for row in rows:
        found[row["kind"]][row["id"]] = row["name"]
    return _Names(**found)


def _turn(entry: Entry, names: _Names, playlist_id: UUID) -> Turn:
    content, version = entry.content, entry.version
    return Turn(
        content_id=content.id,
        name=names.content.get(content.id, ""),
        kind=content.kind,
        version=version.version,
        url=version.url,
        duration_ms=entry.duration_ms,
        campaign=names.campaigns.get(entry.campaign_id) if entry.campaign_id else None,
        playlist=None
        if entry.playlist_id == playlist_id
        else names.playlists.get(entry.playlist_id),
    )


def _campaigns(entries: Sequence[Entry], names: _Names) -> list[CampaignShare]:
    lengths: dict[UUID | None, int] = defaultdict(int)
    for entry in entries:
        lengths[entry.campaign_id] += entry.duration_ms
    total_ms = sum(lengths.values()) or 1
    shares = [
        CampaignShare(one, names.campaigns.get(one) if one else None, length, length / total_ms)
        for one, length in lengths.items()
    ]
    return sorted(shares, key=lambda share: (share.campaign_id is None, -share.share))
