"""What played at an instant, in words: what was due, whether it was fetched, what was told."""

from datetime import datetime

import msgspec

from portal import ui, words
from portal.plan_stretch import Stretch
from portal.words import Tone
from signage.device_plays import Play
from signage.plan_history import Foreseen, Given, History, Verdict

VERDICTS: dict[Verdict, tuple[str, Tone, str]] = {
    "as_planned": ("As planned", "ok", "The screen told of the item that its plan foresaw."),
    "other": ("Something else", "warn", "The screen told of another item than its plan foresaw."),
    "failed": ("Failed", "crit", "The screen tried to play it and could not."),
    "nothing_planned": ("Nothing planned", "off", "Its plan had nothing for this moment."),
    "no_plan": ("No plan yet", "off", "By then the screen had fetched no plan."),
    "not_reported": (
        "Not told", "warn",
        "The screen was online in that hour, and no play of this moment came in.",
    ),
    "offline": (
        "Offline", "crit",
        "No heartbeat came in that hour, and no play yet. A screen that was cut off"
        " tells what it played once it is back.",
    ),
    "still_to_come": (
        "Still to come", "info", "It is ahead, or on screen: a play is told once it is over.",
    ),
}  # fmt: skip


class Played(msgspec.Struct, frozen=True):
    """The card: a badge, a sentence, facts as pairs, and the plays around."""

    badge: str
    tone: Tone
    sentence: str
    facts: list[tuple[str, str]]
    around: list[Play]


def tell(history: History, stretch: Stretch) -> Played:
    """Return the history of an instant in words, in the store's own time."""
    badge, tone, sentence = VERDICTS[history.verdict]
    facts = [("Plan due", _due(history, stretch)), ("Planned", _item(history.due, stretch))]
    if history.held != history.due:
        facts.append(("Plan it held", _revision(history.held, stretch)))
        facts.append(("Planned in that", _item(history.held, stretch)))
    facts.append(("Told", _play(history.play, stretch)))
    if history.minutes_online is not None:
        facts.append(("Online in that hour", f"{history.minutes_online} min"))
    return Played(badge, tone, sentence, facts, history.around)


def _due(history: History, stretch: Stretch) -> str:
    if history.due is None:
        return "None yet"
    said = _revision(history.due, stretch)
    if history.fetched_in_time:
        return said
    fetched = history.due.fetched_at
    late = f"fetched only {_moment(fetched, stretch)}" if fetched else "never fetched"
    return f"{said}, {late}"


def _revision(given: Given | None, stretch: Stretch) -> str:
    return f"{given.etag[:12]}, due from {_moment(given.due_from, stretch)}" if given else "None"


def _item(given: Given | None, stretch: Stretch) -> str:
    foreseen: Foreseen | None = given.foreseen if given else None
    if foreseen is None:
        return "Nothing"
    there = [_clock(at, stretch) for at in (foreseen.from_, foreseen.until)]
    source = foreseen.schedule or "always on"
    return f"{foreseen.content}, {there[0]} to {there[1]} ({foreseen.playlist}, {source})"


def _play(play: Play | None, stretch: Stretch) -> str:
    if play is None:
        return "No play of this moment"
    what = play.content or ("Fallback" if play.event_type == "fallback" else "Test picture")
    how = words.sentence(play.result).lower()
    error = f": {play.error}" if play.error else ""
    length = ui.duration(play.duration_ms)
    return f"{what}, from {_clock(play.started_at, stretch)} for {length}, {how}{error}"


def _moment(at: datetime, stretch: Stretch) -> str:
    return f"{ui.day(at, stretch.tz)} {ui.clock(at, stretch.tz)}"


def _clock(at: datetime, stretch: Stretch) -> str:
    return f"{at.astimezone(stretch.tz):%H:%M:%S}"
