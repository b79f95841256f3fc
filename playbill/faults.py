"""Faults: exceptions that nobody foresaw become a 500 without a trace, and a line in the log."""

import structlog
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from portal import errors
from web import problems
from web.services import request_id

log = structlog.get_logger()


def register(app: Quart) -> None:
    """Take over what no blueprint answered: unknown paths and exceptions."""
    app.register_error_handler(Exception, refuse)


async def refuse(error: Exception) -> Response:
    """Answer as the path's readers expect: with a problem document under /v1, else a page."""
    is_api = request.path.startswith("/v1/")
    if isinstance(error, HTTPException):
        if is_api:
            return problems.of_http(error)
        return await errors.page(error.code or 500, error.description or "", None)
    log.error("fault", request_id=request_id(), path=request.path, exc_info=error)
    detail = f"Something broke on our side. Its number in the log is {request_id()}."
    if is_api:
        return problems.problem(500, "internal_error", detail)
    return await errors.page(500, detail, None)
