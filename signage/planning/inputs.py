"""Inputs: everything a plan depends on, as plain frozen values. Times are aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal
from uuid import UUID

from signage.planning.opening import Store
from signage.planning.recurrence import Pattern

Layer = Literal["device", "group", "store", "fleet"]
"""What the target is, most specific first."""

Kind = Literal["image", "video", "url"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A playlist in windows, on one target that the device is, or is in.

    ``group_rank`` is the rank of the target group, 0 in other layers. ``timezone`` None means the
    store's. ``name`` is for explanations; it enters no plan.
    """

    id: UUID
    name: str
    playlist_id: UUID
    layer: Layer
    created_at: datetime
    starts_on: date
    start_time: time | None = None
    end_time: time | None = None
    all_day: bool = False
    ends_on: date | None = None
    rrule: str | None = None
    exdates: tuple[date, ...] = ()
    rdates: tuple[date, ...] = ()
    timezone: str | None = None
    group_rank: int = 0
    priority: int = 50
    takeover: bool = False
    only_when_open: bool = False
    enabled: bool = True

    @property
    def pattern(self) -> Pattern:
        """When it plays, in wall-clock terms."""
        return Pattern(
            self.starts_on,
            self.start_time,
            self.end_time,
            self.all_day,
            self.ends_on,
            self.rrule,
            self.exdates,
            self.rdates,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The always-on playlist of one target that the device is, or is in."""

    id: UUID
    playlist_id: UUID
    layer: Layer
    group_rank: int = 0


Source = Schedule | Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentVersion:
    """One version's bytes. A web page has ``url``, no ``sha256`` and 0 ``bytes``."""

    id: UUID
    version: int
    mime: str
    sha256: str | None = None
    bytes: int = 0
    url: str | None = None
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """From when a version is the one that floating items play."""

    live_from: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One content with the versions that may be needed, and which is live from when.

    ``valid_from`` is the first instant it may play, ``valid_until`` the first it may not.
    """

    id: UUID
    kind: Kind
    versions: tuple[ContentVersion, ...]
    publications: tuple[Publication, ...] = ()
    campaign_id: UUID | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    approved: bool = True
    archived: bool = False
    recalled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistItem:
    """One content or nested playlist at its place; exactly one of the two ids is given."""

    id: UUID
    content_id: UUID | None = None
    playlist_id: UUID | None = None
    pinned_version: int | None = None
    duration_ms: int | None = None
    weight: int = 1
    campaign_id: UUID | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Playlist:
    """The live edition of a playlist, its items in order."""

    id: UUID
    items: tuple[PlaylistItem, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """The playlists that are named, those nested in them, and their content.

    What is missing here counts as a playlist without items, or as content that is archived.
    """

    playlists: Mapping[UUID, Playlist] = field(default_factory=dict)
    content: Mapping[UUID, Content] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that applies to a device. Devices whose inputs are equal share one plan."""

    store: Store
    schedules: tuple[Schedule, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    library: Library = field(default_factory=Library)
