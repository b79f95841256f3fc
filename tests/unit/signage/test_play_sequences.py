"""Numbers that events lack: noticed after a while, told once, over when they arrive."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from signage import incidents
from signage.actors import SYSTEM
from signage.play_sequences import SEQ_MAX
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import Cast, event, send

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 12, 15, tzinfo=UTC)


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


async def arrive(cast: Cast, *numbers: Any, at: datetime = NOW, **fields: Any) -> None:
    await send(cast, *(event(cast, NOW, seq=number, **fields) for number in numbers), now=at)


async def gaps(cast: Cast) -> list[Any]:
    found = await incidents.list_open(cast.conn, SYSTEM, device_id=cast.device)
    return [one.evidence["ranges"] for one in found if one.kind == "ingestion_gap"]


async def test_a_gap_is_told_of_after_a_quarter_of_an_hour(cast: Cast) -> None:
    await arrive(cast, 1, 2, 3, 6, 7, 9)
    assert await gaps(cast) == []
    await arrive(cast, 10, at=LATER)

    assert await gaps(cast) == [[[4, 5], [8, 8]]]
    [incident] = await incidents.list_open(cast.conn, SYSTEM, device_id=cast.device)
    assert incident.evidence["missing"] == 3
    assert incident.evidence["since"] == NOW.isoformat()


async def test_a_gap_that_fills_is_over(cast: Cast) -> None:
    await arrive(cast, 1, 2, 5)
    await arrive(cast, 6, at=LATER)
    assert await gaps(cast) == [[[3, 4]]]
    await arrive(cast, 4, at=LATER)
    assert await gaps(cast) == [[[3, 3]]]

    await arrive(cast, 3, at=LATER)

    assert await gaps(cast) == []
    rows = "SELECT resolved_at FROM incidents WHERE kind = 'ingestion_gap'"
    assert await cast.conn.fetchval(rows) == LATER


async def test_batches_that_overtake_each_other_are_no_gap(cast: Cast) -> None:
    await arrive(cast, 4, 5, 6)
    await arrive(cast, 1, 2, 3)
    await arrive(cast, 7, at=LATER)

    assert await gaps(cast) == []


async def test_a_refused_event_has_arrived(cast: Cast) -> None:
    await arrive(cast, 1)
    await arrive(cast, 2, duration_ms=-1)
    await arrive(cast, 3, at=LATER)

    assert await gaps(cast) == []


async def test_a_screen_that_is_installed_again_begins_anew(cast: Cast) -> None:
    await arrive(cast, *range(1, 10))
    await arrive(cast, 1, 2, 3)
    await arrive(cast, 4, 5, at=LATER)

    assert await gaps(cast) == []
    seen = await cast.conn.fetchval("SELECT seen FROM device_sequences")
    assert [(part.lower, part.upper) for part in seen] == [(1, 6)]


async def test_a_batch_that_is_sent_again_begins_nothing(cast: Cast) -> None:
    first = [event(cast, NOW, seq=number) for number in (1, 2)]
    await send(cast, *first, now=NOW)
    await arrive(cast, 3, 4)
    await send(cast, *first, now=NOW)

    seen = await cast.conn.fetchval("SELECT seen FROM device_sequences")
    assert [(part.lower, part.upper) for part in seen] == [(1, 5)]


@pytest.mark.parametrize("seq", [None, -1, -(2**63), 2**63 - 1, SEQ_MAX, 2**64, True, "7", 1.5, []])
async def test_what_is_no_number_of_an_event_is_left_alone(cast: Cast, seq: Any) -> None:
    await arrive(cast, seq)

    assert await cast.conn.fetchval("SELECT count(*) FROM device_sequences") == 0


async def test_numbers_at_random_do_not_pile_up(cast: Cast) -> None:
    for start in range(0, 1000, 100):
        await arrive(cast, *range(start, start + 100, 2))

    count = "SELECT count(*) FROM device_sequences, unnest(seen)"
    assert await cast.conn.fetchval(count) <= 151
