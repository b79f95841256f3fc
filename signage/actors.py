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
    "advertiser": frozenset({"report"}),
    "system": frozenset({"watch", "manage", "pair", "program", "report", "administer"}),
    "device": frozenset(),
}
"""What each role may do: watch the screens of its stores, manage screens and stores, pair, program
playlists and schedules, read reports, administer people and settings."""


class Address(str):
    """Where a request came from, with the HMAC by which the audit log can compare it."""

    hmac: bytes

    def __new__(cls, text: str, hmac: bytes) -> "Address":
        """Return the text of an address that carries its HMAC."""
        address = super().__new__(cls, text)
        address.hmac = hmac
        return address


class Actor(msgspec.Struct, frozen=True):
    """Somebody who acts. ``store_ids`` limits what is found; None reaches every store.

    ``campaign_ids`` limits reports in the same way, for whoever booked those campaigns.
    ``owes_two_factor`` is an administrator who has to set up a second factor before anything else.
    """

    kind: Literal["user", "key", "device", "system"]
    id: UUID | None
    name: str
    role: Role
    store_ids: list[UUID] | None = None
    address: str = ""
    request_id: str = ""
    campaign_ids: list[UUID] | None = None
    owes_two_factor: bool = False

    def __post_init__(self) -> None:
        """An advertiser that nobody gave campaigns sees none, rather than all."""
        if self.role == "advertiser" and self.campaign_ids is None:
            msgspec.structs.force_setattr(self, "campaign_ids", [])

    @property
    def report_store_ids(self) -> list[UUID] | None:
        """The stores whose plays are reported: campaigns alone bound somebody without stores."""
        return self.store_ids or None if self.campaign_ids is not None else self.store_ids

    def may(self, right: Right) -> bool:
        """Return whether the role has the right."""
        return right in ROLE_RIGHTS[self.role]

    def require(self, right: Right) -> None:
        """Raise Forbidden unless the role has the right."""
        self.require_any(right)

    def require_any(self, *rights: Right) -> None:
        """Raise Forbidden unless the role has one of the rights."""
        if not any(self.may(right) for right in rights):
            raise Forbidden(f"The role {self.role} may not do this. Ask an administrator.")

    def require_all_campaigns(self, right: Right) -> None:
        """Raise Forbidden unless the role has the right, and for whoever sees own campaigns only.

        It guards what is of a screen or a store and of no campaign.
        """
        self.require(right)
        if self.campaign_ids is not None:
            raise Forbidden(f"The role {self.role} may not do this. Ask an administrator.")

    def require_everywhere(self, right: Right) -> None:
        """Raise Forbidden unless the role has the right and reaches every store.

        Who is bounded to some stores would otherwise hand out more than they have.
        """
        self.require(right)
        if self.store_ids is not None:
            raise Forbidden("This takes an administrator of every store.")


SYSTEM = Actor(kind="system", id=None, name="Playbill", role="system")
