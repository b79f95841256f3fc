"""The blueprint of the device API: its routes, its limit, and how it refuses."""

from quart import Blueprint, Response, g
from werkzeug.exceptions import HTTPException

from device_api import commands, content, events, heartbeat, pairing, plan
from device_api.caller import limit
from web import problems

blueprint = Blueprint("device_api", __name__, url_prefix="/v1/device")

for module in (pairing, heartbeat, plan, content, events, commands):
    blueprint.register_blueprint(module.routes)


@blueprint.errorhandler(Exception)
async def refuse(error: Exception) -> Response:
    """Answer every refusal with a problem document; what is no refusal is a fault and goes on."""
    if isinstance(error, HTTPException):
        return problems.of_http(error)
    understood = problems.understood(error)
    if understood is None:
        raise error
    return problems.response(understood)


@blueprint.after_request
async def announce_limit(answer: Response) -> Response:
    """Tell the player how much of its limit is left."""
    if "limited_device" in g:
        limit.announce(answer, g.limited_device)
    return answer
