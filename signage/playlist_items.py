"""Playlist items: one content or nested playlist at one place of a playlist."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import playlist_nesting
from signage.errors import FieldError, Invalid, Stale
from signage.ids import new_id
from signage.values import Instant, SmallInteger

ITEMS_MAX = 1000
DURATION_MIN_MS = 500
DURATION_MAX_MS = 24 * 3600 * 1000
WEIGHT_MAX = 10

Edition = Literal["draft", "live"]


class NewItem(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An item to save: exactly one of ``content_id`` and ``playlist_id``.

    Without ``duration_ms`` a video plays as long as it is, everything else 10 s. ``weight`` (1-10)
    is how many times it stands in the loop. ``id`` keeps an item what it was.
    """

    content_id: UUID | None = None
    playlist_id: UUID | None = None
    duration_ms: SmallInteger | None = None
    version: SmallInteger | None = None
    campaign_id: UUID | None = None
    not_before: Instant | None = None
    not_after: Instant | None = None
    weight: SmallInteger = 1
    id: UUID | None = None


class Item(msgspec.Struct, frozen=True):
    """An item as it stands, with what is shown of its content."""

    id: UUID
    position: int
    content_id: UUID | None
    playlist_id: UUID | None
    name: str
    kind: Literal["image", "video", "url", "playlist"]
    duration_ms: int | None
    own_duration_ms: int | None
    poster_sha256: str | None
    version: int | None
    campaign_id: UUID | None
    not_before: datetime | None
    not_after: datetime | None
    weight: int
    campaign: str | None = None

    def as_new(self) -> NewItem:
        """Return the item as it would be saved again, with its id."""
        return NewItem(**{name: getattr(self, name) for name in NewItem.__struct_fields__})


async def list_for(conn: asyncpg.Connection, playlist_id: UUID, edition: Edition) -> list[Item]:
    """Return the items of one edition in their order."""
    rows = await conn.fetch(
        f"""
        /* playlist_items.list_for */
        {SHOWN}
        WHERE i.playlist_id = $1 AND i.edition = $2
        ORDER BY i.position
        """,
        playlist_id,
        edition,
    )
    return [Item(**dict(row)) for row in rows]


async def replace(
    conn: asyncpg.Connection,
    playlist_id: UUID,
    items: list[NewItem],
    *,
    once: list[Item] | None = None,
) -> None:
    """Make the draft hold exactly these items; those equal to one that was there keep its id.

    ``once`` are items that it held before and may hold again under their ids, archived content
    included. Raises Invalid with a pointer to each wrong value, Conflict where a nested playlist
    would come to hold itself. Two statements, whatever the number of items.
    """
    before = await list_for(conn, playlist_id, "draft")
    held = [*before, *(once or [])]
    nested = [item.playlist_id for item in items if item.playlist_id is not None]
    await playlist_nesting.hold(conn, nested)
    await _check(conn, items, held)
    await playlist_nesting.refuse_cycle(conn, playlist_id, nested)
    ids = _kept_ids(before, items, {item.id for item in held})
    await conn.execute(
        "/* playlist_items.clear */ DELETE FROM playlist_items WHERE playlist_id = $1 "
        "AND edition = 'draft'",
        playlist_id,
    )
    await conn.execute(
        """
        /* playlist_items.replace */
        INSERT INTO playlist_items (edition, id, playlist_id, position, content_id,
            nested_playlist_id, pinned_version, duration_ms, weight, campaign_id, not_before,
            not_after)
        SELECT 'draft', n.id, $1, n.position - 1, n.content_id, n.playlist_id, n.version,
               n.duration_ms, n.weight, n.campaign_id, n.not_before, n.not_after
        FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::int[],
                    $8::uuid[], $9::timestamptz[], $10::timestamptz[]) WITH ORDINALITY
             AS n (id, content_id, playlist_id, version, duration_ms, weight, campaign_id,
                   not_before, not_after, position)
        """,
        playlist_id,
        ids,
        [item.content_id for item in items],
        [item.playlist_id for item in items],
        [item.version for item in items],
        [item.duration_ms for item in items],
        [item.weight for item in items],
        [item.campaign_id for item in items],
        [item.not_before for item in items],
        [item.not_after for item in items],
    )


async def reorder(conn: asyncpg.Connection, playlist_id: UUID, order: list[UUID]) -> None:
    """Put the draft's items in this order, in one statement whatever their number.

    Stale unless the order names each of them exactly once.
    """
    status = await conn.execute(
        """
        /* playlist_items.reorder */
        UPDATE playlist_items i SET position = n.position - 1
        FROM unnest($2::uuid[]) WITH ORDINALITY AS n (id, position)
        WHERE i.playlist_id = $1 AND i.edition = 'draft' AND i.id = n.id
              AND cardinality($2) = (SELECT count(DISTINCT o.id) FROM unnest($2::uuid[]) AS o (id))
              AND cardinality($2) = (SELECT count(*) FROM playlist_items a
                                     WHERE a.playlist_id = $1 AND a.edition = 'draft')
        """,
        playlist_id,
        order,
    )
    if int(status.split()[-1]) != len(order):
        raise Stale("The order does not name every item once. Load the playlist again.")


