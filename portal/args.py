"""What a page's address says: filters and cursors, forgiving, as people edit addresses by hand."""

from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from quart import request

Shape = TypeVar("Shape", bound=msgspec.Struct)


def filters(shape: type[Shape]) -> Shape:
    """Return the query's values of the fields that ``shape`` has; wrong ones filter by nothing."""
    fields = msgspec.structs.fields(shape)
    values = {}
    for field in fields:
        given = request.args.get(field.encode_name)
        if not given:
            continue
        try:
            values[field.name] = msgspec.convert(given, field.type, strict=False)
        except msgspec.ValidationError:
            continue
    return shape(**values)


def with_args(**changed: str | None) -> str:
    """Return this page's address with some of its query changed; None takes one out."""
    kept = request.args.items(multi=True)
    query = [(key, value) for key, value in kept if value and key not in changed]
    query += [(key, value) for key, value in changed.items() if value is not None]
    return f"{request.path}?{urlencode(query)}" if query else request.path


def wants_fragment(element_id: str) -> bool:
    """Return whether HTMX asks for this element only; it names its target as ``tbody#rows``."""
    return request.headers.get("HX-Target", "").endswith(f"#{element_id}")
