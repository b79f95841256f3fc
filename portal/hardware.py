"""Hardware: what a player says about its machine, as words. It may say anything, so trust no type.

The fields are those of the device protocol's ``device_info``.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

NOT_TOLD = "Not told"


class Hardware(msgspec.Struct, frozen=True):
    """What a person recognises a machine by."""

    model: str
    serial: str
    os: str
    player: str
    screen: str


def describe(info: Mapping[str, Any]) -> Hardware:
    """Return the fields as text; what is missing or no text reads "Not told"."""
    return Hardware(
        model=_text(info.get("model")),
        serial=_text(info.get("serial")),
        os=_text(info.get("os")),
        player=_text(info.get("player_version")),
        screen=_screen(info.get("screens")),
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) and value.strip() else NOT_TOLD


def _screen(screens: object) -> str:
    first = screens[0] if isinstance(screens, list) and screens else None
    if not isinstance(first, dict):
        return NOT_TOLD
    width, height = first.get("width"), first.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        return NOT_TOLD
    shape = "portrait" if height > width else "landscape"
    return f"{width} \N{MULTIPLICATION SIGN} {height}, {shape}"
