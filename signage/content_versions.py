"""Content versions: what a content is, in bytes that never change. A new file is a new version."""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, content_approvals, content_rows, content_uses
from signage.actors import Actor
from signage.content_rows import ApprovalState
from signage.errors import Conflict, Invalid
from signage.ids import new_id
from signage.media.intake import Accepted

VERSIONS_MAX = 1000
URL_MAX_CHARS = 2000
WEB_PAGE_MIME = "text/html"
KIND_WORDS = {"image": "a picture", "video": "a video", "url": "a web page"}


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version to keep: a file by its hash, or a web page by its address; sizes in bytes."""

    bytes: int
    mime: str
    sha256: str | None = None
    url: str | None = None
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    frame_rate: float | None = None
    codec: str | None = None
    poster_sha256: str | None = None
    file_name: str = ""
    warnings: list[str] = []


class ContentVersion(Version, frozen=True, kw_only=True):
    """A version as it stands. ``live_from`` is since when, or from when, it plays, if at all."""

    version: int
    approval_state: ApprovalState
    reason: str | None
    publish_at: datetime | None
    submitter: str | None
    submitted_at: datetime | None
    decider: str | None
    decided_at: datetime | None
    live: bool
    live_from: datetime | None
    creator: str | None
    created_at: datetime


async def add(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    probed: Accepted,
    *,
    file_name: str | None = None,
    publish_at: datetime | None = None,
    draft: bool = False,
    now: datetime,
) -> ContentVersion:
    """Replace the file: the next version, which plays wherever the content floats.

    It is live at once, from ``publish_at``, or once it is approved where the settings ask for that.
    Invalid for another kind of file, Conflict (``same_file``) for the one it has already.
    """
    version = of_file(probed, file_name)
    return await _add(conn, actor, content_id, probed.probe.kind, version, publish_at, draft, now)


async def add_url(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    *,
    url: str,
    warnings: list[str] | None = None,
    publish_at: datetime | None = None,
    draft: bool = False,
    now: datetime,
) -> ContentVersion:
    """Give a web page another address, as its next version; otherwise as ``add``."""
    version = of_url(url, warnings or [])
    return await _add(conn, actor, content_id, "url", version, publish_at, draft, now)


def of_file(probed: Accepted, file_name: str | None = None) -> Version:
    """Return the version that an accepted file makes."""
    found = probed.probe
    return Version(
        sha256=probed.sha256,
        bytes=probed.size,
        mime=found.mime,
        width=found.width,
        height=found.height,
        duration_ms=found.duration_ms,
        frame_rate=found.frame_rate,
        codec=found.codec,
        poster_sha256=probed.poster_sha256,
        file_name=probed.file_name if file_name is None else file_name[:300],
        warnings=found.warnings,
    )


def of_url(url: str, warnings: list[str]) -> Version:
    """Return the version that an address makes; Invalid unless it is https."""
    if len(url) > URL_MAX_CHARS or not url.isprintable() or not _is_https(url):
        detail = "A web page has an address that begins with https://."
        raise Invalid.field("/url", "invalid_url", detail)
    return Version(url=url, bytes=0, mime=WEB_PAGE_MIME, warnings=warnings)


async def list_for(
    conn: asyncpg.Connection, content_id: UUID, *, limit: int = VERSIONS_MAX, now: datetime
) -> list[ContentVersion]:
    """Return the versions, the newest first."""
    rows = await conn.fetch(
        f"/* content_versions.list_for */ {_SELECT} ORDER BY v.version DESC LIMIT $3",
        now,
        content_id,
        limit,
    )
    return [ContentVersion(**dict(row)) for row in rows]


async def insert(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    version: Version,
    *,
    number: int = 1,
    now: datetime,
) -> None:
    """Keep the version under its number; that it may play is said by ``content_approvals``."""
    await conn.execute(
        """
        /* content_versions.insert */
        INSERT INTO content_versions (id, content_id, version, sha256, bytes, mime, url, width,
            height, duration_ms, frame_rate, codec, poster_sha256, file_name, warnings, created_by,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """,
        new_id(),
        content_id,
        number,
        version.sha256,
        version.bytes,
        version.mime,
        version.url,
        version.width,
        version.height,
        version.duration_ms,
        version.frame_rate,
        version.codec,
        version.poster_sha256,
        version.file_name,
        version.warnings,
        actor.id,
        now,
    )


_SELECT = """
SELECT v.version, v.sha256, v.bytes, v.mime, v.url, v.width, v.height, v.duration_ms,
       v.frame_rate, v.codec, v.poster_sha256, v.file_name, v.warnings,
       coalesce(a.state, 'approved') AS approval_state, a.reason, a.publish_at,
       coalesce(su.name, sk.name) AS submitter, a.submitted_at,
       coalesce(du.name, dk.name) AS decider, a.decided_at,
       v.version = l.version AS live,
       CASE WHEN v.version = l.version THEN l.live_from ELSE
           (SELECT min(p.live_from) FROM content_publications p
            WHERE p.content_id = v.content_id AND p.version = v.version AND p.live_from > $1)
       END AS live_from,
       coalesce(cu.name, ck.name) AS creator, v.created_at
FROM content_versions v
LEFT JOIN content_approvals a ON a.content_id = v.content_id AND a.version = v.version
LEFT JOIN LATERAL (SELECT p.version, p.live_from FROM content_publications p
                   WHERE p.content_id = v.content_id AND p.live_from <= $1::timestamptz
                   ORDER BY p.live_from DESC LIMIT 1) l ON true
LEFT JOIN users su ON su.id = a.submitted_by
LEFT JOIN api_keys sk ON sk.id = a.submitted_by
LEFT JOIN users du ON du.id = a.decided_by
LEFT JOIN api_keys dk ON dk.id = a.decided_by
LEFT JOIN users cu ON cu.id = v.created_by
LEFT JOIN api_keys ck ON ck.id = v.created_by
WHERE v.content_id = $2"""


async def _add(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    kind: str,
    version: Version,
    publish_at: datetime | None,
    draft: bool,
    now: datetime,
) -> ContentVersion:
    actor.require("program")
    async with conn.transaction():
        locked = await content_rows.lock(conn, content_id)
        number = locked.latest_version + 1
        await _check(conn, locked, kind, version)
        await insert(conn, actor, content_id, version, number=number, now=now)
        await conn.execute(
            "/* content_versions.count */ UPDATE content SET latest_version = $2 WHERE id = $1",
            content_id,
            number,
        )
        await content_rows.touch(conn, content_id, now=now)
        await content_approvals.begin(
            conn, actor, content_id, number, draft=draft, publish_at=publish_at, now=now
        )
        await content_uses.outdate_plans(conn, [content_id])
        [added] = await list_for(conn, content_id, limit=1, now=now)
        await audit.record(
            conn,
            actor,
            action="content.add_version",
            entity="content",
            entity_id=content_id,
            after=added,
            now=now,
        )
    return added


async def _check(
    conn: asyncpg.Connection, locked: content_rows.Locked, kind: str, version: Version
) -> None:
    pointer = "/url" if kind == "url" else "/file"
    if kind != locked.kind:
        detail = (
            f"{locked.name} is {KIND_WORDS[locked.kind]}, this is {KIND_WORDS[kind]}. "
            "Upload it as content of its own."
        )
        raise Invalid.field(pointer, "wrong_kind", detail)
    if locked.latest_version >= VERSIONS_MAX:
        detail = f"A content has at most {VERSIONS_MAX} versions. Upload it as a new one."
        raise Invalid.field(pointer, "too_many_versions", detail)
    same = await conn.fetchval(
        """
        /* content_versions.is_same */
        SELECT sha256 IS NOT DISTINCT FROM $3 AND url IS NOT DISTINCT FROM $4
        FROM content_versions WHERE content_id = $1 AND version = $2
        """,
        locked.id,
        locked.latest_version,
        version.sha256,
        version.url,
    )
    if same:
        detail = f"Version {locked.latest_version} of {locked.name} is this already."
        raise Conflict(detail, code="same_file")


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False
