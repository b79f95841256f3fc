"""Rate limits: a token bucket per caller in this process, with the headers that announce it."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from math import ceil

from quart import Response

from signage.errors import TooMany

CALLERS_KEPT_MAX = 200_000


@dataclass
class RateLimit:
    """``per_minute`` requests are refilled evenly; ``burst`` may come at once."""

    per_minute: int
    burst: int
    _buckets: OrderedDict[Hashable, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, caller: Hashable) -> None:
        """Count one request; TooMany says after how many seconds the next one passes."""
        self.check(caller)
        left, at = self._left(caller)
        self._buckets.pop(caller, None)
        self._buckets[caller] = (left - 1, at)
        if len(self._buckets) > CALLERS_KEPT_MAX:
            self._buckets.popitem(last=False)

    def check(self, caller: Hashable) -> None:
        """Raise TooMany where a request would not pass now; count nothing."""
        left, _ = self._left(caller)
        if left < 1:
            wait_s = ceil((1 - left) * 60 / self.per_minute)
            detail = f"At most {self.per_minute} requests a minute. Wait {wait_s} s."
            raise TooMany(detail, retry_after_s=wait_s, code="rate_limited")

    def announce(self, answer: Response, caller: Hashable) -> None:
        """Add RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)."""
        left, _ = self._left(caller)
        answer.headers["RateLimit-Policy"] = f'"default";q={self.per_minute};w=60'
        answer.headers["RateLimit"] = f'"default";r={int(left)};t=60'

    def _left(self, caller: Hashable) -> tuple[float, float]:
        at = time.monotonic()
        left, since = self._buckets.get(caller, (float(self.burst), at))
        return min(float(self.burst), left + max(0.0, at - since) * self.per_minute / 60), at
