"""Uploaded files: taken out of a multipart request and looked into before anything is kept."""

from collections.abc import AsyncIterator

from quart import request
from werkzeug.datastructures import FileStorage

from signage.errors import Invalid
from signage.media import intake
from web.services import services

CHUNK_BYTES = 1024 * 1024


async def accept(field: str = "file") -> intake.Accepted:
    """Take in the file of this field; MediaRefused says why it cannot be played."""
    file = (await request.files).get(field)
    if file is None or not file.filename:
        raise Invalid.field(f"/{field}", "missing_file", "Choose a file.")
    return await accept_file(file)


async def accept_file(file: FileStorage) -> intake.Accepted:
    """Take in one file of a request."""
    return await intake.accept(services().media, _chunks(file), file_name=file.filename or "upload")


async def _chunks(file: FileStorage) -> AsyncIterator[bytes]:
    while chunk := file.stream.read(CHUNK_BYTES):
        yield chunk
