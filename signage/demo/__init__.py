"""The demo: a made-up chain of shops with a week of proven plays, to try everything on.

Everything goes through the verbs that doors use, under a clock that runs from last week to now, so
that whatever the product shows of it, the product has worked out. Nothing runs afterwards: the
screens go late and then offline, as screens do that nobody has.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import asyncpg
import msgspec

from signage import partitions
from signage.demo import chain, fleet, history, library, people, present, programming
from signage.demo.diary import Diary
from signage.demo.people import SignIn
from signage.media.storage import MediaStore

__all__ = ["FULL", "SignIn", "Size", "load"]


class Size(msgspec.Struct, frozen=True):
    """How much of the demo: so many stores, whole days of plays, and videos of so many seconds.

    ``clip_seconds`` None leaves the videos as long as they are.
    """

    stores: int = len(chain.SHOPS)
    days: int = 7
    clip_seconds: float | None = None


FULL = Size()


async def load(
    conn: asyncpg.Connection,
    media: MediaStore,
    *,
    secret: bytes,
    now: datetime,
    progress: Callable[[str], None] = lambda text: None,
    size: Size = FULL,
) -> list[SignIn] | None:
    """Fill an empty database and return who can sign in; None where there are stores or users.

    It is one transaction: a load that is cut short leaves no trace but files in the media store,
    which the next load finds again. ``secret`` is the server's, as in pairing. ``conn`` needs no
    statement timeout and is not inside a transaction already, unless for a test.
    """
    if not await _is_empty(conn):
        return None
    progress("Demo: drawing pictures and videos.")
    await partitions.ensure(conn, now=now)
    diary = Diary(now, days=size.days)
    # Drawing needs the processors and not the connection, so the chain opens meanwhile.
    drawing = asyncio.create_task(
        library.draw(media, clip_seconds=size.clip_seconds, progress=progress)
    )
    try:
        async with conn.transaction():
            shops = chain.SHOPS[: size.stores]
            opened = await fleet.open_chain(conn, shops, secret=secret, diary=diary)
            sign_ins = await people.add(conn, opened.store_ids, diary)
            progress(f"Demo: {len(opened.hung)} screens hang in {len(shops)} stores.")
            content_ids = await library.add(conn, await drawing, diary)
            await programming.set_up(conn, content_ids, opened, diary)
            await history.tell(conn, opened.hung, diary, progress=progress)
            await present.report(conn, opened.hung, diary)
    finally:
        drawing.cancel()
    return sign_ins


async def _is_empty(conn: asyncpg.Connection) -> bool:
    empty: bool = await conn.fetchval(
        """
        /* demo.is_empty */
        SELECT NOT EXISTS (SELECT 1 FROM stores) AND NOT EXISTS (SELECT 1 FROM users)
        """
    )
    return empty
