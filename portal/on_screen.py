"""On screen: which content of its plan a screen says it shows, and since when."""

from datetime import datetime
from typing import Any

import msgspec

from signage.plans import Plan


class OnScreen(msgspec.Struct, frozen=True):
    """What is shown; without ``content_id`` it is nothing of the plan that is due."""

    content_id: str | None = None
    since: datetime | None = None


def find(playing: dict[str, Any] | None, plan: Plan) -> OnScreen:
    """Return what a heartbeat named as playing, looked up in the plan that is due now."""
    if playing is None:
        return OnScreen()
    started_at = playing.get("started_at")
    return OnScreen(
        content_id=_content_id(plan.document(), playing["item_id"]),
        since=datetime.fromisoformat(started_at) if started_at else None,
    )


def _content_id(document: dict[str, Any], item_id: str) -> str | None:
    for playlist in document["playlists"].values():
        for item in playlist["items"]:
            if item["item_id"] == item_id:
                found: str = document["content"][item["content"]]["content_id"]
                return found
    return None
