"""The shapes every noun answers in: a list with its cursor, one object with its tag."""

import re
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from quart import Response, request

from signage import paging
from signage.errors import Invalid
from web import bodies, etags
from web.services import public_url

Shape = TypeVar("Shape", bound=msgspec.Struct)


def listed(page: paging.Page[Any]) -> Response:
    """Return ``{items, next_cursor}`` and, where there is more, a Link to it (RFC 8288)."""
    answer = bodies.reply({"items": page.items, "next_cursor": page.next_cursor})
    link_next(answer, page.next_cursor)
    return answer


def link_next(answer: Response, next_cursor: str | None) -> None:
    """Add the Link to the page after this one, where there is one."""
    if next_cursor is not None:
        query = [(key, value) for key, value in request.args.items(multi=True) if key != "cursor"]
        following = urlencode([*query, ("cursor", next_cursor)])
        answer.headers["Link"] = f'<{public_url(request.path)}?{following}>; rel="next"'


def one(found: Any, status: int = 200) -> Response:
    """Return an object; where people edit it, its revision is its tag."""
    answer = bodies.reply(found, status)
    revision = getattr(found, "revision", None)
    if revision is not None:
        answer.headers["ETag"] = f'"{revision}"'
    return answer


def created(made: Any, path: str) -> Response:
    """Return what was made, with its Location."""
    answer = one(made, 201)
    answer.headers["Location"] = f"{path}/{made.id}"
    return answer


def gone() -> Response:
    """Return 204: it is taken away."""
    return Response(b"", status=204)


def expected_revision(current: int) -> int | None:
    """Return the revision that If-Match asks for, None without one.

    A tag that is not the current one gives 0, which no row has, so the change is refused as stale.
    """
    field = request.headers.get("If-Match")
    if field is None:
        return None
    return current if etags.matches(field, {str(current)}) else 0


def cursor() -> str | None:
    """Return the cursor of the page asked for, None for the first."""
    return request.args.get("cursor") or None


def limit() -> int:
    """Return the page size asked for, 50 without one. Invalid outside 1 to 1000."""
    asked = request.args.get("limit", str(paging.DEFAULT_LIMIT))
    if not re.fullmatch("[0-9]{1,4}", asked) or not 1 <= int(asked) <= paging.MAX_LIMIT:
        raise Invalid.field("/limit", "invalid_limit", f"A limit is from 1 to {paging.MAX_LIMIT}.")
    return int(asked)


def filters(shape: type[Shape]) -> Shape:
    """Return the query's values of the fields that ``shape`` has; Invalid names the wrong one.

    An empty value counts as absent, so that a form with empty fields filters by nothing.
    """
    fields = msgspec.structs.fields(shape)
    given = {
        field.encode_name: request.args[field.encode_name]
        for field in fields
        if request.args.get(field.encode_name)
    }
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid([bodies.field_error(str(error))]) from error


def instant_arg(name: str) -> datetime | None:
    """Return an RFC 3339 instant of the query, None without it; Invalid where it is none."""
    value = request.args.get(name)
    if not value:
        return None
    try:
        instant = datetime.fromisoformat(value.replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not 1970 <= instant.year < 2200:
        detail = f"{name} is an instant such as 2026-11-23T14:00:00Z, from 1970 to 2199."
        raise Invalid.field(f"/{name}", "invalid_instant", detail)
    return instant.astimezone(UTC)
