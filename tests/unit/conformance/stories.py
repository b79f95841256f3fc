"""The golden vectors as stories: inputs, and by hand what is to come of them.

Times of what is expected are UTC, written ``11-23 07:00``, in the year of ``now``. An expected
window says who plays it; ``shown`` says whose picture is on screen at an instant, or None.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ALL_WEEK = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True)
class Story:
    """One vector. ``windows`` are (from, until, who); ``shown`` is (instant, content or None)."""

    name: str
    rule: str
    windows: list[tuple[str, str, str]]
    schedules: list[Json] = field(default_factory=list)
    assignments: list[Json] = field(default_factory=list)
    playlists: dict[str, list[Json]] = field(default_factory=dict)
    content: dict[str, Json] = field(default_factory=dict)
    shown: list[tuple[str, str | None]] = field(default_factory=list)
    now: str = "2026-11-23T10:00:00Z"
    timezone: str = "Europe/Berlin"
    opening_hours: Json | None = None
    closures: list[str] = field(default_factory=list)
    special_days: Json = field(default_factory=dict)


def scheduled(name: str, playlist: str, layer: str = "fleet", **values: Any) -> Json:
    """Return a schedule; unless said otherwise every day from 08:00 to 20:00 since January."""
    defaults = {
        "starts_on": "2026-01-01",
        "start_time": "08:00",
        "end_time": "20:00",
        "rrule": "FREQ=DAILY",
        "created_at": "2026-01-01T00:00:00Z",
    }
    return {"name": name, "playlist": playlist, "layer": layer} | defaults | values


def once(name: str, playlist: str, on: str, layer: str = "fleet", **values: Any) -> Json:
    """Return a schedule that plays on one date."""
    return scheduled(name, playlist, layer, **({"starts_on": on, "rrule": None} | values))


def always(playlist: str, layer: str = "fleet", **values: Any) -> Json:
    """Return a base assignment."""
    return {"playlist": playlist, "layer": layer} | values


def daily(first: str, last: str, who: str) -> list[tuple[str, str, str]]:
    """Return the windows of the horizon's four days from Monday, between two UTC times."""
    return [(f"11-{day} {first}", f"11-{day} {last}", who) for day in (23, 24, 25, 26)]


HORIZON = ("11-23 00:00", "11-27 00:00")

