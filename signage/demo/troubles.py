"""What goes wrong on the demo's screens, and how a play is told under it."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from signage.demo import chain
from signage.demo.chain import Screen
from signage.demo.diary import Diary
from signage.demo.fleet import Hung
from signage.demo.turns import MS, Turn

# The chance that a screen is without power for some hours of a day.
PLUG_PULLED = 0.09
# What becomes of a play on a healthy screen; the rest is completed.
INTERRUPTED = 0.006
SKIPPED = 0.0012
CONTENT_FAILED = 0.0006
HARDWARE_FAILED = 0.0003
CANNOT_DECODE_FAILED = 0.07
JITTER_MS = (-35, 25)
DECODER_ERROR = "The video decoder gave up: 0 frames in 4 s."
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Event = dict[str, Any]


def is_dark(hung: Hung, turn: Turn, diary: Diary) -> bool:
    """Return whether the screen had no power in the turn, or is still in the middle of it."""
    if hung.screen == chain.NEVER_TURNED_ON or turn.ends_at > last_seen_at(hung, diary):
        return True
    local = turn.starts_at.astimezone(ZoneInfo(hung.shop.timezone))
    if hung.screen == chain.OFF_FOR_A_DAY and local.date() == diary.day(-chain.OFF_DAYS_AGO):
        return True
    return local.hour in _hours_off(hung.screen, local.date())


def fetches(hung: Hung, at: datetime, diary: Diary) -> bool:
    """Return whether the screen fetches the plan that it becomes due at the instant."""
    behind = hung.screen == chain.BEHIND_PLAN and at.date() == diary.today
    never = hung.screen == chain.NEVER_TURNED_ON
    return not behind and not never and at <= last_seen_at(hung, diary)


def is_cut_off(hung: Hung, at: datetime, diary: Diary) -> bool:
    """Return whether the store had no network at the instant: its screens played, unheard."""
    older, younger = chain.WITHOUT_NETWORK_H
    in_span = diary.ago(hours=older) <= at < diary.ago(hours=younger)
    return hung.shop.code == chain.WITHOUT_NETWORK and in_span


def last_seen_at(hung: Hung, diary: Diary) -> datetime:
    """Return when the screen was last heard of; healthy ones were within the last minute."""
    if hung.screen in chain.OFFLINE_FOR_H:
        return diary.ago(hours=chain.OFFLINE_FOR_H[hung.screen])
    return diary.ago(seconds=chain.LATE_BY_S.get(hung.screen, 4 + hung.number * 11 % 50))


def tell(hung: Hung, turn: Turn, etag: str, seq: int, chance: Random) -> Event:
    """Return the proof of one turn as the screen's player would send it."""
    result = _result(hung, turn, chance)
    offset_ms = chain.CLOCK_OFFSET_MS if hung.screen == chain.CLOCK_OFF else 0
    event = {
        "event_id": str(_event_id(turn.starts_at, chance)),
        "event_type": "play",
        "result": result,
        "started_at": (turn.starts_at - offset_ms * MS).isoformat(timespec="milliseconds"),
        "duration_ms": _shown_ms(turn, result, chance),
        "item_id": turn.item_id,
        "plan_etag": etag,
        "planned_duration_ms": turn.planned // MS,
        "clock_offset_ms": offset_ms,
        "player_version": hung.player_version,
        "seq": seq,
    }
    return event | {"error": DECODER_ERROR} if result == "content_failed" else event


def nonsense(hung: Hung, at: datetime, chance: Random) -> list[Event]:
    """Return what a player with a fault sends: events that are refused, each for its reason."""
    whole = {
        "event_type": "play",
        "result": "completed",
        "started_at": at.isoformat(timespec="milliseconds"),
        "duration_ms": 12_000,
        "item_id": "0" * 32,
        "player_version": hung.player_version,
    }
    wrong: list[Event] = [
        {},
        {"duration_ms": -40},
        {"started_at": (at + timedelta(days=30)).isoformat()},
        {"result": "finished"},
    ]
    return [whole | {"event_id": str(_event_id(at, chance))} | fields for fields in wrong]


@lru_cache(maxsize=1024)
def _hours_off(screen: Screen, day: date) -> range:
    """Return the local hours for which somebody had pulled the plug that day, mostly none."""
    chance = Random(f"{screen} {day}")  # noqa: S311 - chance only colours the demo
    if chance.random() > PLUG_PULLED:
        return range(0)
    first = chance.randint(6, 20)
    return range(first, first + chance.randint(1, 5))


def _result(hung: Hung, turn: Turn, chance: Random) -> str:
    if turn.shown < turn.planned * 0.95:
        return "interrupted"
    cannot_decode = hung.screen == chain.CANNOT_DECODE
    weights = {
        "content_failed": CANNOT_DECODE_FAILED if cannot_decode else CONTENT_FAILED,
        "interrupted": INTERRUPTED,
        "skipped": SKIPPED,
        "hardware_failed": HARDWARE_FAILED,
    }
    drawn = chance.random()
    for result, weight in weights.items():
        if drawn < weight:
            return result
        drawn -= weight
    return "completed"


def _shown_ms(turn: Turn, result: str, chance: Random) -> int:
    shown_ms = turn.shown // MS
    if result == "completed":
        return shown_ms + chance.randint(*JITTER_MS)
    if result == "interrupted" and turn.shown == turn.planned:
        return round(shown_ms * chance.uniform(0.05, 0.9))
    return shown_ms if result == "interrupted" else 0


def _event_id(at: datetime, chance: Random) -> UUID:
    # A UUIDv7 of the play's own time, as a player makes it; RFC 9562 section 5.7.
    head = (at - EPOCH) // MS << 80 | 7 << 76 | chance.getrandbits(12) << 64
    return UUID(int=head | 2 << 62 | chance.getrandbits(62))
