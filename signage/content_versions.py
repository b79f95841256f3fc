"""Content versions: what a content is, in bytes that never change, and from when it is live."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage.actors import Actor
from signage.ids import new_id


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


async def insert(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, version: Version, now: datetime
) -> None:
    """Keep the version as the first of its content, and make it live."""
    await conn.execute(
        """
        /* content_versions.insert */
        INSERT INTO content_versions (id, content_id, version, sha256, bytes, mime, url, width,
            height, duration_ms, frame_rate, codec, poster_sha256, file_name, warnings, created_by,
            created_at)
        VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """,
        new_id(),
        content_id,
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
    await conn.execute(
        """
        /* content_versions.publish */
        INSERT INTO content_publications (content_id, live_from, version, published_by)
        VALUES ($1, $2, 1, $3)
        """,
        content_id,
        now,
        actor.id,
    )