STORIES = [
    Story(
        "nothing-assigned",
        "A screen that nothing is assigned to has a plan without windows.",
        windows=[],
        shown=[("11-23 10:00", None)],
    ),
    Story(
        "base-assignment",
        "Where no schedule plays, the base assignment does, anchored at 1970-01-01T00:00:00Z.",
        assignments=[always("menu")],
        windows=[(*HORIZON, "menu")],
        shown=[("11-23 10:00", "soup")],
    ),
    Story(
        "daily-in-store-time",
        "Without a zone of its own a schedule's times are the local time of the screen's store.",
        schedules=[scheduled("day", "offers")],
        windows=daily("07:00", "19:00", "day"),
        shown=[("11-23 06:59", None), ("11-23 07:00", "shoes"), ("11-23 19:00", None)],
    ),
    Story(
        "daily-in-its-own-zone",
        "A schedule with a zone of its own is read in that zone, wherever the store is.",
        schedules=[scheduled("day", "offers", timezone="Asia/Tokyo")],
        windows=[
            ("11-23 00:00", "11-23 11:00", "day"),
            *[(f"11-{d} 23:00", f"11-{d + 1} 11:00", "day") for d in (23, 24, 25)],
            ("11-26 23:00", "11-27 00:00", "day"),
        ],
    ),
    Story(
        "layers",
        "The more specific layer wins whatever its priority: device, group, store, fleet.",
        schedules=[
            scheduled("fleet", "menu", "fleet", priority=100),
            scheduled("store", "offers", "store", start_time="09:00", priority=0),
            scheduled("group", "menu", "group", start_time="10:00", priority=0, group_rank=1),
            scheduled("device", "offers", "device", start_time="11:00", priority=0),
        ],
        windows=[
            window
            for day in (23, 24, 25, 26)
            for window in [
                (f"11-{day} 07:00", f"11-{day} 08:00", "fleet"),
                (f"11-{day} 08:00", f"11-{day} 09:00", "store"),
                (f"11-{day} 09:00", f"11-{day} 10:00", "group"),
                (f"11-{day} 10:00", f"11-{day} 19:00", "device"),
            ]
        ],
    ),
    Story(
        "a-schedule-beats-an-assignment",
        "A schedule of the fleet plays before the base assignment of the very screen.",
        schedules=[scheduled("day", "offers")],
        assignments=[always("menu", "device")],
        windows=[
            ("11-23 00:00", "11-23 07:00", "menu"),
            ("11-23 07:00", "11-23 19:00", "day"),
            ("11-23 19:00", "11-24 07:00", "menu"),
            ("11-24 07:00", "11-24 19:00", "day"),
            ("11-24 19:00", "11-25 07:00", "menu"),
            ("11-25 07:00", "11-25 19:00", "day"),
            ("11-25 19:00", "11-26 07:00", "menu"),
            ("11-26 07:00", "11-26 19:00", "day"),
            ("11-26 19:00", "11-27 00:00", "menu"),
        ],
        shown=[("11-23 06:59", "soup"), ("11-23 07:00", "shoes")],
    ),
    Story(
        "priority",
        "Within a layer the higher priority wins.",
        schedules=[
            scheduled("low", "menu", priority=40),
            scheduled("high", "offers", priority=60, start_time="12:00", end_time="14:00"),
        ],
        windows=[
            window
            for day in (23, 24, 25, 26)
            for window in [
                (f"11-{day} 07:00", f"11-{day} 11:00", "low"),
                (f"11-{day} 11:00", f"11-{day} 13:00", "high"),
                (f"11-{day} 13:00", f"11-{day} 19:00", "low"),
            ]
        ],
    ),
    Story(
        "group-rank",
        "Of two groups with the same priority the one of larger rank wins.",
        schedules=[
            scheduled("small", "menu", "group", group_rank=1),
            scheduled("large", "offers", "group", group_rank=2),
        ],
        windows=daily("07:00", "19:00", "large"),
    ),
    Story(
        "priority-before-group-rank",
        "Priority decides before the rank of the group does.",
        schedules=[
            scheduled("small", "menu", "group", group_rank=1, priority=51),
            scheduled("large", "offers", "group", group_rank=2, priority=50),
        ],
        windows=daily("07:00", "19:00", "small"),
    ),
    Story(
        "takeover",
        "A takeover of the fleet beats everything that is none, in every layer.",
        schedules=[
            scheduled("screen", "menu", "device", priority=100),
            once(
                "alarm",
                "offers",
                "2026-11-23",
                start_time="12:00",
                end_time="12:30",
                takeover=True,
                priority=0,
            ),
        ],
        windows=[
            ("11-23 07:00", "11-23 11:00", "screen"),
            ("11-23 11:00", "11-23 11:30", "alarm"),
            ("11-23 11:30", "11-23 19:00", "screen"),
            *daily("07:00", "19:00", "screen")[1:],
        ],
    ),
    Story(
        "later-start",
        "With everything else equal the occurrence that starts later wins, until it ends.",
        schedules=[
            scheduled("early", "menu"),
            scheduled("late", "offers", start_time="12:00", end_time="13:00"),
        ],
        windows=[
            window
            for day in (23, 24, 25, 26)
            for window in [
                (f"11-{day} 07:00", f"11-{day} 11:00", "early"),
                (f"11-{day} 11:00", f"11-{day} 12:00", "late"),
                (f"11-{day} 12:00", f"11-{day} 19:00", "early"),
            ]
        ],
    ),
    Story(
        "created-later",
        "With the same start the schedule that was created later wins.",
        schedules=[
            scheduled("first", "menu"),
            scheduled("second", "offers", created_at="2026-02-01T00:00:00Z"),
        ],
        windows=daily("07:00", "19:00", "second"),
    ),
    Story(
        "overnight",
        "An end that is not after the start is on the next day; the window belongs to its first.",
        schedules=[
            scheduled(
                "night",
                "offers",
                start_time="22:00",
                end_time="02:00",
                rrule="FREQ=WEEKLY;BYDAY=MO,WE",
            )
        ],
        windows=[
            ("11-23 21:00", "11-24 01:00", "night"),
            ("11-25 21:00", "11-26 01:00", "night"),
        ],
        shown=[("11-24 00:59", "shoes"), ("11-24 21:30", None)],
    ),
    Story(
        "all-day",
        "All day is from midnight to midnight of the store.",
        schedules=[
            once("day", "offers", "2026-11-24", start_time=None, end_time=None, all_day=True)
        ],
        windows=[("11-23 23:00", "11-24 23:00", "day")],
    ),
    Story(
        "clocks-go-forward",
        "A local time that does not exist is read with the offset before the gap.",
        now="2026-03-28T10:00:00Z",
        schedules=[scheduled("small hours", "offers", start_time="02:30", end_time="04:00")],
        windows=[
            ("03-28 01:30", "03-28 03:00", "small hours"),
            ("03-29 01:30", "03-29 02:00", "small hours"),
            ("03-30 00:30", "03-30 02:00", "small hours"),
            ("03-31 00:30", "03-31 02:00", "small hours"),
        ],
    ),
    Story(
        "clocks-go-forward-over-the-whole-window",
        "A window that the gap would swallow keeps its nominal length.",
        now="2026-03-28T10:00:00Z",
        schedules=[
            once("gap", "offers", "2026-03-29", start_time="02:15", end_time="02:45"),
        ],
        windows=[("03-29 01:15", "03-29 01:45", "gap")],
    ),
    Story(
        "clocks-go-back",
        "A local time that occurs twice means the first; the window is an hour longer.",
        now="2026-10-24T10:00:00Z",
        schedules=[
            scheduled("small hours", "offers", start_time="02:30", end_time="04:00"),
        ],
        windows=[
            ("10-24 00:30", "10-24 02:00", "small hours"),
            ("10-25 00:30", "10-25 03:00", "small hours"),
            ("10-26 01:30", "10-26 03:00", "small hours"),
            ("10-27 01:30", "10-27 03:00", "small hours"),
        ],
    ),
    Story(
        "half-an-hour-of-summer",
        "Lord Howe's clocks move by thirty minutes.",
        now="2026-10-02T20:00:00Z",
        timezone="Australia/Lord_Howe",
        schedules=[once("gap", "offers", "2026-10-04", start_time="02:10", end_time="03:00")],
        windows=[("10-03 15:40", "10-03 16:00", "gap")],
    ),
    Story(
        "only-when-open",
        "Only when open cuts the windows to the hours, breaks, special days and closures.",
        opening_hours=ALL_WEEK | {"tue": [["08:00", "12:00"], ["15:00", "20:00"]]},
        special_days={"2026-11-25": [["10:00", "11:00"]]},
        closures=["2026-11-26"],
        schedules=[
            scheduled("open", "offers", start_time="06:00", end_time="22:00", only_when_open=True)
        ],
        windows=[
            ("11-23 07:00", "11-23 19:00", "open"),
            ("11-24 07:00", "11-24 11:00", "open"),
            ("11-24 14:00", "11-24 19:00", "open"),
            ("11-25 09:00", "11-25 10:00", "open"),
        ],
    ),
    Story(
        "the-nominal-start-is-the-anchor",
        "Opening hours cut a window, not its loop: the anchor stays the nominal start.",
        opening_hours=ALL_WEEK,
        schedules=[
            once("open", "menu", "2026-11-23", start_time="07:59:55", only_when_open=True),
        ],
        windows=[("11-23 07:00", "11-23 19:00", "open")],
        shown=[("11-23 07:00", "soup"), ("11-23 07:00:06", "salad")],
    ),
    Story(
        "left-out-and-added-dates",
        "Added dates play whatever the rule says; dates left out beat both.",
        schedules=[
            scheduled(
                "mondays",
                "offers",
                rrule="FREQ=WEEKLY;BYDAY=MO",
                rdates=["2026-11-24", "2026-11-25"],
                exdates=["2026-11-23", "2026-11-25"],
            )
        ],
        windows=[("11-24 07:00", "11-24 19:00", "mondays")],
    ),
    Story(
        "plain-and-numbered-weekdays",
        "BYDAY that mixes plain and numbered weekdays means both (RFC 5545).",
        schedules=[scheduled("mixed", "offers", rrule="FREQ=MONTHLY;BYDAY=MO,4TU")],
        windows=[
            ("11-23 07:00", "11-23 19:00", "mixed"),
            ("11-24 07:00", "11-24 19:00", "mixed"),
        ],
    ),
    Story(
        "count-before-exceptions",
        "COUNT counts an occurrence that is then left out.",
        schedules=[
            scheduled(
                "three",
                "offers",
                starts_on="2026-11-23",
                rrule="FREQ=DAILY;COUNT=3",
                exdates=["2026-11-24"],
            )
        ],
        windows=[
            ("11-23 07:00", "11-23 19:00", "three"),
            ("11-25 07:00", "11-25 19:00", "three"),
        ],
    ),
    Story(
        "disabled",
        "A disabled schedule plays nothing.",
        schedules=[scheduled("off", "offers", enabled=False)],
        assignments=[always("menu")],
        windows=[(*HORIZON, "menu")],
    ),
    Story(
        "an-empty-playlist-is-no-assignment",
        "Where nothing in a playlist may play, the next in line plays.",
        content={"shoes": {"valid_until": "2026-11-24T12:00:00Z"}},
        schedules=[scheduled("day", "offers")],
        assignments=[always("menu")],
        windows=[
            ("11-23 00:00", "11-23 07:00", "menu"),
            ("11-23 07:00", "11-23 19:00", "day"),
            ("11-23 19:00", "11-24 07:00", "menu"),
            ("11-24 07:00", "11-24 12:00", "day"),
            ("11-24 12:00", "11-27 00:00", "menu"),
        ],
    ),
    Story(
        "validity-within-the-horizon",
        "Validity that begins or ends within the horizon stands on the item; the loop shortens.",
        content={"salad": {"valid_from": "2026-11-24T00:00:00Z"}},
        assignments=[always("menu")],
        windows=[(*HORIZON, "menu")],
        shown=[("11-23 10:00:15", "soup"), ("11-24 10:00:15", "salad")],
    ),
    Story(
        "unapproved-recalled-archived",
        "Content that is not approved, recalled or archived is left out.",
        playlists={"mixed": [{"content": name} for name in ("soup", "salad", "shoes", "bread")]},
        content={
            "soup": {"approved": False},
            "salad": {"recalled": True},
            "shoes": {"archived": True},
        },
        assignments=[always("mixed")],
        windows=[(*HORIZON, "mixed")],
        shown=[("11-23 10:00", "bread")],
    ),
    Story(
        "a-pinned-version",
        "A pinned item plays its version, a floating one the version that is live.",
        playlists={"mixed": [{"content": "soup", "version": 1}, {"content": "soup"}]},
        content={"soup": {"versions": 2, "live": [["2026-01-01T00:00:00Z", 2]]}},
        assignments=[always("mixed")],
        windows=[(*HORIZON, "mixed")],
        shown=[("11-23 10:00:01", "soup 1"), ("11-23 10:00:11", "soup 2")],
    ),
    Story(
        "a-version-that-goes-live-within-the-horizon",
        "A publication within the horizon gives two items, one until it and one from it on.",
        content={
            "shoes": {
                "versions": 2,
                "live": [["2026-01-01T00:00:00Z", 1], ["2026-11-24T12:00:00Z", 2]],
            }
        },
        assignments=[always("offers")],
        windows=[(*HORIZON, "offers")],
        shown=[("11-24 11:59:59", "shoes 1"), ("11-24 12:00", "shoes 2")],
    ),
    Story(
        "nested-playlists",
        "A nested playlist stands in the loop with all its items, each under its own id.",
        playlists={"outer": [{"content": "shoes"}, {"playlist": "menu"}, {"content": "bread"}]},
        assignments=[always("outer")],
        windows=[(*HORIZON, "outer")],
        shown=[
            ("11-23 00:00:00", "shoes"),
            ("11-23 00:00:12", "soup"),
            ("11-23 00:00:22", "salad"),
            ("11-23 00:00:32", "bread"),
        ],
    ),
    Story(
        "weights",
        "An item of weight w stands w times in the loop, evenly spread, under one id.",
        playlists={"heavy": [{"content": "soup", "weight": 2}, {"content": "salad"}]},
        assignments=[always("heavy")],
        windows=[(*HORIZON, "heavy")],
    ),
    Story(
        "durations",
        "Without a duration a video plays as long as it is, everything else ten seconds.",
        playlists={
            "mixed": [
                {"content": "film"},
                {"content": "film", "duration_ms": 5_000},
                {"content": "soup"},
            ]
        },
        content={"film": {"kind": "video", "duration_ms": 15_000}},
        assignments=[always("mixed")],
        windows=[(*HORIZON, "mixed")],
    ),
]
