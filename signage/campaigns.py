"""Campaigns: what an advertiser booked, and what plays are billed by."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, paging
from signage.actors import Actor
from signage.errors import FieldError, Invalid, NotFound, Stale
from signage.ids import new_id

NAME_MAX_CHARS = 200
ADVERTISER_MAX_CHARS = 200
CONTRACT_MAX_CHARS = 100
PLANNED_PLAYS_MAX = 10**15


class NewCampaign(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What makes a campaign; the dates are days of the stores' own time, both included."""

    name: str
    advertiser: str = ""
    contract_number: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    planned_plays: int | None = None


class Changes(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What may be changed; what is left out stays as it is, null takes a date or figure away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    advertiser: str | msgspec.UnsetType = msgspec.UNSET
    contract_number: str | msgspec.UnsetType = msgspec.UNSET
    starts_on: date | msgspec.UnsetType | None = msgspec.UNSET
    ends_on: date | msgspec.UnsetType | None = msgspec.UNSET
    planned_plays: int | msgspec.UnsetType | None = msgspec.UNSET


class Campaign(msgspec.Struct, frozen=True):
    """A campaign as it is booked."""

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
    archived_at: datetime | None


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
            new.advertiser.strip(),
            new.contract_number.strip(),
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


async def find(
    conn: asyncpg.Connection, campaign_id: UUID, *, only: list[UUID] | None = None
) -> Campaign:
    """Return the campaign, or raise NotFound. ``only`` are an advertiser's own, None is all."""
    row = await conn.fetchrow(
        f"""
        /* campaigns.find */
        SELECT {_COLUMNS} FROM campaigns
        WHERE id = $1 AND ($2::uuid[] IS NULL OR id = ANY ($2))
        """,
        campaign_id,
        only,
    )
    if row is None:
        raise NotFound("There is no such campaign.")
    return Campaign(**dict(row))


async def list_page(
    conn: asyncpg.Connection,
    *,
    only: list[UUID] | None = None,
    limit: int,
    cursor: str | None = None,
) -> paging.Page[Campaign]:
    """Return a page of the campaigns that are not archived, by name; ``only`` as in ``find``."""
    after = paging.decode(cursor, tuple[str, UUID])
    rows = await conn.fetch(
        f"""
        /* campaigns.list_page */
        SELECT {_COLUMNS} FROM campaigns
        WHERE archived_at IS NULL AND ($1::text IS NULL OR (name, id) > ($1, $2::uuid))
              AND ($3::uuid[] IS NULL OR id = ANY ($3))
        ORDER BY name, id
        LIMIT $4
        """,
        *(after or (None, None)),
        only,
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["name"], row["id"]])
    return paging.Page([Campaign(**dict(row)) for row in found], next_cursor)


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    campaign_id: UUID,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Campaign:
    """Change what is given. Stale where ``revision`` is given and somebody saved since."""
    actor.require("program")
    async with conn.transaction():
        before = await _lock(conn, campaign_id)
        if before.archived_at is not None:
            raise NotFound("This campaign is archived. Restore it first.")
        if revision is not None and revision != before.revision:
            raise Stale(f"{before.name} was saved by somebody else meanwhile. Load it again.")
        wanted = _with(before, changes)
        _check(wanted)
        row = await conn.fetchrow(
            f"""
            /* campaigns.change */
            UPDATE campaigns
            SET name = $2, advertiser = $3, contract_number = $4, starts_on = $5, ends_on = $6,
                planned_plays = $7, revision = revision + 1, updated_at = $8
            WHERE id = $1 RETURNING {_COLUMNS}
            """,
            campaign_id,
            wanted.name.strip(),
            wanted.advertiser.strip(),
            wanted.contract_number.strip(),
            wanted.starts_on,
            wanted.ends_on,
            wanted.planned_plays,
            now,
        )
        after = Campaign(**dict(row))
        await _audit(conn, actor, "campaigns.change", before, after, now)
    return after


async def archive(
    conn: asyncpg.Connection, actor: Actor, campaign_id: UUID, *, now: datetime
) -> None:
    """Put the campaign away. Its content plays on, and its plays stay counted for it."""
    actor.require("program")
    async with conn.transaction():
        before = await _lock(conn, campaign_id)
        if before.archived_at is not None:
            raise NotFound("There is no such campaign.")
        await _set_archived(conn, actor, before, "campaigns.archive", now, now)


async def restore(
    conn: asyncpg.Connection, actor: Actor, campaign_id: UUID, *, now: datetime
) -> None:
    """Bring an archived campaign back; done twice it stays back."""
    actor.require("program")
    async with conn.transaction():
        before = await _lock(conn, campaign_id)
        if before.archived_at is not None:
            await _set_archived(conn, actor, before, "campaigns.restore", None, now)


_COLUMNS = (
    "id, name, advertiser, contract_number, starts_on, ends_on, planned_plays, revision, "
    "created_at, updated_at, archived_at"
)


async def _lock(conn: asyncpg.Connection, campaign_id: UUID) -> Campaign:
    row = await conn.fetchrow(
        f"/* campaigns.lock */ SELECT {_COLUMNS} FROM campaigns WHERE id = $1 FOR NO KEY UPDATE",
        campaign_id,
    )
    if row is None:
        raise NotFound("There is no such campaign.")
    return Campaign(**dict(row))


def _with(before: Campaign, changes: Changes) -> NewCampaign:
    booked = {name: getattr(before, name) for name in NewCampaign.__struct_fields__}
    given = {
        name: value
        for name, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    return NewCampaign(**(booked | given))


async def _set_archived(
    conn: asyncpg.Connection,
    actor: Actor,
    before: Campaign,
    action: str,
    at: datetime | None,
    now: datetime,
) -> None:
    row = await conn.fetchrow(
        f"""
        /* campaigns.set_archived */
        UPDATE campaigns SET archived_at = $2, revision = revision + 1, updated_at = $3
        WHERE id = $1 RETURNING {_COLUMNS}
        """,
        before.id,
        at,
        now,
    )
    await _audit(conn, actor, action, before, Campaign(**dict(row)), now)


async def _audit(
    conn: asyncpg.Connection,
    actor: Actor,
    action: str,
    before: Campaign,
    after: Campaign,
    now: datetime,
) -> None:
    await audit.record(
        conn,
        actor,
        action=action,
        entity="campaign",
        entity_id=before.id,
        before=before,
        after=after,
        now=now,
    )


def _check(new: NewCampaign) -> None:
    errors = []
    if not 1 <= len(new.name.strip()) <= NAME_MAX_CHARS:
        detail = f"A campaign's name has 1 to {NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    for field, text, most in (
        ("advertiser", new.advertiser, ADVERTISER_MAX_CHARS),
        ("contract_number", new.contract_number, CONTRACT_MAX_CHARS),
    ):
        if len(text.strip()) > most:
            detail = f"At most {most} characters."
            errors.append(FieldError(f"/{field}", f"invalid_{field}", detail))
    if new.starts_on and new.ends_on and new.ends_on < new.starts_on:
        detail = "A campaign cannot end before it starts."
        errors.append(FieldError("/ends_on", "ends_before_start", detail))
    if new.planned_plays is not None and not 0 <= new.planned_plays <= PLANNED_PLAYS_MAX:
        detail = "Planned plays are a whole number from 0."
        errors.append(FieldError("/planned_plays", "invalid_planned_plays", detail))
    if errors:
        raise Invalid(errors)
