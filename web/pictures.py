"""Pictures from the database over HTTP, never as a document that could do anything."""

from quart import Response, request

from web import etags
from web.files import SANDBOX


def send(image: bytes, mime: str, sha256: str) -> Response:
    """Answer with the bytes, 304 where the caller holds them; asked for again each time."""
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Content-Type": mime,
    }
    if etags.matches(request.headers.get("If-None-Match"), {sha256}):
        return Response(b"", status=304, headers=headers)
    return Response(image, headers=headers)
