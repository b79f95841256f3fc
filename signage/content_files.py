"""Content files: where the bytes of each version lie, and those of its small picture."""

from uuid import UUID

import asyncpg
import msgspec

from signage.errors import NotFound


class ContentFile(msgspec.Struct, frozen=True):
    """The bytes of one version; a web page has none, and no ``poster_sha256`` either."""

    version: int
    sha256: str | None
    mime: str
    bytes: int
    poster_sha256: str | None


async def find(
    conn: asyncpg.Connection, content_id: UUID, version: int | None = None
) -> ContentFile:
    """Return the file of a version, archived or not, else of the newest; NotFound for none."""
    row = await conn.fetchrow(
        """
        /* content_files.find */
        SELECT v.version, v.sha256, v.mime, v.bytes, v.poster_sha256
        FROM content c
        JOIN content_versions v
             ON v.content_id = c.id AND v.version = coalesce($2::int, c.latest_version)
        WHERE c.id = $1
        """,
        content_id,
        version,
    )
    if row is None:
        raise NotFound("There is no such content.")
    return ContentFile(**dict(row))
