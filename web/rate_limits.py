"""Rate limits: a token bucket per caller in this process, with the headers that announce it."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from math import ceil
from uuid import UUID

from quart import Response

from signage.errors import TooMany

CALLERS_KEPT_MAX = 200_000


@dataclass
class RateLimit:
    """``per_minute`` requests are refilled evenly; ``burst`` may come at once."""

    per_minute: int
    burst: int
    _buckets: OrderedDict[UUID | None, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, caller: UUID | None) -> None:
        """Count one request; TooMany says after how many seconds the next one passes."""
        at = time.monotonic()
        left, since = self._buckets.pop(caller, (float(self.burst), at))
        left = min(self.burst, left + (at - since) * self.per_minute / 60)
        allowed = left >= 1
        self._buckets[caller] = (left - 1 if allowed else left, at)
        if len(self._buckets) > CALLERS_KEPT_MAX:
            self._buckets.popitem(last=False)
        if not allowed:
            wait_s = ceil((1 - left) * 60 / self.per_minute)
            detail = f"At most {self.per_minute} requests a minute. Wait {wait_s} s."
            raise TooMany(detail, retry_after_s=wait_s, code="rate_limited")

    def announce(self, answer: Response, caller: UUID | None) -> None:
        """Add RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)."""
        left, _ = self._buckets.get(caller, (float(self.burst), 0.0))
        answer.headers["RateLimit-Policy"] = f'"default";q={self.per_minute};w=60'
        answer.headers["RateLimit"] = f'"default";r={int(left)};t=60'