async def publish(conn: asyncpg.Connection, playlist_id: UUID) -> None:
    """Make the live edition equal to the draft, ids included."""
    await conn.execute(
        """
        /* playlist_items.unpublish */
        DELETE FROM playlist_items WHERE playlist_id = $1 AND edition = 'live'
        """,
        playlist_id,
    )
    await conn.execute(
        """
        /* playlist_items.publish */
        INSERT INTO playlist_items (edition, id, playlist_id, position, content_id,
            nested_playlist_id, pinned_version, duration_ms, weight, campaign_id, not_before,
            not_after)
        SELECT 'live', id, playlist_id, position, content_id, nested_playlist_id, pinned_version,
               duration_ms, weight, campaign_id, not_before, not_after
        FROM playlist_items WHERE playlist_id = $1 AND edition = 'draft'
        """,
        playlist_id,
    )


SHOWN = """
SELECT i.id, i.position, i.content_id, i.nested_playlist_id AS playlist_id,
       coalesce(c.name, n.name) AS name, coalesce(c.kind, 'playlist') AS kind,
       i.duration_ms, v.duration_ms AS own_duration_ms, v.poster_sha256,
       i.pinned_version AS version, i.campaign_id, g.name AS campaign, i.not_before, i.not_after,
       i.weight
FROM playlist_items i
LEFT JOIN content c ON c.id = i.content_id
LEFT JOIN content_versions v
       ON v.content_id = c.id AND v.version = coalesce(i.pinned_version, c.latest_version)
LEFT JOIN playlists n ON n.id = i.nested_playlist_id
LEFT JOIN campaigns g ON g.id = i.campaign_id"""


def _kept_ids(before: list[Item], items: list[NewItem], known: set[UUID]) -> list[UUID]:
    # Equal items keep their ids in order; an id that was sent counts only if it is one of ours.
    sent = {item.id for item in items}
    free: dict[object, list[UUID]] = {}
    for item in before:
        if item.id not in sent:
            free.setdefault(_identity(item), []).append(item.id)
    kept: list[UUID] = []
    for new in items:
        if new.id in known and new.id not in kept:
            kept.append(new.id)
        else:
            same = free.get(_identity(new))
            kept.append(same.pop(0) if same else new_id())
    return kept


def _identity(item: Item | NewItem) -> object:
    return (item.content_id, item.playlist_id, item.duration_ms, item.version, item.campaign_id)


async def _check(conn: asyncpg.Connection, items: list[NewItem], held: list[Item]) -> None:
    if len(items) > ITEMS_MAX:
        detail = f"A playlist holds at most {ITEMS_MAX} items. Nest playlists for more."
        raise Invalid.field("/items", "too_many_items", detail)
    errors = [error for index, item in enumerate(items) for error in _check_item(index, item)]
    errors += await _unknown(conn, items, held)
    if errors:
        raise Invalid(errors)


def _check_item(index: int, item: NewItem) -> list[FieldError]:
    errors = []
    at = f"/items/{index}"
    if (item.content_id is None) == (item.playlist_id is None):
        detail = "An item is either a content or a playlist."
        errors.append(FieldError(at, "content_or_playlist", detail))
    if item.duration_ms is not None and not (
        DURATION_MIN_MS <= item.duration_ms <= DURATION_MAX_MS
    ):
        detail = "An item plays from half a second to 24 hours."
        errors.append(FieldError(f"{at}/duration_ms", "invalid_duration", detail))
    if not 1 <= item.weight <= WEIGHT_MAX:
        detail = f"A weight is from 1 to {WEIGHT_MAX}."
        errors.append(FieldError(f"{at}/weight", "invalid_weight", detail))
    if item.not_before and item.not_after and item.not_after <= item.not_before:
        detail = "An item cannot end before it starts."
        errors.append(FieldError(f"{at}/not_after", "ends_before_start", detail))
    return errors


async def _unknown(
    conn: asyncpg.Connection, items: list[NewItem], held: list[Item]
) -> list[FieldError]:
    # What was archived since may stay where it is, or nobody could save what is around it.
    rows = await conn.fetch(
        """
        /* playlist_items.unknown */
        SELECT n.position - 1 AS index,
               CASE WHEN n.content_id IS NOT NULL AND c.id IS NULL THEN 'content_id'
                    WHEN n.playlist_id IS NOT NULL AND p.id IS NULL THEN 'playlist_id'
                    WHEN n.version IS NOT NULL AND v.id IS NULL THEN 'version'
                    WHEN n.campaign_id IS NOT NULL AND g.id IS NULL THEN 'campaign_id' END AS field
        FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[]) WITH ORDINALITY
             AS n (content_id, playlist_id, version, campaign_id, position)
        LEFT JOIN content c ON c.id = n.content_id
               AND (c.archived_at IS NULL OR c.id = ANY ($5))
        LEFT JOIN playlists p ON p.id = n.playlist_id
               AND (p.archived_at IS NULL OR p.id = ANY ($6))
        LEFT JOIN content_versions v ON v.content_id = n.content_id AND v.version = n.version
        LEFT JOIN campaigns g ON g.id = n.campaign_id
        """,
        [item.content_id for item in items],
        [item.playlist_id for item in items],
        [item.version for item in items],
        [item.campaign_id for item in items],
        [item.content_id for item in held if item.content_id],
        [item.playlist_id for item in held if item.playlist_id],
    )
    return [
        FieldError(
            f"/items/{row['index']}/{row['field']}",
            f"unknown_{row['field'].removesuffix('_id')}",
            f"Item {row['index'] + 1}: there is no such {row['field'].removesuffix('_id')}.",
        )
        for row in rows
        if row["field"]
    ]
