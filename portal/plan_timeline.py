"""A plan as a timeline: its windows as blocks, in names, toned by the layer that won.

Of a preview there is a row for what plays, and beneath one for what each layer alone would play.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from portal import timelines
from portal.plan_stretch import Stretch
from signage import plans
from signage.plan_previews import Piece, Preview
from signage.planning.inputs import Layer

TONES = {"fleet": 1, "store": 2, "group": 3, "device": 3}
TONE_ALWAYS_ON = 0
TONE_TAKEOVER = 4
LAYER_WORDS = {
    "fleet": "Whole fleet",
    "store": "This store",
    "group": "A group of this screen",
    "device": "This screen only",
}

ON_SCREEN, CHANGED = "On screen", "With the change"
BENEATH: dict[Layer, str] = {
    "device": "Beneath: this screen only",
    "group": "Beneath: its groups",
    "store": "Beneath: the store",
    "fleet": "Beneath: the whole fleet",
}


class Window(msgspec.Struct, frozen=True):
    """One window of a plan, in names."""

    start: datetime
    end: datetime
    playlist: str
    playlist_id: str
    schedule: str
    layer: str
    reach: str
    takeover: bool
    items: int
    loop_ms: int


def windows(plan: plans.Plan, names: plans.Names, *, now: datetime) -> list[Window]:
    """Return the windows that are not over yet, in order."""
    document = plan.document()
    found = []
    for window in document["windows"]:
        loop = document["playlists"][window["playlist"]]
        shown = Window(
            start=datetime.fromisoformat(window["from"]),
            end=datetime.fromisoformat(window["until"]),
            playlist=names.playlists.get(loop["playlist_id"], "A playlist"),
            playlist_id=loop["playlist_id"],
            schedule=names.schedules.get(window["schedule_id"] or "", ""),
            layer=window["layer"],
            reach=LAYER_WORDS[window["layer"]],
            takeover=window["takeover"],
            items=len(loop["items"]),
            loop_ms=sum(item["duration_ms"] for item in loop["items"]),
        )
        if shown.end > now:
            found.append(shown)
    return found


def following(plan: plans.Plan, names: plans.Names, *, now: datetime) -> Window | None:
    """Return the window that begins next, None where the plan has no other."""
    return next((window for window in windows(plan, names, now=now) if window.start > now), None)


def lay_out(
    plan: plans.Plan,
    names: plans.Names,
    *,
    timezone: str,
    now: datetime,
    href: Callable[[datetime], str],
    hours: int = 72,
) -> timelines.Timeline:
    """Return the next hours of a plan for the timeline macro, in the store's own time.

    A block leads where ``href`` says of the first instant of it that is shown.
    """
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    blocks = [
        timelines.Block(
            start=window.start,
            end=window.end,
            label=window.playlist,
            tone=_tone(window),
            detail=f"{window.schedule or 'Always on'}, {window.reach.lower()}",
            href=href(max(window.start, start)),
            hatched=window.takeover,
        )
        for window in windows(plan, names, now=now)
    ]
    return timelines.lay_out(blocks, start=start, tz=ZoneInfo(timezone), now=now, hours=hours)


def of_preview(preview: Preview, stretch: Stretch, *, now: datetime) -> timelines.Timeline:
    """Return a stretch with all its layers; a click on anything asks about that moment.

    A layer that is the only one would say the same again, so it has no row of its own.
    """
    beneath = preview.layers if len(preview.layers) > 1 else []
    rows = [(ON_SCREEN, preview.plays)]
    if preview.tried is not None:
        rows.append((CHANGED, preview.tried))
    rows += [(BENEATH[layer.layer], layer.pieces) for layer in beneath]
    return timelines.lay_out(
        [_block(name, piece, stretch) for name, pieces in rows for piece in pieces],
        start=stretch.since,
        tz=stretch.tz,
        now=now,
        hours=stretch.hours,
        rows=[name for name, _ in rows],
        chosen=stretch.at,
        hour_href=stretch.href,
    )


def _block(row: str, piece: Piece, stretch: Stretch) -> timelines.Block:
    always_on = piece.kind == "assignment"
    tone = TONE_ALWAYS_ON if always_on else TONES[piece.layer]
    return timelines.Block(
        start=piece.from_,
        end=piece.until,
        label=piece.playlist,
        tone=TONE_TAKEOVER if piece.takeover else tone,
        row=row,
        detail=f"{'Always on' if always_on else piece.name}, {LAYER_WORDS[piece.layer].lower()}",
        href=stretch.href(max(piece.from_, stretch.since)),
        hatched=piece.takeover,
    )


def _tone(window: Window) -> int:
    if window.takeover:
        return TONE_TAKEOVER
    return TONES[window.layer] if window.schedule else TONE_ALWAYS_ON
