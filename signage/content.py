"""The content library: what can be played, what people say about it, and putting it away."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import (
    audit,
    content_approvals,
    content_folders,
    content_rows,
    content_uses,
    content_versions,
    tags,
)
from signage.actors import Actor
from signage.content_library import NO_FILTERS, Filters, count, list_page
from signage.content_rows import ApprovalState, Content, Kind, find
from signage.content_versions import Version
from signage.errors import Conflict, FieldError, Invalid, Stale
from signage.ids import new_id
from signage.media.intake import Accepted
from signage.values import Instant

__all__ = [
    "NO_FILTERS",
    "ApprovalState",
    "Changes",
    "Content",
    "Details",
    "Filters",
    "Kind",
    "archive",
    "change",
    "check",
    "count",
    "create_from_file",
    "create_url",
    "find",
    "list_page",
    "unarchive",
]

NAME_MAX_CHARS = 300


class Details(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What people say about a content. It may play from ``valid_from`` until ``valid_until``."""

    name: str
    campaign_id: UUID | None = None
    tags: list[str] = []
    folder: str = ""
    valid_from: Instant | None = None
    valid_until: Instant | None = None


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be changed; what is left out stays as it is, null takes a value away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    campaign_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    folder: str | msgspec.UnsetType = msgspec.UNSET
    valid_from: Instant | msgspec.UnsetType | None = msgspec.UNSET
    valid_until: Instant | msgspec.UnsetType | None = msgspec.UNSET


PLANNED = ("campaign_id", "valid_from", "valid_until")
"""What of the details stands in plans."""


async def create_from_file(
    conn: asyncpg.Connection,
    actor: Actor,
    details: Details,
    accepted: Accepted,
    *,
    publish_at: datetime | None = None,
    draft: bool = False,
    now: datetime,
) -> Content:
    """Add a file that was accepted. Invalid for wrong details.

    It is live at once, from ``publish_at``, or once it is approved where the settings ask for that;
    a ``draft`` waits until it is submitted.
    """
    version = content_versions.of_file(accepted)
    return await _create(conn, actor, details, accepted.probe.kind, version, publish_at, draft, now)


async def create_url(
    conn: asyncpg.Connection,
    actor: Actor,
    details: Details,
    *,
    url: str,
    warnings: list[str] | None = None,
    publish_at: datetime | None = None,
    draft: bool = False,
    now: datetime,
) -> Content:
    """Add a web page, which players show in a sandboxed frame. Invalid unless it is https."""
    version = content_versions.of_url(url, warnings or [])
    return await _create(conn, actor, details, "url", version, publish_at, draft, now)


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Content:
    """Change what is given. NotFound, Invalid, or Stale where ``revision`` is no longer current.

    What may be said about a content needs no approval; what is shown does.
    """
    actor.require("program")
    async with conn.transaction():
        await content_rows.lock(conn, content_id)
        before = await find(conn, content_id, now=now)
        if revision is not None and revision != before.revision:
            raise Stale(f"{before.name} was changed by somebody else meanwhile. Load it again.")
        details = _changed(before, changes)
        await check(conn, details)
        await _write(conn, content_id, details, now)
        if any(getattr(details, field) != getattr(before, field) for field in PLANNED):
            await content_uses.outdate_plans(conn, [content_id])
        after = await find(conn, content_id, now=now)
        await _audit(conn, actor, "content.change", content_id, before, after, now)
    return after


async def archive(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    *,
    unless_used: bool = False,
    now: datetime,
) -> None:
    """Put the content away: it leaves every plan, its plays stay proven.

    With ``unless_used`` it is a Conflict (``in_use``) where a playlist holds it.
    """
    actor.require("program")
    async with conn.transaction():
        await content_rows.lock(conn, content_id)
        before = await find(conn, content_id, now=now)
        if unless_used and before.used_in:
            raise Conflict(f"{before.name} is in use. See where.", code="in_use")
        await _put_away(conn, content_id, now, now)
        await _audit(conn, actor, "content.archive", content_id, before, None, now)


async def unarchive(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, now: datetime
) -> Content:
    """Take the content back into the library and into the playlists that still hold it."""
    actor.require("program")
    async with conn.transaction():
        locked = await content_rows.lock(conn, content_id, archived=True)
        if locked.archived_at is None:
            raise Conflict(f"{locked.name} is not archived.", code="not_archived")
        await _put_away(conn, content_id, None, now)
        after = await find(conn, content_id, now=now)
        await _audit(conn, actor, "content.unarchive", content_id, None, after, now)
    return after


async def check(conn: asyncpg.Connection, details: Details) -> None:
    """Raise Invalid where the details cannot be kept; doors ask before they take in a file."""
    errors = []
    if not 1 <= len(details.name.strip()) <= NAME_MAX_CHARS:
        detail = f"A name has 1 to {NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    errors += content_folders.errors_in(details.folder)
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


def _changed(before: Content, changes: Changes) -> Details:
    said = msgspec.structs.asdict(changes).items()
    given = {field: value for field, value in said if value is not msgspec.UNSET}
    kept = {field: getattr(before, field) for field in Details.__struct_fields__}
    return Details(**(kept | given))


async def _write(
    conn: asyncpg.Connection, content_id: UUID, details: Details, now: datetime
) -> None:
    await conn.execute(
        """
        /* content.change */
        UPDATE content
        SET name = $2, campaign_id = $3, tags = $4, folder = $5, valid_from = $6, valid_until = $7,
            revision = revision + 1, updated_at = $8
        WHERE id = $1
        """,
        content_id,
        *_columns(details),
        now,
    )


async def _put_away(
    conn: asyncpg.Connection, content_id: UUID, archived_at: datetime | None, now: datetime
) -> None:
    await conn.execute(
        "/* content.archive */ UPDATE content SET archived_at = $2 WHERE id = $1",
        content_id,
        archived_at,
    )
    await content_rows.touch(conn, content_id, now=now)
    await content_uses.outdate_plans(conn, [content_id])


async def _create(
    conn: asyncpg.Connection,
    actor: Actor,
    details: Details,
    kind: Kind,
    version: Version,
    publish_at: datetime | None,
    draft: bool,
    now: datetime,
) -> Content:
    actor.require("program")
    await check(conn, details)
    content_id = new_id()
    async with conn.transaction():
        await conn.execute(
            """
            /* content.create */
            INSERT INTO content (id, name, campaign_id, tags, folder, valid_from, valid_until,
                                 kind, latest_version, created_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $10)
            """,
            content_id,
            *_columns(details),
            kind,
            actor.id,
            now,
        )
        await content_versions.insert(conn, actor, content_id, version, now=now)
        await content_approvals.begin(
            conn, actor, content_id, 1, draft=draft, publish_at=publish_at, now=now
        )
        created = await find(conn, content_id, now=now)
        await _audit(conn, actor, "content.create", content_id, None, created, now)
    return created


def _columns(details: Details) -> tuple[Any, ...]:
    return (
        details.name.strip(),
        details.campaign_id,
        list(dict.fromkeys(tag.strip() for tag in details.tags)),
        content_folders.tidied(details.folder),
        details.valid_from,
        details.valid_until,
    )


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
