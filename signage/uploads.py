"""Uploads that may take several requests: whose they are, what they become, and when they end.

The bytes wait in ``media.partial``; here is what is known of them. An upload ends as a content, as
a refusal, by its owner's word, or a day after anything was last heard of it.
"""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import content, content_versions, paging, upload_limits
from signage.actors import Actor
from signage.content import Details
from signage.errors import NotFound, PlaybillError, Refused
from signage.ids import new_id
from signage.media import intake, partial
from signage.media.facts import MediaRefused
from signage.media.storage import MediaStore, sweep_incoming
from signage.stored_media import forget_reservations

EXPIRES_AFTER_S = 24 * 3600
STRAY_AFTER_S = 2 * EXPIRES_AFTER_S

State = Literal["receiving", "finished", "refused"]


class NewUpload(msgspec.Struct, frozen=True, kw_only=True):
    """What is announced. Without ``length_bytes`` it is told later; ``metadata`` is kept as it is.

    With ``replaces_content_id`` it becomes the next version of that content. ``publish_at`` and
    ``draft`` are as in ``content.create_from_file``.
    """

    file_name: str
    details: Details
    length_bytes: int | None
    metadata: str = ""
    replaces_content_id: UUID | None = None
    publish_at: datetime | None = None
    draft: bool = False


class Upload(msgspec.Struct, frozen=True):
    """An upload as it is known; ``content_id`` is what it has become."""

    id: UUID
    state: State
    length_bytes: int | None
    metadata: str
    file_name: str
    details: Details
    replaces_content_id: UUID | None
    publish_at: datetime | None
    draft: bool
    content_id: UUID | None
    refusal_code: str | None
    refusal_detail: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


async def begin(
    conn: asyncpg.Connection, actor: Actor, media: MediaStore, new: NewUpload, *, now: datetime
) -> Upload:
    """Announce an upload. Invalid for wrong details, Refused ``too_large`` or ``no_room``."""
    actor.require("program")
    upload_limits.check_length(media, new.length_bytes)
    await content.check(conn, new.details)
    if new.replaces_content_id is not None:
        await upload_limits.check_replaced(conn, new.replaces_content_id, now=now)
    await upload_limits.check_unfinished(conn, actor, now=now)
    row = await conn.fetchrow(
        f"""
        /* uploads.begin */
        INSERT INTO uploads (id, owner_kind, owner_id, length_bytes, metadata, file_name, details,
                             replaces_content_id, publish_at, draft, created_at, updated_at,
                             expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
        RETURNING {_COLUMNS}
        """,
        new_id(),
        actor.kind,
        actor.id,
        new.length_bytes,
        new.metadata,
        intake.shown(new.file_name),
        msgspec.to_builtins(new.details),
        new.replaces_content_id,
        new.publish_at,
        new.draft,
        now,
        now + timedelta(seconds=EXPIRES_AFTER_S),
    )
    return _upload(row)


async def find(conn: asyncpg.Connection, actor: Actor, upload_id: UUID, *, now: datetime) -> Upload:
    """Return one's own upload; NotFound, or Refused ``upload_gone`` once it has expired."""
    actor.require("program")
    row = await conn.fetchrow(
        f"""
        /* uploads.find */
        SELECT {_COLUMNS} FROM uploads
        WHERE id = $1 AND owner_kind = $2 AND owner_id IS NOT DISTINCT FROM $3
        """,
        upload_id,
        actor.kind,
        actor.id,
    )
    if row is None:
        raise NotFound("There is no such upload.")
    if row["expires_at"] <= now:
        raise Refused("This upload has expired. Begin it anew.", code="upload_gone")
    return _upload(row)


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Upload]:
    """Return a page of one's own uploads that have not expired, the newest first."""
    actor.require("program")
    before = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        f"""
        /* uploads.list_page */
        SELECT {_COLUMNS} FROM uploads
        WHERE owner_kind = $1 AND owner_id IS NOT DISTINCT FROM $2 AND expires_at > $3
              AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
        ORDER BY created_at DESC, id DESC
        LIMIT $6
        """,
        actor.kind,
        actor.id,
        now,
        *(before or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["created_at"], row["id"]])
    return paging.Page([_upload(row) for row in found], next_cursor)


