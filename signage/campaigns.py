"""Campaigns: what an advertiser booked, and what plays are billed by."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging
from signage.actors import Actor
from signage.errors import FieldError, Invalid, NotFound
from signage.ids import new_id

NAME_MAX_CHARS = 200


class NewCampaign(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What makes a campaign; the dates are days of the stores' own time, both included."""

    name: str
    advertiser: str = ""
    contract_number: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    planned_plays: int | None = None


class Campaign(msgspec.Struct, frozen=True):
    """A campaign as it stands."""

    id: UUID
    name: str
    advertiser: str
    contract_number: str
    starts_on: date | None
    ends_on: date | None
    planned_plays: int | None
    revision: int
    created_at: datetime
    updated_at: datetime


async def create(
    conn: asyncpg.Connection, actor: Actor, new: NewCampaign, *, now: datetime
) -> Campaign:
    """Make a campaign. Invalid for a wrong value."""
    actor.require("program")
    _check(new)
    async with conn.transaction():
        row = await conn.fetchrow(
            f"""
            /* campaigns.create */
            INSERT INTO campaigns (id, name, advertiser, contract_number, starts_on, ends_on,
                                   planned_plays, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
            RETURNING {_COLUMNS}
            """,
            new_id(),
            new.name.strip(),
            new.advertiser,
            new.contract_number,
            new.starts_on,
            new.ends_on,
            new.planned_plays,
            now,
        )
        campaign = Campaign(**dict(row))
        await audit.record(
            conn,
            actor,
            action="campaigns.create",
            entity="campaign",
            entity_id=campaign.id,
            after=new,
            now=now,
        )
    return campaign


async def find(conn: asyncpg.Connection, campaign_id: UUID) -> Campaign:
    """Return the campaign, or raise NotFound."""
    row = await conn.fetchrow(
        f"/* campaigns.find */ SELECT {_COLUMNS} FROM campaigns WHERE id = $1",
        campaign_id,
    )
    if row is None:
        raise NotFound("There is no such campaign.")
    return Campaign(**dict(row))


async def list_page(
    conn: asyncpg.Connection, *, limit: int, cursor: str | None = None
) -> paging.Page[Campaign]:
    """Return a page of the campaigns that are not archived, by name."""
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        f"""
        /* campaigns.list_page */
        SELECT {_COLUMNS} FROM campaigns
        WHERE archived_at IS NULL AND ($1::text IS NULL OR (name, id) > ($1, $2::uuid))
        ORDER BY name, id
        LIMIT $3
        """,
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([Campaign(**dict(row)) for row in found], next_cursor)


_COLUMNS = (
    "id, name, advertiser, contract_number, starts_on, ends_on, planned_plays, revision, "
    "created_at, updated_at"
)


def _check(new: NewCampaign) -> None:
    errors = []
    if not 1 <= len(new.name.strip()) <= NAME_MAX_CHARS:
        detail = f"A campaign's name has 1 to {NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    if new.starts_on and new.ends_on and new.ends_on < new.starts_on:
        detail = "A campaign cannot end before it starts."
        errors.append(FieldError("/ends_on", "ends_before_start", detail))
    if new.planned_plays is not None and not 0 <= new.planned_plays < 2**62:
        detail = "Planned plays are a whole number from 0."
        errors.append(FieldError("/planned_plays", "invalid_planned_plays", detail))
    if errors:
        raise Invalid(errors)
