"""Who calls the APIs in tests: somebody with credentials, and the answer that they see."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from quart import Quart
from werkzeug.datastructures import Headers

from signage import outgoing


class Clock:
    """The server's clock; a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> datetime:
        """Let time pass: ``clock.pass_(minutes=5)``."""
        self.now += timedelta(**span)
        return self.now


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.json["errors"]]


class Caller:
    """One caller of one door: ``await screen.get("/plan")``."""

    def __init__(self, app: Quart, prefix: str, *, address: str = "", **headers: str) -> None:
        self.app = app
        self.prefix = prefix
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.scope = {"client": (address, 1234)} if address else {}
        self.client = app.test_client()

    async def __call__(
        self, method: str, path: str, body: object = None, **headers: str | None
    ) -> Answer:
        """Send ``body`` as JSON, or as it is where it is bytes; a header of None is left out."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in (self.headers | named).items() if value is not None}
        data = b"" if body is None else body
        if not isinstance(data, bytes):
            data = msgspec.json.encode(data)
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        answer = await self.client.open(
            self.prefix + path, method=method, data=data, headers=sent, scope_base=self.scope
        )
        received = await answer.get_data(as_text=False)
        return Answer(answer.status_code, answer.headers, received)

    async def get(self, path: str, **headers: str | None) -> Answer:
        return await self("GET", path, **headers)

    async def post(self, path: str, body: object = None, **headers: str | None) -> Answer:
        return await self("POST", path, body, **headers)

    async def put(self, path: str, body: object = None, **headers: str | None) -> Answer:
        return await self("PUT", path, body, **headers)

    async def patch(self, path: str, body: object = None, **headers: str | None) -> Answer:
        return await self("PATCH", path, body, **headers)

    async def delete(self, path: str, **headers: str | None) -> Answer:
        return await self("DELETE", path, **headers)


async def anywhere(url: str, **_: Any) -> outgoing.Answer:
    """Every address of the web in tests: a page that may be framed."""
    return outgoing.Answer(200, [("content-type", "text/html")], b"")


def assert_refused(answer: Answer, status: int, code: str) -> None:
    """Every refusal is a problem document (RFC 9457) that programs and people can read."""
    assert (answer.status, answer.code) == (status, code), answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == status
    assert problem["type"] and problem["title"] and problem["detail"]
    assert len(problem["request_id"]) == 32
    assert "server_time" not in problem


class OneConnection:
    """Lends the test's own connection as a pool would, so that what a request did is rolled back.

    A statement that fails ends only the request it belongs to, as it would on a connection of
    its own.
    """

    def __init__(self) -> None:
        self.conn: asyncpg.Connection | None = None

    def get_size(self) -> int:
        return 1

    def get_idle_size(self) -> int:
        return 0

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        assert self.conn is not None, "this test asks the application without the fixture app"
        savepoint = self.conn.transaction()
        await savepoint.start()
        try:
            yield self.conn
        except asyncpg.PostgresError:
            await savepoint.rollback()
            raise
        except BaseException:
            await savepoint.commit()
            raise
        await savepoint.commit()
