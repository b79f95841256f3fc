"""Bad device tokens: too many from one address cost nothing any more; right ones still pass."""

import pytest

from signage import devices, tokens
from signage.ids import new_id
from tests.unit.callers import assert_refused
from tests.unit.conftest import SECRET
from web import bad_tokens, rate_limits
from web.rate_limits import RateLimit


@pytest.fixture(autouse=True)
def three_a_minute(monkeypatch) -> list[float]:
    """Let an address send three bad tokens; return the clock of the limit."""
    clock = [1000.0]
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(bad_tokens, "limit", RateLimit(per_minute=3, burst=3))
    monkeypatch.setattr(bad_tokens, "_right", type(bad_tokens._right)())
    return clock


def made_up() -> dict[str, str]:
    token = tokens._derive(SECRET, new_id(), new_id(), 0, 60).device_token
    return {"Authorization": f"Bearer {token}"}


async def test_the_fourth_bad_token_is_refused_without_a_look_up(stranger, three_a_minute):
    for _ in range(3):
        assert_refused(await stranger.get("/plan", **made_up()), 401, "invalid_token")

    over = await stranger.get("/plan", **made_up())

    assert_refused(over, 429, "rate_limited")
    assert over.headers["Retry-After"] == "20"
    three_a_minute[0] += 20
    assert_refused(await stranger.get("/plan", **made_up()), 401, "invalid_token")


async def test_a_token_that_was_right_before_passes_however_many_bad_ones_come(screen, stranger):
    assert (await screen.get("/plan")).status == 200
    for _ in range(5):
        await stranger.get("/plan", **made_up())

    assert (await screen.get("/plan")).status == 200


async def test_a_revoked_token_is_told_so_until_the_limit(screen, conn, manager, paired, now):
    assert (await screen.get("/plan")).status == 200
    await devices.revoke(conn, manager, paired.device_id, now=now)

    answers = [await screen.get("/plan") for _ in range(4)]

    assert [answer.status for answer in answers] == [401, 401, 401, 429]
    assert answers[0].code == "token_revoked"


async def test_an_expired_token_is_no_bad_one(screen, clock):
    clock.pass_(days=1)

    answers = [await screen.get("/plan") for _ in range(5)]

    assert {answer.code for answer in answers} == {"token_expired"}


async def test_what_is_no_token_costs_nothing_and_counts_for_nothing(stranger):
    answers = [await stranger.get("/plan", Authorization="Bearer nonsense") for _ in range(5)]

    assert {answer.status for answer in answers} == {401}
    assert_refused(await stranger.get("/plan", **made_up()), 401, "invalid_token")


def test_right_tokens_are_remembered_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(bad_tokens, "RIGHT_TOKENS_KEPT_MAX", 3)

    for number in range(10):
        bad_tokens.note_right(f"token {number}")

    assert len(bad_tokens._right) == 3
