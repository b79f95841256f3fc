"""The bytes of what a plan names, in ranges, so that a broken download can go on."""

from quart import Blueprint, Response

from device_api.caller import device
from signage import plans
from web import files
from web.services import connection, now

routes = Blueprint("content", __name__)


@routes.get("/content/<sha256>")
async def content(sha256: str) -> Response:
    """Answer with the bytes; 404 for what is in no plan of this screen of the last seven days."""
    caller = await device()
    async with connection() as conn:
        media = await plans.find_media(conn, caller.id, sha256, now=now())
    return await files.send(media.sha256, media.mime, media.bytes)
