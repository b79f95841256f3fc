"""The files behind the pictures: the bytes of a version and its poster."""

from uuid import UUID

from quart import Blueprint, Response, request

from signage import content_files
from signage.content_files import ContentFile
from signage.errors import NotFound
from signage.media import storage
from web import files, identity
from web.services import connection, services

routes = Blueprint("content_files", __name__)

POSTER_MIME = "image/jpeg"
VERSION_DIGITS_MAX = 9


@routes.get("/content/<uuid:content_id>/poster")
async def poster(content_id: UUID) -> Response:
    """Answer with the small picture of the version ``v``, else of the newest."""
    await identity.require("program")
    found = await _find(content_id)
    if found.poster_sha256 is None:
        return Response(b"", status=404)
    size = await storage.size(services().media, found.poster_sha256)
    return _kept(await files.send(found.poster_sha256, POSTER_MIME, size))


@routes.get("/content/<uuid:content_id>/file")
async def file(content_id: UUID) -> Response:
    """Answer with the bytes of the version ``v``, else of the newest, for the preview."""
    await identity.require("program")
    found = await _find(content_id)
    if found.sha256 is None:
        return Response(b"", status=404)
    return _kept(await files.send(found.sha256, found.mime, found.bytes))


async def _find(content_id: UUID) -> ContentFile:
    asked = request.args.get("v", "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) <= VERSION_DIGITS_MAX):
        raise NotFound("There is no such version.")
    async with connection() as conn:
        return await content_files.find(conn, content_id, int(asked) if asked else None)


def _kept(answer: Response) -> Response:
    # The bytes of a version never change, but which one is the newest does.
    if not request.args.get("v"):
        answer.headers["Cache-Control"] = "private, no-cache"
    return answer
