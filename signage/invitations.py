"""Invitations: a link, good once and for a week, with which somebody makes their own account.

Only the link's hash is kept, so to show it again a new one is made.
"""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, credentials, paging, passwords, scopes, users
from signage.actors import SYSTEM, Actor, Role
from signage.errors import Conflict, NotFound
from signage.ids import new_id
from signage.users import User

LINK_LIFE_S = 7 * 24 * 3600

State = Literal["pending", "expired", "accepted", "withdrawn"]


class NewInvitation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to invite, and as what."""

    email: str
    role: Role
    store_ids: list[UUID] = []
    campaign_ids: list[UUID] = []


class Invitation(msgspec.Struct, frozen=True):
    """An invitation; ``invited_by`` is empty where an API key made it."""

    id: UUID
    email: str
    role: Role
    store_ids: list[UUID]
    campaign_ids: list[UUID]
    state: State
    invited_by: str
    expires_at: datetime
    created_at: datetime
    updated_at: datetime


class Issued(msgspec.Struct, frozen=True):
    """An invitation and the secret of its link, which is shown this once."""

    invitation: Invitation
    token: str


async def create(
    conn: asyncpg.Connection, actor: Actor, new: NewInvitation, *, now: datetime
) -> Issued:
    """Invite somebody. Invalid, or Conflict where they have an account or an invitation."""
    actor.require_everywhere("administer")
    users.check_identity(new.email)
    await scopes.check(conn, role=new.role, store_ids=new.store_ids, campaign_ids=new.campaign_ids)
    token = credentials.random_secret("")
    async with conn.transaction():
        await _make_room(conn, new.email.strip(), now)
        invitation_id = await _insert(conn, actor, new, token, now)
        invitation = await find(conn, actor, invitation_id, now=now)
        await _record(conn, actor, "invitations.create", invitation, now)
    return Issued(invitation, token)


async def send_again(
    conn: asyncpg.Connection, actor: Actor, invitation_id: UUID, *, now: datetime
) -> Issued:
    """Make a new link for a week; the former one is void. Conflict once accepted or withdrawn."""
    actor.require_everywhere("administer")
    token = credentials.random_secret("")
    async with conn.transaction():
        await find(conn, actor, invitation_id, now=now)
        renewed = await conn.fetchval(
            """
            /* invitations.send_again */
            UPDATE invitations SET token_hash = $2, expires_at = $3, updated_at = $4
            WHERE id = $1 AND kind = 'invite' AND used_at IS NULL AND withdrawn_at IS NULL
            RETURNING id
            """,
            invitation_id,
            credentials.sha256(token),
            now + timedelta(seconds=LINK_LIFE_S),
            now,
        )
        if renewed is None:
            raise Conflict(_OVER, code="invitation_over")
        invitation = await find(conn, actor, invitation_id, now=now)
        await _record(conn, actor, "invitations.send_again", invitation, now)
    return Issued(invitation, token)


async def withdraw(
    conn: asyncpg.Connection, actor: Actor, invitation_id: UUID, *, now: datetime
) -> Invitation:
    """Make the link void. Conflict once it was accepted; twice does no harm."""
    actor.require_everywhere("administer")
    async with conn.transaction():
        before = await find(conn, actor, invitation_id, now=now)
        if before.state == "accepted":
            raise Conflict(_OVER, code="invitation_over")
        if before.state == "withdrawn":
            return before
        await conn.execute(
            """
            /* invitations.withdraw */
            UPDATE invitations SET withdrawn_at = $2, updated_at = $2 WHERE id = $1
            """,
            invitation_id,
            now,
        )
        after = await find(conn, actor, invitation_id, now=now)
        await _record(conn, actor, "invitations.withdraw", after, now)
    return after


async def find(
    conn: asyncpg.Connection, actor: Actor, invitation_id: UUID, *, now: datetime
) -> Invitation:
    """Return the invitation, or raise NotFound."""
    actor.require("administer")
    row = await conn.fetchrow(
        f"/* invitations.find */ {_SELECT} WHERE i.kind = 'invite' AND i.id = $2",
        now,
        invitation_id,
    )
    if row is None:
        raise NotFound("There is no such invitation.")
    return Invitation(**dict(row))


async def list_page(
    conn: asyncpg.Connection,
    actor: Actor,
    *,
    only_open: bool = False,
    limit: int = paging.DEFAULT_LIMIT,
    cursor: str | None = None,
    now: datetime,
) -> paging.Page[Invitation]:
    """Return a page of invitations, newest first; only those not yet over where asked."""
    actor.require("administer")
    after = paging.decode(cursor, tuple[datetime, UUID])
    rows = await conn.fetch(
        f"""
        /* invitations.list_page */
        {_SELECT}
        WHERE i.kind = 'invite' AND ($3::timestamptz IS NULL OR (i.created_at, i.id) < ($3, $4))
              AND (NOT $2 OR i.used_at IS NULL AND i.withdrawn_at IS NULL)
        ORDER BY i.created_at DESC, i.id DESC
        LIMIT $5
        """,
        now,
        only_open,
        *(after or (None, None)),
        limit + 1,
    )
    found, next_cursor = paging.cut(rows, limit, lambda row: [row["created_at"], row["id"]])
    return paging.Page([Invitation(**dict(row)) for row in found], next_cursor)


async def check(conn: asyncpg.Connection, token: str, *, now: datetime) -> str:
    """Return the address an invitation is for; NotFound unless its link can still be used."""
    email: str | None = await conn.fetchval(
        f"/* invitations.check */ SELECT i.email FROM invitations i WHERE {_USABLE}",
        credentials.sha256(token),
        now,
    )
    if email is None:
        raise NotFound(_VOID)
    return email


async def accept(
    conn: asyncpg.Connection, token: str, *, name: str, password: str, now: datetime
) -> User:
    """Use the link, once, to make the account. NotFound, Invalid, Conflict for a taken address."""
    users.check_identity(await check(conn, token, now=now), name)
    passwords.check(password)
    async with conn.transaction():
        row = await conn.fetchrow(
            f"""
            /* invitations.accept */
            UPDATE invitations i SET used_at = $2, updated_at = $2 WHERE {_USABLE}
            RETURNING i.email, i.role, i.store_ids, i.campaign_ids
            """,
            credentials.sha256(token),
            now,
        )
        if row is None:
            raise NotFound(_VOID)
        return await users.add(conn, SYSTEM, name=name, password=password, now=now, **dict(row))


_SELECT = """
SELECT i.id, i.email, i.role, i.store_ids, i.campaign_ids,
       CASE WHEN i.used_at IS NOT NULL THEN 'accepted'
            WHEN i.withdrawn_at IS NOT NULL THEN 'withdrawn'
            WHEN i.expires_at <= $1 THEN 'expired' ELSE 'pending' END AS state,
       coalesce(u.name, '') AS invited_by, i.expires_at, i.created_at,
       coalesce(i.updated_at, i.created_at) AS updated_at
