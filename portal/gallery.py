"""Every component with realistic figures on one page, for those who build pages and for tests."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from quart import Blueprint, render_template
from quart.typing import ResponseReturnValue
from wtforms import BooleanField, Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from portal import charts, timelines
from signage.errors import NotFound
from web.services import now, services

routes = Blueprint("gallery", __name__)

LISBON = ZoneInfo("Europe/Lisbon")
HOURS = [f"{hour:02d}:00" for hour in range(24)]
PLANNED = [20, 12, 12, 12, 20, 80, 300, 600, 780, 840, 880, 960, 1200, 1240, 1100, 1000, 1040,
           1180, 1260, 1120, 800, 400, 140, 40]  # fmt: skip
PLAYED = [20, 12, 12, 12, 20, 78, 291, 590, 512]
DAYS = ["Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22", "Mon 23"]
DAY = [
    (0, 6, "Default loop", 0),
    (6, 11, "Breakfast AM", 2),
    (11, 15, "Lunch deal", 1),
    (15, 17, "Autumn brand", 3),
    (17, 22, "Evening", 1),
    (22, 24, "Default loop", 0),
]
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


class ScreenForm(Form):
    """A form with one of each kind of field."""

    name = StringField("Screen name", [InputRequired("A screen needs a name.")])
    store = SelectField("Store", choices=[("1", "Lisbon Centro"), ("2", "Porto Norte")])
    notes = TextAreaField("Notes", description="For whoever stands in front of it next.")
    here = BooleanField("This code is on the screen in front of me", [InputRequired("Tick this.")])


@routes.get("/gallery")
async def index() -> ResponseReturnValue:
    """Show the gallery, where the settings say so: it is for those who build pages."""
    if not services().gallery:
        raise NotFound("There is no such page.")
    return await render_template("gallery/index.html", **sample(now()))


def sample(at: datetime) -> dict[str, Any]:
    """What the page shows, as of an instant."""
    form = ScreenForm()
    form.name.errors = ["A screen needs a name."]
    midnight = at.astimezone(LISBON).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "tz": LISBON,
        "now": at,
        "form": form,
        "plan": timelines.lay_out(_blocks(midnight), start=midnight, tz=LISBON, now=at),
        "hours": _hours(),
        "days": _days(),
        "spark": charts.spark([96.1, 97.0, 96.4, 97.2, 95.8, 97.1, 97.6]),
        "heat": _heat(),
        "screens": _screens(at),
        "reasons": _reasons(),
    }


def _blocks(midnight: datetime) -> list[timelines.Block]:
    blocks = [
        _block(midnight, 24 * place + start, 24 * place + end, label, tone)
        for place in range(3)
        for start, end, label, tone in DAY
    ]
    recall = _block(midnight, 35, 37, "Recall notice", 4)
    return [*blocks[:8], recall, *blocks[9:]]


def _block(midnight: datetime, start: int, end: int, label: str, tone: int) -> timelines.Block:
    return timelines.Block(
        start=midnight + timedelta(hours=start),
        end=midnight + timedelta(hours=end),
        label=label,
        tone=tone,
        detail="Takeover" if tone == 4 else "Priority 20, group Portugal / Windows",
        href="#timeline",
        hatched=tone == 4,
    )


def _hours() -> charts.Bars:
    played: list[float | None] = [*PLAYED, *([None] * (24 - len(PLAYED)))]
    return charts.bars(
        HOURS, [charts.Series("Planned", PLANNED, "muted"), charts.Series("Played", played)]
    )


def _days() -> charts.Bars:
    return charts.stacked(
        DAYS,
        [
            charts.Series("Played", [39120, 40210, 41002, 43810, 45120, 32120, 12540], "accent"),
            charts.Series("Partial", [610, 580, 720, 640, 980, 320, 110], "warn"),
            charts.Series("Failed", [120, 80, 1420, 90, 210, 60, 30], "crit"),
        ],
    )


def _heat() -> charts.Heatmap:
    rows = [[value * (10 if day < 5 else 6 + day) // 10 for value in PLANNED] for day in range(7)]
    return charts.heatmap(rows, WEEKDAYS, [f"{hour:02d}" for hour in range(24)])


def _screens(at: datetime) -> list[dict[str, Any]]:
    rows = [
        ("Window 2", "Lisbon Centro", "degraded", "Fallback loop", 6, 2310),
        ("Till 4", "Porto Norte", "offline", "Nothing reported", 4320, 0),
        ("Entrance", "Braga", "clock_drift", "Breakfast AM", 11, 1764),
        ("Menu board 1", "Faro", "online", "Breakfast AM", 21, 3020),
        ("Window 1", "Madrid Sol", "online", "Desayuno, Loyalty push", 9, 1209),
    ]
    return [
        {"id": place, "name": name, "store": store, "status": status, "playing": playing,
         "seen_at": at - timedelta(seconds=age_s), "plays": plays, "storage": 3.1 + place}
        for place, (name, store, status, playing, age_s, plays) in enumerate(rows, 1)
    ]  # fmt: skip


def _reasons() -> list[dict[str, Any]]:
    return [
        {"title": "Breakfast AM", "verdict": "Plays", "tone": "ok", "wins": True, "href": "#why",
         "text": "Schedule “Breakfast weekdays”, every day 06:00 to 11:00 store time, "
         "priority 20, targets group Portugal / Windows"},
        {"title": "Autumn brand", "verdict": "Outranked", "tone": "off", "wins": False,
         "text": "Priority 10 is lower than 20"},
        {"title": "Recall notice", "verdict": "Not yet", "tone": "info", "wins": False,
         "text": "Starts Tue 24 Nov 11:00"},
        {"title": "Default loop", "verdict": "Fallback", "tone": "off", "wins": False,
         "text": "Plays only when no schedule applies"},
    ]  # fmt: skip
