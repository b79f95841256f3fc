"""The demo's programme: campaigns, what is in the playlists, and when they play where.

Items stand longer than on a real screen, so that a week of proven plays is told in a fraction of
the rows. Only Welcome, which a screen that somebody pairs gets, is as lively as it would be.
"""

from typing import Literal

import msgspec

Place = tuple[Literal["fleet", "group", "store"], str]
"""A target by name: a group's, a store's code, or nothing for the fleet."""

FLEET: Place = ("fleet", "")


class Booking(msgspec.Struct, frozen=True):
    """A campaign; the days are counted from today."""

    name: str
    advertiser: str
    contract_number: str
    content: tuple[str, ...]
    since_days: int
    until_days: int
    planned_plays: int


class Spot(msgspec.Struct, frozen=True):
    """An item of a playlist: a piece of the showreel or a playlist; None: as long as the video.

    ``until_days`` is its last day, counted from today.
    """

    name: str
    seconds: float | None = None
    weight: int = 1
    until_days: int | None = None


class Slot(msgspec.Struct, frozen=True):
    """A schedule. ``from_day`` is its first day counted from today, None the demo's first."""

    name: str
    playlist: str
    target: Place
    start: str | None = None
    end: str | None = None
    rrule: str | None = "FREQ=DAILY"
    priority: int = 50
    takeover: bool = False
    only_when_open: bool = False
    enabled: bool = True
    from_day: int | None = None


BOOKINGS = (
    Booking("Autumn coffee", "Example Roasters", "EX-2041",
            ("Coffee of the week", "Portrait coffee"), -7, 20, 54_000),
    Booking("Autumn sale", "Own brand", "",
            ("Autumn sale", "Portrait autumn sale"), -7, 6, 30_000),
    Booking("Winter citrus", "Example Growers", "EX-2057",
            ("Winter citrus", "Market greens"), -7, 13, 44_000),
    Booking("Loyalty card", "Own brand", "", ("Loyalty card",), -7, 172, 350_000),
    Booking("Fresh bakery", "Example Mills", "EX-1988",
            ("Fresh bakery", "Portrait bakery", "Breakfast menu"), -7, 7, 39_000),
)  # fmt: skip
"""Planned a little over or under what the week delivers, so that delivery has something to say."""

# In this order: a playlist comes after those that it holds.
PLAYLISTS: dict[str, tuple[Spot, ...]] = {
    "House spots": (
        Spot("Loyalty card", 120),
        Spot("Bring your own bag", 120),
        Spot("Click and collect", 120),
    ),
    "Welcome": (
        Spot("Coffee of the week"),
        Spot("Autumn sale", weight=2),
        Spot("Fresh bakery", 10),
        Spot("Winter citrus"),
        Spot("Loyalty card", 10),
        Spot("Market greens", 10),
    ),
    "Breakfast": (
        Spot("Breakfast menu", 240, weight=2),
        Spot("Coffee of the week", 160),
        Spot("Fresh bakery", 180),
    ),
    "Lunch": (Spot("Market greens", 180), Spot("Winter citrus", 120), Spot("Fresh bakery", 180)),
    "All day": (
        Spot("Fresh bakery", 420),
        Spot("Coffee of the week", 360),
        Spot("Loyalty card", 360),
        Spot("Winter citrus", 420),
    ),
    "Shop window": (
        Spot("Autumn sale", 160, weight=2),
        Spot("Winter citrus", 150),
        Spot("Weekend deal", 150, until_days=27),
        Spot("Coffee of the week", 120),
        Spot("Market greens", 150),
        Spot("House spots"),
    ),
    "Evening window": (
        Spot("Autumn sale", 150),
        Spot("Weekend deal", 180),
        Spot("Winter citrus", 150),
    ),
    "Till": (
        Spot("House spots"),
        Spot("Loyalty card", 180),
        Spot("Weekend deal", 180),
    ),
    "Entrance": (
        Spot("Portrait autumn sale", 160),
        Spot("Portrait bakery", 160),
        Spot("Portrait coffee", 120),
    ),
    "Weekend": (Spot("Weekend deal", 150, weight=2), Spot("Autumn sale", 120)),
    "Night window": (Spot("Autumn sale", 600), Spot("Store hours", 600)),
    "Entrance at night": (Spot("Portrait autumn sale", 900),),
    "Quiet hours": (Spot("Store hours", 900), Spot("Click and collect", 600)),
}

NOT_PUBLISHED = ("Shop window", "Loyalty card", "Market greens")
"""A playlist whose draft is ahead: what somebody added to it this morning, and took out."""

ALWAYS_ON: dict[Place, str] = {
    FLEET: "Welcome",
    ("group", "Windows"): "Quiet hours",
    ("group", "Tills"): "Quiet hours",
    ("group", "Menu boards"): "All day",
    ("group", "Entrances"): "Entrance at night",
    ("store", "FAO-01"): "All day",
}

SLOTS = (
    Slot("Breakfast", "Breakfast", FLEET, "06:00", "11:00"),
    Slot("Lunch", "Lunch", ("group", "Menu boards"), "12:00", "15:00",
         rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    Slot("Windows while open", "Shop window", ("group", "Windows"), only_when_open=True,
         priority=40),
    Slot("Windows in the evening", "Evening window", ("group", "Windows"), "18:00", "22:00"),
    Slot("Windows at night", "Night window", ("group", "Windows"), "22:00", "02:00"),
    Slot("Tills while open", "Till", ("group", "Tills"), only_when_open=True),
    Slot("Entrances", "Entrance", ("group", "Entrances"), "06:30", "22:30"),
    Slot("Weekend special in Faro", "Weekend", ("store", "FAO-01"), "10:00", "20:00",
         rrule="FREQ=WEEKLY;BYDAY=FR,SA,SU", priority=70, only_when_open=True),
    Slot("Reopening in Braga", "Weekend", ("store", "BRG-01"), "10:00", "12:00", rrule=None,
         takeover=True, from_day=-3),
    Slot("Stock-taking notice", "Quiet hours", FLEET, "20:00", "23:00", rrule=None, priority=90,
         takeover=True, enabled=False, from_day=9),
)  # fmt: skip
"""Without times a schedule is all day long."""
