"""Rate limits: a burst at once, then an even pace, each caller on its own."""

from uuid import UUID

import pytest

from signage.errors import TooMany
from signage.ids import new_id
from web import rate_limits
from web.rate_limits import RateLimit

ANA, BRUNO = new_id(), new_id()


@pytest.fixture
def seconds(monkeypatch) -> list[float]:
    """The clock of the limit, which a test moves."""
    clock = [1000.0]
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: clock[0])
    return clock


def passed(limit: RateLimit, caller: UUID, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            limit.take(caller)
            count += 1
        except TooMany:
            pass
    return count


def test_a_burst_passes_and_no_more(seconds):
    assert passed(RateLimit(per_minute=120, burst=60), ANA, 100) == 60


def test_after_the_burst_it_is_so_many_a_minute(seconds):
    limit = RateLimit(per_minute=120, burst=60)
    passed(limit, ANA, 100)
    for _ in range(240):
        seconds[0] += 0.25
        passed(limit, ANA, 3)
    seconds[0] += 0.5

    assert passed(limit, ANA, 3) == 1


def test_rest_fills_the_burst_again_and_not_beyond(seconds):
    limit = RateLimit(per_minute=120, burst=60)
    passed(limit, ANA, 60)
    seconds[0] += 3600

    assert passed(limit, ANA, 100) == 60


def test_the_refusal_says_when_the_next_one_passes(seconds):
    limit = RateLimit(per_minute=6, burst=1)
    limit.take(ANA)

    with pytest.raises(TooMany) as refused:
        limit.take(ANA)

    assert (refused.value.code, refused.value.retry_after_s) == ("rate_limited", 10)
    seconds[0] += refused.value.retry_after_s
    limit.take(ANA)


def test_callers_do_not_share(seconds):
    limit = RateLimit(per_minute=6, burst=1)

    assert (passed(limit, ANA, 5), passed(limit, BRUNO, 5)) == (1, 1)


def test_what_is_remembered_has_a_limit(seconds, monkeypatch):
    monkeypatch.setattr(rate_limits, "CALLERS_KEPT_MAX", 10)
    limit = RateLimit(per_minute=6, burst=1)
    for _ in range(100):
        limit.take(new_id())

    assert len(limit._buckets) == 10
