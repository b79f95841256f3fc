"""Expected screens: the list of a roll-out becomes codes to type into its players.

All codes of a batch are made in one go and known only to who asked for them, once. Asking for a
batch's codes again takes the former ones back, so two sheets never hold for the same screen.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import claim_batches, devices, groups, stores
from signage.actors import Actor
from signage.claim_batches import Batch
from signage.errors import Conflict, FieldError, Invalid, NotFound
from signage.ids import new_id
from signage.new_claims import CONSOLE_CLAIM_LIFE_S, check_ttl

SCREENS_MAX = 1000
GROUPS_PER_SCREEN_MAX = 50


class ExpectedScreen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One screen of the list: where it will stand, what it will be called, and its groups."""

    store_code: str
    name: str
    groups: list[str] = []


async def errors_in(
    conn: asyncpg.Connection, actor: Actor, screens: list[ExpectedScreen], *, now: datetime
) -> list[list[FieldError]]:
    """Return what is wrong with each screen, an empty list where it can be expected."""
    known = await _known(conn, actor, screens, now)
    seen: set[tuple[str, str]] = set()
    found = []
    for screen in screens:
        key = _key(screen)
        errors = [*_errors_of_texts(screen), *_errors_of_names(screen, known)]
        if key in seen:
            detail = "Another line of this list has the same store and name."
            errors.append(FieldError("/name", "name_twice", detail))
        seen.add(key)
        found.append(errors)
    return found


async def expect(
    conn: asyncpg.Connection,
    actor: Actor,
    screens: list[ExpectedScreen],
    *,
    batch_id: UUID | None = None,
    ttl_s: int = CONSOLE_CLAIM_LIFE_S,
    secret: bytes,
    now: datetime,
) -> Batch:
    """Make a code for each screen, all or none. Invalid names each wrong value by its place.

    Conflict where the batch exists, so that sending a form twice makes no second set of codes.
    """
    actor.require("pair")
    check_ttl(ttl_s)
    check_count(screens)
    async with conn.transaction():
        # Lists that overlap come one after another: the second sees what the first expects.
        await conn.execute(_ONE_AT_A_TIME)
        if batch_id is not None and await claim_batches.exists(conn, batch_id):
            detail = "The codes of this list are made already. A new sheet makes new ones."
            raise Conflict(detail, code="batch_exists")
        found = await errors_in(conn, actor, screens, now=now)
        wrong = [
            FieldError(f"/screens/{place}{error.pointer}", error.code, error.detail)
            for place, errors in enumerate(found)
            for error in errors
        ]
        if wrong:
            raise Invalid(wrong)
        return await _make(
            conn, actor, screens, batch_id or new_id(), ttl_s=ttl_s, secret=secret, now=now
        )


async def expect_again(
    conn: asyncpg.Connection,
    actor: Actor,
    batch_id: UUID,
    *,
    ttl_s: int = CONSOLE_CLAIM_LIFE_S,
    secret: bytes,
    now: datetime,
) -> Batch:
    """Take the batch's unused codes back and make new ones for the same screens.

    NotFound where none of the actor's stores waits for a screen of this batch any more.
    """
    actor.require("pair")
    check_ttl(ttl_s)
    async with conn.transaction():
        await conn.execute(_ONE_AT_A_TIME)
        rows = await conn.fetch(
            """
            /* expected_screens.take_back */
            UPDATE device_claims c SET state = 'revoked', updated_at = $3
            FROM stores s
            WHERE c.batch_id = $1 AND c.kind = 'console' AND c.state IN ('approved', 'expired')
                  AND s.id = c.store_id AND ($2::uuid[] IS NULL OR c.store_id = ANY ($2))
                  AND s.archived_at IS NULL
            RETURNING s.code AS store_code, c.name,
                      ARRAY(SELECT g.name FROM device_groups g
                            WHERE g.id = ANY (c.group_ids) AND g.archived_at IS NULL
                                  AND g.rule IS NULL ORDER BY g.name) AS groups
            """,
            batch_id,
            actor.store_ids,
            now,
        )
        if not rows:
            raise NotFound("No screen of this list is waited for any more.", code="unknown_batch")
        screens = [ExpectedScreen(**dict(row)) for row in rows]
        return await _make(conn, actor, screens, batch_id, ttl_s=ttl_s, secret=secret, now=now)


