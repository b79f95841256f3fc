"""Many contents at once: one transaction, a few statements, however many are chosen."""

from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, content_folders, content_uses, settings, tags
from signage.actors import Actor
from signage.errors import Conflict, FieldError, Invalid, NotFound

CHOSEN_MAX = 1000

Verb = Literal["tag", "untag", "move", "campaign", "approve", "archive", "unarchive"]


class Bulk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to do to the contents ``ids``.

    ``tag`` and ``untag`` take ``tag``, ``move`` takes ``folder``, ``campaign`` takes
    ``campaign_id`` (null takes it away). ``archive`` takes ``confirmed`` where one is in use.
    """

    ids: list[UUID]
    do: Verb
    tag: str = ""
    folder: str = ""
    campaign_id: UUID | None = None
    confirmed: bool = True


class Outcome(msgspec.Struct, frozen=True):
    """How many were changed; ``unchanged`` were like that already, or may not be decided."""

    changed: int
    unchanged: int


class InUse(Conflict):
    """Some of the contents that were to be archived are in playlists."""

    code = "in_use"

    def __init__(self, held: list[content_uses.Held], screens: int) -> None:
        used = "1 of them is" if len(held) == 1 else f"{len(held)} of them are"
        reached = "1 screen" if screens == 1 else f"{screens} screens"
        super().__init__(f"{used} in playlists, for {reached}.")
        self.held = held
        self.screens = screens


async def apply(conn: asyncpg.Connection, actor: Actor, bulk: Bulk, *, now: datetime) -> Outcome:
    """Do it to all of them, or to none: NotFound where one is not there, Invalid, InUse."""
    actor.require("program")
    chosen = sorted(set(bulk.ids))
    await _check(conn, bulk, chosen)
    async with conn.transaction():
        await _lock(conn, chosen, archived=bulk.do == "unarchive")
        if bulk.do == "archive" and not bulk.confirmed:
            await _refuse_used(conn, chosen)
        changed = await _change(conn, actor, bulk, chosen, now)
        if changed and bulk.do not in ("tag", "untag", "move"):
            await content_uses.outdate_plans(conn, changed)
        await audit.record_each(
            conn,
            actor,
            action=_ACTIONS[bulk.do],
            entity="content",
            entries=[(content_id, None, _audited(bulk)) for content_id in changed],
            now=now,
        )
    return Outcome(len(changed), len(chosen) - len(changed))


_ACTIONS: dict[Verb, str] = {
    "tag": "content.tag",
    "untag": "content.untag",
    "move": "content.move",
    "campaign": "content.change",
    "approve": "content.approve",
    "archive": "content.archive",
    "unarchive": "content.unarchive",
}


async def _check(conn: asyncpg.Connection, bulk: Bulk, chosen: list[UUID]) -> None:
    errors = []
    if not 1 <= len(chosen) <= CHOSEN_MAX:
        detail = f"Choose 1 to {CHOSEN_MAX} contents."
        errors.append(FieldError("/ids", "invalid_number", detail))
    if bulk.do in ("tag", "untag"):
        errors += [FieldError("/tag", e.code, e.detail) for e in tags.errors_in([bulk.tag])]
    if bulk.do == "move":
        errors += content_folders.errors_in(bulk.folder)
    known = bulk.campaign_id is None or await conn.fetchval(
        "/* content_bulk.check */ SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = $1)",
        bulk.campaign_id,
    )
    if not known:
        errors.append(FieldError("/campaign_id", "unknown_campaign", "There is no such campaign."))
    if errors:
        raise Invalid(errors)


async def _lock(conn: asyncpg.Connection, chosen: list[UUID], *, archived: bool) -> None:
    rows = await conn.fetch(
        """
        /* content_bulk.lock */
        SELECT id FROM content WHERE id = ANY ($1) AND (archived_at IS NOT NULL) = $2
        ORDER BY id FOR UPDATE
        """,
        chosen,
        archived,
    )
    missing = len(chosen) - len(rows)
    if missing:
        count = "One of them is" if missing == 1 else f"{missing} of them are"
        raise NotFound(f"{count} not there any more. Load the list again.")


async def _refuse_used(conn: asyncpg.Connection, chosen: list[UUID]) -> None:
    held = await content_uses.list_held(conn, chosen)
    if held:
        raise InUse(held, await content_uses.count_screens(conn, chosen))


async def _change(
    conn: asyncpg.Connection, actor: Actor, bulk: Bulk, chosen: list[UUID], now: datetime
) -> list[UUID]:
    values: list[object] = []
    match bulk.do:
        case "tag":
            values = [bulk.tag.strip(), tags.TAGS_MAX]
        case "untag":
            values = [bulk.tag.strip()]
        case "move":
            values = [content_folders.tidied(bulk.folder)]
        case "campaign":
            values = [bulk.campaign_id]
        case "approve":
            own_allowed = (await settings.load(conn)).own_approval_allowed
            values = [actor.id, None if own_allowed else actor.id]
        case "archive" | "unarchive":
            pass
        case _ as unknown:
            assert_never(unknown)
    rows = await conn.fetch(_STATEMENTS[bulk.do], chosen, now, *values)
    return [row["id"] for row in rows]


_TAG = """
/* content_bulk.tag */
UPDATE content SET tags = tags || $3::text, revision = revision + 1, updated_at = $2
WHERE id = ANY ($1) AND NOT tags @> ARRAY[$3::text] AND cardinality(tags) < $4::int
RETURNING id
"""
_UNTAG = """
/* content_bulk.untag */
UPDATE content SET tags = array_remove(tags, $3), revision = revision + 1, updated_at = $2
WHERE id = ANY ($1) AND tags @> ARRAY[$3::text]
RETURNING id
"""
_MOVE = """
/* content_bulk.move */
UPDATE content SET folder = $3, revision = revision + 1, updated_at = $2
WHERE id = ANY ($1) AND folder <> $3
RETURNING id
"""
_CAMPAIGN = """
/* content_bulk.campaign */
UPDATE content SET campaign_id = $3, revision = revision + 1, updated_at = $2
WHERE id = ANY ($1) AND campaign_id IS DISTINCT FROM $3
RETURNING id
"""
_ARCHIVE = """
/* content_bulk.archive */
UPDATE content SET archived_at = $2, revision = revision + 1, updated_at = $2
WHERE id = ANY ($1)
RETURNING id
"""
_UNARCHIVE = """
/* content_bulk.unarchive */
UPDATE content SET archived_at = NULL, revision = revision + 1, updated_at = $2
WHERE id = ANY ($1)
RETURNING id
"""
# What somebody submitted themselves ($4) is left as it is; publications follow as by approve.
_APPROVE = """
/* content_bulk.approve */
WITH decided AS (
    UPDATE content_approvals a
    SET state = 'approved', decided_by = $3::uuid, decided_at = $2::timestamptz
    FROM content c
    WHERE c.id = ANY ($1) AND a.content_id = c.id AND a.version = c.latest_version
          AND a.state = 'in_review' AND ($4::uuid IS NULL OR a.submitted_by IS DISTINCT FROM $4)
    RETURNING a.content_id, a.version, a.publish_at
), published AS (
    INSERT INTO content_publications (content_id, live_from, version, published_by)
    SELECT content_id, greatest(publish_at, $2), version, $3 FROM decided
    ON CONFLICT (content_id, live_from)
    DO UPDATE SET version = EXCLUDED.version, published_by = EXCLUDED.published_by
)
UPDATE content c SET approval_state = 'approved', rejection_reason = NULL,
       revision = revision + 1, updated_at = $2
FROM decided d WHERE c.id = d.content_id
RETURNING c.id
"""


_STATEMENTS: dict[Verb, str] = {
    "tag": _TAG,
    "untag": _UNTAG,
    "move": _MOVE,
    "campaign": _CAMPAIGN,
    "approve": _APPROVE,
    "archive": _ARCHIVE,
    "unarchive": _UNARCHIVE,
}


def _audited(bulk: Bulk) -> dict[str, object]:
    match bulk.do:
        case "tag" | "untag":
            return {"tag": bulk.tag.strip()}
        case "move":
            return {"folder": content_folders.tidied(bulk.folder)}
        case "campaign":
            return {"campaign_id": bulk.campaign_id}
        case _:
            return {}
