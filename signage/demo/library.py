"""The demo's content: pieces of the showreel, drawn now and taken in like any upload."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import asyncpg
import msgspec

from signage import campaigns, content
from signage.actors import SYSTEM
from signage.demo import programme
from signage.demo.diary import Diary
from signage.media import intake, showreel
from signage.media.intake import Accepted
from signage.media.showreel import Piece
from signage.media.storage import MediaStore

DRAWN_AT_ONCE = 2


async def draw(
    media: MediaStore, *, clip_seconds: float | None, progress: Callable[[str], None]
) -> dict[str, Accepted]:
    """Render every piece and put it into the media store; return them by name.

    Encoding a video leaves the interpreter's lock, so threads are enough. ``clip_seconds`` makes
    every video that long, for tests.
    """
    turn = asyncio.Semaphore(DRAWN_AT_ONCE)
    pieces = [_cut(piece, clip_seconds) for piece in showreel.PIECES]
    # The videos take nearly all of the time: first, so that none is left over at the end.
    pieces.sort(key=lambda piece: piece.seconds or 0, reverse=True)

    async def take_in(piece: Piece) -> tuple[str, Accepted]:
        async with turn:
            data = await asyncio.to_thread(showreel.render, piece)
            accepted = await intake.accept(media, _whole(data), file_name=piece.file_name)
        if piece.seconds is not None:
            progress(f"Demo: drew the video {piece.name}.")
        return piece.name, accepted

    return dict(await asyncio.gather(*map(take_in, pieces)))


async def add(
    conn: asyncpg.Connection, drawn: dict[str, Accepted], diary: Diary
) -> dict[str, UUID]:
    """Book the campaigns, add the pieces to the library, and return the contents' ids by name."""
    campaign_ids = await _book(conn, diary)
    made = {}
    for piece in showreel.PIECES:
        details = content.Details(
            name=piece.name,
            campaign_id=campaign_ids.get(piece.name),
            tags=list(piece.tags),
            folder="Portrait" if piece.shape == "portrait" else "Landscape",
        )
        added = await content.create_from_file(
            conn, SYSTEM, details, drawn[piece.name], now=diary.next()
        )
        made[piece.name] = added.id
    return made


async def _book(conn: asyncpg.Connection, diary: Diary) -> dict[str, UUID]:
    """Make the campaigns; return the campaign of each content's name."""
    booked: dict[str, UUID] = {}
    for booking in programme.BOOKINGS:
        new = campaigns.NewCampaign(
            name=booking.name,
            advertiser=booking.advertiser,
            contract_number=booking.contract_number,
            starts_on=diary.day(booking.since_days),
            ends_on=diary.day(booking.until_days),
            planned_plays=booking.planned_plays,
        )
        made = await campaigns.create(conn, SYSTEM, new, now=diary.next())
        booked |= dict.fromkeys(booking.content, made.id)
    return booked


def _cut(piece: Piece, clip_seconds: float | None) -> Piece:
    if piece.seconds is None or clip_seconds is None:
        return piece
    return msgspec.structs.replace(piece, seconds=clip_seconds)


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
