"""What plays where in the demo: its tables turned into playlists, assignments and schedules."""

from datetime import UTC, datetime, time
from uuid import UUID

import asyncpg

from signage import assignments, playlist_drafts, playlists, schedules
from signage.actors import SYSTEM
from signage.demo.diary import Diary
from signage.demo.fleet import Chain
from signage.demo.programme import (
    ALWAYS_ON,
    FLEET,
    NOT_PUBLISHED,
    PLAYLISTS,
    SLOTS,
    Place,
    Slot,
    Spot,
)
from signage.playlist_edits import Add, Remove
from signage.playlist_items import NewItem
from signage.targets import Target


async def set_up(
    conn: asyncpg.Connection, content_ids: dict[str, UUID], opened: Chain, diary: Diary
) -> None:
    """Make and publish the playlists, put them always on, and schedule them.

    What names a store that is not there is left out.
    """
    playlist_ids: dict[str, UUID] = {}
    for name, spots in PLAYLISTS.items():
        items = [_item(spot, content_ids, playlist_ids, diary) for spot in spots]
        made = await playlists.create(conn, SYSTEM, name=name, items=items, now=diary.next())
        playlist_ids[name] = made.id
    targets = _targets(opened)
    for place, playlist in ALWAYS_ON.items():
        if place in targets:
            playlist_id = playlist_ids[playlist]
            await assignments.put(conn, SYSTEM, targets[place], playlist_id, now=diary.next())
    for slot in SLOTS:
        if slot.target in targets:
            new = _schedule(slot, targets[slot.target], playlist_ids[slot.playlist], diary)
            await schedules.create(conn, SYSTEM, new, now=diary.next())
    await _change_draft(conn, content_ids, playlist_ids, diary)


def _targets(opened: Chain) -> dict[Place, Target]:
    found: dict[Place, Target] = {FLEET: Target("fleet")}
    for name, group_id in opened.group_ids.items():
        found["group", name] = Target("group", group_id)
    for code, store_id in opened.store_ids.items():
        found["store", code] = Target("store", store_id)
    return found


async def _change_draft(
    conn: asyncpg.Connection,
    content_ids: dict[str, UUID],
    playlist_ids: dict[str, UUID],
    diary: Diary,
) -> None:
    playlist, added, removed = NOT_PUBLISHED
    playlist_id, now = playlist_ids[playlist], diary.ago(hours=2)
    items = (await playlists.find(conn, playlist_id)).items
    gone = [item.id for item in items if item.content_id == content_ids[removed]]
    for wanted in (Add(content_id=content_ids[added], to=2), Remove(gone)):
        await playlist_drafts.edit(conn, SYSTEM, playlist_id, wanted, now=now)


def _item(
    spot: Spot, content_ids: dict[str, UUID], playlist_ids: dict[str, UUID], diary: Diary
) -> NewItem:
    if spot.name in playlist_ids:
        return NewItem(playlist_id=playlist_ids[spot.name], weight=spot.weight)
    return NewItem(
        content_id=content_ids[spot.name],
        duration_ms=None if spot.seconds is None else round(spot.seconds * 1000),
        weight=spot.weight,
        not_after=None
        if spot.until_days is None
        else datetime.combine(diary.day(spot.until_days), time(), UTC),
    )


def _schedule(slot: Slot, target: Target, playlist_id: UUID, diary: Diary) -> schedules.NewSchedule:
    first = -diary.days - 1 if slot.from_day is None else slot.from_day
    return schedules.NewSchedule(
        name=slot.name,
        playlist_id=playlist_id,
        target=target,
        starts_on=diary.day(first),
        start_time=slot.start,
        end_time=slot.end,
        all_day=slot.start is None,
        rrule=slot.rrule,
        priority=slot.priority,
        takeover=slot.takeover,
        only_when_open=slot.only_when_open,
        enabled=slot.enabled,
    )
