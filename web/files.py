"""Stored bytes over HTTP, whole or one range (RFC 9110 section 14), chunk by chunk."""

import re

from quart import Response, request

from signage.errors import NotFound
from signage.media import storage
from web import etags
from web.services import services

SANDBOX = "default-src 'none'; sandbox"
WHOLE = (-1, -1)

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


async def send(sha256: str, mime: str, size: int) -> Response:
    """Answer with the bytes of this hash; 206 for a range, 416 for one outside, 304 when held."""
    headers = {
        "ETag": f'"{sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Content-Type": mime,
    }
    if etags.matches(request.headers.get("If-None-Match"), {sha256}):
        return Response(b"", status=304, headers=headers)
    media = services().media
    if not await storage.exists(media, sha256):
        raise NotFound("The bytes of this content are not in the store.")
    start, end = span = _span(size) if _wants_same(sha256) else WHOLE
    if span == WHOLE:
        start, end = 0, size
    elif start >= end:
        headers["Content-Range"] = f"bytes */{size}"
        return Response(b"", status=416, headers=headers)
    else:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    body = b"" if request.method == "HEAD" else storage.open_range(media, sha256, start, end)
    answer = Response(body, status=200 if span == WHOLE else 206, headers=headers)
    answer.headers["Content-Length"] = str(end - start)
    return answer


def _wants_same(sha256: str) -> bool:
    return request.headers.get("If-Range") in (None, f'"{sha256}"')


def _span(size: int) -> tuple[int, int]:
    # Half-open, and empty where nothing of the range exists. What is no single range is ignored.
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    if not found or found.group(0) == "bytes=-":
        return WHOLE
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return WHOLE
    return int(first), min(int(last) + 1 if last else size, size)
