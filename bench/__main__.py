"""``python -m bench [plan heartbeat ...]``: measure, print, write the results.

A run of all writes ``bench/results.md``; a run of some only prints.
"""

import asyncio
import sys
from time import monotonic

from rich.console import Console

from bench import (
    devices_list,
    fleet_change,
    heartbeat,
    ingest,
    machine,
    page,
    plan_poll,
    report,
    resolve,
    upload,
)
from bench.figures import Figure
from bench.stopping import stop_on_sigterm

BENCHMARKS = {
    "plan": plan_poll.measure,
    "heartbeat": heartbeat.measure,
    "ingest": ingest.measure,
    "resolve": resolve.measure,
    "fleet": fleet_change.measure,
    "report": report.measure,
    "devices": devices_list.measure,
    "upload": upload.measure,
}


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all; 2 for a name that there is none of."""
    console = Console(highlight=False)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        console.print(f"There is no benchmark {unknown[0]}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    started, load_before = monotonic(), machine.load()
    figures = asyncio.run(_measure(names or list(BENCHMARKS), console))
    page.show(figures, console)
    if not names:
        page.write(figures, took_s=monotonic() - started, load_before=load_before)
        console.print(f"Written to bench/{page.RESULTS.name}.")
    return 0


async def _measure(names: list[str], console: Console) -> list[Figure]:
    figures = []
    for name in names:
        started = monotonic()
        console.print(f"Measuring {name} ...", end=" ")
        figures += await BENCHMARKS[name]()
        console.print(f"{monotonic() - started:.0f} s")
    return figures


if __name__ == "__main__":
    stop_on_sigterm()
    sys.exit(main(sys.argv[1:]))
