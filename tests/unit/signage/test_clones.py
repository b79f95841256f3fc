"""Clones: two machines with one identity are noticed; a move or new hardware is not."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from signage import claims, clones, devices, heartbeats, incidents, new_claims, pairing
from signage.actors import SYSTEM
from signage.claims import Approval
from tests.unit.conftest import SECRET

HERE, THERE = "192.0.2.7", "198.51.100.9"


async def beat(
    conn: asyncpg.Connection,
    device_id: UUID,
    at: datetime,
    *,
    address: str = HERE,
    serial: str | None = None,
) -> None:
    info = {"device_info": {"serial": serial}} if serial else {}
    sent = heartbeats.Heartbeat(disk_used_bytes=1, **info)
    await heartbeats.record(conn, device_id, sent, address=address, now=at)


async def found(conn: asyncpg.Connection, device_id: UUID) -> list[incidents.Incident]:
    listed = await incidents.list_open(conn, SYSTEM, device_id=device_id)
    return [one for one in listed if one.kind == "cloned_identity"]


async def beats(
    conn: asyncpg.Connection, device_id: UUID, now: datetime, turns: list[dict[str, Any]]
) -> None:
    for turn in turns:
        await beat(conn, device_id, now + timedelta(seconds=turn.pop("at")), **turn)


async def test_two_machines_that_take_turns_are_a_clone(conn, paired, now):
    for turn, serial in enumerate(["A-1", "B-2", "A-1", "B-2"]):
        address = HERE if serial == "A-1" else THERE
        at = now + timedelta(seconds=30 * turn)
        await beat(conn, paired.device_id, at, address=address, serial=serial)

    [incident] = await found(conn, paired.device_id)
    assert incident.severity == "critical"
    assert [
        (machine["fingerprint"], machine["address"], machine["last_seen_at"])
        for machine in incident.evidence["machines"]
    ] == [
        ("serial B-2", THERE, "2026-11-23T12:01:30Z"),
        ("serial A-1", HERE, "2026-11-23T12:01:00Z"),
    ]
    assert incident.evidence["returns"] == 2


async def test_behind_one_address_the_hardware_tells_them_apart(conn, paired, now):
    for minute, serial in enumerate(["A-1", "B-2", "A-1", "B-2"]):
        await beat(conn, paired.device_id, now + timedelta(minutes=minute), serial=serial)

    assert await found(conn, paired.device_id)


async def test_copies_of_one_disk_at_two_addresses_come_too_often_for_one_machine(
    conn, paired, now
):
    turns = [(0, HERE), (20, THERE), (60, HERE), (80, THERE), (120, HERE), (140, THERE)]
    await beats(conn, paired.device_id, now, [{"at": at, "address": of} for at, of in turns])

    [incident] = await found(conn, paired.device_id)
    assert {machine["address"] for machine in incident.evidence["machines"]} == {HERE, THERE}


async def test_three_machines_in_turn_are_a_clone_too(conn, paired, now):
    for turn in range(6):
        at = now + timedelta(seconds=20 * turn)
        await beat(conn, paired.device_id, at, serial=f"S-{turn % 3}")

    [incident] = await found(conn, paired.device_id)
    assert len(incident.evidence["machines"]) == 3


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param([(0, HERE), (60, HERE), (120, THERE), (180, THERE)], id="another address"),
        pytest.param([(0, HERE), (60, THERE), (120, HERE), (180, HERE)], id="there and back once"),
        pytest.param(
            [(60 * turn, HERE if turn % 2 else THERE) for turn in range(10)], id="two lines"
        ),
        pytest.param(
            [(3600 * turn, HERE if turn % 2 else THERE) for turn in range(10)], id="moved daily"
        ),
    ],
)
async def test_one_machine_is_no_clone_wherever_it_beats_from(conn, paired, now, turns):
    await beats(
        conn,
        paired.device_id,
        now,
        [{"at": at, "address": of, "serial": "A-1"} for at, of in turns],
    )

    assert await found(conn, paired.device_id) == []


async def test_new_hardware_under_the_old_tokens_once_is_no_clone(conn, paired, now):
    for minute, serial in enumerate(["A-1", "A-1", "B-2", None, "B-2", None]):
        await beat(conn, paired.device_id, now + timedelta(minutes=minute), serial=serial)

    assert await found(conn, paired.device_id) == []


async def test_a_beat_that_says_nothing_of_its_hardware_belongs_to_its_address(conn, paired, now):
    said = [("A-1", HERE), (None, HERE), ("B-2", THERE), (None, HERE), (None, THERE)]
    for turn, (serial, address) in enumerate(said):
        at = now + timedelta(seconds=30 * turn)
        await beat(conn, paired.device_id, at, address=address, serial=serial)

    [incident] = await found(conn, paired.device_id)
    assert incident.evidence["machines"][0]["fingerprint"] == "serial B-2"


async def test_one_incident_keeps_the_latest_evidence(conn, paired, now):
    for turn in range(12):
        at = now + timedelta(seconds=30 * turn)
        await beat(conn, paired.device_id, at, serial=f"S-{turn % 2}")

    [incident] = await found(conn, paired.device_id)
    assert incident.evidence["returns"] == 10
    assert incident.updated_at == now + timedelta(seconds=330)


async def test_ordinary_heartbeats_write_no_turns(conn, paired, now):
    await beat(conn, paired.device_id, now, serial="A-1")
    statements: list[str] = []

    with conn.query_logger(lambda query: statements.append(query.query)):
        await beat(conn, paired.device_id, now + timedelta(minutes=1), serial="A-1")
        await beat(conn, paired.device_id, now + timedelta(minutes=2))
        await asyncio.sleep(0)  # the logger is called in the next turn of the loop

    assert statements
    assert not [text for text in statements if "/* clones." in text]


# Closing ------------------------------------------------------------------------------------------


@pytest.fixture
async def cloned(conn: asyncpg.Connection, paired: pairing.Paired, now: datetime) -> UUID:
    """A screen whose identity two machines use; the last turn is taken at ``now``."""
    for turn in range(4):
        at = now - timedelta(seconds=30 * (3 - turn))
        await beat(conn, paired.device_id, at, serial=f"S-{turn % 2}")
    assert await found(conn, paired.device_id)
    return paired.device_id


@pytest.mark.parametrize(("hours", "closed"), [(23.9, 0), (24, 1)])
async def test_it_closes_when_no_turn_was_taken_for_a_day(conn, cloned, now, hours, closed):
    later = now + timedelta(hours=hours)

    assert await clones.close_stopped(conn, now=later) == closed
    assert len(await found(conn, cloned)) == 1 - closed


async def test_turns_keep_it_open(conn, cloned, now):
    for turn in range(4):
        at = now + timedelta(hours=23, seconds=30 * turn)
        await beat(conn, cloned, at, serial=f"S-{turn % 2}")

    assert await clones.close_stopped(conn, now=now + timedelta(hours=25)) == 0


async def test_it_closes_when_the_screen_is_revoked(conn, manager, cloned, now):
    await devices.revoke(conn, manager, cloned, now=now)

    assert await clones.close_stopped(conn, now=now) == 1


async def test_it_closes_at_once_when_the_hardware_is_replaced(
    conn, installer, lisbon, cloned, now
):
    claim = await new_claims.open_for_screen(
        conn, device_info={"serial": "N-3"}, address=HERE, secret=SECRET, now=now
    )
    approval = Approval(lisbon.id, replaces_device_id=cloned)
    await claims.approve(conn, installer, claim.user_code, approval, secret=SECRET, now=now)
    await pairing.redeem(
        conn, claim.claim_code, device_info={"serial": "N-3"}, address=HERE, secret=SECRET, now=now
    )

    assert await found(conn, cloned) == []
    await beat(conn, cloned, now + timedelta(minutes=1), serial="N-3")
    assert await found(conn, cloned) == []


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (None, None),
        ({}, None),
        ({"serial": 7, "mac": " ", "install": None}, None),
        ({"serial": " L8 ", "mac": "aa:bb"}, "serial L8, mac aa:bb"),
        ({"install": "x" * 500}, "install " + "x" * 100),
    ],
)
def test_a_fingerprint_is_what_tells_hardware_apart(info, said):
    assert clones.fingerprint(info) == said
