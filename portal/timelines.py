"""The 72-hour timeline: where each block stands, drawn in elapsed hours and labelled in local time.

Positions are percentages of the whole stretch, so an hour that the clock skips or repeats is as
wide as any other.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from portal import ui
from portal.charts import WHOLE, Tick

DEFAULT_HOURS = 72
HOURS_BETWEEN_LABELS = 6
CLOSE_UP_HOURS, CLOSE_UP_BETWEEN_LABELS = 36, 2
SMALLEST_OFFSET_STEP = timedelta(minutes=15)
"""Zones differ from UTC by multiples of this (Kathmandu is at +05:45)."""
DAY_LABEL_ROOM = 6.0
"""A day's name needs this share of the stretch; one that would collide is left out."""

PERCENT_PX, LETTER_PX, LABEL_MARGIN_PX = 15.84, 6.4, 14
"""At its narrowest the drawing is 1,584 px wide (app.css); a letter of its labels takes 6.4 px."""


@dataclass(frozen=True)
class Block:
    """What plays from one instant to another. Tone 0 is the default loop, 4 a takeover."""

    start: datetime
    end: datetime
    label: str
    tone: int = 0
    row: str = ""
    detail: str = ""
    href: str = ""
    hatched: bool = False


@dataclass(frozen=True)
class Span:
    """A block cut to the stretch, in percentages of it, and as much of its label as fits."""

    x: float
    width: float
    label: str
    title: str
    block: Block


@dataclass(frozen=True)
class Timeline:
    """Everything the macro draws; `now` is absent when it lies outside the stretch.

    A line of the table is the local start and end, what plays, and why. `chosen` is the instant
    that is looked at; where `hour_hrefs` are given, each hour's label leads to that hour.
    """

    rows: list[tuple[str, list[Span]]]
    days: list[Tick]
    hours: list[Tick]
    now: float | None
    table: list[tuple[str, str, str, str]]
    zone: str
    chosen: float | None = None
    hour_hrefs: list[str] = field(default_factory=list)


def lay_out(
    blocks: Sequence[Block],
    *,
    start: datetime,
    tz: tzinfo,
    now: datetime,
    hours: int = DEFAULT_HOURS,
    rows: Sequence[str] = (),
    chosen: datetime | None = None,
    hour_href: Callable[[datetime], str] | None = None,
) -> Timeline:
    """Place the blocks that touch the stretch.

    ``rows`` stand first, also without blocks; others in the order in which they first appear.
    """
    end = start + timedelta(hours=hours)
    inside = [block for block in blocks if block.start < end and block.end > start]
    names = list(dict.fromkeys([*rows, *(block.row for block in inside)]))
    labelled = _labelled_hours(start, end, tz)
    return Timeline(
        rows=[
            (name, [_span(block, start, end, tz) for block in inside if block.row == name])
            for name in names
        ],
        days=_day_labels(start, end, tz),
        hours=[Tick(_share(at, start, end), f"{at.astimezone(tz):%H}") for at in labelled],
        now=_share(now, start, end) if start <= now < end else None,
        table=[_line(block, tz) for block in inside],
        zone=ui.zone_name(start.astimezone(tz)),
        chosen=_share(chosen, start, end) if chosen and start <= chosen < end else None,
        hour_hrefs=[hour_href(at) for at in labelled] if hour_href else [],
    )


def _span(block: Block, start: datetime, end: datetime, tz: tzinfo) -> Span:
    left = _share(max(block.start, start), start, end)
    right = _share(min(block.end, end), start, end)
    title = f"{block.label}, {_moment(block.start, tz)} to {_moment(block.end, tz)}"
    width = round(right - left, 3)
    return Span(x=left, width=width, label=_fitted(block.label, width), title=title, block=block)


def _fitted(label: str, width: float) -> str:
    letters = int((width * PERCENT_PX - LABEL_MARGIN_PX) / LETTER_PX)
    if letters >= len(label):
        return label
    return label[: letters - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}" if letters > 3 else ""


def _line(block: Block, tz: tzinfo) -> tuple[str, str, str, str]:
    why = ": ".join(part for part in (block.row, block.detail) if part)
    return _moment(block.start, tz), _moment(block.end, tz), block.label, why


def _labelled_hours(start: datetime, end: datetime, tz: tzinfo) -> list[datetime]:
    close_up = end - start <= timedelta(hours=CLOSE_UP_HOURS)
    step = CLOSE_UP_BETWEEN_LABELS if close_up else HOURS_BETWEEN_LABELS
    return [
        at
        for at in _quarters(start, end)
        if (there := at.astimezone(tz)).minute == 0 and there.hour % step == 0
    ]


def _day_labels(start: datetime, end: datetime, tz: tzinfo) -> list[Tick]:
    """One at the left edge and one wherever the local date changes."""
    ticks = [Tick(0.0, ui.day(start, tz))]
    for at in _quarters(start, end):
        label = ui.day(at, tz)
        if label != ticks[-1].label:
            ticks.append(Tick(_share(at, start, end), label))
    if len(ticks) > 1 and ticks[1].at < DAY_LABEL_ROOM:
        del ticks[0]
    if len(ticks) > 1 and ticks[-1].at > WHOLE - DAY_LABEL_ROOM:
        del ticks[-1]
    return ticks


def _quarters(start: datetime, end: datetime) -> Iterable[datetime]:
    """Every quarter of an hour of UTC inside the stretch."""
    origin = datetime(2000, 1, 1, tzinfo=UTC)
    at = origin - (origin - start) // SMALLEST_OFFSET_STEP * SMALLEST_OFFSET_STEP
    while at < end:
        yield at
        at += SMALLEST_OFFSET_STEP


def _share(at: datetime, start: datetime, end: datetime) -> float:
    return round((at - start) / (end - start) * WHOLE, 3)


def _moment(at: datetime, tz: tzinfo) -> str:
    return f"{ui.day(at, tz)} {ui.clock(at, tz)}"
