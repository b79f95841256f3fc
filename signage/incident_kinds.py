"""Kinds of incidents: what each is called, what to do about it, and its evidence in words."""

from datetime import datetime
from typing import Any

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """``title`` names it in a list, ``advice`` is the sentence that says what to do."""

    title: str
    advice: str


KINDS: dict[str, Kind] = {
    "offline": Kind(
        "Offline",
        "Check its power and its network. If it runs, look at the screen: it says what it misses.",
    ),
    "never_came_online": Kind(
        "Never came online",
        "See whether it was put up and switched on. If the hardware is another, pair that one as"
        " the replacement of this screen.",
    ),
    "plan_out_of_date": Kind(
        "Plan out of date",
        "Send it the command to fetch the plan. If it stays behind, restart the player.",
    ),
    "playing_nothing": Kind(
        "Playing nothing",
        "Ask for a screenshot and look at its last error. Restarting the player often helps.",
    ),
    "silent": Kind(
        "No plays reported",
        "Look whether it plays. If it does, its plays may wait on its disk: restart the player.",
    ),
    "playback_errors": Kind(
        "Playback errors",
        "See which content fails, and replace it with a file that this player can decode.",
    ),
    "disk_nearly_full": Kind(
        "Disk nearly full",
        "Send it the command to clear its cache, or free space on the machine.",
    ),
    "clock_off": Kind(
        "Clock off",
        "Set its time by a time server. Until then its plays are counted at the corrected time.",
    ),
    "restart_loop": Kind(
        "Restart loop",
        "Look at its last error and its power supply. A device that gets too hot restarts too.",
    ),
    "content_not_downloaded": Kind(
        "Content not downloaded",
        "See whether its network is fast enough and its disk has room for the files of its plan.",
    ),
    "cloned_identity": Kind(
        "Copied identity",
        "Find the two machines. Pair one anew, and the right one as a replacement of this screen.",
    ),
    "refresh_token_reused": Kind(
        "Token used twice",
        "Its tokens were stopped. Find out who had the old one, then pair the screen again.",
    ),
    "ingestion_gap": Kind(
        "Events missing",
        "They may still be on the screen: see whether it was offline or was installed again.",
    ),
    "content_failed": Kind(
        "Content fails",
        "Replace what fails with a lighter file, or restart the player.",
    ),
    "store_outage": Kind(
        "Store outage",
        "Its screens went at once: ask the store about its power and its line before you go.",
    ),
}

LABELS = {
    "last_seen_at": "Last heard of",
    "paired_at": "Paired",
    "plan_etag": "Plan it is due",
    "plan_etag_reported": "Plan it holds",
    "last_error": "Its last error",
    "last_play_at": "Last play",
    "clock_offset_ms": "Clock is off by",
    "disk_used_bytes": "Disk in use",
    "disk_total_bytes": "Disk in all",
    "files_missing": "Files missing",
    "failed": "Plays that failed",
    "plays": "Plays in all",
    "restarts": "Restarts in the last hour",
    "offline": "Screens offline",
    "screens": "Screens of the store",
    "missing": "Events missing",
    "since": "Since",
    "returns": "Times they took turns",
}


def find(kind: str) -> Kind:
    """Return the kind; one that nobody described is named by its code."""
    plain = kind.replace("_", " ").strip().capitalize()
    return KINDS.get(kind) or Kind(plain, "Look at the screen, and write down what you find.")


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return what can be read of the evidence: its label, and a value with instants as such."""
    return [
        (LABELS.get(key, key.replace("_", " ").capitalize()), _value(value))
        for key, value in evidence.items()
        if value is not None and not isinstance(value, dict | list)
    ]


def _value(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 18 and value[4:5] == "-":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
