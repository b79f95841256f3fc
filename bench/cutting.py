"""A proxy in front of a server that loses replies: the server has done its work, nobody hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

HOST = "127.0.0.1"
READ_BYTES = 65_536
ACKNOWLEDGED = b"HTTP/1.1 200"


class Proxy:
    """``to_cut`` replies that begin with 200 are to be lost; ``cut`` were."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.to_cut = self.cut = 0
        self._server_port = server_port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes on both ways until either side ends, or a reply is lost."""
        with suppress(OSError):
            server = await asyncio.open_connection(HOST, self._server_port)
            ways = [
                asyncio.create_task(self._pass_on(reader, server[1], replies=False)),
                asyncio.create_task(self._pass_on(server[0], writer, replies=True)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            server[1].close()
        writer.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool
    ) -> None:
        while data := await reader.read(READ_BYTES):
            if replies and self.to_cut and data.startswith(ACKNOWLEDGED):
                self.to_cut -= 1
                self.cut += 1
                return
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def in_front_of(server_port: int) -> AsyncIterator[Proxy]:
    """Listen on a port of its own while the block runs."""
    proxy = Proxy(server_port)
    listener = await asyncio.start_server(proxy.serve, HOST, 0)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listener.close()
