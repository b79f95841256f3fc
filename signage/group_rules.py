"""Group rules: groups whose members are whichever screens have the tags, store or model named.

Membership follows in the transaction of whatever changed: a screen's tags, store, status or model,
or the rule itself. Changes of rules and changes of screens take turns by one advisory lock, shared
by those of screens, so that neither misses the other.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, tags
from signage.actors import SYSTEM, Actor
from signage.errors import FieldError, Forbidden, Invalid

VALUES_MAX = 200
MODEL_MAX_CHARS = 200
MODELS_SHOWN_MAX = 200


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a screen must be: every part that is given counts.

    It stands in one of ``store_ids``, is one of ``models``, and has all of ``tags``, or any of
    them where ``match_tags`` says so. At least one part has to be given.
    """

    tags: list[str] = []
    match_tags: Literal["all", "any"] = "all"
    store_ids: list[UUID] = []
    models: list[str] = []


class Change(msgspec.Struct, frozen=True):
    """Which screens came to a group and which left it."""

    group_id: UUID
    came: list[UUID]
    left: list[UUID]


async def check(conn: asyncpg.Connection, rule: Rule) -> None:
    """Raise Invalid with a pointer to each part of the rule that is wrong."""
    errors = [
        FieldError(f"/rule{error.pointer}", error.code, error.detail)
        for error in tags.errors_in(rule.tags)
    ]
    if not (rule.tags or rule.store_ids or rule.models):
        detail = "Name at least one tag, store or model; a rule of nothing takes every screen."
        errors.append(FieldError("/rule", "empty_rule", detail))
    for part in ("store_ids", "models"):
        if len(getattr(rule, part)) > VALUES_MAX:
            detail = f"At most {VALUES_MAX} of them."
            errors.append(FieldError(f"/rule/{part}", "too_many_values", detail))
    if any(not 1 <= len(model) <= MODEL_MAX_CHARS for model in rule.models):
        detail = f"A model has 1 to {MODEL_MAX_CHARS} characters."
        errors.append(FieldError("/rule/models", "invalid_model", detail))
    if errors:
        raise Invalid(errors)
    known = await conn.fetchval(
        """
        /* group_rules.count_stores */
        SELECT count(*) FROM stores WHERE id = ANY ($1) AND archived_at IS NULL
        """,
        rule.store_ids,
    )
    if known != len(set(rule.store_ids)):
        detail = "One of these stores does not exist."
        raise Invalid.field("/rule/store_ids", "unknown_store", detail)


def require_reach(actor: Actor, rule: Rule | None) -> None:
    """Raise Forbidden where the rule may take in screens of stores that are not the actor's."""
    if rule is None or actor.store_ids is None:
        return
    if not rule.store_ids or not set(rule.store_ids) <= set(actor.store_ids):
        raise Forbidden("This rule reaches screens in stores that are not yours.")


async def hold(conn: asyncpg.Connection) -> None:
    """Keep rules as they are until the transaction ends; before a screen's row is locked."""
    await conn.execute(
        f"/* group_rules.hold */ SELECT pg_advisory_xact_lock_shared(hashtext('{_LOCK}'))"
    )


async def hold_alone(conn: asyncpg.Connection) -> None:
    """Keep screens from following rules until the transaction ends; before a rule is changed."""
    await conn.execute(
        f"/* group_rules.hold_alone */ SELECT pg_advisory_xact_lock(hashtext('{_LOCK}'))"
    )


async def follow(
    conn: asyncpg.Connection,
    device_ids: list[UUID] | None = None,
    *,
    group_id: UUID | None = None,
    now: datetime,
) -> list[Change]:
    """Make the members of rule groups what their rules say; None stands for all screens or groups.

    Only screens whose membership changed get their plan outdated, only groups whose members
    changed get a new revision. One statement, and one for each entry in the audit log.
    """
    statement = _FOLLOW_ALL if device_ids is None else _FOLLOW_SOME
    rows = await conn.fetch(statement, device_ids, group_id, now)
    changes = [Change(row["group_id"], row["came"], row["left"]) for row in rows]
    for change in changes:
        await audit.record(
            conn,
            SYSTEM,
            action="groups.follow_rule",
            entity="group",
            entity_id=change.group_id,
            before={"device_ids": change.left},
            after={"device_ids": change.came},
            now=now,
        )
    return changes


