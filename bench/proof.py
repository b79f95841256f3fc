"""``python -m bench.proof [NAME ...]``: the campaigns at full size, their output in docs/proof.

A campaign returns what it saw; one that does not find what it must find fails, and writes nothing.
``make test`` runs each of them at a reduced size.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console

from bench import (
    machine,
    proof_events,
    proof_faults,
    proof_pairing,
    proof_planning,
    proof_player,
)
from bench.proof_report import Broken, Report, Say
from bench.stopping import stop_on_sigterm

PROOFS = Path(__file__).parent.parent / "docs" / "proof"

CAMPAIGNS: dict[str, Callable[[Say], Coroutine[Any, Any, Report]]] = {
    "recurrence": proof_planning.recurrence,
    "resolution": proof_planning.resolution,
    "idempotency": proof_events.idempotency,
    "states": proof_events.states,
    "killing": proof_faults.killing,
    "claims": proof_pairing.claims_redeemed_at_once,
    "refreshes": proof_pairing.refreshes_at_once,
    "player-changes": proof_player.changes,
    "player-memory": proof_player.memory,
    "player-backlog": proof_player.backlog,
}


def main(names: list[str]) -> int:
    """Run the campaigns of these names, or all; 1 when one failed, 2 for an unknown name."""
    console = Console(highlight=False)
    unknown = [name for name in names if name not in CAMPAIGNS]
    if unknown:
        console.print(f"There is no campaign {unknown[0]}. There are: {', '.join(CAMPAIGNS)}.")
        return 2
    held = [_run(name, console) for name in names or CAMPAIGNS]
    return 0 if all(held) else 1


def _run(name: str, console: Console) -> bool:
    started = monotonic()

    def say(text: str) -> None:
        console.print(f"{name} {monotonic() - started:4.0f} s: {text}", markup=False)

    say("begins")
    try:
        report = asyncio.run(CAMPAIGNS[name](say))
    except Broken as broken:
        say(f"BROKEN: {broken}")
        return False
    PROOFS.mkdir(parents=True, exist_ok=True)
    took_s = monotonic() - started
    (PROOFS / f"{name}.md").write_text(_page(name, report, took_s), encoding="utf-8")
    say(f"held, written to docs/proof/{name}.md")
    return True


def _page(name: str, report: Report, took_s: float) -> str:
    lines = [
        f"# {report.title}",
        "",
        f"Written by `python -m bench.proof {name}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC,"
        f" which took {took_s:.0f} s. {machine.facts()}",
        "",
        report.how,
        "",
        "| What | Seen |",
        "| --- | --- |",
        *(f"| {what} | {seen} |" for what, seen in report.seen.items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    stop_on_sigterm()
    sys.exit(main(sys.argv[1:]))
