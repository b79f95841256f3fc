"""Request bodies as streams: as fast as they are used, and files straight to where they are kept.

Quart keeps every byte that arrives in memory until somebody asks for it. Here the server reads no
further than a few pieces ahead, so that a file of gigabytes takes no more room than a small one.
"""

import asyncio
import io
from collections.abc import Generator
from typing import IO, Any, cast

from quart import Request, g
from quart.asgi import ASGIHTTPConnection
from quart.formparser import FormDataParser
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

from signage.actors import Actor
from signage.errors import Unauthenticated
from signage.media.arrivals import Arrival
from signage.media.facts import UPLOAD_LIMIT_BYTES
from web.services import services

READ_AHEAD_BYTES = 1024 * 1024
WHOLE_BODY_LIMIT_BYTES = 2 * 1024 * 1024


class StreamedBody(Body):
    """A body of which at most ``READ_AHEAD_BYTES`` and a piece wait to be read.

    Whoever awaits it whole gets at most ``WHOLE_BODY_LIMIT_BYTES``; more is 413.
    """

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, max_content_length)
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_awaited_whole = False

    async def room(self) -> None:
        """Return when the next piece may be read."""
        await self._has_room.wait()

    def append(self, data: bytes) -> None:
        """Add what arrived."""
        super().append(data)
        if self._is_awaited_whole:
            self._refuse_if_too_large()
        elif len(self._data) >= READ_AHEAD_BYTES:
            self._has_room.clear()

    async def __anext__(self) -> bytes:
        """Return what is there, once there is something."""
        data = await super().__anext__()
        self._has_room.set()
        return data

    def __await__(self) -> Generator[Any, None, Any]:
        """Return the whole body."""
        self._is_awaited_whole = True
        self._has_room.set()
        self._refuse_if_too_large()
        return super().__await__()

    def _refuse_if_too_large(self) -> None:
        if len(self._data) > WHOLE_BODY_LIMIT_BYTES:
            self._must_raise = RequestEntityTooLarge()
            self.set_complete()


class StreamedConnection(ASGIHTTPConnection):
    """Reads from the network only what there is room for."""

    async def handle_messages(self, request: Request, receive: Any) -> None:
        """Hand the body on piece by piece; return when the caller has gone."""
        body = cast(StreamedBody, request.body)
        while True:
            await body.room()
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body.append(message.get("body", b""))
            if not message.get("more_body", False):
                body.set_complete()


class StreamedRequest(Request):
    """A request whose files are written where uploads wait, each hashed as it comes."""

    body_class = StreamedBody

    def make_form_data_parser(self) -> FormDataParser:
        """Return the parser of this request's form."""
        return FormDataParser(
            max_content_length=self.max_content_length,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            cls=self.parameter_storage_class,
            stream_factory=_arrival,
        )


class SmallFile(io.BytesIO):
    """A file in memory, of at most ``WHOLE_BODY_LIMIT_BYTES``; more is 413."""

    def write(self, data: bytes) -> int:  # type: ignore[override]  # nothing but bytes arrives
        """Add what arrived."""
        if self.tell() + len(data) > WHOLE_BODY_LIMIT_BYTES:
            raise RequestEntityTooLarge()
        return super().write(data)


async def discard_arrivals(_: BaseException | None = None) -> None:
    """Remove the files of this request that nobody kept."""
    for arrival in g.pop("arrivals", []):
        arrival.discard()


def _arrival(
    total: int | None, mimetype: str | None, file_name: str | None, length: int | None
) -> IO[bytes]:
    # Who asks is found out before a form is read: whoever may keep no file fills no disk.
    person = cast(Actor | None, g.get("person"))
    if person is None and "limited_caller" not in g:
        raise Unauthenticated("Sign in first.")
    if person is not None and not person.may("program"):
        # Who pairs screens sends lists of them, which are small and kept nowhere.
        person.require("pair")
        return SmallFile()
    if "arrivals" not in g:
        g.arrivals = []
    arrival = Arrival(services().media, UPLOAD_LIMIT_BYTES)
    g.arrivals.append(arrival)
    return cast(IO[bytes], arrival)
