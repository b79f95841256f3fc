"""How the demo's screens are at the moment it is loaded: last heard of, on screen, in trouble.

Nothing keeps them alive afterwards: within minutes they are late and then offline, as screens are
that nobody runs.
"""

from datetime import timedelta

import asyncpg

from signage import heartbeats, incidents, plans
from signage.demo import chain, troubles
from signage.demo.diary import Diary
from signage.demo.fleet import Hung, address_of
from signage.demo.turns import turn_at
from signage.devices import LATE_WITHIN_S

DISK_BYTES = 32 * 1024**3


async def report(conn: asyncpg.Connection, hung: list[Hung], diary: Diary) -> None:
    """Record the last heartbeat of every screen, and open the incidents of those in trouble."""
    for screen in hung:
        if screen.screen != chain.NEVER_TURNED_ON:
            await _beat(conn, screen, diary)
        if screen.screen in chain.OFFLINE_FOR_H:
            await _open_offline(conn, screen, diary)
        if screen.screen == chain.CANNOT_DECODE:
            await _open_cannot_decode(conn, screen, diary)


async def _beat(conn: asyncpg.Connection, screen: Hung, diary: Diary) -> None:
    seen_at = troubles.last_seen_at(screen, diary)
    etag = await _fetched(conn, screen)
    turn = turn_at((await plans.find(conn, etag)).document(), seen_at)
    offset_ms = chain.CLOCK_OFFSET_MS if screen.screen == chain.CLOCK_OFF else 0
    beat = heartbeats.Heartbeat(
        disk_used_bytes=_disk_used_bytes(screen),
        disk_total_bytes=DISK_BYTES,
        now_playing=turn
        and heartbeats.NowPlaying(turn.item_id, turn.starts_at, 1 + screen.number * 97),
        plan_etag=etag,
        last_error=troubles.DECODER_ERROR if screen.screen == chain.CANNOT_DECODE else None,
        counters={"plays_waiting": screen.number % 3, "restarts": screen.number % 2},
        sent_at=seen_at - timedelta(milliseconds=offset_ms),
        player_version=screen.player_version,
    )
    address = address_of(screen.number)
    await heartbeats.record(conn, screen.device_id, beat, address=address, now=seen_at)


async def _fetched(conn: asyncpg.Connection, screen: Hung) -> str:
    """Return the plan that the screen fetched last, which one in trouble still plays."""
    revisions = await plans.list_for_device(conn, screen.device_id)
    return next(revision.etag for revision in revisions if revision.fetched_at is not None)


def _disk_used_bytes(screen: Hung) -> int:
    # Most have about a quarter in use, one in eleven is nearly full.
    share = 0.93 if screen.number % 11 == 10 else 0.18 + screen.number % 5 * 0.03
    return round(share * DISK_BYTES)


async def _open_offline(conn: asyncpg.Connection, screen: Hung, diary: Diary) -> None:
    seen_at = troubles.last_seen_at(screen, diary)
    await incidents.open_for_device(
        conn,
        screen.device_id,
        kind="offline",
        severity="critical",
        summary="Not heard of for over 15 minutes. Check its power and its network cable.",
        evidence={"last_seen_at": seen_at.isoformat(timespec="seconds")},
        now=seen_at + timedelta(seconds=LATE_WITHIN_S),
    )


async def _open_cannot_decode(conn: asyncpg.Connection, screen: Hung, diary: Diary) -> None:
    await incidents.open_for_device(
        conn,
        screen.device_id,
        kind="content_failed",
        severity="warning",
        summary="Videos fail here again and again. Restart the player, or give it lighter files.",
        evidence={"last_error": troubles.DECODER_ERROR},
        now=diary.ago(hours=30),
    )