async def models(conn: asyncpg.Connection, actor: Actor) -> list[str]:
    """Return the models that the actor's screens say they are."""
    rows = await conn.fetch(
        """
        /* group_rules.models */
        SELECT DISTINCT device_info_json ->> 'model' AS model FROM devices
        WHERE status <> 'retired' AND device_info_json ->> 'model' <> ''
              AND ($1::uuid[] IS NULL OR store_id = ANY ($1))
        ORDER BY 1 LIMIT $2
        """,
        actor.store_ids,
        MODELS_SHOWN_MAX,
    )
    return [row["model"] for row in rows]


_LOCK = "playbill.group_rules"

_FOLLOW = """
/* group_rules.follow{name} */
WITH ruled AS MATERIALIZED (
    SELECT g.id, g.rule ->> 'match_tags' = 'any' AS any_tag,
           ARRAY(SELECT jsonb_array_elements_text(g.rule -> 'tags')) AS tags,
           ARRAY(SELECT jsonb_array_elements_text(g.rule -> 'store_ids')::uuid) AS store_ids,
           ARRAY(SELECT jsonb_array_elements_text(g.rule -> 'models')) AS models
    FROM device_groups g
    WHERE g.rule IS NOT NULL AND g.archived_at IS NULL AND ($2::uuid IS NULL OR g.id = $2)
), wanted AS MATERIALIZED (
    SELECT g.id AS group_id, d.id AS device_id
    FROM ruled g
    JOIN devices d ON d.status <> 'retired' AND {these_devices}
         AND (g.tags = '{{}}' OR CASE WHEN g.any_tag THEN d.tags && g.tags
                                    ELSE d.tags @> g.tags END)
         AND (g.store_ids = '{{}}' OR d.store_id = ANY (g.store_ids))
         AND (g.models = '{{}}' OR d.device_info_json ->> 'model' = ANY (g.models))
), gone AS (
    DELETE FROM device_group_members m USING ruled g
    WHERE m.group_id = g.id AND {these_members}
          AND NOT EXISTS (SELECT 1 FROM wanted w
                          WHERE w.group_id = m.group_id AND w.device_id = m.device_id)
    RETURNING m.group_id, m.device_id
), added AS (
    INSERT INTO device_group_members (group_id, device_id)
    SELECT group_id, device_id FROM wanted
    ON CONFLICT DO NOTHING
    RETURNING group_id, device_id
), outdated AS (
    UPDATE devices SET plan_wanted = plan_wanted + 1
    WHERE id IN (SELECT device_id FROM gone UNION SELECT device_id FROM added)
)
UPDATE device_groups g SET revision = revision + 1, updated_at = $3
WHERE g.id IN (SELECT group_id FROM gone UNION SELECT group_id FROM added)
RETURNING g.id AS group_id,
          ARRAY(SELECT a.device_id FROM added a WHERE a.group_id = g.id ORDER BY 1) AS came,
          ARRAY(SELECT l.device_id FROM gone l WHERE l.group_id = g.id ORDER BY 1) AS left"""

# Two statements, so that the plan for a few screens never reads the whole fleet.
_FOLLOW_ALL = _FOLLOW.format(
    name="_all", these_devices="$1::uuid[] IS NULL", these_members="$1::uuid[] IS NULL"
)
_FOLLOW_SOME = _FOLLOW.format(
    name="", these_devices="d.id = ANY ($1::uuid[])", these_members="m.device_id = ANY ($1)"
)
