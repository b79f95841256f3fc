"""What the doors are measured against: the least that the same server can do for such a call."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from quart import Quart, Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

quart_app = Quart("bare", static_folder=None)


@quart_app.get("/v1/device/plan")
async def plan() -> Response:
    """Answer 304 and look at nothing."""
    return Response(b"", status=304)


async def asgi_app(scope: Message, receive: Receive, send: Send) -> None:
    """Answer GET with 304, and POST, once its body is read, with an empty JSON object."""
    if scope["type"] != "http":
        return
    if scope["method"] == "GET":
        await send({"type": "http.response.start", "status": 304, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