def check_count(screens: list[ExpectedScreen]) -> None:
    """Raise Invalid where there are no screens, or more than a batch may have."""
    if not 1 <= len(screens) <= SCREENS_MAX:
        detail = f"A list has 1 to {SCREENS_MAX:,} screens."
        raise Invalid.field("/screens", "invalid_count", detail)


_ONE_AT_A_TIME = """
/* expected_screens.one_at_a_time */
SELECT pg_advisory_xact_lock(hashtextextended('playbill expected screens', 0))"""


class _Known(msgspec.Struct, frozen=True):
    """What there is of what a list names: stores, groups, screens by store and name."""

    stores: dict[str, stores.Store]
    groups: dict[str, UUID]
    standing: set[tuple[str, str]]
    expected: set[tuple[str, str]]


async def _known(
    conn: asyncpg.Connection, actor: Actor, screens: list[ExpectedScreen], now: datetime
) -> _Known:
    named = {screen.store_code.strip() for screen in screens}
    found = {s.code: s for s in await stores.list_for(conn, actor) if s.code in named}
    rows = await conn.fetch(
        """
        /* expected_screens.known */
        SELECT s.code, lower(d.name) AS name, 'standing' AS kind
        FROM devices d JOIN stores s ON s.id = d.store_id
        WHERE d.store_id = ANY ($1) AND d.status <> 'retired' AND lower(d.name) = ANY ($2)
        UNION ALL
        SELECT s.code, lower(c.name), 'expected'
        FROM device_claims c JOIN stores s ON s.id = c.store_id
        WHERE c.store_id = ANY ($1) AND c.kind = 'console' AND c.state = 'approved'
              AND c.expires_at > $3 AND lower(c.name) = ANY ($2)
        """,
        [store.id for store in found.values()],
        [screen.name.strip().lower() for screen in screens],
        now,
    )
    return _Known(
        stores=found,
        groups={group.name: group.id for group in await groups.list_by_hand(conn)},
        standing={(row["code"], row["name"]) for row in rows if row["kind"] == "standing"},
        expected={(row["code"], row["name"]) for row in rows if row["kind"] == "expected"},
    )


def _errors_of_texts(screen: ExpectedScreen) -> list[FieldError]:
    errors = []
    if not 1 <= len(screen.name.strip()) <= devices.NAME_MAX_CHARS:
        detail = f"A screen's name has 1 to {devices.NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    if len(screen.groups) > GROUPS_PER_SCREEN_MAX:
        detail = f"A screen is in at most {GROUPS_PER_SCREEN_MAX} groups."
        errors.append(FieldError("/groups", "too_many_groups", detail))
    return errors


def _errors_of_names(screen: ExpectedScreen, known: _Known) -> list[FieldError]:
    errors = []
    if screen.store_code.strip() not in known.stores:
        detail = f"There is no store with the code {screen.store_code.strip()[:40]!r} among yours."
        errors.append(FieldError("/store_code", "unknown_store", detail))
    for group in screen.groups:
        if group.strip() not in known.groups:
            detail = f"There is no group called {group.strip()[:40]!r}."
            errors.append(FieldError("/groups", "unknown_group", detail))
    if _key(screen) in known.standing:
        detail = "A screen of this name stands in the store already. To swap hardware, replace it."
        errors.append(FieldError("/name", "screen_exists", detail))
    if _key(screen) in known.expected:
        detail = "A code for this screen is open already. Make a new sheet, or revoke the code."
        errors.append(FieldError("/name", "screen_expected", detail))
    return errors


def _key(screen: ExpectedScreen) -> tuple[str, str]:
    return screen.store_code.strip(), screen.name.strip().lower()


async def _make(
    conn: asyncpg.Connection,
    actor: Actor,
    screens: list[ExpectedScreen],
    batch_id: UUID,
    *,
    ttl_s: int,
    secret: bytes,
    now: datetime,
) -> Batch:
    known = await _known(conn, actor, screens, now)
    places = [
        claim_batches.Place(
            store=known.stores[screen.store_code.strip()],
            name=screen.name.strip(),
            groups={group.strip(): known.groups[group.strip()] for group in screen.groups},
        )
        for screen in screens
    ]
    return await claim_batches.make(
        conn, actor, batch_id, places, ttl_s=ttl_s, secret=secret, now=now
    )
