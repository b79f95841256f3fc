"""Values as they come from outside: what PostgreSQL can keep and Python can compare."""

from datetime import datetime
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""RFC 3339 with an offset; a time without one names no instant."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A non-negative integer of 64 bits."""

SmallInteger = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""An integer of 32 bits."""


def is_timezone(name: str) -> bool:
    """Return whether it is an IANA time zone."""
    return name in _timezones()


@cache
def _timezones() -> set[str]:
    return available_timezones()
