"""The blueprint of the portal: its pages, who may see them, and how it refuses."""

from quart import Blueprint, Response, redirect, request, url_for
from quart.typing import ResponseReturnValue

from portal import (
    account,
    audit,
    calendar_feeds,
    calendar_imports,
    campaigns,
    claims,
    content,
    content_files,
    content_page,
    content_verbs,
    device_bulk,
    device_history,
    device_screenshots,
    device_settings,
    device_views,
    devices,
    errors,
    expected_screens,
    frame,
    gallery,
    groups,
    incidents,
    invitations,
    keys,
    maintenance,
    overview,
    pair,
    plan_explorer,
    playlist_edits,
    playlist_places,
    playlists,
    proof_of_play,
    resets,
    schedule_edits,
    schedules,
    settings,
    sign_in,
    store_imports,
    stores,
    takeovers,
    two_factor,
    uploads,
    users,
)
from signage.errors import Forbidden
from web import csrf, identity

blueprint = Blueprint("portal", __name__, template_folder="templates")

SIGNED_OUT_PAGES = frozenset(
    {
        "portal.sign_in.sign_in",
        "portal.sign_in.code",
        "portal.sign_in.set_up",
        "portal.sign_in.theme",
        "portal.invitations.accept",
        "portal.resets.ask",
        "portal.resets.use",
        "portal.calendar_feeds.read",
    }
)
TWO_FACTOR_PAGES = SIGNED_OUT_PAGES | {"portal.two_factor.show", "portal.sign_in.sign_out"}
"""Where an administrator can be who has to set up a second factor first."""
PEOPLE = (users, invitations, resets, account, two_factor, settings, keys)

for module in (
    sign_in,
    overview,
    devices,
    device_bulk,
    device_history,
    device_screenshots,
    device_settings,
    device_views,
    pair,
    claims,
    expected_screens,
    stores,
    store_imports,
    groups,
    content,
    content_page,
    content_verbs,
    content_files,
    uploads,
    playlists,
    playlist_edits,
    playlist_places,
    schedules,
    schedule_edits,
    calendar_feeds,
    calendar_imports,
    campaigns,
    plan_explorer,
    takeovers,
    proof_of_play,
    incidents,
    maintenance,
    audit,
    gallery,
):
    blueprint.register_blueprint(module.routes)


for module in PEOPLE:
    blueprint.register_blueprint(module.routes)


@blueprint.before_request
async def require_person() -> ResponseReturnValue | None:
    """Send visitors to the sign-in page, and refuse what does not prove where it comes from."""
    actor = await identity.person()
    if request.method not in identity.SAFE_METHODS and not await csrf.is_proven():
        raise Forbidden("This form is too old or was sent from elsewhere. Load the page again.")
    if actor is None and request.endpoint not in SIGNED_OUT_PAGES:
        return _to_sign_in()
    if actor and actor.owes_two_factor and request.endpoint not in TWO_FACTOR_PAGES:
        return _to(url_for("portal.two_factor.show"))
    return None


blueprint.context_processor(frame.context)
blueprint.after_request(frame.keep_visitor)
blueprint.register_error_handler(Exception, errors.refuse)


def _to_sign_in() -> ResponseReturnValue:
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return _to(url_for("portal.sign_in.sign_in", next=back))


def _to(target: str) -> ResponseReturnValue:
    if "HX-Request" in request.headers:
        return Response(b"", status=204, headers={"HX-Redirect": target})
    return redirect(target)
