"""The overview: how the fleet is and what it played today, in a few statements."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from signage import claim_lists, devices
from signage.actors import Actor

STORES_SHOWN_MAX = 50


class StoreHealth(msgspec.Struct, frozen=True):
    """One store: how many screens it has, how many are in trouble, and its plays of today."""

    id: UUID
    name: str
    timezone: str
    screens: int
    online: int
    to_plan: int
    plays: int


class Overview(msgspec.Struct, frozen=True):
    """The fleet at one instant. ``played_by_hour`` counts the plays of each store's own hour."""

    screens: int
    online: int
    offline_over_an_hour: int
    to_plan: int
    plays_today: int
    waiting: int
    stores: list[StoreHealth]
    store_count: int
    played_by_hour: list[int]


class Steps(msgspec.Struct, frozen=True):
    """What a new installation still has to do: pair, upload, schedule."""

    paired: bool
    uploaded: bool
    scheduled: bool


async def load(conn: asyncpg.Connection, actor: Actor, *, now: datetime) -> Overview:
    """Return the overview of the actor's stores: five statements, however large the fleet."""
    rows = await conn.fetch(
        f"""
        /* overview.load */
        WITH fleet AS (
            SELECT d.store_id, count(*) AS screens,
                   count(*) FILTER (WHERE d.last_seen_at > $2) AS online,
                   count(*) FILTER (WHERE d.last_seen_at > $2
                                    AND d.plan_etag_reported = d.plan_etag) AS to_plan,
                   count(*) FILTER (WHERE d.last_seen_at <= $3) AS long_offline
            FROM devices d WHERE d.status = 'active' GROUP BY d.store_id
        ), played AS (
            SELECT a.store_id, sum(a.plays)::bigint AS plays
            FROM proof_of_play_aggregate_daily a
            JOIN stores s ON s.id = a.store_id AND a.report_day = ($1 AT TIME ZONE s.timezone)::date
            WHERE a.report_day BETWEEN ($1 AT TIME ZONE 'UTC')::date - 1
                                   AND ($1 AT TIME ZONE 'UTC')::date + 1
            GROUP BY a.store_id
        )
        SELECT s.id, s.name, s.timezone, coalesce(f.screens, 0) AS screens,
               coalesce(f.online, 0) AS online, coalesce(f.to_plan, 0) AS to_plan,
               coalesce(p.plays, 0) AS plays, sum(f.screens) OVER () AS all_screens,
               sum(f.online) OVER () AS all_online, sum(f.to_plan) OVER () AS all_to_plan,
               sum(f.long_offline) OVER () AS all_long_offline, sum(p.plays) OVER () AS all_plays,
               count(*) OVER () AS all_stores
        FROM stores s
        LEFT JOIN fleet f ON f.store_id = s.id
        LEFT JOIN played p ON p.store_id = s.id
        WHERE s.archived_at IS NULL AND ($4::uuid[] IS NULL OR s.id = ANY ($4))
        ORDER BY coalesce(f.screens, 0) - coalesce(f.online, 0) DESC, s.name
        LIMIT {STORES_SHOWN_MAX}
        """,
        now,
        now - timedelta(seconds=devices.ONLINE_WITHIN_S),
        now - timedelta(hours=1),
        actor.store_ids,
    )
    totals = rows[0] if rows else {}

    def total(name: str) -> int:
        return int(totals.get(name) or 0)

    return Overview(
        screens=total("all_screens"),
        online=total("all_online"),
        offline_over_an_hour=total("all_long_offline"),
        to_plan=total("all_to_plan"),
        plays_today=total("all_plays"),
        waiting=await claim_lists.count_pending(conn, now=now) if actor.may("pair") else 0,
        stores=[StoreHealth(**{name: row[name] for name in _STORE_FIELDS}) for row in rows],
        store_count=total("all_stores"),
        played_by_hour=await _played_by_hour(conn, actor, now),
    )


async def steps(conn: asyncpg.Connection) -> Steps:
    """Return which of the first three steps are done."""
    row = await conn.fetchrow(
        """
        /* overview.steps */
        SELECT EXISTS (SELECT 1 FROM devices) AS paired,
               EXISTS (SELECT 1 FROM content) AS uploaded,
               EXISTS (SELECT 1 FROM playlist_assignments)
               OR EXISTS (SELECT 1 FROM schedules) AS scheduled
        """
    )
    return Steps(**dict(row))


_STORE_FIELDS = ("id", "name", "timezone", "screens", "online", "to_plan", "plays")


async def _played_by_hour(conn: asyncpg.Connection, actor: Actor, now: datetime) -> list[int]:
    rows = await conn.fetch(
        """
        /* overview.played_by_hour */
        SELECT e.report_hour, count(*) AS plays
        FROM proof_of_play_events e
        JOIN stores s ON s.id = e.store_id AND e.report_day = ($1 AT TIME ZONE s.timezone)::date
        WHERE e.outcome = 'played' AND e.play_day BETWEEN ($1 AT TIME ZONE 'UTC')::date - 1
                                                      AND ($1 AT TIME ZONE 'UTC')::date + 1
              AND e.report_day BETWEEN ($1 AT TIME ZONE 'UTC')::date - 1
                                   AND ($1 AT TIME ZONE 'UTC')::date + 1
              AND ($2::uuid[] IS NULL OR e.store_id = ANY ($2))
        GROUP BY e.report_hour
        """,
        now,
        actor.store_ids,
    )
    by_hour = {row["report_hour"]: row["plays"] for row in rows}
    return [by_hour.get(hour, 0) for hour in range(24)]
