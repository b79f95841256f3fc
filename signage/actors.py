"""Who acts: a person, an API key, a device or the program itself, and how far it may reach."""

from typing import Literal
from uuid import UUID

import msgspec

from signage.errors import Forbidden

Role = Literal["admin", "manager", "installer", "analyst", "advertiser", "system", "device"]
Right = Literal["watch", "manage", "pair", "program", "report", "administer"]

ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    "admin": frozenset({"watch", "manage", "pair", "program", "report", "administer"}),
    "manager": frozenset({"watch", "manage", "pair", "program", "report"}),
    "installer": frozenset({"watch", "pair"}),
    "analyst": frozenset({"report"}),
    "advertiser": frozenset(),
    "system": frozenset({"watch", "manage", "pair", "program", "report", "administer"}),
    "device": frozenset(),
}
"""What each role may do: watch the screens of its stores, manage screens and stores, pair, program
playlists and schedules, read reports, administer people and settings."""


class Actor(msgspec.Struct, frozen=True):
    """Somebody who acts. ``store_ids`` limits what is found; None reaches every store."""

    kind: Literal["user", "key", "device", "system"]
    id: UUID | None
    name: str
    role: Role
    store_ids: list[UUID] | None = None
    address: str = ""
    request_id: str = ""

    def may(self, right: Right) -> bool:
        """Return whether the role has the right."""
        return right in ROLE_RIGHTS[self.role]

    def require(self, right: Right) -> None:
        """Raise Forbidden unless the role has the right."""
        if not self.may(right):
            raise Forbidden(f"The role {self.role} may not do this. Ask an administrator.")


SYSTEM = Actor(kind="system", id=None, name="Playbill", role="system")
