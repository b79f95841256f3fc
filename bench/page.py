"""The figures as one table: on the terminal, and as ``bench/results.md``."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from bench import machine
from bench.figures import HEADINGS, Figure

RESULTS = Path(__file__).with_name("results.md")

INTRODUCTION = """# Benchmark results

Written by `make bench`; do not edit. Each line is measured in one run, ours and the baseline in
turns (A B A B); the ratio is the median of the rounds, with the least and the most of them. Ours,
the baseline, PostgreSQL and the load share the machine. The values mean something on this machine
and in this minute only; the ratio is the figure.
"""


def show(figures: list[Figure], console: Console) -> None:
    """Print the table and the notes."""
    columns = [Column(heading, overflow="fold") for heading in HEADINGS]
    table = Table(*columns, title="Playbill, measured against what is possible")
    for figure in figures:
        table.add_row(*figure.cells(), style=None if figure.reached else "yellow")
    console.print(table)
    for note in _notes(figures):
        console.print(note)


def write(figures: list[Figure], *, took_s: float, load_before: str) -> None:
    """Write the table to ``bench/results.md``."""
    lines = [
        INTRODUCTION,
        f"Measured on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC in {took_s:.0f} s. {machine.facts()}",
        f"Load averages before: {load_before}; after: {machine.load()}.",
        "",
        _line(HEADINGS),
        _line("---" for _ in HEADINGS),
        *(_line(figure.cells()) for figure in figures),
        "",
        *_notes(figures),
    ]
    RESULTS.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _notes(figures: list[Figure]) -> list[str]:
    return [figure.note for figure in figures if figure.note]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
