"""Doing a thing again: its pace, its patience, its hurry."""

from tests.unit.player.conftest import RunModule


async def test_each_failure_doubles_the_wait_up_to_two_minutes(run: RunModule) -> None:
    script = "[1, 2, 3, 8, 50].map((failures) => retryDelayMs(failures, 0, () => 1))"
    assert await run("repeat.js", script) == [1000, 2000, 4000, 120_000, 120_000]


async def test_the_wait_is_spread_over_its_upper_half(run: RunModule) -> None:
    script = "[0, 0.5, 1].map((chance) => retryDelayMs(3, 0, () => chance))"
    assert await run("repeat.js", script) == [2000, 3000, 4000]


async def test_what_the_server_asks_for_is_the_least(run: RunModule) -> None:
    assert await run("repeat.js", "retryDelayMs(1, 30000, () => 1)") == 30_000


async def test_asked_during_a_run_it_runs_once_more(run: RunModule) -> None:
    script = """
        let runs = 0;
        let end;
        const repeat = new Repeat(() => (runs += 1, new Promise((done) => (end = done))), 1e6);
        repeat.now(); repeat.now(); repeat.now();
        const during = runs;
        end();
        while (runs < 2) await new Promise((next) => setTimeout(next));
        end();
        await new Promise((next) => setTimeout(next, 20));
        return [during, runs];
    """
    assert await run("repeat.js", script) == [1, 2]


async def test_a_shorter_pace_counts_from_the_last_run(run: RunModule) -> None:
    script = """
        let second;
        const twice = new Promise((done) => (second = done));
        let runs = 0;
        const repeat = new Repeat(async () => { if ((runs += 1) === 2) second(); }, 1e6);
        repeat.now();
        await new Promise((next) => setTimeout(next));
        repeat.intervalMs = 10;
        await twice;
        repeat.stop();
        return runs;
    """
    assert await run("repeat.js", script) == 2


async def test_a_failure_is_tried_again_and_counted(run: RunModule) -> None:
    script = """
        let repeat;
        const failures = [];
        await new Promise((done) => {
            repeat = new Repeat(async () => {
                failures.push(repeat.failures);
                if (failures.length === 1) throw new Error("away");
                done();
            }, 1e6);
            repeat.now();
        });
        repeat.stop();
        return failures;
    """
    assert await run("repeat.js", script) == [0, 1]
