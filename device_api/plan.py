"""The plan: 72 hours of what to play, by ETag, so that an unchanged one costs nothing."""

import gzip

from quart import Blueprint, Response, request

from device_api.caller import device
from signage import plans
from web import etags
from web.services import connection, now

routes = Blueprint("plan", __name__)

COMPRESSION_LEVEL = 6


@routes.get("/plan")
async def plan() -> Response:
    """Answer with the plan, or 304 where the screen holds it already (RFC 9110 section 13.1.2)."""
    caller = await device()
    compressed = request.accept_encodings["gzip"] > 0
    async with connection() as conn:
        etag = await plans.due(conn, caller.id, now=now())
        await plans.note_fetched(conn, caller.id, etag, now=now())
        if etags.matches(_held(), {etag, f"{etag}-gzip"}):
            answer = Response(b"", status=304)
            # Either would describe the plan itself, which is not sent (RFC 9110 section 15.4.5).
            answer.headers.pop("Content-Type", None)
            answer.headers.pop("Content-Length", None)
        else:
            answer = _whole(await plans.find(conn, etag), compressed)
    answer.headers["ETag"] = f'"{etag}-gzip"' if compressed else f'"{etag}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Authorization, Accept-Encoding"
    return answer


def _held() -> str | None:
    """Return If-None-Match; several fields are one list (RFC 9110 section 5.3)."""
    return ",".join(request.headers.getlist("If-None-Match")) or None


def _whole(found: plans.Plan, compressed: bool) -> Response:
    if not compressed:
        return Response(found.body, content_type="application/json")
    body = gzip.compress(found.body, COMPRESSION_LEVEL, mtime=0)
    answer = Response(body, content_type="application/json")
    answer.headers["Content-Encoding"] = "gzip"
    return answer
