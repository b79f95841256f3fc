"""The plan document: what a player is given, byte for byte the same for the same inputs.

Its form is the device protocol's. It holds no name and no time of generation, so it changes only
when something that matters changes, or a day begins.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from signage.planning import loops
from signage.planning.inputs import Inputs, Schedule, Source
from signage.planning.intervals import Interval
from signage.planning.loops import Entry
from signage.planning.resolution import Scope, Window, resolve_scope

VERSION: Final = 1
DAYS_PAST_NEXT_BOUNDARY: Final = 3
ETAG_CHARS: Final = 32
ITEM_ID_CHARS: Final = 32

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What an item_id stands for: a play that names it is counted for these.

    Exactly one of ``schedule_id`` and ``assignment_id`` is given. ``playlist_id`` is the playlist
    that holds the item, which may be nested in the one that was scheduled.
    """

    item_id: str
    schedule_id: UUID | None
    assignment_id: UUID | None
    playlist_id: UUID
    playlist_item_id: UUID
    content_id: UUID
    content_version_id: UUID
    version: int
    campaign_id: UUID | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is kept and served: ``body`` is ``document`` as bytes, ``etag`` their hash."""

    since: datetime
    until: datetime
    document: Json
    body: bytes
    etag: str
    items: tuple[PlanItem, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What plans from one library on one UTC day have in common, so that it is worked out once."""

    playable: dict[UUID, list[Interval]] = field(default_factory=dict)
    loops: dict[UUID, list[Entry]] = field(default_factory=dict)


def build(inputs: Inputs, now: datetime, memory: Memory | None = None) -> Plan:
    """Return the plan for the horizon that ``now``, an aware instant, falls into.

    A ``memory`` may be given to calls with the very same library and day, and to no others.
    """
    since, until = horizon(now)
    shelf = _Shelf(inputs, since, until, memory or Memory())
    document: Json = {
        "version": VERSION,
        "from": instant(since),
        "until": instant(until),
        "timezone": inputs.store.timezone,
        "windows": [_window(shelf, window) for window in resolve_scope(shelf.scope())],
        "playlists": shelf.playlists,
        "content": shelf.content,
    }
    body = canonical(document)
    etag = hashlib.sha256(body).hexdigest()[:ETAG_CHARS]
    return Plan(since, until, document, body, etag, tuple(shelf.items.values()))


def horizon(now: datetime) -> tuple[datetime, datetime]:
    """Return the last UTC midnight and the one 72 hours past the next."""
    since = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return since, since + timedelta(days=1 + DAYS_PAST_NEXT_BOUNDARY)


def canonical(document: Json) -> bytes:
    """Return the one way to write a document: sorted keys, no spaces, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def instant(at: datetime) -> str:
    """Return it in RFC 3339, in UTC, to the second or, where it has a fraction, the millisecond."""
    form = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=form) + "Z"


def item_id(source: Source, entry: Entry) -> str:
    """Return the hash of (source, playlist item, content version, campaign, duration)."""
    named = (
        source.id,
        entry.playlist_item_id,
        entry.version.id,
        entry.campaign_id or "",
        entry.duration_ms,
    )
    return hashlib.sha256("|".join(map(str, named)).encode()).hexdigest()[:ITEM_ID_CHARS]


@dataclass(slots=True)
class _Shelf:
    """What the windows name, numbered in the order of first use."""

    inputs: Inputs
    since: datetime
    until: datetime
    memory: Memory
    playlists: Json = field(default_factory=dict)
    content: Json = field(default_factory=dict)
    items: dict[str, PlanItem] = field(default_factory=dict)
    playlist_keys: dict[UUID, str] = field(default_factory=dict)
    content_keys: dict[UUID, str] = field(default_factory=dict)

    def scope(self) -> Scope:
        return Scope(self.inputs, self.since, self.until, self.memory.playable)

    def loop(self, playlist_id: UUID) -> list[Entry]:
        known = self.memory.loops
        if playlist_id not in known:
            known[playlist_id] = loops.flatten(
                self.inputs.library, playlist_id, self.since, self.until
            )
        return known[playlist_id]


def _window(shelf: _Shelf, window: Window) -> Json:
    source = window.source
    return {
        "from": instant(window.start),
        "until": instant(window.end),
        "anchor": instant(window.anchor),
        "playlist": _playlist_key(shelf, source),
        "schedule_id": str(source.id) if isinstance(source, Schedule) else None,
        "layer": source.layer,
        "takeover": isinstance(source, Schedule) and source.takeover,
    }


def _playlist_key(shelf: _Shelf, source: Source) -> str:
    # One entry per source, not per playlist, because the item_ids in it depend on the source.
    if source.id not in shelf.playlist_keys:
        key = shelf.playlist_keys[source.id] = f"p{len(shelf.playlist_keys) + 1}"
        shelf.playlists[key] = {
            "playlist_id": str(source.playlist_id),
            "items": [_item(shelf, source, entry) for entry in shelf.loop(source.playlist_id)],
        }
    return shelf.playlist_keys[source.id]


def _item(shelf: _Shelf, source: Source, entry: Entry) -> Json:
    named = item_id(source, entry)
    shelf.items.setdefault(named, _plan_item(named, source, entry))
    return {
        "item_id": named,
        "content": _content_key(shelf, entry),
        "duration_ms": entry.duration_ms,
        "not_before": instant(entry.not_before) if entry.not_before else None,
        "not_after": instant(entry.not_after) if entry.not_after else None,
    }


def _plan_item(named: str, source: Source, entry: Entry) -> PlanItem:
    scheduled = isinstance(source, Schedule)
    return PlanItem(
        item_id=named,
        schedule_id=source.id if scheduled else None,
        assignment_id=None if scheduled else source.id,
        playlist_id=entry.playlist_id,
        playlist_item_id=entry.playlist_item_id,
        content_id=entry.content.id,
        content_version_id=entry.version.id,
        version=entry.version.version,
        campaign_id=entry.campaign_id,
        duration_ms=entry.duration_ms,
    )


def _content_key(shelf: _Shelf, entry: Entry) -> str:
    version = entry.version
    if version.id not in shelf.content_keys:
        key = shelf.content_keys[version.id] = f"c{len(shelf.content_keys) + 1}"
        shelf.content[key] = {
            "content_id": str(entry.content.id),
            "version": version.version,
            "kind": entry.content.kind,
            "url": version.url or f"/v1/device/content/{version.sha256}",
            "sha256": version.sha256,
            "bytes": version.bytes,
            "mime": version.mime,
            "duration_ms": version.duration_ms,
            "width": version.width,
            "height": version.height,
        }
    return shelf.content_keys[version.id]
