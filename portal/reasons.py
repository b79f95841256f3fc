"""Reasons: why a screen plays what it plays, as the entries of the "Why is this playing?" list."""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from portal import ui, words
from signage.explanations import Explanation, Verdict

SHORTEST_DAY = timedelta(hours=23)
"""The shortest day there is: the one on which clocks go forward."""
REACH = {
    "fleet": "the whole fleet",
    "store": "this store",
    "group": "a group of this screen",
    "device": "this screen only",
}
VERDICTS = {
    "schedule_beats_assignment": ("Fallback", "Plays only when no schedule applies."),
    "takeover": ("Outranked", "A takeover comes before every other schedule."),
    "lower_layer": ("Outranked", "What is meant for fewer screens comes first."),
    "lower_priority": ("Outranked", "Its priority is lower."),
    "lower_group_rank": ("Outranked", "Its group has a lower rank."),
    "earlier_start": ("Outranked", "Of two alike the one that started later plays."),
    "created_earlier": ("Outranked", "Of two alike the one that was made later plays."),
    "smaller_id": ("Outranked", "Both were made in the same instant."),
    "disabled": ("Disabled", "It is switched off."),
    "outside_hours": ("Not now", "It plays today, at other hours."),
    "not_on_this_date": ("Not today", "It has no occurrence on this date."),
    "store_closed": ("Store closed", "It plays only while the store is open."),
}
"""What each rule of ``signage.planning`` that beats a source is called, and in a sentence."""


def entries(explained: Explanation, zone: tzinfo, *, links: bool = False) -> list[dict[str, Any]]:
    """Return the winner, then every loser with the rule that beat it, in the store's own time.

    ``links`` lead to the schedules and playlists, for who may open those.
    """
    winner = explained.winner
    if winner.kind == "nothing":
        first = {
            "title": "Nothing is assigned",
            "text": "No schedule applies and no playlist is always on here.",
            "verdict": "Fallback",
            "tone": "warn",
            "wins": False,
        }
    else:
        first = _entry(winner, zone) | {"verdict": "Plays", "tone": "ok", "wins": True}
    lost = [_lost(loser, zone) for loser in explained.losers]
    if not links:
        return [first, *lost]
    verdicts = [winner, *explained.losers]
    return [
        entry | {"href": _href(verdict)}
        for entry, verdict in zip([first, *lost], verdicts, strict=True)
    ]


def _href(verdict: Verdict) -> str:
    if verdict.kind == "schedule":
        return f"/schedules/{verdict.id}"
    return f"/playlists/{verdict.playlist_id}" if verdict.playlist_id else ""


def _lost(loser: Verdict, zone: tzinfo) -> dict[str, Any]:
    entry = _entry(loser, zone)
    if loser.reason is None:
        return entry | {"verdict": "Outranked", "tone": "off", "wins": False}
    unknown = ("Skipped", words.sentence(loser.reason.text))
    verdict, why = VERDICTS.get(loser.reason.code, unknown)
    detail = f" ({loser.reason.text})" if loser.reason.code.startswith("lower_p") else ""
    text = f"{why.removesuffix('.')}{detail}. {entry['text']}"
    return entry | {"verdict": verdict, "tone": "off", "wins": False, "text": text}


def _entry(verdict: Verdict, zone: tzinfo) -> dict[str, Any]:
    reach = REACH[verdict.layer] if verdict.layer else ""
    if verdict.kind == "assignment":
        return {"title": verdict.playlist, "text": f"Always on for {reach}."}
    window = verdict.window
    hours = _hours(window.from_, window.until, zone) if window else ""
    return {
        "title": _title(verdict),
        "text": f"Schedule for {reach}, priority {verdict.priority}{hours}.",
    }


def _title(verdict: Verdict) -> str:
    same = verdict.name in (verdict.playlist, f"Takeover: {verdict.playlist}")
    return verdict.name if same else f"{verdict.name}: {verdict.playlist}"


def _hours(start: datetime | None, end: datetime | None, zone: tzinfo) -> str:
    if start is None or end is None:
        return ""
    if end - start >= SHORTEST_DAY and ui.clock(start, zone) == ui.clock(end, zone) == "00:00":
        return f", all day on {ui.day(start, zone)}"
    return f", {ui.day(start, zone)} {ui.clock(start, zone)} to {ui.clock(end, zone)}"
