"""The page of one device: what its tabs share, and its figures laid out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from portal import charts, forms, hardware
from portal.hardware import Hardware
from signage import assignments, device_health, devices, playlists
from signage.actors import Actor
from signage.devices import Device
from web.services import now

TABS = (
    ("Now", ""),
    ("Plays", "plays"),
    ("Incidents", "incidents"),
    ("Commands", "commands"),
    ("Plans", "plans"),
    ("Audit", "audit"),
    ("Settings", "settings"),
)


class Frame(msgspec.Struct, frozen=True):
    """What every tab shows round its own matter."""

    device: Device
    tz: ZoneInfo
    hardware: Hardware
    tabs: list[dict[str, Any]]

    def values(self) -> dict[str, Any]:
        """Return it as the templates read it."""
        return msgspec.structs.asdict(self)


async def frame(conn: asyncpg.Connection, actor: Actor, device_id: UUID, tab: str) -> Frame:
    """Return the frame of a device's page with one tab current; NotFound without the device."""
    device = await devices.find(conn, actor, device_id, now=now())
    tabs = [
        {
            "label": label,
            "href": f"/devices/{device_id}/{part}".rstrip("/"),
            "current": part == tab,
        }
        for label, part in TABS
    ]
    return Frame(device, ZoneInfo(device.timezone), hardware.describe(device.device_info), tabs)


def health_map(days: Sequence[device_health.Day]) -> charts.Heatmap:
    """Return the minutes online of each hour, a row for each day."""
    return charts.heatmap(
        [day.hours for day in days],
        [f"{day.day:%a} {day.day.day}" for day in days],
        [f"{hour:02d}" for hour in range(device_health.HOURS)],
    )


def online_share(days: Sequence[device_health.Day]) -> float | None:
    """Return the share of the minutes in which the device was online, None before there are any."""
    expected = sum(day.expected_minutes for day in days)
    return sum(day.online_minutes for day in days) / expected if expected else None


def playlist_options(
    offered: list[playlists.Summary], assigned: list[assignments.Assignment]
) -> list[tuple[str, str]]:
    """Return the playlists to choose from; the one it has is always among them.

    Without it, saving the form as it is would take it away.
    """
    known = {playlist.id for playlist in offered}
    own = [(str(a.playlist_id), a.playlist) for a in assigned if a.playlist_id not in known]
    return [("", "None of its own"), *own, *forms.choices(offered)]
