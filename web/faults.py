"""Faults: exceptions that nobody foresaw, logged under the number that the caller gets."""

import structlog
from quart import request

from web.services import request_id

log = structlog.get_logger()


def report(error: Exception) -> str:
    """Log the fault with its trace and return what its caller is told."""
    log.error(
        "fault",
        request_id=request_id(),
        method=request.method,
        path=request.path,
        exc_info=error,
    )
    return f"Something broke on our side. Its number in the log is {request_id()}."
