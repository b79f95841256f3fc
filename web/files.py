"""Stored bytes over HTTP, whole or one range (RFC 9110 section 14), chunk by chunk."""

import re

from quart import Response, request

from signage.errors import NotFound
from signage.media import storage
from web import etags
from web.services import services

SANDBOX = "default-src 'none'; sandbox"


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
    if_range = request.headers.get("If-Range")
    field = request.headers.get("Range")
    span = _span(field, size) if if_range in (None, f'"{sha256}"') else (0, size)
    if span is None:
        headers["Content-Range"] = f"bytes */{size}"
        return Response(b"", status=416, headers=headers)
    start, end = span
    headers["Content-Length"] = str(end - start)
    body = b"" if request.method == "HEAD" else storage.open_range(media, sha256, start, end)
    if (start, end) == (0, size) and not (field or "").startswith("bytes="):
        return Response(body, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Response(body, status=206, headers=headers)


def _span(field: str | None, size: int) -> tuple[int, int] | None:
    # Half-open; None where nothing of the range exists. Several ranges or nonsense: the whole.
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", field or "")
    if not found or found.group(0) == "bytes=-":
        return 0, size
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else None
    start, end = int(first), min(int(last) + 1 if last else size, size)
    if last and int(last) < start:
        return 0, size
    return (start, end) if start < size else None