async def go_on(
    conn: asyncpg.Connection,
    media: MediaStore,
    upload: Upload,
    *,
    length_bytes: int | None,
    now: datetime,
) -> Upload:
    """Note that somebody is at it, and its length where that was not known yet."""
    if length_bytes is not None and upload.length_bytes not in (None, length_bytes):
        raise Refused("The length of an upload does not change.", code="invalid_header")
    upload_limits.check_length(media, length_bytes)
    row = await conn.fetchrow(
        f"""
        /* uploads.go_on */
        UPDATE uploads
        SET length_bytes = coalesce(length_bytes, $2), updated_at = $3, expires_at = $4
        WHERE id = $1
        RETURNING {_COLUMNS}
        """,
        upload.id,
        length_bytes,
        now,
        now + timedelta(seconds=EXPIRES_AFTER_S),
    )
    if row is None:
        raise NotFound("This upload was cancelled.")
    return _upload(row)


async def finish(
    conn: asyncpg.Connection,
    actor: Actor,
    upload_id: UUID,
    accepted: intake.Accepted,
    *,
    now: datetime,
) -> Upload:
    """Make the content, once: whoever comes second is told of the first one's."""
    async with conn.transaction():
        row = await conn.fetchrow(
            f"/* uploads.finish */ SELECT {_COLUMNS} FROM uploads WHERE id = $1 FOR UPDATE",
            upload_id,
        )
        if row is None:
            raise NotFound("This upload was cancelled.")
        upload = _upload(row)
        if upload.state != "receiving":
            return upload
        content_id = await _make(conn, actor, upload, accepted, now)
        return await _end(conn, upload_id, "finished", content_id, None, now)


async def refuse(
    conn: asyncpg.Connection, upload_id: UUID, error: PlaybillError, *, now: datetime
) -> None:
    """Note why this becomes no content; whoever asks again is told the same."""
    await _end(conn, upload_id, "refused", None, error, now)


async def cancel(conn: asyncpg.Connection, actor: Actor, upload_id: UUID, *, now: datetime) -> None:
    """Forget an upload; what it became stays. NotFound where it is not one's own."""
    found = await find(conn, actor, upload_id, now=now)
    await conn.execute("/* uploads.cancel */ DELETE FROM uploads WHERE id = $1", found.id)


async def sweep(conn: asyncpg.Connection, media: MediaStore, *, now: datetime) -> int:
    """Forget what has expired, with its bytes, and what killed requests left behind; count it."""
    expired = await conn.fetch(
        "/* uploads.sweep */ DELETE FROM uploads WHERE expires_at <= $1 RETURNING id", now
    )
    for row in expired:
        partial.discard(media, row["id"])
    await forget_reservations(conn, now=now)
    return len(expired) + sweep_incoming(media, older_than_s=STRAY_AFTER_S)


_COLUMNS = """id, state, length_bytes, metadata, file_name, details, replaces_content_id,
    publish_at, draft, content_id, refusal_code, refusal_detail, created_at, updated_at,
    expires_at"""


async def _make(
    conn: asyncpg.Connection,
    actor: Actor,
    upload: Upload,
    accepted: intake.Accepted,
    now: datetime,
) -> UUID:
    when: dict[str, Any] = {"publish_at": upload.publish_at, "draft": upload.draft, "now": now}
    if upload.replaces_content_id is None:
        made = await content.create_from_file(conn, actor, upload.details, accepted, **when)
        return made.id
    replaced = upload.replaces_content_id
    await content_versions.add(conn, actor, replaced, accepted, **when)
    return replaced


async def _end(
    conn: asyncpg.Connection,
    upload_id: UUID,
    state: State,
    content_id: UUID | None,
    error: PlaybillError | None,
    now: datetime,
) -> Upload:
    row = await conn.fetchrow(
        f"""
        /* uploads.end */
        UPDATE uploads
        SET state = $2, content_id = $3, refusal_code = $4, refusal_detail = $5, updated_at = $6
        WHERE id = $1
        RETURNING {_COLUMNS}
        """,
        upload_id,
        state,
        content_id,
        error and (error.reason if isinstance(error, MediaRefused) else error.code),
        error and error.detail,
        now,
    )
    if row is None:
        raise NotFound("This upload was cancelled.")
    return _upload(row)


def _upload(row: asyncpg.Record) -> Upload:
    fields = dict(row)
    return Upload(**fields | {"details": msgspec.convert(fields["details"], Details)})
