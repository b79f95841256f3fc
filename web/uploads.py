"""Uploaded files: taken out of a multipart request and looked into before anything is kept."""

from typing import cast

from quart import request
from werkzeug.datastructures import FileStorage

from signage import stored_media
from signage.errors import Invalid
from signage.media import intake
from signage.media.arrivals import Arrival
from web.services import connection, now, services


async def accept(field: str = "file") -> intake.Accepted:
    """Take in the file of this field; MediaRefused says why it cannot be played."""
    file = (await request.files).get(field)
    if file is None or not file.filename:
        raise Invalid.field(f"/{field}", "missing_file", "Choose a file.")
    return await accept_file(file)


async def accept_file(file: FileStorage) -> intake.Accepted:
    """Take in one file of a request; its bytes have arrived beside the store (web.streams)."""
    arrival = cast(Arrival, file.stream)
    return await intake.take(
        services().media,
        arrival.received(),
        file_name=file.filename or "upload",
        reserve=reserve,
    )


async def reserve(hashes: list[str]) -> None:
    """Keep these bytes from being collected until the content that is being made names them."""
    async with connection() as conn:
        await stored_media.reserve(conn, hashes, now=now())
