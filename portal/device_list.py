"""The list of devices: what stands round its rows - views, filters, column heads."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from portal import args, forms, words
from signage import commands, device_lists
from signage.device_lists import Choices, Counts
from signage.device_views import Query, View

HEALTH_WORDS = {"online": "Online", "late": "Late", "offline": "Offline", "never": "Never seen"}
STATUS_WORDS = {"active": "Active", "revoked": "Revoked", "retired": "Retired"}
COLUMNS = (
    ("Name and store", "name"),
    ("Status", "status"),
    ("On screen now", ""),
    ("Plan", ""),
    ("Last seen", "last_seen_at"),
    ("Version", "player_version"),
    ("Storage", "storage"),
    ("Tags", ""),
)
COMMANDS = [(kind, words.sentence(kind)) for kind in commands.KINDS]
SORT_WORDS = {
    "name": "Name",
    "-name": "Name, from the end",
    "store": "Store",
    "-store": "Store, from the end",
    "status": "Status",
    "-status": "Status, from the end",
    "last_seen_at": "Longest silent",
    "-last_seen_at": "Seen last",
    "player_version": "Oldest version",
    "-player_version": "Newest version",
    "-storage": "Fullest storage",
    "storage": "Emptiest storage",
    "-created_at": "Paired last",
    "created_at": "Paired first",
}


def asked() -> Query:
    """Return the filters and the order in the address; an unknown order is by name."""
    query = args.filters(Query)
    known = query.sort.removeprefix("-") in device_lists.ORDERS
    return query if known else msgspec.structs.replace(query, sort=device_lists.DEFAULT_SORT)


def href(query: Query, path: str = "/devices") -> str:
    """Return the address of a list."""
    given = {key: value for key, value in msgspec.to_builtins(query).items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def tabs(query: Query, counts: Counts, views: list[View]) -> list[dict[str, Any]]:
    """Return the built-in views with their counts, then somebody's own."""
    built_in = [("All screens", Query(), sum(counts.fleet.values()))]
    built_in += [
        (HEALTH_WORDS[health], Query(health=health), count)
        for health, count in counts.fleet.items()
    ]
    own = [(view.name, view.query, None) for view in views]
    return [
        {"label": label, "href": href(shown), "count": count, "current": shown == query}
        for label, shown, count in [*built_in, *own]
    ]


def columns(query: Query) -> list[tuple[str, str, str, str]]:
    """Return the heads of the table; a second click on one turns its order round."""
    return [
        (label, "", key and _sorted_href(query, key), key and _direction(query, key))
        for label, key in COLUMNS
    ]


def options(choices: Choices) -> dict[str, list[tuple[str, str]]]:
    """Return what each filter offers, by its name in the address."""
    return {
        "store_id": [("", "All stores"), *forms.choices(choices.stores)],
        "group_id": [("", "All groups"), *forms.choices(choices.groups)],
        "status": [("", "In service"), *STATUS_WORDS.items()],
        "health": [("", "Any health"), *HEALTH_WORDS.items()],
        "player_version": [("", "Any version"), *((v, v) for v in choices.player_versions)],
        "tag": [("", "Any tag"), *((tag, tag) for tag in choices.tags)],
        "sort": list(SORT_WORDS.items()),
    }


def _sorted_href(query: Query, key: str) -> str:
    turned = f"-{key}" if query.sort == key else key
    return href(msgspec.structs.replace(query, sort=turned))


def _direction(query: Query, key: str) -> str:
    if query.sort.removeprefix("-") != key:
        return ""
    return "descending" if query.sort.startswith("-") else "ascending"
