"""Heartbeats: what a screen says about itself every minute, and what it is told in return."""

import random
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec

from db import queries
from signage import clones, commands, group_rules
from signage.new_claims import check_device_info
from signage.values import Count, Instant

HEARTBEAT_INTERVAL_S = 60
PLAN_POLL_S = 60
JITTER_SHARE = 0.1
TRANSIT_MAX_S = 60
LAST_ERROR_MAX_CHARS = 2000
COUNTERS_MAX = 100


Counters = Annotated[dict[str, Count], msgspec.Meta(max_length=COUNTERS_MAX)]


class Pace(msgspec.Struct, frozen=True):
    """How often players come, in seconds."""

    heartbeat_interval_s: int = HEARTBEAT_INTERVAL_S
    plan_poll_s: int = PLAN_POLL_S

    def spread(self) -> "Pace":
        """Return the pace give or take a tenth, so that a power cut does not align a fleet."""
        return Pace(_spread(self.heartbeat_interval_s), _spread(self.plan_poll_s))


class NowPlaying(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is on screen; ``frame`` counts frames, so that "alive but frozen" shows."""

    item_id: str
    started_at: Instant | None = None
    frame: Count | None = None


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """One heartbeat as a player sends it; ``sent_at`` is the device's own clock."""

    disk_used_bytes: Count
    disk_total_bytes: Count | None = None
    now_playing: NowPlaying | str | None = None
    plan_etag: str | None = None
    last_error: str | None = None
    counters: Counters | None = None
    sent_at: Instant | None = None
    player_version: str | None = None
    device_info: dict[str, Any] | None = None


async def record(
    conn: asyncpg.Connection,
    device_id: UUID,
    beat: Heartbeat,
    *,
    address: str,
    interval_s: int = HEARTBEAT_INTERVAL_S,
    now: datetime,
) -> list[commands.Due]:
    """Keep the latest values and return the commands that wait. Invalid if over a limit.

    The minute is marked in the device's hour; an hour that is over goes to ``device_health``.
    """
    if beat.device_info is not None:
        check_device_info(beat.device_info)
        await _follow_model(conn, device_id, beat.device_info, now)
    hardware = clones.fingerprint(beat.device_info)
    minute = 1 << now.minute
    noted = await conn.fetchrow(
        queries.load("heartbeats.record"),
        device_id,
        now,
        address,
        _now_playing(beat.now_playing),
        beat.disk_used_bytes,
        beat.disk_total_bytes,
        clean(beat.plan_etag, 200),
        clean(beat.last_error, LAST_ERROR_MAX_CHARS),
        beat.counters,
        clock_offset_ms(beat.sent_at, now),
        clean(beat.player_version, 100),
        beat.device_info,
        hardware,
        now.replace(minute=0, second=0, microsecond=0),
        minute,
        minute if beat.last_error else 0,
    )
    if noted and noted["hour_finished"]:
        await conn.execute(queries.load("device_health.keep"), device_id)
    if noted and noted["another_machine"]:
        machine = clones.Machine(hardware, str(address), now)
        await clones.note(conn, device_id, machine, interval_s=interval_s)
    return await commands.deliver(conn, device_id, now=now)


def clock_offset_ms(sent_at: datetime | None, now: datetime) -> int | None:
    """Return server time minus device time; differences within transit time count as none."""
    if sent_at is None:
        return None
    offset = now - sent_at
    if abs(offset) <= timedelta(seconds=TRANSIT_MAX_S):
        return 0
    return round(offset.total_seconds() * 1000)


def clean(text: str | None, longest: int) -> str | None:
    """Return the text as PostgreSQL can keep it: no NUL, no lone surrogates, not too long."""
    if text is None:
        return None
    whole = text.replace("\x00", "")[:longest]
    return whole.encode("utf-8", "replace").decode()


async def _follow_model(
    conn: asyncpg.Connection, device_id: UUID, device_info: dict[str, Any], now: datetime
) -> None:
    async with conn.transaction():
        await group_rules.hold(conn)
        another = await conn.fetchval(
            """
            /* heartbeats.follow_model */
            UPDATE devices SET device_info_json = $2
            WHERE id = $1
                  AND device_info_json ->> 'model' IS DISTINCT FROM $2::jsonb ->> 'model'
            RETURNING id
            """,
            device_id,
            device_info,
        )
        if another is not None:
            await group_rules.follow(conn, [device_id], now=now)


def _now_playing(playing: NowPlaying | str | None) -> dict[str, Any] | None:
    if playing is None:
        return None
    if isinstance(playing, str):
        playing = NowPlaying(playing)
    fields: dict[str, Any] = msgspec.to_builtins(playing)
    return fields | {"item_id": clean(playing.item_id, 200)}


def _spread(interval_s: int) -> int:
    most = round(interval_s * JITTER_SHARE)
    return interval_s + random.randint(-most, most)  # noqa: S311 - it spreads load, no more
