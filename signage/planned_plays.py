"""Planned plays: how many plays the plans that are due foresee for today, by hour of the stores."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from signage.actors import Actor

PLANS_KEPT_IN_MEMORY = 2048
DISTINCT_PLANS_MAX = 5000
HOURS = 24


class Planned(msgspec.Struct, frozen=True):
    """``by_hour`` covers the whole day, ``so_far`` only what has begun before now."""

    by_hour: list[int]
    so_far: int


async def today(conn: asyncpg.Connection, actor: Actor, *, now: datetime) -> Planned:
    """Return what the plans due now foresee for each store's own today, within the actor's stores.

    Devices with the same plan are counted together, so the cost grows with distinct plans.
    """
    rows = await conn.fetch(
        f"""
        /* planned_plays.today */
        SELECT d.plan_etag, p.plan_json, s.timezone, count(*) AS devices
        FROM devices d
        JOIN stores s ON s.id = d.store_id
        JOIN playout_plans p ON p.etag = d.plan_etag
        WHERE d.status = 'active' AND ($1::uuid[] IS NULL OR d.store_id = ANY ($1))
        GROUP BY d.plan_etag, p.plan_json, s.timezone
        LIMIT {DISTINCT_PLANS_MAX}
        """,
        actor.store_ids,
    )
    by_hour = [0] * HOURS
    so_far = 0.0
    for row in rows:
        local = now.astimezone(ZoneInfo(row["timezone"]))
        counts = _by_hour(row["plan_json"], row["timezone"], local.date())
        by_hour = [
            total + row["devices"] * count for total, count in zip(by_hour, counts, strict=True)
        ]
        part = local.minute / 60 + local.second / 3600
        so_far += row["devices"] * (sum(counts[: local.hour]) + part * counts[local.hour])
    return Planned(by_hour, round(so_far))


@lru_cache(maxsize=PLANS_KEPT_IN_MEMORY)
def _by_hour(plan_json: str, timezone: str, day: date) -> tuple[int, ...]:
    document: dict[str, Any] = msgspec.json.decode(plan_json)
    zone = ZoneInfo(timezone)
    counts = [0] * HOURS
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    while start < end:
        following = start + timedelta(hours=1)
        hour = start.astimezone(zone).hour
        counts[hour] += plays_between(document, start, min(following, end))
        start = following
    return tuple(counts)


def plays_between(document: dict[str, Any], since: datetime, until: datetime) -> int:
    """Return how many plays of a plan begin within [since, until), by its windows and loops."""
    count = 0
    for window in document["windows"]:
        opens, closes = _instant(window["from"]), _instant(window["until"])
        first, last = max(opens, since), min(closes, until)
        if first < last:
            items = document["playlists"][window["playlist"]]["items"]
            count += _starts(items, _instant(window["anchor"]), first, last)
    return count


def _starts(items: list[dict[str, Any]], anchor: datetime, first: datetime, last: datetime) -> int:
    # An item at offset o of a loop of length L starts at anchor + o + k * L, for whole k.
    loop_ms = sum(item["duration_ms"] for item in items)
    since_ms, until_ms = _ms(first - anchor), _ms(last - anchor)
    offset_ms = count = 0
    for item in items:
        count += (offset_ms - since_ms) // loop_ms - (offset_ms - until_ms) // loop_ms
        offset_ms += item["duration_ms"]
    return count


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
