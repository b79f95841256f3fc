"""The demo's chain: its stores, what hangs in them, and which screens are in trouble.

Every shop, brand and address is made up; the cities and their time zones are not.
"""

from typing import Literal

import msgspec

from signage.group_rules import Rule
from signage.opening_hours import Hours, Weekday

Kind = Literal["Window", "Till", "Menu board", "Entrance", "Aisle"]
Screen = tuple[str, str]
"""A store's code and a screen's name: how the tables here point at one screen."""


class Shop(msgspec.Struct, frozen=True):
    """A store of the chain with the names of its screens."""

    code: str
    name: str
    timezone: str
    region: str
    address: str
    hours: dict[Weekday, Hours]
    screens: tuple[str, ...]


class Model(msgspec.Struct, frozen=True):
    """What hangs there: a kind of screen and the player behind it."""

    group: str | None
    model: str
    os: str
    portrait: bool = False


WORKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")


def week(
    workdays: tuple[str, str], saturday: tuple[str, str], sunday: tuple[str, str] | None
) -> dict[Weekday, Hours]:
    """Return opening hours; None closes the store on Sundays."""
    hours: dict[Weekday, Hours] = {day: [workdays] for day in WORKDAYS}
    hours["sat"] = [saturday]
    if sunday is not None:
        hours["sun"] = [sunday]
    return hours


USUAL = week(("08:00", "22:00"), ("08:00", "22:00"), ("09:00", "20:00"))
SMALL = week(("08:00", "21:00"), ("09:00", "21:00"), ("09:00", "14:00"))
WITH_BREAK = SMALL | {day: [("08:00", "13:00"), ("14:30", "20:00")] for day in WORKDAYS}
SPANISH = week(("09:00", "22:00"), ("09:00", "22:00"), ("11:00", "20:00"))
INTO_THE_NIGHT = SPANISH | {"fri": [("09:00", "01:00")], "sat": [("09:00", "01:00")]}
NO_SUNDAY = week(("09:00", "21:30"), ("09:00", "21:30"), None)

LISBON, MADRID, AZORES = "Europe/Lisbon", "Europe/Madrid", "Atlantic/Azores"

SHOPS = (
    Shop("LIS-01", "Lisboa Centro", LISBON, "South", "Praça do Mercado 1, Lisboa", USUAL,
         ("Window 1", "Window 2", "Menu board 1", "Till 1", "Entrance")),
    Shop("FAO-01", "Faro", LISBON, "South", "Rua do Farol 20, Faro", WITH_BREAK,
         ("Window 1", "Menu board 1", "Aisle 1", "Aisle 2")),
    Shop("BRG-01", "Braga", LISBON, "North", "Avenida das Lojas 7, Braga", USUAL,
         ("Window 1", "Till 1", "Entrance")),
    Shop("PDL-01", "Ponta Delgada", AZORES, "Azores", "Rua do Cais 3, Ponta Delgada", SMALL,
         ("Window 1", "Menu board 1", "Till 1")),
    Shop("LIS-02", "Lisboa Oriente", LISBON, "South", "Alameda Nova 44, Lisboa", USUAL,
         ("Window 1", "Window 2", "Menu board 1", "Till 1")),
    Shop("OPO-01", "Porto", LISBON, "North", "Largo do Mercado 12, Porto", USUAL,
         ("Window 1", "Window 2", "Menu board 1", "Till 1", "Entrance")),
    Shop("CBR-01", "Coimbra", LISBON, "North", "Rua da Ponte 9, Coimbra", USUAL,
         ("Window 1", "Menu board 1", "Till 1")),
    Shop("MAD-01", "Madrid Centro", MADRID, "Spain", "Plaza del Mercado 5, Madrid", INTO_THE_NIGHT,
         ("Window 1", "Window 2", "Menu board 1", "Till 1", "Entrance")),
    Shop("SVQ-01", "Sevilla", MADRID, "Spain", "Calle del Puente 18, Sevilla", SPANISH,
         ("Window 1", "Menu board 1", "Till 1")),
    Shop("VLC-01", "València", MADRID, "Spain", "Carrer del Mercat 31, València", SPANISH,
         ("Window 1", "Menu board 1", "Till 1")),
    Shop("BIO-01", "Bilbao", MADRID, "Spain", "Calle de la Ría 2, Bilbao", NO_SUNDAY,
         ("Window 1", "Till 1")),
    Shop("TER-01", "Angra do Heroísmo", AZORES, "Azores", "Rua do Porto 6, Angra do Heroísmo",
         WITH_BREAK, ("Window 1", "Till 1")),
)  # fmt: skip
"""The first four are the ones that schedules and troubles name, so that a demo of four has them."""

MODELS: dict[Kind, Model] = {
    "Window": Model("Windows", "Panel 55 bright", "Linux 6.12"),
    "Till": Model("Tills", "Panel 22", "Linux 6.12"),
    "Menu board": Model("Menu boards", "Media stick 4K", "Android 14"),
    "Entrance": Model("Entrances", "Totem 43", "Linux 6.6", portrait=True),
    "Aisle": Model(None, "Media stick 4K", "Android 14"),
}

RULED_GROUP = ("Media sticks", 5, Rule(models=["Media stick 4K"]))
"""A group whose screens are whichever are of this model."""

GROUP_RANKS = {"Tills": 10, "Menu boards": 20, "Windows": 30, "Entrances": 40}

CLOSED_ON = ((12, 25), (1, 1))
CHRISTMAS_EVE = (12, 24)
CHRISTMAS_EVE_HOURS: Hours = [("08:00", "17:00")]
LATE_NIGHT_HOURS: Hours = [("08:00", "24:00")]
"""On the second Friday from today, in stores of the South."""
STOCK_TAKING: dict[str, int] = {"CBR-01": 3, "FAO-01": 9, "OPO-01": 16}
"""In how many days these stores close for a day to count what there is."""

# What is wrong in the chain. Ages are hours before now, spans are from the older to the younger.
NEVER_TURNED_ON: Screen = ("BIO-01", "Till 1")
OFFLINE_FOR_H: dict[Screen, float] = {("BRG-01", "Till 1"): 51.2, ("SVQ-01", "Window 1"): 5.7}
LATE_BY_S: dict[Screen, int] = {("OPO-01", "Window 2"): 260, ("MAD-01", "Menu board 1"): 640}
OFF_FOR_A_DAY: Screen = ("FAO-01", "Menu board 1")
OFF_DAYS_AGO = 3
WITHOUT_NETWORK = "PDL-01"
WITHOUT_NETWORK_H = (5 * 24.0, 5 * 24.0 - 40)
CLOCK_OFF: Screen = ("CBR-01", "Till 1")
CLOCK_OFFSET_MS = 4 * 60_000
CANNOT_DECODE: Screen = ("LIS-01", "Menu board 1")
SENDS_NONSENSE: Screen = ("LIS-01", "Entrance")
BEHIND_PLAN: Screen = ("VLC-01", "Till 1")


def kind_of(screen_name: str) -> Kind:
    """Return what hangs there, by the name: ``Menu board 1`` is a menu board."""
    return next(kind for kind in MODELS if screen_name.startswith(kind))
