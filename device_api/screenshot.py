"""The picture of what a screen shows, as the screen sends it; the latest is kept."""

from quart import Blueprint, Response, request

from device_api.caller import device
from signage import screenshots
from web import bodies
from web.services import connection, now, services

routes = Blueprint("screenshot", __name__)


@routes.put("/screenshot")
async def put() -> Response:
    """Keep the picture; what it is called does not matter, only what it decodes to."""
    caller = await device()
    picture = await screenshots.examine(
        services().media, request.body, limit_bytes=services().limits.screenshot_max_bytes
    )
    async with connection() as conn:
        await screenshots.keep(conn, caller.id, picture, now=now())
    return bodies.reply(bodies.timed({}))
