"""What an entry of the audit log changed, field by field, in words: before, after, added, removed.

Ids become names, durations seconds; a list tells what came and what went.
"""

from collections import Counter
from typing import Any

import msgspec

from signage.audit_names import Names

VALUE_MAX_CHARS = 300
LISTED_MAX = 20
UNTOLD = frozenset({"id", "revision", "created_at", "updated_at"})
"""Fields that change with every change and say nothing about it."""

WORDS = {
    "store_id": "Store",
    "group_ids": "Groups",
    "device_ids": "Screens",
    "devices": "Screens",
    "id": "",
    "playlist_id": "Playlist",
    "content_id": "Content",
    "campaign_id": "Campaign",
    "claim_id": "Claim",
    "approved_by": "Approved by",
    "totp_secret": "Second factor",
    "rrule": "Repeats",
    "exdates": "Left out on",
    "rdates": "Also on",
}


class Change(msgspec.Struct, frozen=True):
    """One field. A list has ``added`` and ``removed``, anything else ``before`` and ``after``.

    ``unlisted`` counts what was added or removed beyond the first twenty of each.
    """

    field: str
    label: str
    before: str | None = None
    after: str | None = None
    added: list[str] = []
    removed: list[str] = []
    unlisted: int = 0


def between(before: Any, after: Any, names: Names) -> list[Change]:
    """Return the fields that differ, in the order they stand in the entry."""
    old, new = _flat(before), _flat(after)
    return [
        _change(field, old.get(field), new.get(field), names)
        for field in dict.fromkeys((*old, *new))
        if field not in UNTOLD and _differ(old.get(field), new.get(field))
    ]


def label(field: str) -> str:
    """Return the words of a field's name: ``opening_hours.mon`` is "Opening hours, mon"."""
    parts = [
        WORDS[part]
        if part in WORDS
        else part.removesuffix("_id").removesuffix("_ms").replace("_", " ")
        for part in field.split(".")
    ]
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value} if path else {}
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{path}.{key}" if path else key)
    return flat


def _differ(old: Any, new: Any) -> bool:
    # Nothing, an empty text and an empty list all read as nothing.
    return (old if old not in (None, "", []) else None) != (
        new if new not in (None, "", []) else None
    )


def _change(field: str, old: Any, new: Any, names: Names) -> Change:
    if isinstance(old, list) or isinstance(new, list):
        return _list_change(field, old or [], new or [], names)
    return Change(field, label(field), _told(field, old, names), _told(field, new, names))


def _list_change(field: str, old: Any, new: Any, names: Names) -> Change:
    was = Counter(_text(field, each, names) for each in _listed(old))
    is_ = Counter(_text(field, each, names) for each in _listed(new))
    added, removed = list((is_ - was).elements()), list((was - is_).elements())
    if not added and not removed:
        return Change(field, label(field), "Another order", "This order")
    return Change(
        field,
        label(field),
        added=added[:LISTED_MAX],
        removed=removed[:LISTED_MAX],
        unlisted=len(added[LISTED_MAX:]) + len(removed[LISTED_MAX:]),
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _told(field: str, value: Any, names: Names) -> str | None:
    return None if value in (None, "") else _text(field, value, names)


def _text(field: str, value: Any, names: Names) -> str:
    match value:
        case None | "":
            text = "nothing"
        case bool():
            text = "Yes" if value else "No"
        case int() | float() if field.endswith("_ms"):
            text = f"{value / 1000:g} s"
        case str():
            text = names.get(value, value)
        case list():
            text = " to ".join(_text(field, each, names) for each in value)
        case dict():
            text = _item(value, names)
        case _:
            text = str(value)
    return text if len(text) <= VALUE_MAX_CHARS else f"{text[:VALUE_MAX_CHARS]}..."


def _item(value: dict[str, Any], names: Names) -> str:
    """Return an object inside a list as one line, such as an item of a playlist."""
    told = {
        key: each for key, each in value.items() if key not in UNTOLD and each not in (None, "")
    }
    return ", ".join(
        _text(key, each, names)
        if key in ("name", "content_id", "playlist_id") or key.endswith("_ms")
        else f"{label(key).lower()} {_text(key, each, names)}"
        for key, each in told.items()
    )
