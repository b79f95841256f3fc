"""Devices as CSV: every screen that a list's filters find, one line each."""

from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg

from signage import device_lists, groups, report_csv
from signage.actors import Actor
from signage.device_lists import Filters

COLUMNS = (
    "id",
    "name",
    "store_id",
    "store",
    "timezone",
    "status",
    "health",
    "on_screen",
    "plan_current",
    "last_seen_at",
    "player_version",
    "model",
    "serial",
    "address",
    "disk_used_bytes",
    "disk_total_bytes",
    "clock_offset_ms",
    "groups",
    "tags",
    "notes",
    "last_error",
    "created_at",
)


def pieces(
    conn: asyncpg.Connection,
    actor: Actor,
    filters: Filters = device_lists.NO_FILTERS,
    *,
    sort: str = device_lists.DEFAULT_SORT,
    now: datetime,
) -> AsyncIterator[bytes]:
    """Yield the file in pieces, the lines in the list's order; ``; `` stands between tags."""
    return report_csv.pieces(COLUMNS, _lines(conn, actor, filters, sort, now))


async def _lines(
    conn: asyncpg.Connection, actor: Actor, filters: Filters, sort: str, now: datetime
) -> AsyncIterator[list[object]]:
    names = {group.id: group.name for group in await groups.list_all(conn)}
    async for device in device_lists.each(conn, actor, filters, sort=sort, now=now):
        own = {name: getattr(device, name, None) for name in COLUMNS}
        reported = device.plan_etag_reported
        own |= {
            "plan_current": reported and ("yes" if reported == device.plan_etag else "no"),
            "model": device.device_info.get("model"),
            "serial": device.device_info.get("serial"),
            "address": device.last_address,
            "groups": "; ".join(names.get(group_id, "") for group_id in device.group_ids),
            "tags": "; ".join(device.tags),
        }
        yield list(own.values())
