"""A plan as a timeline: its windows as blocks, in names, toned by the layer that won."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from portal import timelines
from signage import plans

TONES = {"fleet": 1, "store": 2, "group": 3, "device": 3}
TONE_ALWAYS_ON = 0
TONE_TAKEOVER = 4
LAYER_WORDS = {
    "fleet": "Whole fleet",
    "store": "This store",
    "group": "A group of this screen",
    "device": "This screen only",
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
    plan: plans.Plan, names: plans.Names, *, timezone: str, now: datetime, hours: int = 72
) -> timelines.Timeline:
    """Return the next hours of a plan for the timeline macro, in the store's own time."""
    blocks = [
        timelines.Block(
            start=window.start,
            end=window.end,
            label=window.playlist,
            tone=_tone(window),
            detail=f"{window.schedule or 'Always on'}, {window.reach.lower()}",
            href=f"/playlists/{window.playlist_id}",
            hatched=window.takeover,
        )
        for window in windows(plan, names, now=now)
    ]
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return timelines.lay_out(blocks, start=start, tz=ZoneInfo(timezone), now=now, hours=hours)


def _tone(window: Window) -> int:
    if window.takeover:
        return TONE_TAKEOVER
    return TONES[window.layer] if window.schedule else TONE_ALWAYS_ON
