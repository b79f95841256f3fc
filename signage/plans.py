"""Plans: which plan a device is due, kept by ETag, made anew whenever something outdates it.

``devices.plan_wanted`` counts the changes that can affect a device, each in the transaction of the
change itself. A plan is due only while ``plan_made`` equals it and the UTC day is the plan's, so a
poll never gets an outdated plan.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import plan_inputs, plan_making, planning
from signage.errors import NotFound, Unavailable

MEDIA_GRACE = timedelta(days=7)
RESOLVE_ATTEMPTS_MAX = 5


class Plan(msgspec.Struct, frozen=True):
    """A plan as it is served: ``body`` is exactly the bytes that ``etag`` is the hash of."""

    etag: str
    body: bytes

    def document(self) -> dict[str, Any]:
        """Return the plan as Python values."""
        decoded: dict[str, Any] = msgspec.json.decode(self.body)
        return decoded


class Media(msgspec.Struct, frozen=True):
    """Bytes that a device may fetch."""

    sha256: str
    mime: str
    bytes: int


class Revision(msgspec.Struct, frozen=True):
    """A plan that a device was due from an instant on, and when it fetched it, if ever."""

    etag: str
    due_from: datetime
    fetched_at: datetime | None


class Names(msgspec.Struct, frozen=True):
    """What people call the things in a plan, by their ids as the plan writes them."""

    playlists: dict[str, str]
    schedules: dict[str, str]
    content: dict[str, str]


async def due(conn: asyncpg.Connection, device_id: UUID, *, now: datetime) -> str:
    """Return the ETag of the plan the device is due now, resolving it first if it is outdated."""
    for _ in range(RESOLVE_ATTEMPTS_MAX):
        row = await conn.fetchrow(
            """
            /* plans.due */
            SELECT plan_etag, plan_wanted, plan_made = plan_wanted AND plan_day = $2 AS is_current
            FROM devices WHERE id = $1
            """,
            device_id,
            now.astimezone(UTC).date(),
        )
        if row is None:
            raise NotFound("There is no such screen.")
        if row["is_current"]:
            etag: str = row["plan_etag"]
            return etag
        await plan_making.make(conn, {device_id: row["plan_wanted"]}, now=now)
    raise Unavailable("The schedules change faster than this plan can be made. Try again.")


async def find(conn: asyncpg.Connection, etag: str) -> Plan:
    """Return the plan with this ETag, or raise NotFound."""
    text = await conn.fetchval(
        "/* plans.find */ SELECT plan_json FROM playout_plans WHERE etag = $1", etag
    )
    if text is None:
        raise NotFound("There is no such plan.")
    return Plan(etag, text.encode())


async def current(conn: asyncpg.Connection, device_id: UUID, *, now: datetime) -> Plan:
    """Return the plan the device is due now."""
    return await find(conn, await due(conn, device_id, now=now))


async def preview(
    conn: asyncpg.Connection, device_id: UUID, *, at: datetime, now: datetime
) -> Plan:
    """Return today's configuration resolved as if it were ``at``; nothing is kept."""
    inputs = plan_inputs.as_ever(await plan_inputs.load(conn, device_id), now)
    plan = planning.build(inputs, at)
    return Plan(plan.etag, plan.body)


async def note_fetched(
    conn: asyncpg.Connection, device_id: UUID, etag: str, *, now: datetime
) -> None:
    """Record the first time that the device fetched this revision."""
    await conn.execute(
        """
        /* plans.note_fetched */
        UPDATE device_plans SET fetched_at = $3
        WHERE device_id = $1 AND etag = $2 AND fetched_at IS NULL
        """,
        device_id,
        etag,
        now,
    )


async def find_media(
    conn: asyncpg.Connection, device_id: UUID, sha256: str, *, now: datetime
) -> Media:
    """Return bytes that stand, or stood within 7 days, in a plan of the device; else NotFound."""
    row = await conn.fetchrow(
        """
        /* plans.find_media */
        SELECT v.sha256, v.mime, v.bytes
        FROM content_versions v
        JOIN content c ON c.id = v.content_id AND c.recalled_at IS NULL
        JOIN plan_items i ON i.content_id = v.content_id AND i.content_version = v.version
        JOIN playout_plan_items p ON p.item_id = i.item_id
        JOIN device_plans d ON d.etag = p.etag AND d.device_id = $1
        WHERE v.sha256 = $2
              AND coalesce((SELECT min(n.due_from) FROM device_plans n
                            WHERE n.device_id = $1 AND n.due_from > d.due_from), $3) >= $4
        LIMIT 1
        """,
        device_id,
        sha256,
        now,
        now - MEDIA_GRACE,
    )
    if row is None:
        raise NotFound("No plan of this screen holds these bytes.")
    return Media(**dict(row))


async def list_for_device(
    conn: asyncpg.Connection, device_id: UUID, *, limit: int = 20
) -> list[Revision]:
    """Return the revisions the device was due, newest first."""
    rows = await conn.fetch(
        """
        /* plans.list_for_device */
        SELECT etag, due_from, fetched_at FROM device_plans
        WHERE device_id = $1 ORDER BY due_from DESC LIMIT $2
        """,
        device_id,
        limit,
    )
    return [Revision(**dict(row)) for row in rows]


async def names(conn: asyncpg.Connection, plan: Plan) -> Names:
    """Return what people call the playlists, schedules and contents of a plan."""
    document = plan.document()
    rows = await conn.fetch(
        """
        /* plans.names */
        SELECT 'playlists' AS kind, id, name FROM playlists WHERE id = ANY ($1)
        UNION ALL SELECT 'schedules', id, name FROM schedules WHERE id = ANY ($2)
        UNION ALL SELECT 'content', id, name FROM content WHERE id = ANY ($3)
        """,
        [UUID(playlist["playlist_id"]) for playlist in document["playlists"].values()],
        [UUID(window["schedule_id"]) for window in document["windows"] if window["schedule_id"]],
        [UUID(content["content_id"]) for content in document["content"].values()],
    )
    found: dict[str, dict[str, str]] = {"playlists": {}, "schedules": {}, "content": {}}
    for row in rows:
        found[row["kind"]][str(row["id"])] = row["name"]
    return Names(**found)
