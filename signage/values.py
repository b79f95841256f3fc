"""Values as they come from outside: what PostgreSQL can keep and Python can compare."""

from datetime import datetime
from typing import Annotated

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""RFC 3339 with an offset; a time without one names no instant."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A non-negative integer of 64 bits."""

SmallInteger = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""An integer of 32 bits."""
