"""The content library: what can be played, its immutable versions, and which of them is live."""

from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, content_uses, content_versions, paging, playlists, tags
from signage.actors import Actor
from signage.content_versions import Version
from signage.errors import FieldError, Invalid, NotFound
from signage.ids import new_id
from signage.media.intake import Accepted
from signage.values import Instant

NAME_MAX_CHARS = 300
FOLDER_MAX_CHARS = 500
URL_MAX_CHARS = 2000
WEB_PAGE_MIME = "text/html"

Kind = Literal["image", "video", "url"]
ApprovalState = Literal["draft", "in_review", "approved", "rejected"]


class Details(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What people say about a content. It may play from ``valid_from`` until ``valid_until``."""

    name: str
    campaign_id: UUID | None = None
    tags: list[str] = []
    folder: str = ""
    valid_from: Instant | None = None
    valid_until: Instant | None = None


class Content(msgspec.Struct, frozen=True):
    """A content with what its newest version is; ``live_version`` is what floating items play."""

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
    live_version: int | None
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
    revision: int
    created_at: datetime
    updated_at: datetime


class Filters(msgspec.Struct, frozen=True):
    """Which contents a list shows; None leaves a filter out. ``q`` looks in names."""

    q: str | None = None
    kind: Kind | None = None
    campaign_id: UUID | None = None
    tag: str | None = None


NO_FILTERS = Filters()


async def create_from_file(
    conn: asyncpg.Connection, actor: Actor, details: Details, accepted: Accepted, *, now: datetime
) -> Content:
    """Add a file that was accepted; it is live at once. Invalid for wrong details."""
    found = accepted.probe
    version = Version(
        sha256=accepted.sha256,
        bytes=accepted.size,
        mime=found.mime,
        width=found.width,
        height=found.height,
        duration_ms=found.duration_ms,
        frame_rate=found.frame_rate,
        codec=found.codec,
        poster_sha256=accepted.poster_sha256,
        file_name=accepted.file_name,
        warnings=found.warnings,
    )
    return await _create(conn, actor, details, found.kind, version, now)


async def create_url(
    conn: asyncpg.Connection, actor: Actor, details: Details, *, url: str, now: datetime
) -> Content:
    """Add a web page, which players show in a sandboxed frame. Invalid unless it is https."""
    if len(url) > URL_MAX_CHARS or not url.isprintable() or not _is_https(url):
        detail = "A web page has an address that begins with https://."
        raise Invalid.field("/url", "invalid_url", detail)
    version = Version(url=url, bytes=0, mime=WEB_PAGE_MIME)
    return await _create(conn, actor, details, "url", version, now)


async def find(conn: asyncpg.Connection, content_id: UUID, *, now: datetime) -> Content:
    """Return the content, or raise NotFound."""
    row = await conn.fetchrow(
        f"/* content.find */ {_SELECT} WHERE c.id = $2 AND c.archived_at IS NULL", now, content_id
    )
    if row is None:
        raise NotFound("There is no such content.")
    return _content(row)


async def list_page(
    conn: asyncpg.Connection,
    filters: Filters = NO_FILTERS,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Content]:
    """Return a page of the library, the newest first."""
    before = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        f"""
        /* content.list_page */
        {_SELECT}
        WHERE {_MATCHES} AND ($6::timestamptz IS NULL OR (c.created_at, c.id) < ($6, $7::uuid))
        ORDER BY c.created_at DESC, c.id DESC
        LIMIT $8
        """,
        now,
        *_filter_values(filters),
        *(before or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["created_at"], row["id"]])
    return paging.Page([_content(row) for row in found], next_cursor)


async def count(conn: asyncpg.Connection, filters: Filters = NO_FILTERS, *, now: datetime) -> int:
    """Return how many contents match."""
    matching: int = await conn.fetchval(
        f"""
        /* content.count */
        SELECT count(*) FROM content c WHERE {_MATCHES} AND $1::timestamptz IS NOT NULL
        """,
        now,
        *_filter_values(filters),
    )
    return matching


async def archive(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, now: datetime
) -> None:
    """Put the content away: it leaves every plan, its plays stay proven."""
    actor.require("program")
    async with conn.transaction():
        before = await find(conn, content_id, now=now)
        await conn.execute(
            "/* content.archive */ UPDATE content SET archived_at = $2 WHERE id = $1",
            content_id,
            now,
        )
        holding = [use.playlist_id for use in await content_uses.list_for(conn, content_id)]
        await playlists.outdate_plans(conn, holding)
        await _audit(conn, actor, "content.archive", content_id, before, None, now)


_SELECT = """
SELECT c.id, c.name, c.kind, c.folder, c.tags, c.campaign_id, g.name AS campaign, c.valid_from,
       c.valid_until, c.approval_state,
       (SELECT p.version FROM content_publications p WHERE p.content_id = c.id
        AND p.live_from <= $1::timestamptz ORDER BY p.live_from DESC LIMIT 1) AS live_version,
       v.version, v.sha256, v.bytes, v.mime, v.url, v.width, v.height, v.duration_ms, v.codec,
       v.frame_rate, v.poster_sha256, v.file_name, v.warnings,
       (SELECT count(DISTINCT i.playlist_id) FROM playlist_items i
        WHERE i.content_id = c.id AND i.edition = 'draft') AS used_in,
       c.revision, c.created_at, c.updated_at
FROM content c
JOIN content_versions v ON v.content_id = c.id AND v.version = c.latest_version
LEFT JOIN campaigns g ON g.id = c.campaign_id"""

_MATCHES = """c.archived_at IS NULL
    AND ($2::text IS NULL OR c.name ILIKE '%' || $2 || '%')
    AND ($3::text IS NULL OR c.kind = $3)
    AND ($4::uuid IS NULL OR c.campaign_id = $4)
    AND ($5::text IS NULL OR c.tags @> ARRAY[$5])"""


def _filter_values(filters: Filters) -> list[Any]:
    return [paging.like(filters.q), filters.kind, filters.campaign_id, filters.tag]


async def _create(
    conn: asyncpg.Connection,
    actor: Actor,
    details: Details,
    kind: Kind,
    version: Version,
    now: datetime,
) -> Content:
    actor.require("program")
    await check(conn, details)
    content_id = new_id()
    async with conn.transaction():
        await conn.execute(
            """
            /* content.create */
            INSERT INTO content (id, name, kind, folder, tags, campaign_id, valid_from, valid_until,
                                 latest_version, created_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $10)
            """,
            content_id,
            details.name.strip(),
            kind,
            details.folder,
            details.tags,
            details.campaign_id,
            details.valid_from,
            details.valid_until,
            actor.id,
            now,
        )
        await content_versions.insert(conn, actor, content_id, version, now)
        created = await find(conn, content_id, now=now)
        await _audit(conn, actor, "content.create", content_id, None, created, now)
    return created


async def check(conn: asyncpg.Connection, details: Details) -> None:
    """Raise Invalid where the details cannot be kept; doors ask before they take in a file."""
    errors = []
    if not 1 <= len(details.name.strip()) <= NAME_MAX_CHARS:
        detail = f"A name has 1 to {NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    if len(details.folder) > FOLDER_MAX_CHARS:
        detail = f"A folder has at most {FOLDER_MAX_CHARS} characters."
        errors.append(FieldError("/folder", "invalid_folder", detail))
    errors += tags.errors_in(details.tags)
    starts, ends = details.valid_from, details.valid_until
    if starts and ends and ends - starts <= timedelta(0):
        detail = "It cannot end before it starts."
        errors.append(FieldError("/valid_until", "ends_before_start", detail))
    known = details.campaign_id is None or await conn.fetchval(
        "/* content.check */ SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = $1)",
        details.campaign_id,
    )
    if not known:
        errors.append(FieldError("/campaign_id", "unknown_campaign", "There is no such campaign."))
    if errors:
        raise Invalid(errors)


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _content(row: asyncpg.Record) -> Content:
    return Content(**dict(row))


async def _audit(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    content_id: UUID,
    before: Content | None,
    after: Content | None,
    now: datetime,
) -> None:
    await audit.record(
        conn,
        actor,
        action=action,
        entity="content",
        entity_id=content_id,
        before=before,
        after=after,
        now=now,
    )
