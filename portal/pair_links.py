"""Links to the pairing page with store, name and groups filled in, as labels and sheets carry them.

Such a link fills in and never approves; whoever opens it is asked for the code on the screen, and
the server checks every value as if it had been typed.
"""

from urllib.parse import urlencode

import msgspec
from quart import request

from web.services import public_url

NAME_MAX_CHARS = 200
GROUPS_MAX = 50


class Prefill(msgspec.Struct, frozen=True):
    """What a link fills in: a store by its code, a name, groups by their names."""

    store: str = ""
    name: str = ""
    groups: list[str] = []

    def fields(self) -> list[tuple[str, str]]:
        """Return it as the fields of a form or a query."""
        one = [("store", self.store), ("name", self.name)]
        return [(key, value) for key, value in one if value] + [
            ("group", group) for group in self.groups
        ]


def prefilled(store: str, name: str, groups: list[str]) -> str:
    """Return the link for one screen."""
    return public_url(f"/pair?{urlencode(Prefill(store, name, groups).fields())}")


def asked_for() -> Prefill:
    """Return what the link of this request fills in; too much of it is left out."""
    return Prefill(
        store=request.args.get("store", "")[:NAME_MAX_CHARS],
        name=request.args.get("name", "")[:NAME_MAX_CHARS],
        groups=[group[:NAME_MAX_CHARS] for group in request.args.getlist("group")[:GROUPS_MAX]],
    )
