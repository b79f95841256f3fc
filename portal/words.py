"""The status words of the portal: how a state's code reads, and which tone it takes."""

from typing import Literal

Tone = Literal["", "ok", "warn", "crit", "info", "off"]

_CODES: dict[Tone, tuple[str, ...]] = {
    "ok": (
        "online", "healthy", "playing", "plays", "active", "approved", "published", "live",
        "done", "completed", "resolved", "redeemed", "up_to_date", "on_plan", "counted", "sealed",
    ),
    "warn": (
        "degraded", "warning", "clock_drift", "behind_plan", "plan_lag", "pending", "waiting",
        "in_review", "partial", "acknowledged", "snoozed", "expiring", "interrupted", "conflict",
        "fallback", "late", "behind", "storage",
    ),
    "crit": (
        "offline", "critical", "failed", "rejected", "denied", "open", "revoked", "recalled",
        "taken_over", "content_failed", "hardware_failed", "never_plays", "expired",
    ),
    "info": (
        "info", "scheduled", "not_yet", "queued", "delivered", "processing", "new", "never_seen",
        "takeover", "upcoming", "running",
    ),
    "off": (
        "draft", "retired", "disabled", "archived", "ended", "outranked", "skipped", "paused",
        "unknown", "closed", "unused",
    ),
}  # fmt: skip

TONES: dict[str, Tone] = {code: tone for tone, codes in _CODES.items() for code in codes}


def tone(code: str) -> Tone:
    """The tone of a state's code, whatever its case; nothing is claimed of an unknown one."""
    return TONES.get(code.strip().lower().replace(" ", "_"), "off")


def sentence(code: str) -> str:
    """A code as words: clock_drift becomes Clock drift; words stay as they are."""
    text = code.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
