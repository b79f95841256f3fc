"""Bodies as streams: no further ahead than they are used, and files that leave nothing behind."""

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest
from quart import Quart

from signage.errors import Refused
from signage.media.arrivals import room_on_disk
from tests.unit.callers import Caller, assert_refused
from tests.unit.signage.media import files
from web import problems, streams
from web.services import EXTENSION

BOUNDARY = "a-boundary-of-the-tests"
MULTIPART = {"Content_Type": f"multipart/form-data; boundary={BOUNDARY}"}
HEAD = (
    f"--{BOUNDARY}\r\n"
    'Content-Disposition: form-data; name="file"; filename="a.png"\r\n'
    "Content-Type: image/png\r\n\r\n"
).encode()
END = f"\r\n--{BOUNDARY}--\r\n".encode()
PIECE = bytes(256 * 1024)


@pytest.fixture
def incoming(app: Quart) -> Path:
    """Where files wait, without those of other tests."""
    found: Path = app.extensions[EXTENSION].media.incoming
    for left in found.iterdir():
        left.unlink()
    return found


class Line:
    """A connection that counts how much of a body was read from it."""

    def __init__(self, pieces: int, *, ends: bool = True) -> None:
        self.left = pieces
        self.ends = ends
        self.read = 0
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if self.left == 0:
            await asyncio.sleep(0)
            return {"type": "http.disconnect"}
        self.left -= 1
        self.read += len(PIECE)
        return {"type": "http.request", "body": PIECE, "more_body": self.left > 0 or not self.ends}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


def request_scope(app: Quart) -> dict[str, object]:
    return {
        "type": "http", "asgi": {}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/slow", "raw_path": b"/slow", "query_string": b"", "root_path": "",
        "headers": [(b"host", b"localhost")], "client": ("192.0.2.1", 1), "server": None,
        "extensions": {},
    }  # fmt: skip


@pytest.fixture
def slow() -> Quart:
    """An application that reads two pieces of a body and then waits for a word."""
    app = Quart("slow")
    app.request_class = streams.StreamedRequest
    app.asgi_http_class = streams.StreamedConnection
    app.go_on = asyncio.Event()  # type: ignore[attr-defined]  # only this test's application has it

    @app.post("/slow")
    async def read() -> str:
        from quart import request  # noqa: PLC0415 - the request of this application

        total, body = 0, request.body
        async for piece in body:
            total += len(piece)
            if total >= 2 * len(PIECE):
                await app.go_on.wait()  # type: ignore[attr-defined]  # as above
        return str(total)

    return app


async def test_no_more_is_read_than_there_is_room_for(slow):
    line = Line(pieces=400)
    request = asyncio.create_task(slow(request_scope(slow), line.receive, line.send))
    for _ in range(2000):
        await asyncio.sleep(0)

    assert line.read <= 2 * len(PIECE) + streams.READ_AHEAD_BYTES + 2 * len(PIECE)
    slow.go_on.set()
    await request
    body = b"".join(part.get("body", b"") for part in line.sent)
    assert body == str(400 * len(PIECE)).encode()


async def test_a_form_without_files_is_bounded(as_nobody, app):
    portal = Caller(app, "")
    body = b"email=" + b"x" * streams.WHOLE_BODY_LIMIT_BYTES
    answer = await portal.post("/sign-in", body, Content_Type="application/x-www-form-urlencoded")

    assert answer.status == 413


async def test_a_stranger_fills_no_disk(app, incoming, as_nobody):
    for caller, path in ((Caller(app, ""), "/content"), (Caller(app, ""), "/sign-in")):
        answer = await caller.post(path, HEAD + files.picture("PNG") + END, **MULTIPART)
        assert answer.status in (401, 403)
    assert_refused(
        await as_nobody.post("/content", HEAD + END, **MULTIPART), 401, "unauthenticated"
    )
    assert list(incoming.iterdir()) == []


async def test_a_file_of_a_form_leaves_nothing_but_what_is_stored(as_manager, incoming):
    answer = await as_manager.post("/content", HEAD + files.picture("PNG") + END, **MULTIPART)

    assert answer.status == 201
    assert list(incoming.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        HEAD + files.picture("PNG"),
        HEAD,
        HEAD[:40],
        b"",
        b"no form at all",
        HEAD.replace(b"a.png", b"") + END,
        (HEAD + b"x\r\n") * 1001 + END,
        HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999999999\r\n\r\n") + b"text" + END,
    ],
    ids=[
        "no end", "no bytes", "half a head", "nothing", "no form", "no name", "too many", "lies",
    ],
)  # fmt: skip
async def test_a_broken_form_is_refused_and_leaves_nothing(as_manager, incoming, body):
    answer = await as_manager.post("/content", body, **MULTIPART)

    assert answer.status in (400, 413, 422), answer.body
    assert list(incoming.iterdir()) == []
    assert (await as_manager.get("/content")).json["items"] == []


async def test_a_form_whose_sender_goes_away_leaves_nothing(as_manager, app, incoming):
    client = app.test_client()
    headers = {"Content-Type": MULTIPART["Content_Type"], **as_manager.headers}
    async with client.request("/v1/admin/content", method="POST", headers=headers) as line:
        await line.send(HEAD + files.picture("PNG"))
        for _ in range(200):
            await asyncio.sleep(0)
        await line.disconnect()

    assert list(incoming.iterdir()) == []


async def test_a_file_past_the_limit_is_refused_as_it_comes(as_manager, incoming, monkeypatch):
    monkeypatch.setattr(streams, "UPLOAD_LIMIT_BYTES", 100)

    answer = await as_manager.post("/content", HEAD + files.picture("PNG") + END, **MULTIPART)

    assert answer.json["errors"][0]["code"] == "too_large"
    assert list(incoming.iterdir()) == []


def test_a_full_disk_is_told_in_words():
    with pytest.raises(Refused) as refused, room_on_disk():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (refused.value.code, problems.status_of(refused.value)) == ("no_room", 507)


def test_another_fault_of_the_disk_is_a_fault():
    with pytest.raises(PermissionError), room_on_disk():
        raise PermissionError(errno.EACCES, "Permission denied")
