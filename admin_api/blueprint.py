"""The blueprint of the admin API: its routes, its limit, and how it refuses."""

from quart import Blueprint, Response, g

from admin_api import (
    assignments,
    audit,
    calendar_feeds,
    campaigns,
    claims,
    content,
    content_life,
    device_commands,
    device_history,
    device_plans,
    device_screenshots,
    device_views,
    devices,
    groups,
    incidents,
    invitations,
    keys,
    playlists,
    reports,
    schedule_imports,
    schedules,
    settings,
    stores,
    takeovers,
    uploads,
    users,
)
from admin_api.caller import limit
from web import problems

blueprint = Blueprint("admin_api", __name__, url_prefix="/v1/admin")

for module in (
    assignments,
    audit,
    calendar_feeds,
    campaigns,
    claims,
    content,
    content_life,
    device_commands,
    device_history,
    device_plans,
    device_screenshots,
    device_views,
    devices,
    groups,
    incidents,
    invitations,
    keys,
    playlists,
    reports,
    schedule_imports,
    schedules,
    settings,
    stores,
    takeovers,
    uploads,
    users,
):
    blueprint.register_blueprint(module.routes)


@blueprint.errorhandler(Exception)
async def refuse(error: Exception) -> Response:
    """Answer whatever was raised with a problem document."""
    return problems.of_any(error)


@blueprint.after_request
async def announce_limit(answer: Response) -> Response:
    """Tell the caller how much of its limit is left."""
    if "limited_caller" in g:
        limit.announce(answer, g.limited_caller)
    return answer
