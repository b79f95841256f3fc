"""The builder's right-hand side: the order, its loop, and what is to be published."""

from typing import Any
from uuid import UUID

import asyncpg
from quart import render_template, request

from portal import args, loop
from signage import (
    playlist_difference,
    playlist_history,
    playlist_items,
    playlist_loops,
    playlist_uses,
    playlists,
)
from signage.actors import Actor
from web.services import now

ITEMS_SHOWN = 200
"""More items than this are shown in pages, so that no page grows without bounds."""
FIELD_WORDS = {
    "duration_ms": "duration",
    "weight": "weight",
    "version": "version",
    "campaign_id": "campaign",
    "not_before": "start",
    "not_after": "end",
}


async def load(conn: asyncpg.Connection, actor: Actor, playlist_id: UUID) -> dict[str, Any]:
    """Return what the templates of the workbench read."""
    playlist = await playlists.find(conn, playlist_id)
    live = await playlist_items.list_for(conn, playlist_id, "live")
    step = await playlist_history.find(conn, playlist_id, playlist.revision)
    reach = await playlist_uses.reach(conn, actor, playlist_id)
    round_ = await playlist_loops.measure(conn, playlist_id, playlist.items, now=now())
    difference = playlist_difference.compare(live, playlist.items)
    return {
        "playlist": playlist,
        "live": live,
        "step": step,
        "reach": reach,
        "round": round_,
        "difference": difference,
        "field_words": FIELD_WORDS,
        "changed": playlist.published_revision != playlist.revision,
        "item_bands": loop.by_item(playlist.items, round_),
        "campaign_bands": loop.by_campaign(round_),
        **_window(playlist.items),
    }


async def answer(conn: asyncpg.Connection, actor: Actor, playlist_id: UUID) -> str:
    """Return the workbench as it stands after a change, to be swapped in."""
    bench = await load(conn, actor, playlist_id)
    return await render_template("playlists/_workbench.html", **bench)


def _window(items: list[playlist_items.Item]) -> dict[str, Any]:
    """Return the part of the order that is shown; ``from`` in the address is its first place."""
    asked = request.args.get("from", "1")
    first = int(asked) - 1 if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    first = max(0, min(first, len(items) - 1)) // ITEMS_SHOWN * ITEMS_SHOWN
    following = first + ITEMS_SHOWN
    return {
        "shown": items[first:following],
        "offset": first,
        "earlier_href": _from(first - ITEMS_SHOWN + 1) if first else "",
        "later_href": _from(following + 1) if following < len(items) else "",
    }


def _from(place: int) -> str:
    return args.with_args(**{"from": str(place)})
