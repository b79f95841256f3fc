"""What a device last showed, as it took it itself: ``/v1/admin/devices/{id}/screenshot``."""

from uuid import UUID

from quart import Blueprint, Response

from admin_api.caller import caller
from signage import screenshots
from signage.errors import NotFound
from web import bodies, pictures
from web.services import connection, now

routes = Blueprint("device_screenshots", __name__)


@routes.get("/devices/<uuid:device_id>/screenshot")
async def show(device_id: UUID) -> Response:
    """Tell of the latest screenshot: when it came, its size, and where its bytes are."""
    actor = await caller()
    async with connection() as conn:
        found = await screenshots.find(conn, actor, device_id, now=now())
    if found is None:
        raise NotFound("This screen has sent no screenshot yet.")
    return bodies.reply(found)


@routes.get("/devices/<uuid:device_id>/screenshot/image")
async def image(device_id: UUID) -> Response:
    """Answer with the bytes of the latest screenshot."""
    actor = await caller()
    async with connection() as conn:
        found, data = await screenshots.read(conn, actor, device_id, now=now())
    return pictures.send(data, found.mime, found.sha256)
