"""What may be uploaded at all, decided before a byte has come."""

from datetime import datetime
from uuid import UUID

import asyncpg

from signage import content
from signage.actors import Actor
from signage.errors import Invalid, NotFound, Refused, TooMany
from signage.media import partial
from signage.media.facts import UPLOAD_LIMIT_BYTES
from signage.media.storage import MediaStore, too_large

UNFINISHED_MAX = 200


def check_length(media: MediaStore, length_bytes: int | None) -> None:
    """Raise Refused where a file of this length is not accepted."""
    if length_bytes is None:
        return
    if length_bytes > UPLOAD_LIMIT_BYTES:
        raise Refused(too_large(UPLOAD_LIMIT_BYTES), code="too_large")
    partial.check_room(media, length_bytes)


async def check_replaced(conn: asyncpg.Connection, content_id: UUID, *, now: datetime) -> None:
    """Raise Invalid where there is no such content, or none that has files."""
    try:
        replaced = await content.find(conn, content_id, now=now)
    except NotFound as error:
        detail = "There is no such content."
        raise Invalid.field("/content_id", "unknown_content", detail) from error
    if replaced.kind == "url":
        detail = "A web page has an address, not a file."
        raise Invalid.field("/content_id", "not_a_file", detail)


async def check_unfinished(conn: asyncpg.Connection, actor: Actor, *, now: datetime) -> None:
    """Raise TooMany where somebody has begun too many uploads without finishing them."""
    unfinished = await conn.fetchval(
        """
        /* upload_limits.check_unfinished */
        SELECT count(*) FROM uploads
        WHERE owner_kind = $1 AND owner_id IS NOT DISTINCT FROM $2 AND state = 'receiving'
              AND expires_at > $3
        """,
        actor.kind,
        actor.id,
        now,
    )
    if unfinished >= UNFINISHED_MAX:
        detail = f"{UNFINISHED_MAX} uploads are unfinished. Finish or cancel some of them first."
        raise TooMany(detail, retry_after_s=60, code="too_many_uploads")
