"""The plan: 72 hours of what to play, by ETag, so that an unchanged one costs nothing."""

import gzip

from quart import Blueprint, Response, request

from device_api.caller import device
from signage import plans
from web import etags
from web.services import connection, now

COMPRESS_FROM_BYTES = 1024


def register(blueprint: Blueprint) -> None:
    """Add the route of this module."""
    blueprint.get("/plan")(plan)


async def plan() -> Response:
    """Answer with the plan, or 304 where the screen holds it already (RFC 9110 section 13.1.2)."""
    caller = await device()
    async with connection() as conn:
        current = await plans.current(conn, caller.id, now=now())
        answer = _answer(current)
        await plans.note_fetched(conn, caller.id, current.etag, now=now())
    return answer


def _answer(current: plans.Plan) -> Response:
    compressed = "gzip" in request.accept_encodings and len(current.body) >= COMPRESS_FROM_BYTES
    etag = f"{current.etag}-gzip" if compressed else current.etag
    held = etags.matches(
        request.headers.get("If-None-Match"), {current.etag, f"{current.etag}-gzip"}
    )
    if held:
        answer = Response(b"", status=304)
        answer.headers.pop("Content-Type", None)
    else:
        body = gzip.compress(current.body, 6, mtime=0) if compressed else current.body
        answer = Response(body, content_type="application/json")
        if compressed:
            answer.headers["Content-Encoding"] = "gzip"
    answer.headers["ETag"] = f'"{etag}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Authorization, Accept-Encoding"
    return answer
