"""The blueprint of the portal: its pages, who may see them, and how it refuses."""

from quart import Blueprint, Response, redirect, request, url_for
from quart.typing import ResponseReturnValue

from portal import (
    content,
    devices,
    errors,
    frame,
    gallery,
    overview,
    pair,
    playlists,
    proof_of_play,
    sign_in,
)
from signage.errors import Forbidden
from web import csrf, identity

blueprint = Blueprint("portal", __name__, template_folder="templates")

SIGNED_OUT_PAGES = frozenset(
    {"portal.sign_in.sign_in", "portal.sign_in.set_up", "portal.sign_in.theme"}
)

for module in (sign_in, overview, devices, pair, content, playlists, proof_of_play, gallery):
    blueprint.register_blueprint(module.routes)


@blueprint.before_request
async def require_person() -> ResponseReturnValue | None:
    """Send visitors to the sign-in page, and refuse what does not prove where it comes from."""
    actor = await identity.person()
    if request.method not in identity.SAFE_METHODS and not await csrf.is_proven():
        raise Forbidden("This form is too old or was sent from elsewhere. Load the page again.")
    if actor is None and request.endpoint not in SIGNED_OUT_PAGES:
        return _to_sign_in()
    return None


blueprint.context_processor(frame.context)
blueprint.after_request(frame.keep_visitor)
blueprint.register_error_handler(Exception, errors.refuse)


def _to_sign_in() -> ResponseReturnValue:
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    target = url_for("portal.sign_in.sign_in", next=back)
    if "HX-Request" in request.headers:
        return Response(b"", status=204, headers={"HX-Redirect": target})
    return redirect(target)
