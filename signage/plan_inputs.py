"""Plan inputs: everything in the database that decides what one device plays."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage.errors import NotFound
from signage.ids import NIL_ID
from signage.planning import inputs
from signage.planning.opening import Store, read_store

EVER = datetime.min.replace(tzinfo=UTC)


class Shared(msgspec.Struct, frozen=True):
    """Inputs, and the devices that have the same: one plan is right for all of them."""

    inputs: inputs.Inputs
    device_ids: list[UUID]


class Reach(msgspec.Struct, frozen=True):
    """Where a device stands and what it is in: which targets reach it."""

    id: UUID
    store_id: UUID
    group_ids: list[UUID]


async def load(conn: asyncpg.Connection, device_id: UUID) -> inputs.Inputs:
    """Return what applies to the device, or raise NotFound."""
    for shared in await load_shared(conn, [device_id]):
        return shared.inputs
    raise NotFound("There is no such screen.")


async def load_shared(conn: asyncpg.Connection, device_ids: list[UUID]) -> list[Shared]:
    """Return what applies to each of the devices, those with the same inputs together.

    Six statements, however many devices there are. The first device of a group is the first of
    its kind in ``device_ids``, and the groups are in the order of their first devices.
    """
    reaches = await _reaches(conn, device_ids)
    if not reaches:
        return []
    stores = await _stores(conn, {reach.store_id for reach in reaches})
    sources = await _sources(conn, reaches)
    library = await library_of(conn, list({source.playlist_id for _, source in sources}))
    by_target: dict[UUID | None, list[inputs.Source]] = {}
    for target_id, source in sources:
        by_target.setdefault(target_id, []).append(source)
    alike: dict[tuple[Store, tuple[UUID, ...]], list[UUID]] = {}
    for reach in reaches:
        targets = (reach.id, reach.store_id, *reach.group_ids)
        named = tuple(target for target in targets if target in by_target)
        alike.setdefault((stores[reach.store_id], named), []).append(reach.id)
    return [
        Shared(
            _inputs(store, [by_target.get(target, []) for target in (None, *named)], library), ids
        )
        for (store, named), ids in alike.items()
    ]


async def load_for_target(
    conn: asyncpg.Connection, store_id: UUID, *, group_ids: list[UUID], with_store: bool
) -> inputs.Inputs:
    """Return what a screen would play that is put on by the fleet, these groups and the store.

    Its zone and hours are the store's, also where what is put on the store is left out.
    """
    reach = Reach(NIL_ID, store_id if with_store else NIL_ID, group_ids)
    stores = await _stores(conn, {store_id})
    sources = await _sources(conn, [reach])
    library = await library_of(conn, list({source.playlist_id for _, source in sources}))
    return _inputs(stores[store_id], [[source for _, source in sources]], library)


def as_ever(given: inputs.Inputs, now: datetime) -> inputs.Inputs:
    """Return the inputs with the versions live now as if they had always been."""
    return replace(given, library=live_now(given.library, now))


def live_now(given: inputs.Library, now: datetime) -> inputs.Library:
    """Return the library with the versions live now as if they had always been."""
    content = {
        content_id: replace(found, publications=_as_ever(found.publications, now))
        for content_id, found in given.content.items()
    }
    return inputs.Library(given.playlists, content)


def _inputs(
    store: Store, sources: list[list[inputs.Source]], library: inputs.Library
) -> inputs.Inputs:
    flat = [source for some in sources for source in some]
    return inputs.Inputs(
        store=store,
        schedules=tuple(source for source in flat if isinstance(source, inputs.Schedule)),
        assignments=tuple(source for source in flat if isinstance(source, inputs.Assignment)),
        library=library,
    )


async def _reaches(conn: asyncpg.Connection, device_ids: list[UUID]) -> list[Reach]:
    rows = await conn.fetch(
        """
        /* plan_inputs.reaches */
        SELECT d.id, d.store_id,
               ARRAY(SELECT m.group_id FROM device_group_members m
                     WHERE m.device_id = d.id ORDER BY m.group_id) AS group_ids
        FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
        JOIN devices d ON d.id = wanted.id
        ORDER BY wanted.place
        """,
        device_ids,
    )
    return [Reach(**dict(row)) for row in rows]


async def _stores(conn: asyncpg.Connection, store_ids: set[UUID]) -> dict[UUID, Store]:
    rows = await conn.fetch(
        """
        /* plan_inputs.stores */
        SELECT id, timezone, opening_hours, closures, special_days FROM stores WHERE id = ANY ($1)
        """,
        list(store_ids),
    )
    return {row["id"]: _store(row) for row in rows}


def _store(row: asyncpg.Record) -> Store:
    special_days = {date.fromisoformat(day): hours for day, hours in row["special_days"].items()}
    return read_store(row["timezone"], row["opening_hours"], row["closures"], special_days)


_REACHING = """
LEFT JOIN device_groups g ON g.id = a.group_id
WHERE (a.target_kind = 'fleet' OR a.device_id = ANY ($1) OR a.store_id = ANY ($2)
       OR a.group_id = ANY ($3))"""


async def _sources(
    conn: asyncpg.Connection, reaches: list[Reach]
) -> list[tuple[UUID | None, inputs.Source]]:
    """Return what is put on a target that reaches one of the devices, with the target's id."""
    values = (
        [reach.id for reach in reaches],
        list({reach.store_id for reach in reaches}),
        list({group_id for reach in reaches for group_id in reach.group_ids}),
    )
    schedules = await conn.fetch(
        f"""
        /* plan_inputs.schedules */
        SELECT coalesce(a.device_id, a.store_id, a.group_id) AS target_id, a.id, a.name,
               a.playlist_id, a.target_kind AS layer, coalesce(g.rank, 0) AS group_rank,
               a.created_at, a.starts_on, a.start_time, a.end_time, a.all_day, a.ends_on, a.rrule,
               a.exdates, a.rdates, a.timezone, a.priority, a.takeover, a.only_when_open, a.enabled
        FROM schedules a
        {_REACHING} AND a.archived_at IS NULL
        ORDER BY a.id
        """,
        *values,
    )
    assignments = await conn.fetch(
        f"""
        /* plan_inputs.assignments */
        SELECT coalesce(a.device_id, a.store_id, a.group_id) AS target_id, a.id, a.playlist_id,
               a.target_kind AS layer, coalesce(g.rank, 0) AS group_rank
        FROM playlist_assignments a
        {_REACHING}
        ORDER BY a.id
        """,
        *values,
    )
    return [
        *((row["target_id"], _schedule(dict(row))) for row in schedules),
        *((row["target_id"], _assignment(dict(row))) for row in assignments),
    ]


