"""Scopes: how far a role reaches, and which stores and campaigns somebody may be given."""

from uuid import UUID

import asyncpg

from signage.actors import Role
from signage.errors import FieldError, Invalid

PEOPLE_ROLES: tuple[Role, ...] = ("admin", "manager", "installer", "analyst", "advertiser")
STORES_MAX = 5_000
CAMPAIGNS_MAX = 1_000


def reach(role: Role, store_ids: list[UUID]) -> list[UUID] | None:
    """Return the stores a person with this role and these stores reaches; None is all of them."""
    if role in ("admin", "analyst") and not store_ids:
        return None
    return store_ids


def campaigns_of(role: Role, campaign_ids: list[UUID]) -> list[UUID] | None:
    """Return the campaigns a role sees: an advertiser only their own, everybody else all (None)."""
    return campaign_ids if role == "advertiser" else None


async def check(
    conn: asyncpg.Connection, *, role: str, store_ids: list[UUID], campaign_ids: list[UUID]
) -> None:
    """Raise Invalid unless there is such a role, and all its stores and campaigns exist."""
    errors = []
    if role not in PEOPLE_ROLES:
        detail = f"{role!r} is no role. The roles are {', '.join(PEOPLE_ROLES)}."
        errors.append(FieldError("/role", "unknown_role", detail))
    if role != "advertiser" and campaign_ids:
        detail = "Only advertisers are limited to campaigns."
        errors.append(FieldError("/campaign_ids", "campaigns_not_allowed", detail))
    if not await _all_known(conn, "stores", store_ids, STORES_MAX):
        errors.append(FieldError("/store_ids", "unknown_store", "One of these is no store."))
    if not await _all_known(conn, "campaigns", campaign_ids, CAMPAIGNS_MAX):
        detail = "One of these is no campaign."
        errors.append(FieldError("/campaign_ids", "unknown_campaign", detail))
    if errors:
        raise Invalid(errors)


async def _all_known(conn: asyncpg.Connection, table: str, ids: list[UUID], at_most: int) -> bool:
    # The table is one of two names written above.
    if len(ids) > at_most:
        return False
    known: int = await conn.fetchval(
        f"/* scopes.check */ SELECT count(*) FROM {table} WHERE id = ANY ($1)", ids
    )
    return known == len(set(ids))
