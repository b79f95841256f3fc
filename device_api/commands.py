"""What became of a command."""

from typing import Literal
from uuid import UUID

import msgspec
from quart import Blueprint, Response

from device_api.caller import device
from signage import commands
from web import bodies
from web.services import connection, now

routes = Blueprint("commands", __name__)


class Result(msgspec.Struct):
    """Whether it was done, and what there is to say about it."""

    status: Literal["done", "failed"]
    detail: str | None = None


@routes.post("/commands/<uuid:command_id>/result")
async def finish(command_id: UUID) -> Response:
    """Keep the screen's answer to a command; the first one stands."""
    caller = await device()
    result = await bodies.decode(Result)
    async with connection() as conn:
        await commands.finish(
            conn, caller.id, command_id, status=result.status, detail=result.detail, now=now()
        )
    return bodies.reply(bodies.timed({}))
