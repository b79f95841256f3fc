"""The planning oracles at full size: the tests themselves, with more of everything."""

import asyncio
import os
import re
import sys
from pathlib import Path

from bench.proof_report import Report, Say, must

ROOT = Path(__file__).parent.parent
TESTS = "tests/unit/signage/planning"
ZONES = 40

RECURRENCE_SCALE = 20
PAIRS_A_SCALE = 500
RESOLUTION_SCALE = 125
WEEKS_A_ZONE_A_SCALE = 1

PASSED = re.compile(r"(\d+) passed")


async def recurrence(say: Say) -> Report:
    """Compare 10,000 random pairs of rule and zone with each of two oracles."""
    pairs = RECURRENCE_SCALE * PAIRS_A_SCALE
    passed = await run_tests(f"{TESTS}/test_recurrence_oracles.py", RECURRENCE_SCALE, say)
    return Report(
        title="Recurrence rules against independent oracles",
        how="Random rules in 40 time zones, around days on which their clocks change. Each pair"
        " is expanded by Playbill, by dateutil placed by a scan of what the wall clock shows at"
        " every minute, and (starts only) by recurring-ical-events. The tests are those of"
        f" `make test`, with PROOF_SCALE={RECURRENCE_SCALE}.",
        seen={
            "Pairs of rule and zone, at least, per oracle": f"{pairs:,}",
            "Zones": str(ZONES),
            "Tests passed": str(passed),
            "Differences": "0",
        },
    )


async def resolution(say: Say) -> Report:
    """Resolve 5,000 random programmes for four days each and compare every minute."""
    programmes = RESOLUTION_SCALE * ZONES * WEEKS_A_ZONE_A_SCALE
    passed = await run_tests(f"{TESTS}/test_resolution_oracle.py", RESOLUTION_SCALE, say)
    return Report(
        title="Which schedule plays, against a scan of every minute",
        how="Random programmes of 13 schedules on every layer, with takeovers, priorities and"
        " ranks, four days around a change of the clocks in 40 time zones. In every minute, all"
        " that is active is compared with all. The tests are those of `make test`, with"
        f" PROOF_SCALE={RESOLUTION_SCALE}.",
        seen={
            "Programmes": f"{programmes:,}",
            "Minutes compared": f"{programmes * 4 * 24 * 60:,}",
            "Zones": str(ZONES),
            "Tests passed": str(passed),
            "Differences": "0",
        },
    )


async def run_tests(tests: str, scale: int, say: Say) -> int:
    """Run the tests with so many times as much of everything; return how many passed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *["-m", "pytest", "-q", "--timeout", "900", "-p", "no:cacheprovider", tests],
        cwd=ROOT,
        env=os.environ | {"PROOF_SCALE": str(scale)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = ""
    try:
        while piece := await process.stdout.read(40):
            output += piece.decode(errors="replace")
            say(f"{output.partition('[')[0].count('.')} tests done")
    finally:
        if process.returncode is None:
            process.terminate()
        code = await process.wait()
    must(code == 0, f"the tests failed:\n{output[-4000:]}")
    passed = PASSED.search(output)
    return int(passed[1]) if passed else 0
