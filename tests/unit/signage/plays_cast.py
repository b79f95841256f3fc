"""The cast of the proof-of-play tests: stores in three zones, a screen, what it was given."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import plays
from signage.actors import Actor
from signage.ids import new_id
from signage.play_events import Batch

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)

ANALYST = Actor(kind="user", id=None, name="Ana", role="analyst")

STATEMENTS = {
    "stores": """INSERT INTO stores (id, code, name, timezone, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $5)""",
    "devices": """INSERT INTO devices (id, name, store_id, created_at, updated_at)
                  VALUES ($1, $2, $3, $4, $4)""",
    "placements": """INSERT INTO device_placements (device_id, store_id, during)
                     VALUES ($1, $2, tstzrange($3, $4))""",
    "campaigns": """INSERT INTO campaigns (id, name, created_at, updated_at)
                    VALUES ($1, $2, $3, $3)""",
    "content": """INSERT INTO content (id, name, kind, campaign_id, created_at, updated_at)
                  VALUES ($1, $2, 'image', $3, $4, $4)""",
    "versions": """INSERT INTO content_versions (id, content_id, version, url, bytes, mime,
                                                 duration_ms, created_at)
                   VALUES ($1, $2, $3, 'https://example.com', 0, 'text/html', $4, $5)""",
    "publications": """INSERT INTO content_publications (content_id, version, live_from)
                       VALUES ($1, $2, $3)""",
    "items": """INSERT INTO plan_items (item_id, playlist_id, playlist_item_id, content_id,
                                        content_version, campaign_id, duration_ms, created_at)
                VALUES ($1, $2, $3, $4, 1, $5, $6, $7)""",
    "plans": """INSERT INTO playout_plans (etag, plan_json, horizon_from, horizon_until, created_at)
                VALUES ($1, '{}', $2, $2, $2)""",
    "plan items": "INSERT INTO playout_plan_items (etag, item_id) SELECT $1, unnest($2::text[])",
    "device plans": "INSERT INTO device_plans (device_id, due_from, etag) VALUES ($1, $2, $3)",
}


class Cast(msgspec.Struct):
    """A screen in Berlin with a plan of two items: a spot of a campaign, and a notice of none."""

    conn: asyncpg.Connection
    berlin: UUID
    porto: UUID
    tokyo: UUID
    device: UUID
    campaign: UUID
    spot: UUID
    notice: UUID
    spot_item: str
    notice_item: str


async def say(conn: asyncpg.Connection, what: str, *values: object) -> None:
    """Put one row of the cast into the database."""
    await conn.execute(STATEMENTS[what], *values)


async def store(conn: asyncpg.Connection, name: str, zone: str) -> UUID:
    """Open a store."""
    store_id = new_id()
    await say(conn, "stores", store_id, store_id.hex[-12:], name, zone, LONG_AGO)
    return store_id


async def screen(
    conn: asyncpg.Connection, store_id: UUID, *, name: str = "Window", since: datetime = LONG_AGO
) -> UUID:
    """Put up a screen that has stood in the store ever since."""
    device_id = new_id()
    await say(conn, "devices", device_id, name, store_id, LONG_AGO)
    await say(conn, "placements", device_id, store_id, since, None)
    return device_id


async def move(conn: asyncpg.Connection, device_id: UUID, store_id: UUID, at: datetime) -> None:
    """Carry the screen to another store."""
    await conn.execute(
        "UPDATE device_placements SET during = tstzrange(lower(during), $2) WHERE device_id = $1",
        device_id,
        at,
    )
    await say(conn, "placements", device_id, store_id, at, None)


async def content(
    conn: asyncpg.Connection,
    name: str,
    *,
    campaign_id: UUID | None = None,
    duration_ms: int | None = 15_000,
) -> UUID:
    """Upload a content and publish it."""
    content_id = new_id()
    await say(conn, "content", content_id, name, campaign_id, LONG_AGO)
    await say(conn, "versions", new_id(), content_id, 1, duration_ms, LONG_AGO)
    await say(conn, "publications", content_id, 1, LONG_AGO)
    return content_id


async def item(
    conn: asyncpg.Connection,
    content_id: UUID,
    *,
    campaign_id: UUID | None = None,
    duration_ms: int = 10_000,
) -> str:
    """Make an item of a plan that shows the content."""
    item_id = new_id().hex
    values = new_id(), new_id(), content_id, campaign_id, duration_ms, LONG_AGO
    await say(conn, "items", item_id, *values)
    return item_id


async def give(
    conn: asyncpg.Connection,
    device_ids: list[UUID],
    item_ids: list[str],
    *,
    since: datetime = LONG_AGO,
) -> None:
    """Make a plan of the items and give it to the screens."""
    etag = new_id().hex
    await say(conn, "plans", etag, LONG_AGO)
    await say(conn, "plan items", etag, item_ids)
    for device_id in device_ids:
        await say(conn, "device plans", device_id, since, etag)


async def assemble(conn: asyncpg.Connection) -> Cast:
    """Return the cast, in the database."""
    berlin = await store(conn, "Berlin Mitte", "Europe/Berlin")
    campaign = new_id()
    await say(conn, "campaigns", campaign, "Winter coats", LONG_AGO)
    spot = await content(conn, "Coat spot")
    notice = await content(conn, "Opening hours")
    cast = Cast(
        conn=conn,
        berlin=berlin,
        porto=await store(conn, "Porto Norte", "Europe/Lisbon"),
        tokyo=await store(conn, "Tokyo Ginza", "Asia/Tokyo"),
        device=await screen(conn, berlin),
        campaign=campaign,
        spot=spot,
        notice=notice,
        spot_item=await item(conn, spot, campaign_id=campaign),
        notice_item=await item(conn, notice),
    )
    await give(conn, [cast.device], [cast.spot_item, cast.notice_item])
    return cast


def event(cast: Cast, started_at: datetime | str, **fields: Any) -> dict[str, Any]:
    """Return a completed play of the spot as a player sends it, with other fields as given."""
    values = {
        "event_id": str(new_id()),
        "event_type": "play",
        "result": "completed",
        "started_at": started_at if isinstance(started_at, str) else started_at.isoformat(),
        "duration_ms": 10_000,
        "item_id": cast.spot_item,
    } | fields
    return {name: value for name, value in values.items() if value is not ...}


async def send(
    cast: Cast, *events: Any, now: datetime, sent_at: datetime | None = None
) -> plays.BatchResult:
    """Send one batch of the screen."""
    [result] = await plays.ingest(cast.conn, [Batch(cast.device, list(events), sent_at)], now=now)
    return result


async def rows(conn: asyncpg.Connection) -> list[asyncpg.Record]:
    """Return every event that was accepted, in the order they played."""
    return await conn.fetch("SELECT * FROM proof_of_play_events ORDER BY started_at, event_id")


async def days(conn: asyncpg.Connection) -> list[asyncpg.Record]:
    """Return the daily sums."""
    return await conn.fetch("SELECT * FROM proof_of_play_aggregate_daily ORDER BY report_day")


async def sums_of_events(conn: asyncpg.Connection) -> list[asyncpg.Record]:
    """Return what the daily sums must be, counted from the events."""
    return await conn.fetch(
        """
        SELECT device_id, report_day, store_id, campaign_id, content_id, result,
               count(*) FILTER (WHERE outcome = 'played') AS plays,
               count(*) FILTER (WHERE outcome = 'partial') AS partial,
               count(*) FILTER (WHERE outcome = 'failed') AS failed,
               count(*) FILTER (WHERE outcome = 'skipped') AS skipped,
               coalesce(sum(duration_ms) FILTER (WHERE outcome = 'played'), 0) AS duration_ms,
               coalesce(sum(duration_ms) FILTER (WHERE outcome <> 'played'), 0) AS partial_ms,
               count(*) FILTER (WHERE late) AS late,
               min(started_at) AS first_played_at, max(started_at) AS last_played_at
        FROM proof_of_play_events WHERE outcome <> 'none'
        GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
        """
    )


def ago(now: datetime, **amount: float) -> datetime:
    """Return an instant before now."""
    return now - timedelta(**amount)
