"""Players that send their plays until each batch is acknowledged, whatever happens meanwhile."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bench import http_load, shop

HOST = "127.0.0.1"
PAUSE_S = 0.05
ANSWER_WITHIN_S = 30.0


class Sent(msgspec.Struct):
    """What the players know: events acknowledged, and how often they had to send again."""

    acknowledged: int = 0
    again: int = 0


class Reply(msgspec.Struct):
    """What a player reads of an answer."""

    accepted: int
    rejected: int


class Player:
    """One screen, with the plays it still has to send."""

    def __init__(self, port: int, screen: shop.Screen, sent: Sent) -> None:
        self._port = port
        self._screen = screen
        self._sent = sent
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send_all(self, batches: Iterator[list[dict[str, Any]]]) -> None:
        """Send batch after batch, each until it is acknowledged."""
        for events in batches:
            while not await self._is_acknowledged(events):
                self._sent.again += 1
                await asyncio.sleep(PAUSE_S)
            self._sent.acknowledged += len(events)
        self._hang_up()

    async def _is_acknowledged(self, events: list[dict[str, Any]]) -> bool:
        body = msgspec.json.encode({"events": events})
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                status, answer = await self._ask(body)
        except (OSError, EOFError, TimeoutError):
            self._hang_up()
            return False
        if status != 200:
            if status != 503:
                raise http_load.UnexpectedAnswer(f"{status}: {answer[:300]!r}")
            return False
        reply = msgspec.json.decode(answer, type=Reply)
        if (reply.accepted, reply.rejected) != (len(events), 0):
            raise http_load.UnexpectedAnswer(f"{reply} for {len(events)} events")
        return True

    async def _ask(self, body: bytes) -> tuple[int, bytes]:
        if self._line is None:
            self._line = await asyncio.open_connection(HOST, self._port)
        reader, writer = self._line
        bearer = f"Bearer {self._screen.token}"
        writer.write(
            http_load.request("POST", "/v1/device/events", body=body, Authorization=bearer)
        )
        await writer.drain()
        head = (await reader.readuntil(http_load.HEAD_END)).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        return int(head.split(b" ", 2)[1]), await reader.readexactly(length)

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line[1].close()
            self._line = None


def batches(
    items: list[str], *, first_id: int, count: int, together: int, began: datetime
) -> Iterator[list[dict[str, Any]]]:
    """Yield plays, ten seconds apart, the newest first; ids count up from ``first_id``."""
    for at in range(0, count, together):
        yield [
            {
                "event_id": str(UUID(int=first_id + number)),
                "event_type": "play",
                "result": "completed",
                "started_at": (began - timedelta(seconds=10 * number)).isoformat(),
                "duration_ms": 10_000,
                "item_id": items[number % len(items)],
                "seq": number,
            }
            for number in range(at, min(at + together, count))
        ]