FROM invitations i LEFT JOIN users u ON u.id = i.invited_by"""

_USABLE = """i.token_hash = $1 AND i.kind = 'invite' AND i.used_at IS NULL
    AND i.withdrawn_at IS NULL AND i.expires_at > $2"""

_VOID = "This invitation was used, withdrawn or is too old. Ask for a new one."
_OVER = "This invitation was accepted or withdrawn. Invite again."


async def _make_room(conn: asyncpg.Connection, email: str, now: datetime) -> None:
    """Nobody is invited twice; an invitation that ran out makes way for a new one."""
    await conn.execute(
        """
        /* invitations.lock */
        SELECT pg_advisory_xact_lock(hashtext('playbill.invitations'), hashtext(lower($1)))
        """,
        email,
    )
    if await conn.fetchval(
        "/* invitations.known */ SELECT 1 FROM users WHERE lower(email) = lower($1)", email
    ):
        raise Conflict(f"{email} has an account already.", code="email_taken")
    pending = await conn.fetchval(
        """
        /* invitations.make_room */
        UPDATE invitations
        SET withdrawn_at = CASE WHEN expires_at <= $2 THEN $2::timestamptz END
        WHERE kind = 'invite' AND lower(email) = lower($1) AND used_at IS NULL
              AND withdrawn_at IS NULL
        RETURNING expires_at > $2
        """,
        email,
        now,
    )
    if pending:
        detail = f"{email} is invited already. Send that invitation again, or withdraw it."
        raise Conflict(detail, code="already_invited")


async def _insert(
    conn: asyncpg.Connection, actor: Actor, new: NewInvitation, token: str, now: datetime
) -> Any:
    return await conn.fetchval(
        """
        /* invitations.create */
        INSERT INTO invitations (id, token_hash, kind, email, role, store_ids, campaign_ids,
                                 invited_by, created_at, updated_at, expires_at)
        VALUES ($1, $2, 'invite', $3, $4, $5, $6, $7, $8, $8, $9)
        RETURNING id
        """,
        new_id(),
        credentials.sha256(token),
        new.email.strip(),
        new.role,
        new.store_ids,
        new.campaign_ids,
        actor.id if actor.kind == "user" else None,
        now,
        now + timedelta(seconds=LINK_LIFE_S),
    )


async def _record(
    conn: asyncpg.Connection, actor: Actor, action: str, invitation: Invitation, now: datetime
) -> None:
    fields = ("email", "role", "store_ids", "campaign_ids", "state", "expires_at")
    await audit.record(
        conn,
        actor,
        action=action,
        entity="invitation",
        entity_id=invitation.id,
        after={field: getattr(invitation, field) for field in fields},
        now=now,
    )
