"""A campaign's pace in words: how far ahead of its plan it is, or behind."""

from datetime import date

import msgspec

from portal.words import Tone
from signage.campaign_standings import Standing

ON_PACE_WITHIN = 0.01
BADLY_BEHIND_PERCENT = 10
WHOLE_PERCENT = 100


class Pace(msgspec.Struct, frozen=True):
    """What is said of it, and in which tone; no words where nothing can be said."""

    words: str
    tone: Tone


def describe(campaign: Standing) -> Pace:
    """Return ``4% behind``, ``12% ahead`` or ``On pace``; once it is over, by how much it fell
    short or went over."""
    if campaign.pace is None:
        return Pace("", "off")
    ended = campaign.state == "ended"
    off = campaign.pace - 1
    if abs(off) < ON_PACE_WITHIN:
        return Pace("As planned" if ended else "On pace", "ok")
    percent = max(1, round(abs(off) * WHOLE_PERCENT))
    if off > 0:
        return Pace(f"{percent}% {'over' if ended else 'ahead'}", "ok")
    tone: Tone = "crit" if percent >= BADLY_BEHIND_PERCENT else "warn"
    return Pace(f"{percent}% {'short' if ended else 'behind'}", tone)


def planned_a_day(campaign: Standing) -> float | None:
    """Return the planned plays of one day, None without dates or plan."""
    if campaign.planned_plays is None or campaign.starts_on is None or campaign.ends_on is None:
        return None
    return campaign.planned_plays / ((campaign.ends_on - campaign.starts_on).days + 1)


def runs_on(campaign: Standing, day: date) -> bool:
    """Return whether the day is one of the campaign's."""
    return (campaign.starts_on or day) <= day <= (campaign.ends_on or day)
