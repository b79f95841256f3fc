"""Plan inputs: everything in the database that decides what one device plays."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage.planning import inputs
from signage.planning.opening import Store, read_store

EVER = datetime.min.replace(tzinfo=UTC)


async def load(conn: asyncpg.Connection, device_id: UUID) -> inputs.Inputs:
    """Return what applies to the device; run it in one REPEATABLE READ snapshot."""
    schedules = await _schedules(conn, device_id)
    assignments = await _assignments(conn, device_id)
    sources: list[inputs.Source] = [*schedules, *assignments]
    named = {source.playlist_id for source in sources}
    return inputs.Inputs(
        store=await _store(conn, device_id),
        schedules=tuple(schedules),
        assignments=tuple(assignments),
        library=await _library(conn, list(named)),
    )


def as_ever(given: inputs.Inputs, now: datetime) -> inputs.Inputs:
    """Return the inputs with the versions live now as if they had always been."""
    content = {
        content_id: replace(found, publications=_as_ever(found.publications, now))
        for content_id, found in given.library.content.items()
    }
    return replace(given, library=inputs.Library(given.library.playlists, content))


async def _store(conn: asyncpg.Connection, device_id: UUID) -> Store:
    row = await conn.fetchrow(
        """
        /* plan_inputs.store */
        SELECT s.timezone, s.opening_hours, s.closures, s.special_days
        FROM devices d JOIN stores s ON s.id = d.store_id WHERE d.id = $1
        """,
        device_id,
    )
    special_days = {date.fromisoformat(day): hours for day, hours in row["special_days"].items()}
    return read_store(row["timezone"], row["opening_hours"], row["closures"], special_days)


_REACHES = """
FROM {table} a
JOIN devices d ON d.id = $1
LEFT JOIN device_groups g ON g.id = a.group_id
WHERE (a.target_kind = 'fleet' OR a.device_id = d.id OR a.store_id = d.store_id
       OR EXISTS (SELECT 1 FROM device_group_members m
                  WHERE m.device_id = d.id AND m.group_id = a.group_id))"""


async def _schedules(conn: asyncpg.Connection, device_id: UUID) -> list[inputs.Schedule]:
    rows = await conn.fetch(
        f"""
        /* plan_inputs.schedules */
        SELECT a.id, a.name, a.playlist_id, a.target_kind AS layer,
               coalesce(g.rank, 0) AS group_rank, a.created_at, a.starts_on, a.start_time,
               a.end_time, a.all_day, a.ends_on, a.rrule,
               a.exdates, a.rdates, a.timezone, a.priority, a.takeover, a.only_when_open, a.enabled
        {_REACHES.format(table="schedules")} AND a.archived_at IS NULL
        ORDER BY a.id
        """,
        device_id,
    )
    return [
        inputs.Schedule(
            **{
                **dict(row),
                "exdates": tuple(row["exdates"]),
                "rdates": tuple(row["rdates"]),
            }
        )
        for row in rows
    ]


async def _assignments(conn: asyncpg.Connection, device_id: UUID) -> list[inputs.Assignment]:
    rows = await conn.fetch(
        f"""
        /* plan_inputs.assignments */
        SELECT a.id, a.playlist_id, a.target_kind AS layer, coalesce(g.rank, 0) AS group_rank
        {_REACHES.format(table="playlist_assignments")}
        ORDER BY a.id
        """,
        device_id,
    )
    return [inputs.Assignment(**dict(row)) for row in rows]


async def _library(conn: asyncpg.Connection, playlist_ids: list[UUID]) -> inputs.Library:
    items = await conn.fetch(
        """
        /* plan_inputs.items */
        WITH RECURSIVE named AS (
            SELECT unnest($1::uuid[]) AS id
            UNION
            SELECT i.nested_playlist_id FROM playlist_items i JOIN named n ON n.id = i.playlist_id
            WHERE i.edition = 'live' AND i.nested_playlist_id IS NOT NULL
        )
        SELECT i.playlist_id AS owner_id, i.id, i.content_id, i.nested_playlist_id AS playlist_id,
               i.pinned_version, i.duration_ms, i.weight, i.campaign_id, i.not_before, i.not_after
        FROM named n JOIN playlists p ON p.id = n.id AND p.archived_at IS NULL
        JOIN playlist_items i ON i.playlist_id = p.id AND i.edition = 'live'
        ORDER BY i.playlist_id, i.position
        """,
        playlist_ids,
    )
    by_playlist: dict[UUID, list[inputs.PlaylistItem]] = {}
    for row in items:
        fields = dict(row)
        owner_id = fields.pop("owner_id")
        by_playlist.setdefault(owner_id, []).append(inputs.PlaylistItem(**fields))
    content_ids = {row["content_id"] for row in items if row["content_id"]}
    return inputs.Library(
        playlists={
            playlist_id: inputs.Playlist(id=playlist_id, items=tuple(found))
            for playlist_id, found in by_playlist.items()
        },
        content=await _content(conn, list(content_ids)),
    )


async def _content(conn: asyncpg.Connection, content_ids: list[UUID]) -> dict[UUID, inputs.Content]:
    rows = await conn.fetch(
        """
        /* plan_inputs.content */
        SELECT c.id, c.kind, c.campaign_id, c.valid_from, c.valid_until,
               c.approval_state = 'approved' AS approved, c.archived_at IS NOT NULL AS archived,
               c.recalled_at IS NOT NULL AS recalled,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'id', v.id, 'version', v.version, 'mime', v.mime, 'sha256', v.sha256,
                    'bytes', v.bytes, 'url', v.url, 'duration_ms', v.duration_ms,
                    'width', v.width, 'height', v.height) ORDER BY v.version), '[]')
                FROM content_versions v WHERE v.content_id = c.id) AS versions,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'live_from', p.live_from, 'version', p.version) ORDER BY p.live_from), '[]')
                FROM content_publications p WHERE p.content_id = c.id) AS publications
        FROM content c WHERE c.id = ANY ($1)
        """,
        content_ids,
    )
    return {row["id"]: _content_of(dict(row)) for row in rows}


def _as_ever(
    publications: tuple[inputs.Publication, ...], now: datetime
) -> tuple[inputs.Publication, ...]:
    live = [publication for publication in publications if publication.live_from <= now]
    later = publications[len(live) :]
    return (*(replace(newest, live_from=EVER) for newest in live[-1:]), *later)


def _content_of(fields: dict[str, Any]) -> inputs.Content:
    versions = msgspec.convert(fields.pop("versions"), tuple[inputs.ContentVersion, ...])
    publications = msgspec.convert(fields.pop("publications"), tuple[inputs.Publication, ...])
    return inputs.Content(versions=versions, publications=publications, **fields)
