"""The portal's static files, under an address that changes with their bytes, cached for ever."""

import hashlib
from functools import cache
from pathlib import Path

from quart import Quart, Response, abort, send_file

import portal

ROOT = Path(portal.__file__).parent / "static"
VERSION_CHARS = 12


def register(app: Quart) -> None:
    """Add the route."""
    app.get("/static/<version>/<path:name>")(serve)


def static_url(name: str) -> str:
    """Return the address of a file below portal/static as it is now."""
    return f"/static/{_version()}/{name}"


async def serve(version: str, name: str) -> Response:
    """Answer with the file; whatever is not a file below the folder is 404."""
    if "\x00" in name:
        abort(404)
    path = (ROOT / name).resolve()
    if not path.is_relative_to(ROOT.resolve()) or not path.is_file():
        abort(404)
    answer = await send_file(path)
    current = version == _version()
    answer.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if current else "no-cache"
    )
    return answer


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for path in sorted(ROOT.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:VERSION_CHARS]
