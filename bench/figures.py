"""Figures: a value of ours beside a baseline's, measured in turns in one run (A B A B).

The machines are shared and noisy, so what is stated is the ratio; the values stand beside it only
to say of what.
"""

from collections.abc import Awaitable, Callable
from statistics import median
from typing import Literal

import msgspec

ROUNDS = 3

Measure = Callable[[], Awaitable[float]]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: a value for each round of ours and of the baseline.

    The target is on ours / baseline, and ``limit``, in the unit of the values, on ours alone.
    """

    name: str
    against: str
    unit: Literal["/s", "ms"]
    ours: list[float]
    baseline: list[float]
    at_least: float | None = None
    at_most: float | None = None
    limit: float | None = None
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Ours / baseline of each round, least first."""
        return sorted(ours / base for ours, base in zip(self.ours, self.baseline, strict=True))

    @property
    def reached(self) -> bool:
        """Whether the median meets every target there is."""
        ratio = median(self.ratios)
        return (
            (self.at_least is None or ratio >= self.at_least)
            and (self.at_most is None or ratio <= self.at_most)
            and (self.limit is None or median(self.ours) <= self.limit)
        )

    def cells(self) -> tuple[str, str, str, str, str, str, str]:
        """Return the line as texts, in the order of ``HEADINGS``."""
        least, *_, most = self.ratios
        ratio = _fraction if self._is_speedup else _share
        return (
            self.name,
            _value(median(self.ours), self.unit),
            self.against,
            _value(median(self.baseline), self.unit),
            f"{ratio(median(self.ratios))} ({ratio(least)} to {ratio(most)})",
            self._to_reach(),
            "yes" if self.reached else "NO",
        )

    @property
    def _is_speedup(self) -> bool:
        return self.at_most is not None and self.at_most < 0.1

    def _to_reach(self) -> str:
        texts = []
        ratio = _fraction if self._is_speedup else _share
        if self.at_least is not None:
            texts.append(f">= {ratio(self.at_least)}")
        if self.at_most is not None:
            texts.append(f"<= {ratio(self.at_most)}")
        if self.limit is not None:
            texts.append(f"<= {_value(self.limit, self.unit)}")
        return " and ".join(texts)


HEADINGS = ("What", "Ours", "Against", "Baseline", "Ratio (rounds)", "To reach", "Reached")


async def take_turns(*measures: Measure, rounds: int = ROUNDS) -> list[list[float]]:
    """Run A B C A B C ...; return the values of each, in the order of the measures."""
    values: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for measure, measured in zip(measures, values, strict=True):
            measured.append(await measure())
    return values


def _value(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}{unit if unit == '/s' else f' {unit}'}"


def _fraction(ratio: float) -> str:
    return f"1/{1 / ratio:.0f}"


def _share(ratio: float) -> str:
    if ratio >= 2:
        return f"{ratio:.1f}x"
    return f"{ratio:.0%}" if ratio >= 0.1 else f"{ratio:.1%}"
