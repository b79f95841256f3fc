"""Clones: two machines that beat with one identity, such as a copied disk, noticed by their turns.

A heartbeat comes from a machine: what it says of its hardware, and its address. Another machine
than before is nothing yet; a way back to one that beat a moment ago is. Where the hardware differs
every way back counts. Where only the address does, as behind two lines of one shop, it counts only
if the beats come faster than one machine sends them. ``RETURNS_MIN`` ways back are an incident.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import incidents

KIND = "cloned_identity"
TURN_WITHIN_S = 15 * 60
"""A machine that has not beaten for this long is not one that takes turns."""
RETURNS_MIN = 2
MACHINES_KEPT_MAX = 4
SOONER_SHARE = 2 / 3
"""Of two that take turns, one comes within half an interval after the other, give or take."""
QUIET_BEFORE_CLOSING_S = 24 * 3600

SUMMARY = (
    "Two machines take turns with this screen's identity: it was copied, with a disk image say."
    " Pair one of them anew, and the right one as a replacement of this screen."
)


class Machine(msgspec.Struct, frozen=True):
    """Where heartbeats come from. ``fingerprint`` is None where a beat says nothing of hardware."""

    fingerprint: str | None
    address: str
    last_seen_at: datetime


class Turns(msgspec.Struct, frozen=True):
    """The machines that beat lately, the latest first, and how often one came back."""

    machines: list[Machine] = []
    returns: int = 0
    returned_at: datetime | None = None


def fingerprint(device_info: Mapping[str, Any] | None) -> str | None:
    """Return what tells this hardware from another, None where it says nothing of the kind."""
    told = device_info or {}
    parts = [
        f"{field} {value.strip()[:100]}"
        for field in ("serial", "mac", "install")
        if isinstance(value := told.get(field), str) and value.strip()
    ]
    return ", ".join(parts) or None


async def note(
    conn: asyncpg.Connection, device_id: UUID, beat: Machine, *, interval_s: int
) -> None:
    """Keep that another machine than the last one beat; open an incident where they take turns."""
    async with conn.transaction():
        row = await conn.fetchrow(
            """
            /* clones.lock */
            SELECT machines, machine_fingerprint, before_last_seen_at
            FROM devices WHERE id = $1 FOR NO KEY UPDATE
            """,
            device_id,
        )
        before = msgspec.convert(row["machines"], Turns)
        if before.machines:
            # What the latest one did since it came stands in columns of its own.
            seen_at = row["before_last_seen_at"] or before.machines[0].last_seen_at
            latest = Machine(row["machine_fingerprint"], before.machines[0].address, seen_at)
            before = msgspec.structs.replace(before, machines=[latest, *before.machines[1:]])
        after = taken(before, beat, interval_s=interval_s)
        await conn.execute(
            """
            /* clones.note */
            UPDATE devices SET machines = $2, machine_fingerprint = $3, machine_address = $4
            WHERE id = $1
            """,
            device_id,
            msgspec.to_builtins(after),
            after.machines[0].fingerprint,
            beat.address,
        )
        if after.returns >= RETURNS_MIN and after.returned_at == beat.last_seen_at:
            await _report(conn, device_id, after)


def taken(before: Turns, beat: Machine, *, interval_s: int) -> Turns:
    """Return the turns with this beat, where one machine beats every ``interval_s`` seconds."""
    lately = [one for one in before.machines if _within(TURN_WITHIN_S, one.last_seen_at, beat)]
    known = next((one for one in lately if is_same(beat, one)), None)
    others = [one for one in lately if one is not known]
    hardware = beat.fingerprint or (known.fingerprint if known else None)
    machines = [msgspec.structs.replace(beat, fingerprint=hardware), *others]
    goes_on = before.returned_at and _within(TURN_WITHIN_S, before.returned_at, beat)
    returns = before.returns if goes_on else 0
    if known is None or known is lately[0] or not _counts(known, lately[0], beat, interval_s):
        return Turns(machines[:MACHINES_KEPT_MAX], returns, before.returned_at)
    return Turns(machines[:MACHINES_KEPT_MAX], returns + 1, beat.last_seen_at)


def is_same(beat: Machine, known: Machine) -> bool:
    """Return whether the beat may come from the known machine."""
    if beat.fingerprint and known.fingerprint and beat.fingerprint != known.fingerprint:
        return False
    return beat.address == known.address


async def close_for_new_identity(
    conn: asyncpg.Connection, device_id: UUID, *, now: datetime
) -> None:
    """Close what was said of the former tokens: the screen was paired anew."""
    await conn.execute(
        """
        /* clones.close_for_new_identity */
        UPDATE incidents SET resolved_at = $2, updated_at = $2
        WHERE device_id = $1 AND kind = ANY ($3) AND resolved_at IS NULL
        """,
        device_id,
        now,
        [KIND, "refresh_token_reused"],
    )


async def close_stopped(conn: asyncpg.Connection, *, now: datetime) -> int:
    """Close the incidents of screens whose machines took no turns for a day, or are revoked."""
    closed = await conn.fetch(
        """
        /* clones.close_stopped */
        UPDATE incidents i SET resolved_at = $1, updated_at = $1
        FROM devices d
        WHERE i.kind = $2 AND i.resolved_at IS NULL AND d.id = i.device_id
              AND (d.status <> 'active'
                   OR coalesce((d.machines ->> 'returned_at')::timestamptz, i.opened_at) <= $3)
        RETURNING i.id
        """,
        now,
        KIND,
        now - timedelta(seconds=QUIET_BEFORE_CLOSING_S),
    )
    return len(closed)


def _counts(known: Machine, latest: Machine, beat: Machine, interval_s: int) -> bool:
    if known.fingerprint and latest.fingerprint and known.fingerprint != latest.fingerprint:
        return True
    return _within(interval_s * SOONER_SHARE, latest.last_seen_at, beat)


def _within(seconds: float, earlier: datetime, beat: Machine) -> bool:
    return beat.last_seen_at - earlier < timedelta(seconds=seconds)


async def _report(conn: asyncpg.Connection, device_id: UUID, turns: Turns) -> None:
    await incidents.open_for_device(
        conn,
        device_id,
        kind=KIND,
        severity="critical",
        summary=SUMMARY,
        evidence=msgspec.to_builtins(turns),
        now=turns.machines[0].last_seen_at,
    )
