"""Plays are taken in: each counted once, whatever is sent beside it and however often."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from signage import plays
from signage.ids import NIL_ID, new_id
from signage.play_events import Batch
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import Cast, ago, days, event, rows, send


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


async def test_a_play_is_counted_for_its_store_campaign_content_and_local_day(
    cast: Cast, now: datetime
) -> None:
    played = event(cast, ago(now, hours=1), seq=7, plan_etag="abc", player_version="1.2")
    result = await send(cast, played, now=now)

    assert (result.accepted, result.rejected, result.duplicates) == (1, 0, 0)
    assert result.results == []
    [row] = await rows(cast.conn)
    assert (row["store_id"], row["campaign_id"]) == (cast.berlin, cast.campaign)
    assert (row["content_id"], row["content_version"]) == (cast.spot, 1)
    assert (row["report_day"], row["report_hour"]) == (date(2026, 11, 23), 12)
    assert (row["outcome"], row["late"], row["capped"]) == ("played", False, False)
    assert (row["seq"], row["plan_etag"], row["player_version"]) == (7, "abc", "1.2")
    [day] = await days(cast.conn)
    assert (day["plays"], day["duration_ms"], day["late"]) == (1, 10_000, 0)
    assert day["first_played_at"] == day["last_played_at"] == ago(now, hours=1)


async def test_a_retry_gets_the_same_counts_and_nothing_is_counted_again(
    cast: Cast, now: datetime
) -> None:
    batch = [event(cast, ago(now, minutes=n)) for n in range(1, 4)] + [{"event_id": 3}]
    first = await send(cast, *batch, now=now, sent_at=now)
    again = await send(cast, *batch, now=now + timedelta(days=36), sent_at=now)

    assert (again.accepted, again.rejected) == (first.accepted, first.rejected) == (3, 1)
    assert (first.duplicates, again.duplicates) == (0, 3)
    assert [result.status for result in again.results] == ["duplicate"] * 3 + ["rejected"]
    assert len(await rows(cast.conn)) == 3
    assert [day["plays"] for day in await days(cast.conn)] == [3]
