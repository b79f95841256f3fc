"""Entity tags: conditional requests as in RFC 9110 section 13."""

import re

_TAG = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*')


def matches(field: str | None, etags: set[str]) -> bool:
    """Return whether an If-None-Match or If-Match field names one of the tags.

    Lists, weak comparison and ``*`` count; a malformed field is ignored, as if it were absent.
    """
    if field is None:
        return False
    if field.strip() == "*":
        return True
    named = [_TAG.fullmatch(part) for part in _split(field)]
    if not named or None in named:
        return False
    return any(tag is not None and tag.group(1) in etags for tag in named)


def _split(field: str) -> list[str]:
    # A comma inside quotes belongs to its tag.
    return [part for part in re.findall(r'(?:[^,"]|"[^"]*"?)+', field) if part.strip()]
