"""Refused events are kept with their reason, read by an analyst, and replayed once it is mended."""

import json
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from signage import paging, quarantine, quarantine_replay
from signage.actors import Actor
from signage.errors import Forbidden, Invalid
from signage.ids import new_id
from signage.play_rules import Rules
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import ANALYST, Cast, ago, event, rows, send

INSTALLER = Actor(kind="user", id=None, name="Ivo", role="installer")


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


async def listed(cast: Cast, actor: Actor = ANALYST, **filters: Any) -> list[quarantine.Refused]:
    return (await quarantine.list_for(cast.conn, actor, **filters)).items


async def test_a_refused_event_is_kept_with_its_payload_and_its_reason(
    cast: Cast, now: datetime
) -> None:
    refused = event(cast, ago(now, days=36), error="Zürich")
    await send(cast, refused, now=now)

    [kept] = await listed(cast)
    assert json.loads(kept.payload) == refused
    assert (kept.event_id, kept.code) == (refused["event_id"], "too_old")
    assert "35 days" in kept.detail
    assert (kept.device, kept.store) == ("Window", "Berlin Mitte")
    assert (kept.received_at, kept.replayed_at) == (now, None)


async def test_an_event_refused_again_for_the_same_reason_is_kept_once(
    cast: Cast, now: datetime
) -> None:
    refused = event(cast, ago(now, days=36))
    nameless = {"event_type": "play"}
    for _ in range(2):
        await send(cast, refused, refused, nameless, nameless, now=now)
    await send(cast, refused | {"duration_ms": -1}, now=now)

    kept = await listed(cast)
    assert sorted(entry.code for entry in kept) == ["invalid_event", "negative_duration", "too_old"]


async def test_events_without_a_proper_id_are_told_apart_by_what_they_say(
    cast: Cast, now: datetime
) -> None:
    await send(cast, None, [], 1, "1", {"event_id": 1}, {"event_id": "1"}, now=now)

    kept = await listed(cast)
    assert len({entry.event_id for entry in kept}) == 6
    assert all(entry.event_id.startswith("sha256:") for entry in kept)


@pytest.mark.parametrize("raw", ["a\x00b", "\ud800", {"\x00": "\udfff"}, float("nan"), 2**70])
async def test_what_no_text_column_can_hold_is_kept_escaped(
    cast: Cast, now: datetime, raw: Any
) -> None:
    await send(cast, raw, now=now)

    [kept] = await listed(cast)
    assert repr(json.loads(kept.payload)) == repr(raw)


async def test_a_huge_payload_is_cut_and_a_bottomless_one_is_named(
    cast: Cast, now: datetime
) -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    await send(cast, "x" * 100_000, deep, now=now)

    kept = sorted(await listed(cast), key=lambda entry: len(entry.payload))
    assert "nested too deeply" in kept[0].payload
    assert len(kept[1].payload) == quarantine.PAYLOAD_MAX_CHARS


