"""Content states: one word for where a content is in its life, and the reason in a sentence."""

from datetime import datetime, timedelta
from typing import Literal, Protocol

State = Literal[
    "live", "draft", "in_review", "rejected", "scheduled", "expired", "recalled", "archived"
]
SOON = timedelta(days=30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Facts(Protocol):
    """What a state follows from."""

    @property
    def archived_at(self) -> datetime | None:
        """Since when it is put away."""

    @property
    def recalled_at(self) -> datetime | None:
        """Since when it is off every screen."""

    @property
    def recall_reason(self) -> str:
        """Why, if somebody said."""

    @property
    def approval_state(self) -> str:
        """How the newest version stands."""

    @property
    def rejection_reason(self) -> str | None:
        """Why it may not play."""

    @property
    def submitter(self) -> str | None:
        """Who asked for approval."""

    @property
    def version(self) -> int:
        """The newest version."""

    @property
    def live_version(self) -> int | None:
        """What plays now."""

    @property
    def next_version(self) -> int | None:
        """What plays next."""

    @property
    def next_live_from(self) -> datetime | None:
        """From when."""

    @property
    def valid_from(self) -> datetime | None:
        """The first instant it may play."""

    @property
    def valid_until(self) -> datetime | None:
        """The first instant it may not."""


def of(content: Facts, now: datetime) -> tuple[State, str]:
    """Return the word and the sentence; what needs somebody to act comes before what just plays."""
    if content.archived_at is not None:
        return "archived", f"Archived {away(content.archived_at, now)}"
    if content.recalled_at is not None:
        why = f": {content.recall_reason}" if content.recall_reason else ""
        return "recalled", f"Recalled {away(content.recalled_at, now)}{why}"
    if content.approval_state != "approved":
        return _undecided(content)
    return _approved(content, now)


def away(at: datetime, now: datetime) -> str:
    """Return how far an instant is, in one unit: in 3 days, 2 hours ago, in less than an hour."""
    span = abs(at - now)
    if span < HOUR:
        return "in less than an hour" if at > now else "less than an hour ago"
    count, unit = (span // HOUR, "hour") if span < DAY else (span // DAY, "day")
    text = f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"in {text}" if at > now else f"{text} ago"


def _undecided(content: Facts) -> tuple[State, str]:
    plays_on = f", version {content.live_version} plays on" if content.live_version else ""
    subject = f"Version {content.version}: " if content.live_version else ""
    if content.approval_state == "in_review":
        who = f"somebody other than {content.submitter}" if content.submitter else "a manager"
        return "in_review", f"{subject}Waiting for approval by {who}{plays_on}"
    if content.approval_state == "rejected":
        return "rejected", f"{subject}Rejected: {content.rejection_reason}{plays_on}"
    return "draft", f"{subject}Draft, not submitted yet{plays_on}"


def _approved(content: Facts, now: datetime) -> tuple[State, str]:
    if content.valid_until is not None and content.valid_until <= now:
        return "expired", f"Expired {away(content.valid_until, now)}"
    if content.live_version is None and content.next_live_from is not None:
        return "scheduled", f"Goes live {away(content.next_live_from, now)}"
    if content.valid_from is not None and content.valid_from > now:
        return "scheduled", f"Starts {away(content.valid_from, now)}"
    return "live", _what_comes(content, now)


def _what_comes(content: Facts, now: datetime) -> str:
    if content.valid_until is not None and content.valid_until - now <= SOON:
        return f"Expires {away(content.valid_until, now)}"
    if content.next_live_from is not None:
        return f"Version {content.next_version} goes live {away(content.next_live_from, now)}"
    return ""
