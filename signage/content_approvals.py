"""Content approvals: who decided that a version may play. Each version is decided by itself.

A version goes draft -> in review -> approved, or rejected with a reason. Only an approved version
is published, so while a new one waits, the one before it goes on playing. Where the settings ask
for no approval, submitting is approving. Where they do, nobody approves what they submitted
themselves, unless ``own_approval_allowed`` is set.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, content_publications, content_rows, content_uses, settings
from signage.actors import Actor
from signage.content_rows import ApprovalState
from signage.errors import Conflict, Forbidden, Invalid

REASON_MAX_CHARS = 1000


class Approval(msgspec.Struct, frozen=True):
    """How one version stands; it goes live at ``publish_at``, or once approved without one."""

    version: int
    state: ApprovalState
    publish_at: datetime | None = None
    submitted_by: UUID | None = None
    submitted_at: datetime | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    reason: str | None = None


async def begin(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    version: int,
    *,
    draft: bool,
    publish_at: datetime | None,
    now: datetime,
) -> Approval:
    """Say how a version that was just added stands; where nobody has to approve it, it is live.

    The caller has the lock, marks plans as outdated and writes the audit entry.
    """
    state: ApprovalState = "draft"
    if not draft:
        required = (await settings.load(conn)).approval_required
        state = "in_review" if required else "approved"
    approval = Approval(
        version,
        state,
        publish_at,
        submitted_by=None if draft else actor.id,
        submitted_at=None if draft else now,
    )
    await _write(conn, content_id, approval)
    if state == "approved":
        await content_publications.put(conn, actor, content_id, version, at=publish_at, now=now)
    return approval


async def submit(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, now: datetime
) -> Approval:
    """Ask for approval of the newest version. Conflict unless it is a draft or was rejected."""
    actor.require("program")
    async with conn.transaction():
        before = await _newest(conn, content_id)
        _require_state(before, "draft", "rejected", otherwise="is not a draft")
        required = (await settings.load(conn)).approval_required
        after = Approval(
            before.version,
            "in_review" if required else "approved",
            before.publish_at,
            submitted_by=actor.id,
            submitted_at=now,
        )
        return await _decide(conn, actor, content_id, "content.submit", (before, after), now)


async def approve(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, now: datetime
) -> Approval:
    """Let the newest version play, now or when it is due. Conflict unless it is in review."""
    actor.require("program")
    async with conn.transaction():
        before = await _newest(conn, content_id)
        _require_state(before, "in_review", otherwise="is not waiting for approval")
        own_allowed = (await settings.load(conn)).own_approval_allowed
        if before.submitted_by == actor.id and actor.id is not None and not own_allowed:
            raise Forbidden("You submitted this yourself. Somebody else has to approve it.")
        after = msgspec.structs.replace(
            before, state="approved", decided_by=actor.id, decided_at=now
        )
        return await _decide(conn, actor, content_id, "content.approve", (before, after), now)


async def reject(
    conn: asyncpg.Connection, actor: Actor, content_id: UUID, *, reason: str, now: datetime
) -> Approval:
    """Refuse the newest version, with the reason. Conflict unless it is in review."""
    actor.require("program")
    if not 1 <= len(reason.strip()) <= REASON_MAX_CHARS:
        detail = f"Say why, in 1 to {REASON_MAX_CHARS} characters."
        raise Invalid.field("/reason", "invalid_reason", detail)
    async with conn.transaction():
        before = await _newest(conn, content_id)
        _require_state(before, "in_review", otherwise="is not waiting for approval")
        after = msgspec.structs.replace(
            before,
            state="rejected",
            decided_by=actor.id,
            decided_at=now,
            reason=reason.strip(),
        )
        return await _decide(conn, actor, content_id, "content.reject", (before, after), now)


async def _newest(conn: asyncpg.Connection, content_id: UUID) -> Approval:
    locked = await content_rows.lock(conn, content_id)
    row = await conn.fetchrow(
        """
        /* content_approvals.newest */
        SELECT version, state, publish_at, submitted_by, submitted_at, decided_by, decided_at,
               reason
        FROM content_approvals WHERE content_id = $1 AND version = $2
        """,
        content_id,
        locked.latest_version,
    )
    return Approval(**dict(row)) if row else Approval(locked.latest_version, "approved")


def _require_state(approval: Approval, *states: ApprovalState, otherwise: str) -> None:
    if approval.state not in states:
        code = f"already_{approval.state}"
        raise Conflict(f"Version {approval.version} {otherwise}.", code=code)


async def _decide(
    conn: asyncpg.Connection,
    actor: Actor,
    content_id: UUID,
    action: str,
    decided: tuple[Approval, Approval],
    now: datetime,
) -> Approval:
    before, after = decided
    await _write(conn, content_id, after)
    await content_rows.touch(conn, content_id, now=now)
    if after.state == "approved":
        await content_publications.put(
            conn, actor, content_id, after.version, at=after.publish_at, now=now
        )
        await content_uses.outdate_plans(conn, [content_id])
    await audit.record(
        conn,
        actor,
        action=action,
        entity="content",
        entity_id=content_id,
        before=before,
        after=after,
        now=now,
    )
    return after


async def _write(conn: asyncpg.Connection, content_id: UUID, approval: Approval) -> None:
    await conn.execute(
        """
        /* content_approvals.write */
        WITH newest AS (
            UPDATE content SET approval_state = $3, rejection_reason = $9
            WHERE id = $1 AND latest_version = $2
        )
        INSERT INTO content_approvals (content_id, version, state, publish_at, submitted_by,
                                       submitted_at, decided_by, decided_at, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (content_id, version) DO UPDATE
        SET state = EXCLUDED.state, publish_at = EXCLUDED.publish_at,
            submitted_by = EXCLUDED.submitted_by, submitted_at = EXCLUDED.submitted_at,
            decided_by = EXCLUDED.decided_by, decided_at = EXCLUDED.decided_at,
            reason = EXCLUDED.reason
        """,
        content_id,
        *msgspec.structs.astuple(approval),
    )