async def test_a_list_is_filtered_paged_and_ends(cast: Cast, now: datetime) -> None:
    other = await plays_cast.screen(cast.conn, cast.porto)
    await send(cast, *range(5), event(cast, now, duration_ms=-1), now=now)
    theirs = Cast(
        **{name: getattr(cast, name) for name in Cast.__struct_fields__} | {"device": other}
    )
    await send(theirs, 1, now=now)

    assert len(await listed(cast, code="negative_duration")) == 1
    assert len(await listed(cast, device_id=other)) == 1
    seen, cursor = [], None
    while True:
        page = await quarantine.list_for(cast.conn, ANALYST, limit=3, cursor=cursor)
        seen += [entry.id for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7


async def test_only_analysts_see_it_and_only_their_stores(cast: Cast, now: datetime) -> None:
    await send(cast, None, now=now)
    of_porto = Actor(kind="user", id=None, name="Pia", role="manager", store_ids=[cast.porto])
    of_berlin = Actor(kind="user", id=None, name="Bob", role="manager", store_ids=[cast.berlin])

    assert await listed(cast, of_porto) == []
    [entry] = await listed(cast, of_berlin)
    replayed = await quarantine_replay.replay(cast.conn, of_porto, [entry.id], now=now)
    assert [result.status for result in replayed.results] == ["not_found"]
    with pytest.raises(Forbidden):
        await listed(cast, INSTALLER)
    with pytest.raises(Forbidden):
        await quarantine_replay.replay(cast.conn, INSTALLER, [entry.id], now=now)


async def test_an_event_is_replayed_once_its_cause_is_mended(cast: Cast, now: datetime) -> None:
    unknown = event(cast, ago(now, hours=2), item_id="not-yet", clock_offset_ms=...)
    await send(cast, unknown, now=now, sent_at=ago(now, hours=1))
    [entry] = await listed(cast)
    later = now + timedelta(days=20)

    refused = await quarantine_replay.replay(cast.conn, ANALYST, [entry.id], now=later)
    assert (refused.accepted, refused.rejected) == (0, 1)
    assert refused.results[0].code == "unknown_item"

    values = new_id(), new_id(), cast.spot, None, 10_000, now
    await plays_cast.say(cast.conn, "items", "not-yet", *values)
    await plays_cast.give(cast.conn, [cast.device], ["not-yet"], since=now)
    for duplicates in (0, 1):
        replayed = await quarantine_replay.replay(cast.conn, ANALYST, [entry.id], now=later)
        assert (replayed.accepted, replayed.duplicates) == (1, duplicates)

    [row] = await rows(cast.conn)
    assert (row["started_at"], row["received_at"], row["late"]) == (ago(now, hours=1), now, False)
    [entry] = await listed(cast)
    assert entry.replayed_at == later


async def test_a_wider_window_lets_a_replay_in(cast: Cast, now: datetime) -> None:
    old = event(cast, ago(now, days=40))
    await send(cast, old, now=now)
    [entry] = await listed(cast)
    wide = Rules(old=timedelta(days=60))

    replayed = await quarantine_replay.replay(cast.conn, ANALYST, [entry.id], rules=wide, now=now)
    again = await quarantine_replay.replay(cast.conn, ANALYST, [entry.id], rules=wide, now=now)

    assert (replayed.accepted, again.duplicates) == (1, 1)
    assert len(await rows(cast.conn)) == 1


async def test_a_replay_stands_in_the_audit_log(cast: Cast, now: datetime) -> None:
    await send(cast, None, now=now)
    [entry] = await listed(cast)
    await quarantine_replay.replay(cast.conn, ANALYST, [entry.id], now=now)

    after = await cast.conn.fetchval(
        "SELECT after FROM audit_log WHERE action = 'quarantine.replay'"
    )
    assert after == {"asked": 1, "accepted": 0, "rejected": 1}


@pytest.mark.parametrize("id_", ["", "x", "\x00", "ü", paging.encode([1])])
async def test_an_id_that_no_list_gave_is_invalid(cast: Cast, now: datetime, id_: str) -> None:
    with pytest.raises(Invalid):
        await quarantine_replay.replay(cast.conn, ANALYST, [id_], now=now)


async def test_an_id_of_nothing_is_not_found(cast: Cast, now: datetime) -> None:
    nothing = paging.encode([new_id(), "\x00", "invalid_event"])
    replayed = await quarantine_replay.replay(cast.conn, ANALYST, [nothing], now=now)

    assert [result.status for result in replayed.results] == ["not_found"]


async def test_a_thousand_are_replayed_at_a_time_and_not_one_more(
    cast: Cast, now: datetime
) -> None:
    ids = [paging.encode([new_id(), "x", "y"]) for _ in range(1_001)]
    replayed = await quarantine_replay.replay(cast.conn, ANALYST, ids[:-1], now=now)

    assert len(replayed.results) == 1_000
    with pytest.raises(Invalid):
        await quarantine_replay.replay(cast.conn, ANALYST, ids, now=now)


async def test_after_thirty_days_it_is_forgotten(cast: Cast, now: datetime) -> None:
    await send(cast, None, now=now)

    assert await quarantine.forget_old(cast.conn, now=now + timedelta(days=30)) == 0
    later = now + timedelta(days=30, microseconds=1)
    assert await quarantine.forget_old(cast.conn, now=later) == 1
    assert await listed(cast) == []
