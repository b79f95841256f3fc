"""The web player's page and its files: nothing here knows a device, a plan or a database.

The files' address holds a digest of their bytes, so a cache may keep them for ever, and a player
that is updated loads all of the new files or none.
"""

import hashlib
from functools import cache
from pathlib import Path

from quart import Blueprint, Response, abort, jsonify, render_template

VERSION = "0.1.0"
STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
MIME = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; "
    "frame-src https:; base-uri 'none'"
)
SERVICE_WORKER = "sw.js"
CACHED_FOR_EVER = "public, max-age=31536000, immutable"
ASKED_EVERY_TIME = "no-cache"

blueprint = Blueprint("player", __name__, url_prefix="/player", template_folder="templates")


@blueprint.get("")
async def show() -> str:
    """Show the player: one page that pairs, plays and reports."""
    return await render_template(
        "player/show.html", build=build(), version=f"{VERSION}+{build()[:8]}"
    )


@blueprint.get("/sw.js")
async def service_worker() -> Response:
    """Send the service worker; the header lets it answer for /player itself, not only below it."""
    answer = _file(SERVICE_WORKER)
    answer.headers["Service-Worker-Allowed"] = "/player"
    return answer


@blueprint.get("/shell.json")
async def shell() -> Response:
    """Name the files that the service worker keeps, so that the player starts without a network."""
    return jsonify(build=build(), files=[f"/player/static/{build()}/{name}" for name in files()])


@blueprint.get("/static/<built>/<path:name>")
async def static_file(built: str, name: str) -> Response:
    """Send a file; only under the address of its own build may a cache keep it for ever."""
    if name not in files():
        abort(404)
    answer = _file(name)
    if built == build():
        answer.headers["Cache-Control"] = CACHED_FOR_EVER
    return answer


@blueprint.after_request
async def protect(answer: Response) -> Response:
    """Set the page's policy: own scripts and styles only, media from memory, pages over https."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers.setdefault("Cache-Control", ASKED_EVERY_TIME)
    return answer


@cache
def files() -> tuple[str, ...]:
    """Return the names of the files that the page loads, sorted."""
    found = (path for path in STATIC.rglob("*") if path.suffix in MIME)
    names = (path.relative_to(STATIC).as_posix() for path in found)
    return tuple(sorted(name for name in names if name != SERVICE_WORKER))


@cache
def build() -> str:
    """Return a digest of the page and all of its files: another byte, another build."""
    digest = hashlib.sha256()
    loaded = [STATIC / name for name in (*files(), SERVICE_WORKER)]
    for path in [*loaded, *sorted(TEMPLATES.rglob("*.html"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _file(name: str) -> Response:
    return Response((STATIC / name).read_bytes(), content_type=MIME[Path(name).suffix])
