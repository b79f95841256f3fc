"""The blueprint of the device API: its routes, its limit, and how it refuses."""

from quart import Blueprint, Response, g

from device_api import commands, content, events, heartbeat, pairing, plan, screenshot
from web import problems
from web.services import services

blueprint = Blueprint("device_api", __name__, url_prefix="/v1/device")

for module in (pairing, heartbeat, plan, content, events, commands, screenshot):
    blueprint.register_blueprint(module.routes)


@blueprint.errorhandler(Exception)
async def refuse(error: Exception) -> Response:
    """Answer whatever was raised with a problem document."""
    return problems.of_any(error)


@blueprint.after_request
async def announce_limit(answer: Response) -> Response:
    """Tell the player how much of its limit is left."""
    if "limited_device" in g:
        services().device_rate.announce(answer, g.limited_device)
    return answer
