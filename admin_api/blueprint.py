"""The blueprint of the admin API: its routes, its limit, and how it refuses."""

from quart import Blueprint, Response, g
from werkzeug.exceptions import HTTPException

from admin_api import (
    assignments,
    campaigns,
    claims,
    content,
    devices,
    groups,
    playlists,
    reports,
    schedules,
    stores,
)
from admin_api.caller import limit
from web import problems

blueprint = Blueprint("admin_api", __name__, url_prefix="/v1/admin")

for module in (
    assignments,
    campaigns,
    claims,
    content,
    devices,
    groups,
    playlists,
    reports,
    schedules,
    stores,
):
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
    """Tell the caller how much of its limit is left."""
    if "limited_caller" in g:
        limit.announce(answer, g.limited_caller)
    return answer
