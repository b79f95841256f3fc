"""Problems: what says when to come again says it to many, and spreads them."""

from signage.errors import TooMany, Unavailable
from web import problems


async def test_players_that_were_refused_together_come_back_apart(served):
    async with served.test_request_context("/"):
        waits = {
            int(problems.response(Unavailable("Away.", retry_after_s=10)).headers["Retry-After"])
            for _ in range(200)
        }

    assert len(waits) > 5
    assert (min(waits), max(waits)) >= (10, 15)
    assert max(waits) <= 20


async def test_a_limit_says_exactly_when_it_passes(served):
    async with served.test_request_context("/"):
        answer = problems.response(TooMany("Wait.", retry_after_s=10))

    assert answer.headers["Retry-After"] == "10"
