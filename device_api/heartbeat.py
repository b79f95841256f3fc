"""The heartbeat: what a screen says about itself, and what it should do next."""

from quart import Blueprint, Response

from device_api.caller import device
from signage import heartbeats, plans
from web import bodies
from web.services import address, connection, now, services

routes = Blueprint("heartbeat", __name__)


@routes.post("/heartbeat")
async def heartbeat() -> Response:
    """Keep what the screen reports; answer with its plan's tag, its pace and its commands."""
    caller = await device()
    beat = await bodies.decode(heartbeats.Heartbeat)
    async with connection() as conn:
        commands = await heartbeats.record(
            conn,
            caller.id,
            beat,
            address=address(),
            interval_s=services().pace.heartbeat_interval_s,
            now=now(),
        )
        plan_etag = await plans.due(conn, caller.id, now=now())
    return bodies.reply(
        bodies.timed(services().pace.spread(), plan_etag=plan_etag, commands=commands)
    )
