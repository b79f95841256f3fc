"""Loops: what is inside a playlist once nested playlists, weights and validity are worked out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, chain, groupby, islice, zip_longest
from operator import attrgetter
from typing import Final
from uuid import UUID

from signage.planning import intervals
from signage.planning.inputs import Content, ContentVersion, Library, PlaylistItem
from signage.planning.intervals import Interval

DEFAULT_DURATION_MS: Final = 10_000
LOOP_MAX_ENTRIES: Final = 10_000
NESTING_MAX: Final = 20

Reason = tuple[str, str]
"""A code for programs and a text for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in a loop. ``playlist_id`` is the playlist that holds the item, maybe nested.

    ``not_before`` and ``not_after`` are None where nothing changes within the span asked for.
    """

    playlist_id: UUID
    playlist_item_id: UUID
    content: Content
    version: ContentVersion
    campaign_id: UUID | None
    duration_ms: int
    not_before: datetime | None
    not_after: datetime | None


def flatten(library: Library, playlist_id: UUID, since: datetime, until: datetime) -> list[Entry]:
    """Return the loop with everything that may play at some time within [since, until).

    A playlist that holds itself is left out there, and what is nested deeper than ``NESTING_MAX``;
    a loop is cut at ``LOOP_MAX_ENTRIES``.
    """
    walk = _Walk(library, (since, until), {})
    return _loop(walk, playlist_id, walk.horizon, 0)


def playable(
    library: Library, playlist_id: UUID, since: datetime, until: datetime
) -> list[Interval]:
    """Return when, within [since, until), at least one item of the playlist may play."""
    found: list[Interval] = []
    for item, span in _leaves(library, playlist_id, (since, until), set(), 0):
        for _, airing in _airings(_content(library, item), item, span):
            if airing == (since, until):
                return [airing]
            found.append(airing)
    return intervals.union(found)


def spread(weights: Sequence[int]) -> list[int]:
    """Return the order of a loop in which index i stands ``weights[i]`` times, evenly spread.

    Evenly means round the loop, whose end meets its beginning. The heaviest are placed first, each
    copy in the first free slot from where it ought to be; what stands once keeps its order.
    """
    size = sum(weights)
    if size == len(weights):
        return list(range(size))
    placed = [-1] * size
    free = list(range(size + 1))
    begins = list(accumulate(weights, initial=0))
    for index in sorted(range(len(weights)), key=lambda i: -weights[i]):
        weight = weights[index]
        for copy in range(weight):
            wanted = (begins[index] + copy * size // weight) % size if weight > 1 else 0
            placed[_take(free, wanted)] = index
    return placed


def why_silent(library: Library, playlist_id: UUID, at: datetime) -> Reason:
    """Return code and text for a playlist that has nothing to play at an instant."""
    reasons = {
        _unfit(_content(library, item), span, at)
        for item, span in _leaves(library, playlist_id, _EVER, set(), 0)
    }
    if not reasons:
        return "playlist_empty", "playlist is empty"
    if len(reasons) == 1:
        return reasons.pop()
    texts = ", ".join(sorted(text for _, text in reasons))
    return "nothing_playable", f"nothing in the playlist may play: {texts}"


_EVER: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class _Walk:
    library: Library
    horizon: Interval
    made: dict[tuple[UUID, Interval], list[Entry]]


def _loop(walk: _Walk, playlist_id: UUID, span: Interval, depth: int) -> list[Entry]:
    key = (playlist_id, span)
    playlist = walk.library.playlists.get(playlist_id)
    if playlist is None or depth > NESTING_MAX:
        return []
    if key not in walk.made:
        walk.made[key] = []  # So a playlist that holds itself finds itself empty.
        blocks = [
            (item.weight, _block(walk, playlist_id, item, span, depth)) for item in playlist.items
        ]
        blocks = [(weight, block) for weight, block in blocks if block]
        order = spread([weight for weight, _ in blocks])
        entries = chain.from_iterable(blocks[index][1] for index in order)
        walk.made[key] = list(islice(entries, LOOP_MAX_ENTRIES))
    return walk.made[key]


def _block(
    walk: _Walk, playlist_id: UUID, item: PlaylistItem, span: Interval, depth: int
) -> list[Entry]:
    within = _clip(span, item.not_before, item.not_after)
    if item.playlist_id is not None:
        return _loop(walk, item.playlist_id, within, depth + 1)
    content = _content(walk.library, item)
    if content is None:
        return []
    return [
        _entry(walk, playlist_id, item, content, version, airing)
        for version, airing in _airings(content, item, within)
    ]


def _entry(
    walk: _Walk,
    playlist_id: UUID,
    item: PlaylistItem,
    content: Content,
    version: ContentVersion,
    airing: Interval,
) -> Entry:
    own_ms = version.duration_ms if content.kind == "video" else None
    return Entry(
        playlist_id=playlist_id,
        playlist_item_id=item.id,
        content=content,
        version=version,
        campaign_id=item.campaign_id or content.campaign_id,
        duration_ms=item.duration_ms or own_ms or DEFAULT_DURATION_MS,
        not_before=airing[0] if airing[0] > walk.horizon[0] else None,
        not_after=airing[1] if airing[1] < walk.horizon[1] else None,
    )


def _leaves(
    library: Library,
    playlist_id: UUID,
    span: Interval,
    seen: set[tuple[UUID, Interval]],
    depth: int,
) -> Iterator[tuple[PlaylistItem, Interval]]:
    seen.add((playlist_id, span))
    playlist = library.playlists.get(playlist_id)
    if playlist is None or depth > NESTING_MAX:
        return
    for item in playlist.items:
        within = _clip(span, item.not_before, item.not_after)
        if item.playlist_id is None:
            yield item, within
        elif (item.playlist_id, within) not in seen:
            yield from _leaves(library, item.playlist_id, within, seen, depth + 1)


def _content(library: Library, item: PlaylistItem) -> Content | None:
    return None if item.content_id is None else library.content.get(item.content_id)


def _airings(
    content: Content | None, item: PlaylistItem, span: Interval
) -> Iterator[tuple[ContentVersion, Interval]]:
    if content is None or content.archived or content.recalled or not content.approved:
        return
    start, end = _clip(span, content.valid_from, content.valid_until)
    for version, (live_from, live_until) in _live(content, item.pinned_version):
        airing = (max(start, live_from), min(end, live_until))
        if airing[0] < airing[1]:
            yield version, airing


def _live(content: Content, pinned: int | None) -> Iterator[tuple[ContentVersion, Interval]]:
    versions = {version.version: version for version in content.versions}
    if pinned is not None:
        if pinned in versions:
            yield versions[pinned], _EVER
        return
    runs = content.publications
    if len(runs) > 1:
        in_order = sorted(runs, key=attrgetter("live_from"))
        runs = tuple(next(run) for _, run in groupby(in_order, key=attrgetter("version")))
    for current, following in zip_longest(runs, runs[1:]):
        if current.version in versions:
            end = following.live_from if following else _EVER[1]
            yield versions[current.version], (current.live_from, end)


def _clip(span: Interval, start: datetime | None, end: datetime | None) -> Interval:
    if start is None and end is None:
        return span
    return max(span[0], start or span[0]), min(span[1], end or span[1])


def _unfit(content: Content | None, span: Interval, at: datetime) -> Reason:
    if content is None:
        return "content_archived", "content archived"
    tests: dict[Reason, bool] = {
        ("content_archived", "content archived"): content.archived,
        ("content_recalled", "content recalled"): content.recalled,
        ("content_unapproved", "content not approved"): not content.approved,
        ("content_expired", "content expired"): (content.valid_until or _EVER[1]) <= at,
        ("content_not_yet_valid", "content not yet valid"): (content.valid_from or at) > at,
        ("item_outside_dates", "outside the item's dates"): not span[0] <= at < span[1],
    }
    otherwise = ("content_unpublished", "content has no version to play")
    return next((reason for reason, applies in tests.items() if applies), otherwise)


def _take(free: list[int], wanted: int) -> int:
    # free[slot] leads towards the first free slot at or after it; the last index stands for none.
    taken = _first_free(free, wanted)
    if taken == len(free) - 1:
        taken = _first_free(free, 0)
    free[taken] = taken + 1
    return taken


def _first_free(free: list[int], slot: int) -> int:
    while free[slot] != slot:
        free[slot] = free[free[slot]]
        slot = free[slot]
    return slot
