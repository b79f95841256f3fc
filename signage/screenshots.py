"""Screenshots: the latest picture of what a screen shows, taken by the screen itself.

A picture is what it decodes to, whatever it is called; pixels and bytes are limited. Each screen
has one, the latest, with the time at which it arrived.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import devices
from signage.actors import Actor
from signage.errors import NotFound, Refused
from signage.media import probe, storage
from signage.media.facts import MediaRefused
from signage.media.storage import MediaStore


class Picture(msgspec.Struct, frozen=True):
    """A picture that was decoded; its size in pixels."""

    image: bytes
    mime: str
    width: int
    height: int


class Screenshot(msgspec.Struct, frozen=True):
    """What is known of the latest picture of a screen; ``bytes`` long, its size in pixels."""

    taken_at: datetime
    mime: str
    width: int
    height: int
    bytes: int
    sha256: str


async def examine(media: MediaStore, chunks: AsyncIterator[bytes], *, limit_bytes: int) -> Picture:
    """Return what a screen sent, decoded: Refused ``too_large``, or MediaRefused for no picture."""
    try:
        async with storage.receive(media, chunks, limit_bytes=limit_bytes) as received:
            found = await probe.examine(received.path)
            if found.kind != "image":
                raise MediaRefused("unsupported_type", "A screenshot is a picture, not a video.")
            image = await asyncio.to_thread(received.path.read_bytes)
    except MediaRefused as error:
        if error.reason == "too_large":
            raise Refused(f"At most {limit_bytes} bytes.", code="too_large") from error
        raise
    return Picture(image, found.mime, found.width, found.height)


async def keep(
    conn: asyncpg.Connection, device_id: UUID, picture: Picture, *, now: datetime
) -> None:
    """Put the picture in the place of the screen's former one, unless that one came later."""
    await conn.execute(
        """
        /* screenshots.keep */
        INSERT INTO device_screenshots AS kept (device_id, taken_at, mime, width, height, image)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (device_id) DO UPDATE
        SET taken_at = EXCLUDED.taken_at, mime = EXCLUDED.mime, width = EXCLUDED.width,
            height = EXCLUDED.height, image = EXCLUDED.image
        WHERE kept.taken_at <= EXCLUDED.taken_at
        """,
        device_id,
        now,
        picture.mime,
        picture.width,
        picture.height,
        picture.image,
    )


async def find(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime
) -> Screenshot | None:
    """Return the screen's latest screenshot, None before its first. NotFound without the screen."""
    actor.require("watch")
    await devices.find(conn, actor, device_id, now=now)
    return await find_for(conn, device_id)


async def find_for(conn: asyncpg.Connection, device_id: UUID) -> Screenshot | None:
    """Return the latest screenshot of a screen that the caller has found already."""
    row = await conn.fetchrow(
        """
        /* screenshots.find_for */
        SELECT taken_at, mime, width, height, octet_length(image) AS bytes,
               encode(sha256, 'hex') AS sha256
        FROM device_screenshots WHERE device_id = $1
        """,
        device_id,
    )
    return None if row is None else Screenshot(**dict(row))


async def read(
    conn: asyncpg.Connection, actor: Actor, device_id: UUID, *, now: datetime
) -> tuple[Screenshot, bytes]:
    """Return the latest screenshot with its bytes, or raise NotFound before the first."""
    found = await find(conn, actor, device_id, now=now)
    image = await conn.fetchval(
        """
        /* screenshots.read */
        SELECT image FROM device_screenshots WHERE device_id = $1 AND sha256 = decode($2, 'hex')
        """,
        device_id,
        found.sha256 if found else "",
    )
    if found is None or image is None:
        raise NotFound("This screen has sent no screenshot yet.")
    return found, image
