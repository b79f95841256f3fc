"""What no door answers: paths that nobody has, and faults outside of them."""

from quart import Quart, Response, request

from portal import errors
from web import problems


def register(app: Quart) -> None:
    """Take over what no blueprint answered."""
    app.register_error_handler(Exception, refuse)


async def refuse(error: Exception) -> Response:
    """Answer as the path's readers expect: with a problem document under /v1, else with a page."""
    if request.path.startswith("/v1/"):
        return problems.of_any(error)
    return await errors.refuse(error)
