"""Where the marks of a chart go: pure geometry, drawn by the macros in templates/ui/charts.html.

Positions and sizes are percentages of the plot, so that a chart fits any width without inline
styles and its text is never stretched.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from portal import ui

SeriesTone = Literal["accent", "muted", "ok", "warn", "crit", "info"]

WHOLE = 100.0
BAR_SHARE, FEW_BARS_SHARE, FEW_BARS = 0.72, 0.5, 12
"""The part of its slot that a bar fills, and that of a bar among few; the rest is air."""
TICKS_WANTED = 4
LABELS_AT_MOST = 8
LEVELS = 5
"""Shades of a heat map above nothing."""


@dataclass(frozen=True)
class Series:
    """One row of figures, as many as the chart has labels; None where there is none yet."""

    name: str
    values: Sequence[float | None]
    tone: SeriesTone = "accent"


@dataclass(frozen=True)
class Mark:
    """A rectangle in percentages of the plot, with the words for whoever points at it."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    title: str


@dataclass(frozen=True)
class Tick:
    """A label beside an axis, at a percentage of its length."""

    at: float
    label: str


@dataclass(frozen=True)
class Bars:
    """A bar chart, and the same figures as a table."""

    marks: list[Mark]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    legend: list[tuple[str, str]]
    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Spark:
    """A line without axes, for a box of 100 by 100, and its last point."""

    points: str
    area: str


@dataclass(frozen=True)
class HeatCell:
    """A figure and its shade: 0 for nothing, then 1 to LEVELS."""

    value: float | None
    level: int
    title: str


@dataclass(frozen=True)
class Heatmap:
    """Rows of shaded figures under column heads."""

    columns: list[str]
    rows: list[tuple[str, list[HeatCell]]]


def bars(labels: Sequence[str], series: Sequence[Series]) -> Bars:
    """Bars drawn over one another, the first series at the back: planned, then played."""
    top, ticks = _scale(value for one in series for value in one.values if value is not None)
    frame = _Frame(labels, top)
    marks = [
        frame.bar(place, value, one)
        for one in series
        for place, value in enumerate(one.values)
        if value
    ]
    return _chart(labels, series, marks, ticks)


def stacked(labels: Sequence[str], series: Sequence[Series]) -> Bars:
    """Bars standing on one another, the first series at the bottom."""
    columns = list(zip(*(one.values for one in series), strict=True))
    top, ticks = _scale(sum(value or 0 for value in column) for column in columns)
    frame, marks = _Frame(labels, top), []
    for place, column in enumerate(columns):
        below = 0.0
        for one, value in zip(series, column, strict=True):
            if value:
                marks.append(frame.bar(place, value, one, below))
                below += value
    return _chart(labels, series, marks, ticks)


def spark(values: Sequence[float]) -> Spark:
    """The course of the values, the smallest at the foot; one value is a level line."""
    if not values:
        return Spark(points="", area="")
    low, high = min(values), max(values)
    span = (high - low) or 1
    line = list(values) if len(values) > 1 else [values[0], values[0]]
    step = WHOLE / (len(line) - 1)
    # Two per cent are left free above and below so that the stroke is not cut off.
    points = " ".join(
        f"{_round(place * step)},{_round(98 - (value - low) / span * 96)}"
        for place, value in enumerate(line)
    )
    return Spark(points=points, area=f"0,100 {points} 100,100")


def heatmap(
    rows: Sequence[Sequence[float | None]], labels: Sequence[str], columns: Sequence[str]
) -> Heatmap:
    """Shades of equal steps up to the largest figure of the whole map."""
    most = max((value for row in rows for value in row if value), default=0)
    return Heatmap(
        columns=list(columns),
        rows=[
            (
                label,
                [_cell(value, most, label, head) for value, head in zip(row, columns, strict=True)],
            )
            for label, row in zip(labels, rows, strict=True)
        ],
    )


def _scale(values: Iterable[float]) -> tuple[float, list[Tick]]:
    """A round figure that nothing exceeds, and round ticks up to it."""
    most = max(values, default=0)
    if most <= 0:
        return 1.0, [Tick(0, "0")]
    rough = most / TICKS_WANTED
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough)
    if most >= TICKS_WANTED:
        step = max(1.0, math.ceil(step))
    count = math.ceil(most / step)
    top = step * count
    return top, [
        Tick(_round(n * step / top * WHOLE), ui.number(n * step)) for n in range(count + 1)
    ]


@dataclass(frozen=True)
class _Frame:
    """The plot a bar stands in: how many places along it, and the figure at its top."""

    labels: Sequence[str]
    top: float

    def bar(self, place: int, value: float, one: Series, below: float = 0) -> Mark:
        slot = WHOLE / len(self.labels)
        share = BAR_SHARE if len(self.labels) > FEW_BARS else FEW_BARS_SHARE
        return Mark(
            x=_round(place * slot + slot * (1 - share) / 2),
            y=_round(WHOLE - (below + value) / self.top * WHOLE),
            width=_round(slot * share),
            height=_round(value / self.top * WHOLE),
            tone=one.tone,
            title=f"{self.labels[place]}: {ui.number(value)} {one.name.lower()}",
        )


def _chart(
    labels: Sequence[str], series: Sequence[Series], marks: list[Mark], y_ticks: list[Tick]
) -> Bars:
    slot = WHOLE / max(len(labels), 1)
    every = max(1, math.ceil(len(labels) / LABELS_AT_MOST))
    return Bars(
        marks=marks,
        x_ticks=[
            Tick(_round((place + 0.5) * slot), label)
            for place, label in enumerate(labels)
            if place % every == 0
        ],
        y_ticks=y_ticks,
        legend=[(one.name, one.tone) for one in series],
        heads=[one.name for one in series],
        rows=[
            [label, *(ui.number(one.values[place]) for one in series)]
            for place, label in enumerate(labels)
        ],
    )


def _cell(value: float | None, most: float, label: str, head: str) -> HeatCell:
    level = math.ceil(value / most * LEVELS) if value and most else 0
    return HeatCell(value=value, level=level, title=f"{label} {head}: {ui.number(value)}")


def _round(value: float) -> float:
    return round(value, 3)
