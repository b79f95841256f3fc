"""The server's time as a player knows it."""

from typing import Any

from tests.unit.player.conftest import RunModule

# A device whose own clock is an hour slow; `t` is the monotonic time that a test moves.
SLOW = """
    let t = 1000;
    let wall = 5_000_000;
    const sources = { monotonic: () => t, wall: () => wall + t };
    const clock = new Clock(sources);
    const hear = (took, serverTime) => {
        const sentAt = t;
        t += took;
        return clock.sample({ sentAt, receivedAt: t, serverTime });
    };
"""


async def _clock(run: RunModule, script: str) -> Any:
    return await run("clock.js", SLOW + script)


async def test_no_offset_is_claimed_before_a_server_has_answered(run: RunModule) -> None:
    assert await _clock(run, "return [clock.offsetMs(), clock.now()];") == [None, 5_001_000]


async def test_the_offset_is_measured_from_the_middle_of_the_round_trip(run: RunModule) -> None:
    script = "hear(100, 8_601_050); return [clock.offsetMs(), clock.now()];"
    assert await _clock(run, script) == [3_600_000, 8_601_100]


async def test_of_several_replies_the_one_with_the_shortest_way_counts(run: RunModule) -> None:
    script = "hear(40, 8_601_020); hear(400, 8_601_040 + 380); return clock.offsetMs();"
    assert await _clock(run, script) == 3_600_000


async def test_a_good_reply_is_forgotten_after_eight_others(run: RunModule) -> None:
    script = """
        hear(10, 5_000_000 + t + 5);
        for (let n = 0; n < 8; n += 1) hear(100, 5_000_000 + t + 50 + 300);
        return clock.offsetMs();
    """
    assert await _clock(run, script) == 300


async def test_setting_the_devices_clock_moves_nothing_on_screen(run: RunModule) -> None:
    script = """
        hear(100, 8_601_050);
        const before = clock.now();
        wall += 3_600_000;
        return [clock.now() - before, clock.offsetMs()];
    """
    assert await _clock(run, script) == [0, 0]


async def test_a_step_of_the_devices_clock_is_noticed_once(run: RunModule) -> None:
    script = """
        const small = (wall += 2000, clock.stepped());
        const large = (wall += 500, clock.stepped());
        return [small, large, clock.stepped()];
    """
    assert await _clock(run, script) == [0, 2500, 0]


async def test_after_a_step_the_next_reply_counts_however_slow_it_is(run: RunModule) -> None:
    script = """
        hear(10, 5_000_000 + t + 5);
        wall += 10_000;
        clock.stepped();
        hear(400, 5_010_000 + t + 200);
        return clock.offsetMs();
    """
    assert await _clock(run, script) == 0


async def test_a_server_that_is_far_off_at_once_is_believed(run: RunModule) -> None:
    script = """
        for (let n = 0; n < 8; n += 1) hear(10, 5_000_000 + t + 5);
        hear(50, 5_060_000 + t + 25);
        return clock.offsetMs();
    """
    assert await _clock(run, script) == 60_000


async def test_what_was_known_at_the_last_run_serves_until_a_server_answers(
    run: RunModule,
) -> None:
    script = """
        const again = new Clock({ ...sources, offsetMs: 3_600_000 });
        return [again.offsetMs(), again.now()];
    """
    assert await _clock(run, script) == [3_600_000, 8_601_000]
