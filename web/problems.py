"""Refusals as RFC 9457 problem documents: the one place where an error becomes an HTTP status."""

import random
from typing import Any

import asyncpg
import msgspec
from quart import Response
from werkzeug.exceptions import HTTPException

from signage.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PlaybillError,
    Refused,
    Stale,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from web import faults
from web.services import request_id

TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    422: "Invalid",
    423: "Locked",
    428: "Precondition required",
    429: "Too many requests",
    460: "Checksum mismatch",
    500: "Internal error",
    503: "Unavailable",
    507: "No room",
}

STATUS: dict[type[PlaybillError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    Invalid: 422,
    Refused: 400,
    TooMany: 429,
    Unavailable: 503,
}

STATUS_OF_CODE = {
    "access_denied": 403,
    "too_large": 413,
    "unsupported_media_type": 415,
    "unsupported_content_encoding": 415,
    "revision_required": 428,
    "method_not_allowed": 405,
    "offset_conflict": 409,
    "upload_gone": 410,
    "tus_version": 412,
    "upload_locked": 423,
    "checksum_mismatch": 460,
    "no_room": 507,
}

DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said good-bye on it while nobody listened
    asyncpg.QueryCanceledError,
    ConnectionError,
    FileNotFoundError,  # the socket of an embedded server that is down
    TimeoutError,
)

NOT_STORABLE = (asyncpg.DataError, UnicodeEncodeError)


def status_of(error: PlaybillError) -> int:
    """Return the HTTP status of a refusal."""
    if error.code in STATUS_OF_CODE:
        return STATUS_OF_CODE[error.code]
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def understood(error: Exception) -> PlaybillError | None:
    """Return the domain's word for an exception of the database, or None where it is a fault."""
    if isinstance(error, PlaybillError):
        return error
    if isinstance(error, NOT_STORABLE) or (
        isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    ):
        # The second is the driver's own refusal of a value, before it reaches the database.
        detail = "A value holds what cannot be stored, such as NUL or a number out of range."
        return Invalid.field("", "invalid_value", detail)
    if isinstance(error, DATABASE_AWAY):
        return Unavailable("The database does not answer now. Try again in a few seconds.")
    return None


def response(error: PlaybillError) -> Response:
    """Return the problem document of a refusal, with Retry-After where a retry may help."""
    extra = {"errors": error.errors} if isinstance(error, Invalid) else {}
    answer = problem(status_of(error), error.code, error.detail, **extra)
    retry_after_s = getattr(error, "retry_after_s", None)
    if retry_after_s is not None:
        if isinstance(error, Unavailable):
            # Ten thousand players that were all refused at once are not to come back at once.
            retry_after_s += random.randint(0, retry_after_s)  # noqa: S311 - it spreads load
        answer.headers["Retry-After"] = str(retry_after_s)
    if isinstance(error, Unauthenticated):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def of_any(error: Exception) -> Response:
    """Return the problem document of anything that was raised; a fault is logged and is a 500."""
    if isinstance(error, HTTPException):
        return of_http(error)
    refusal = understood(error)
    if refusal is None:
        return problem(500, "internal_error", faults.report(error))
    return response(refusal)


def of_http(error: HTTPException) -> Response:
    """Return the problem document of a refusal by the framework: no such path, wrong method."""
    status = error.code or 500
    answer = problem(
        status, error.name.lower().replace(" ", "_"), error.description or TITLES.get(status, "")
    )
    for name, value in error.get_headers():
        if name.lower() in ("allow", "content-range"):
            answer.headers[name] = value
    return answer


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """Return a problem document (RFC 9457)."""
    body = {
        "type": f"urn:playbill:problem:{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id(),
        **extra,
    }
    answer = Response(
        msgspec.json.encode(body), status=status, content_type="application/problem+json"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
