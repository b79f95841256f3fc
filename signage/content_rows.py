"""Content rows: one content as it stands, and the lock that every change of it takes."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import content_states
from signage.content_states import State
from signage.errors import NotFound

Kind = Literal["image", "video", "url"]
ApprovalState = Literal["draft", "in_review", "approved", "rejected"]


class Content(msgspec.Struct, frozen=True):
    """A content with what its newest version is; ``live_version`` is what floating items play.

    ``approval_state`` and ``rejection_reason`` are the newest version's. ``next_version`` goes live
    at ``next_live_from``. ``owner`` added it; ``used_in`` counts the playlists that hold it.
    ``state`` is where it is in its life, ``state_reason`` says why in a sentence.
    """

    id: UUID
    name: str
    kind: Kind
    folder: str
    tags: list[str]
    campaign_id: UUID | None
    campaign: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    approval_state: ApprovalState
    rejection_reason: str | None
    submitted_by: UUID | None
    submitter: str | None
    submitted_at: datetime | None
    live_version: int | None
    next_version: int | None
    next_live_from: datetime | None
    version: int
    sha256: str | None
    bytes: int
    mime: str
    url: str | None
    width: int | None
    height: int | None
    duration_ms: int | None
    codec: str | None
    frame_rate: float | None
    poster_sha256: str | None
    file_name: str
    warnings: list[str]
    used_in: int
    owner_id: UUID | None
    owner: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    recalled_at: datetime | None
    recall_reason: str
    archived_at: datetime | None
    state: State = "live"
    state_reason: str = ""


class Locked(msgspec.Struct, frozen=True):
    """What a change must know before it begins."""

    id: UUID
    name: str
    kind: Kind
    latest_version: int
    recalled_at: datetime | None
    archived_at: datetime | None


async def find(
    conn: asyncpg.Connection, content_id: UUID, *, archived: bool = False, now: datetime
) -> Content:
    """Return the content, or raise NotFound; one that is archived only if it is asked for."""
    row = await conn.fetchrow(
        f"""
        /* content.find */ {SELECT}
        WHERE c.id = $2 AND ($3 OR c.archived_at IS NULL)
        """,
        now,
        content_id,
        archived,
    )
    if row is None:
        raise NotFound("There is no such content.")
    return of_row(row, now)


async def lock(conn: asyncpg.Connection, content_id: UUID, *, archived: bool = False) -> Locked:
    """Lock the content until the transaction ends, or raise NotFound.

    The lock also holds up a playlist that is just being published with this content. Otherwise its
    screens might be missed when plans are marked as outdated.
    """
    row = await conn.fetchrow(
        """
        /* content.lock */
        SELECT id, name, kind, latest_version, recalled_at, archived_at
        FROM content WHERE id = $1 AND ($2 OR archived_at IS NULL) FOR UPDATE
        """,
        content_id,
        archived,
    )
    if row is None:
        raise NotFound("There is no such content.")
    return Locked(**dict(row))


async def touch(conn: asyncpg.Connection, content_id: UUID, *, now: datetime) -> None:
    """Count a change, so that whoever read the content before knows it is not that any more."""
    await conn.execute(
        """
        /* content.touch */
        UPDATE content SET revision = revision + 1, updated_at = $2 WHERE id = $1
        """,
        content_id,
        now,
    )


def of_row(row: asyncpg.Record, now: datetime) -> Content:
    """Return a row of SELECT."""
    fields: dict[str, Any] = dict(row)
    content = Content(**fields)
    state, reason = content_states.of(content, now)
    return msgspec.structs.replace(content, state=state, state_reason=reason)


# Names are looked up for the rows that are shown; as joins they would be planned for all.
_NAME = """coalesce((SELECT u.name FROM users u WHERE u.id = {id}),
                (SELECT k.name FROM api_keys k WHERE k.id = {id}))"""

_SELECT = f"""
SELECT c.id, c.name, c.kind, c.folder, c.tags, c.campaign_id, g.name AS campaign, c.valid_from,
       c.valid_until, c.approval_state, c.rejection_reason, a.submitted_by,
       {_NAME.format(id="a.submitted_by")} AS submitter, a.submitted_at,
       (SELECT p.version FROM content_publications p WHERE p.content_id = c.id
        AND p.live_from <= $1::timestamptz ORDER BY p.live_from DESC LIMIT 1) AS live_version,
       n.version AS next_version, n.live_from AS next_live_from,
       v.version, v.sha256, v.bytes, v.mime, v.url, v.width, v.height, v.duration_ms, v.codec,
       v.frame_rate, v.poster_sha256, v.file_name, v.warnings,
       (SELECT count(DISTINCT i.playlist_id) FROM playlist_items i
        JOIN playlists h ON h.id = i.playlist_id AND h.archived_at IS NULL
        WHERE i.content_id = c.id) AS used_in,
       c.created_by AS owner_id, {_NAME.format(id="c.created_by")} AS owner,
       c.revision, c.created_at, c.updated_at, c.recalled_at, c.recall_reason, c.archived_at
FROM {{source}}
JOIN content_versions v ON v.content_id = c.id AND v.version = c.latest_version
LEFT JOIN content_approvals a ON a.content_id = c.id AND a.version = c.latest_version
LEFT JOIN campaigns g ON g.id = c.campaign_id
LEFT JOIN LATERAL (SELECT p.version, p.live_from FROM content_publications p
                   WHERE p.content_id = c.id AND p.live_from > $1::timestamptz
                   ORDER BY p.live_from LIMIT 1) n ON true"""

SELECT = _SELECT.format(source="content c")
"""Contents as ``Content`` has them; $1 is now."""

SELECT_OF_PAGE = _SELECT.format(source="page JOIN content c ON c.id = page.id")
"""The same of the rows of ``page`` only, which come first so that no other is looked at."""