def _schedule(fields: dict[str, Any]) -> inputs.Schedule:
    del fields["target_id"]
    fields |= {"exdates": tuple(fields["exdates"]), "rdates": tuple(fields["rdates"])}
    return inputs.Schedule(**fields)


def _assignment(fields: dict[str, Any]) -> inputs.Assignment:
    del fields["target_id"]
    return inputs.Assignment(**fields)


async def library_of(conn: asyncpg.Connection, playlist_ids: list[UUID]) -> inputs.Library:
    """Return the live editions of the playlists, what is nested in them, and their content."""
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
        content=await contents_of(conn, list(content_ids)),
    )


async def contents_of(
    conn: asyncpg.Connection, content_ids: list[UUID]
) -> dict[UUID, inputs.Content]:
    """Return the contents with their versions and when each is live."""
    rows = await conn.fetch(
        """
        /* plan_inputs.content */
        SELECT c.id, c.kind, c.campaign_id, c.valid_from, c.valid_until,
               c.archived_at IS NOT NULL AS archived, c.recalled_at IS NOT NULL AS recalled,
               EXISTS (SELECT 1 FROM content_publications p WHERE p.content_id = c.id)
               OR c.approval_state = 'approved' AS approved,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'id', v.id, 'version', v.version, 'mime', v.mime, 'sha256', v.sha256,
                    'bytes', v.bytes, 'url', v.url, 'duration_ms', v.duration_ms,
                    'width', v.width, 'height', v.height) ORDER BY v.version), '[]')
                FROM content_versions v WHERE v.content_id = c.id AND NOT EXISTS (
                    SELECT 1 FROM content_approvals a
                    WHERE a.content_id = v.content_id AND a.version = v.version
                          AND a.state <> 'approved')) AS versions,
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
