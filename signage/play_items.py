"""What was played: the plan item, or the bare content, that an event names, and whose it is.

Only what stood in a plan made for the device can have been played by it. A plan's item keeps its
campaign and its planned duration for good; a bare content is taken as it was when it played.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage.ids import NIL_ID
from signage.planning.loops import DEFAULT_DURATION_MS

PLANS_REMEMBERED_MAX = 500


class Played(msgspec.Struct, frozen=True):
    """What an event is attributed to; ``campaign_id`` is the nil UUID where there is none."""

    item_id: str | None = None
    schedule_id: UUID | None = None
    playlist_id: UUID | None = None
    content_id: UUID = NIL_ID
    content_version: int | None = None
    campaign_id: UUID = NIL_ID
    planned_ms: int | None = None


NOTHING = Played()
"""A fallback or a test card that names no item."""


class Content(msgspec.Struct, frozen=True):
    """A content that a device was given: its campaign, its versions and when each went live."""

    content_id: UUID
    campaign_id: UUID
    live_from: list[datetime]
    versions: list[tuple[int, int]]

    def at(self, instant: datetime) -> Played:
        """Return the version that was live at the instant, the first one before that."""
        if not self.versions:
            planned_ms, version = DEFAULT_DURATION_MS, None
        else:
            version, planned_ms = self.versions[max(bisect_right(self.live_from, instant) - 1, 0)]
        return Played(
            content_id=self.content_id,
            content_version=version,
            campaign_id=self.campaign_id,
            planned_ms=planned_ms,
        )


async def load_items(
    conn: asyncpg.Connection, asked: Iterable[tuple[UUID, str]]
) -> dict[tuple[UUID, str], Played]:
    """Return those of the (device, item) pairs where a plan made for the device has the item."""
    pairs = list(asked)
    if not pairs:
        return {}
    # The newest plan has nearly every item that plays.
    newest = await _newest_plans(conn, list({device_id for device_id, _ in pairs}))
    found, others = {}, []
    for pair in pairs:
        played = newest.get(pair[0], {}).get(pair[1])
        if played is None:
            others.append(pair)
        else:
            found[pair] = played
    return found | await _load_former(conn, others)


_PLANS: dict[str, dict[str, Played]] = {}
"""Plans by their tag. A tag is the hash of a plan and its items never change, so what is remembered
here stays true."""


async def _newest_plans(
    conn: asyncpg.Connection, device_ids: list[UUID]
) -> dict[UUID, dict[str, Played]]:
    due = await conn.fetch(
        """
        /* play_items.newest_plans */
        SELECT a.device_id, p.etag
        FROM unnest($1::uuid[]) AS a (device_id)
        CROSS JOIN LATERAL (
            SELECT d.etag FROM device_plans d WHERE d.device_id = a.device_id
            ORDER BY d.due_from DESC LIMIT 1) p
        """,
        device_ids,
    )
    etags = {row["etag"] for row in due}
    known = {etag: _PLANS[etag] for etag in etags & _PLANS.keys()}
    if unknown := list(etags - known.keys()):
        loaded = await _load_plans(conn, unknown)
        known |= loaded
        _remember(loaded)
    return {row["device_id"]: known[row["etag"]] for row in due}


def _remember(loaded: dict[str, dict[str, Played]]) -> None:
    _PLANS.update(loaded)
    for etag in list(_PLANS)[: max(0, len(_PLANS) - PLANS_REMEMBERED_MAX)]:
        del _PLANS[etag]


async def _load_plans(conn: asyncpg.Connection, etags: list[str]) -> dict[str, dict[str, Played]]:
    rows = await conn.fetch(
        """
        /* play_items.load_plans */
        SELECT p.etag, i.item_id, i.schedule_id, i.playlist_id, i.content_id, i.content_version,
               coalesce(i.campaign_id, $2) AS campaign_id, i.duration_ms AS planned_ms
        FROM playout_plan_items p
        JOIN plan_items i ON i.item_id = p.item_id
        WHERE p.etag = ANY ($1)
        """,
        etags,
        NIL_ID,
    )
    plans: dict[str, dict[str, Played]] = {etag: {} for etag in etags}
    for row in rows:
        plans[row["etag"]][row["item_id"]] = _played(row)
    return plans


async def _load_former(
    conn: asyncpg.Connection, pairs: list[tuple[UUID, str]]
) -> dict[tuple[UUID, str], Played]:
    if not pairs:
        return {}
    rows = await conn.fetch(
        """
        /* play_items.load_former */
        SELECT a.device_id, i.item_id, i.schedule_id, i.playlist_id, i.content_id,
               i.content_version, coalesce(i.campaign_id, $3) AS campaign_id,
               i.duration_ms AS planned_ms
        FROM unnest($1::uuid[], $2::text[]) AS a (device_id, item_id)
        JOIN plan_items i ON i.item_id = a.item_id
        WHERE (SELECT true FROM device_plans d
               JOIN playout_plan_items p ON p.etag = d.etag AND p.item_id = a.item_id
               WHERE d.device_id = a.device_id
               ORDER BY d.due_from DESC
               LIMIT 1)
        """,
        [device_id for device_id, _ in pairs],
        [item_id for _, item_id in pairs],
        NIL_ID,
    )
    return {(row["device_id"], row["item_id"]): _played(row) for row in rows}


async def load_contents(
    conn: asyncpg.Connection, asked: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Content]:
    """Return those of the (device, content) pairs where a plan made for the device shows it.

    The campaign is that of the items that showed it; where these differ, the content's own.
    """
    pairs = list(asked)
    if not pairs:
        return {}
    rows = await conn.fetch(
        """
        /* play_items.load_contents */
        SELECT d.device_id, i.content_id,
               CASE WHEN count(DISTINCT coalesce(i.campaign_id, $3)) = 1
                    THEN min(coalesce(i.campaign_id, $3)::text)::uuid
                    ELSE coalesce(c.campaign_id, $3) END AS campaign_id
        FROM device_plans d
        JOIN playout_plan_items p ON p.etag = d.etag
        JOIN plan_items i ON i.item_id = p.item_id
        JOIN content c ON c.id = i.content_id
        WHERE d.device_id = ANY ($1) AND i.content_id = ANY ($2)
        GROUP BY d.device_id, i.content_id, c.campaign_id
        """,
        list({device_id for device_id, _ in pairs}),
        list({content_id for _, content_id in pairs}),
        NIL_ID,
    )
    lives = await _lives(conn, list({row["content_id"] for row in rows}))
    return {
        (row["device_id"], row["content_id"]): Content(
            row["content_id"],
            row["campaign_id"],
            [live_from for live_from, _ in lives.get(row["content_id"], [])],
            [version for _, version in lives.get(row["content_id"], [])],
        )
        for row in rows
    }


async def _lives(
    conn: asyncpg.Connection, content_ids: list[UUID]
) -> dict[UUID, list[tuple[datetime, tuple[int, int]]]]:
    rows = await conn.fetch(
        """
        /* play_items.lives */
        SELECT p.content_id, p.live_from, v.version, v.duration_ms
        FROM content_publications p
        JOIN content_versions v ON v.content_id = p.content_id AND v.version = p.version
        WHERE p.content_id = ANY ($1)
        ORDER BY p.content_id, p.live_from
        """,
        content_ids,
    )
    lives: dict[UUID, list[tuple[datetime, tuple[int, int]]]] = {}
    for row in rows:
        version = row["version"], row["duration_ms"] or DEFAULT_DURATION_MS
        lives.setdefault(row["content_id"], []).append((row["live_from"], version))
    return lives


def _played(row: asyncpg.Record) -> Played:
    return Played(**{name: row[name] for name in Played.__struct_fields__})
