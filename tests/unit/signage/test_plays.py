"""Plays are taken in: each counted once, whatever is sent beside it and however often."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from signage import partitions, plays
from signage.ids import NIL_ID, new_id
from signage.play_events import Batch
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import Cast, ago, days, event, rows, send


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


async def codes(cast: Cast, *events: Any, now: datetime) -> list[str | None]:
    result = await send(cast, *events, now=now)
    told = {answer.index: answer.code or answer.status for answer in result.results}
    return [told.get(index) for index in range(len(events))]


async def incidents(cast: Cast) -> list[asyncpg.Record]:
    return await cast.conn.fetch(
        "SELECT kind, device_id, store_id, summary, evidence FROM incidents"
    )


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
    again = await send(cast, *batch, now=now + timedelta(days=1), sent_at=now + timedelta(days=1))

    assert (again.accepted, again.rejected) == (first.accepted, first.rejected) == (3, 1)
    assert (first.duplicates, again.duplicates) == (0, 3)
    assert [result.status for result in again.results] == ["duplicate"] * 3 + ["rejected"]
    assert [day["plays"] for day in await days(cast.conn)] == [3]


async def test_a_retry_is_a_duplicate_even_when_the_event_is_too_old_by_then(
    cast: Cast, now: datetime
) -> None:
    old = event(cast, ago(now, days=34))

    assert await codes(cast, old, now=now) == [None]
    assert await codes(cast, old, now=now + timedelta(days=2)) == ["duplicate"]
    assert len(await rows(cast.conn)) == 1


async def test_a_retry_is_a_duplicate_even_when_the_clock_was_set_meanwhile(
    cast: Cast, now: datetime
) -> None:
    played = event(cast, ago(now, hours=3))
    await send(cast, played, now=now, sent_at=ago(now, hours=2))
    again = await send(cast, played, now=now, sent_at=ago(now, hours=1))

    assert (again.accepted, again.duplicates) == (1, 1)
    [row] = await rows(cast.conn)
    assert row["started_at"] == ago(now, hours=1)
    assert row["device_started_at"] == ago(now, hours=3)


async def test_the_same_id_within_a_batch_is_counted_once(cast: Cast, now: datetime) -> None:
    played = event(cast, ago(now, hours=1))
    elsewhere = played | {"started_at": "2026-11-23T12:00:00+01:00"}
    other = played | {"duration_ms": 9_999}

    assert await codes(cast, played, elsewhere, other, now=now) == [
        None,
        "duplicate",
        "event_id_conflict",
    ]
    assert [day["plays"] for day in await days(cast.conn)] == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"event_type": "test"},
        {"result": "interrupted"},
        {"started_at": "2026-11-23T11:00:00.001Z"},
        {"started_at": "2026-10-20T11:00:00Z"},
        {"duration_ms": 10_001},
        {"item_id": "another"},
        {"item_id": None, "content_id": "spot"},
    ],
)
async def test_an_id_sent_again_with_other_facts_is_refused_and_the_first_one_stands(
    cast: Cast, now: datetime, change: dict[str, Any]
) -> None:
    if change.get("content_id"):
        change = change | {"content_id": str(cast.spot)}
    played = event(cast, ago(now, hours=1))
    await send(cast, played, now=now)
    [before] = await rows(cast.conn)

    assert await codes(cast, played | change, now=now) == ["event_id_conflict"]
    assert await rows(cast.conn) == [before]


async def test_what_is_no_fact_of_the_play_may_differ_in_a_retry(cast: Cast, now: datetime) -> None:
    played = event(cast, ago(now, hours=1), seq=1)
    await send(cast, played, now=now)
    retry = played | {"seq": 2, "error": "x", "planned_duration_ms": 5, "clock_offset_ms": 9}

    assert await codes(cast, retry, now=now) == ["duplicate"]


async def test_two_screens_may_use_the_same_id(cast: Cast, now: datetime) -> None:
    other = await plays_cast.screen(cast.conn, cast.porto)
    await plays_cast.give(cast.conn, [other], [cast.spot_item])
    played = event(cast, ago(now, hours=1))
    batches = [Batch(other, [played, played]), Batch(cast.device, [played]), Batch(other, [played])]

    results = await plays.ingest(cast.conn, batches, now=now)

    assert [(result.accepted, result.duplicates) for result in results] == [(2, 1), (1, 0), (1, 1)]
    assert {row["device_id"] for row in await rows(cast.conn)} == {cast.device, other}


async def test_one_bad_event_never_fails_a_batch(cast: Cast, now: datetime) -> None:
    good = event(cast, ago(now, hours=1))
    deep: Any = 1
    for _ in range(3_000):
        deep = [deep]
    bad = [None, 3, "x", [], {}, deep, {"event_id": "\ud800"}, {"\x00": "\x00"}]
    bad += [event(cast, ago(now, hours=1), item_id="\x00"), event(cast, "\ud800")]
    bad += [event(cast, ago(now, hours=1), error=good), event(cast, now, event_id="\x00")]

    result = await send(cast, *bad, good, *bad, now=now)

    assert (result.accepted, result.rejected) == (1, 2 * len(bad))
    assert [answer.index for answer in result.results] == [
        index for index in range(2 * len(bad) + 1) if index != len(bad)
    ]
    assert len(await rows(cast.conn)) == 1


async def test_texts_that_a_database_cannot_hold_are_kept_as_well_as_it_can(
    cast: Cast, now: datetime
) -> None:
    played = event(
        cast, ago(now, hours=1), error="a\x00b\ud800" + "e" * 9_999, plan_etag="\x00" * 500
    )

    assert await codes(cast, played, now=now) == [None]
    [row] = await rows(cast.conn)
    assert row["error"].startswith("ab?eee") and len(row["error"]) == 2_000


async def test_the_largest_numbers_that_fit_are_accepted(cast: Cast, now: datetime) -> None:
    played = event(cast, ago(now, hours=1), duration_ms=2**63 - 1, seq=-(2**63))

    assert await codes(cast, played, now=now) == ["capped"]


async def test_a_duration_over_the_maximum_is_capped_and_the_devices_figure_kept(
    cast: Cast, now: datetime
) -> None:
    day_ms = 24 * 3600 * 1000
    at_it = event(cast, ago(now, days=2, hours=1), duration_ms=day_ms)
    over = event(cast, ago(now, days=2), duration_ms=day_ms + 1)

    result = await send(cast, at_it, over, now=now)

    assert (result.accepted, result.rejected) == (2, 0)
    [capped] = result.results
    assert (capped.index, capped.status, capped.code) == (1, "accepted", "capped")
    uncapped_row, capped_row = await rows(cast.conn)
    assert (uncapped_row["duration_ms"], uncapped_row["capped"]) == (day_ms, False)
    assert (capped_row["duration_ms"], capped_row["capped"]) == (day_ms, True)
    assert capped_row["device_duration_ms"] == day_ms + 1
    assert sum(day["duration_ms"] for day in await days(cast.conn)) == 2 * day_ms
    assert await codes(cast, over, now=now) == ["duplicate"]


async def test_only_items_of_plans_made_for_the_screen_count(cast: Cast, now: datetime) -> None:
    theirs = await plays_cast.item(cast.conn, cast.spot)
    other = await plays_cast.screen(cast.conn, cast.porto)
    await plays_cast.give(cast.conn, [other], [theirs])
    unplanned = await plays_cast.content(cast.conn, "Never planned")
    hour_ago = ago(now, hours=1)
    bare = {"item_id": None}

    assert await codes(
        cast,
        event(cast, hour_ago, item_id="nothing"),
        event(cast, hour_ago, item_id=""),
        event(cast, hour_ago, item_id="x" * 201),
        event(cast, hour_ago, item_id=theirs),
        event(cast, hour_ago, **bare, content_id=str(unplanned)),
        event(cast, hour_ago, **bare, content_id=str(new_id())),
        event(cast, hour_ago, **bare, content_id="no id"),
        event(cast, hour_ago, event_type="fallback", item_id=theirs),
        event(cast, hour_ago, item_id=cast.notice_item),
        event(cast, hour_ago, **bare, content_id=str(cast.notice)),
        now=now,
    ) == ["unknown_item"] * 8 + [None, None]


async def test_an_item_of_an_earlier_plan_still_counts(cast: Cast, now: datetime) -> None:
    await plays_cast.say(cast.conn, "plans", "later", now)
    await plays_cast.say(cast.conn, "device plans", cast.device, ago(now, days=1), "later")

    assert await codes(cast, event(cast, ago(now, hours=1)), now=now) == [None]


async def test_fallbacks_and_test_cards_are_kept_but_enter_no_column(
    cast: Cast, now: datetime
) -> None:
    fallback = event(cast, ago(now, hours=1), event_type="fallback", item_id=...)
    test_card = event(cast, ago(now, hours=1), event_type="test")

    assert await codes(cast, fallback, test_card, now=now) == [None, None]
    assert await codes(cast, fallback, test_card, now=now) == ["duplicate", "duplicate"]
    assert {row["outcome"] for row in await rows(cast.conn)} == {"none"}
    assert await days(cast.conn) == []


async def test_a_bare_content_is_judged_by_the_version_that_was_live(
    cast: Cast, now: datetime
) -> None:
    await plays_cast.say(cast.conn, "versions", new_id(), cast.spot, 2, 30_000, ago(now, days=2))
    await plays_cast.say(cast.conn, "publications", cast.spot, 2, ago(now, days=2))
    bare = {"item_id": None, "content_id": str(cast.spot), "duration_ms": 15_000}
    await send(
        cast, event(cast, ago(now, days=3), **bare), event(cast, ago(now, days=1), **bare), now=now
    )

    first, second = await rows(cast.conn)
    assert (first["content_version"], first["outcome"]) == (1, "played")
    assert (second["content_version"], second["outcome"]) == (2, "partial")
    assert (first["planned_duration_ms"], second["planned_duration_ms"]) == (15_000, 30_000)
    assert first["campaign_id"] == second["campaign_id"] == cast.campaign


async def test_a_bare_picture_is_planned_for_ten_seconds(cast: Cast, now: datetime) -> None:
    picture = await plays_cast.content(cast.conn, "Poster", duration_ms=None)
    shown = await plays_cast.item(cast.conn, picture)
    await plays_cast.give(cast.conn, [cast.device], [shown], since=now)
    await send(cast, event(cast, now, item_id=None, content_id=str(picture)), now=now)

    [row] = await rows(cast.conn)
    assert (row["planned_duration_ms"], row["campaign_id"]) == (10_000, NIL_ID)


async def test_a_bare_content_of_several_campaigns_counts_for_its_own(
    cast: Cast, now: datetime
) -> None:
    own = new_id()
    await plays_cast.say(cast.conn, "campaigns", own, "Own", now)
    both = await plays_cast.content(cast.conn, "Both", campaign_id=own)
    items = [
        await plays_cast.item(cast.conn, both, campaign_id=campaign)
        for campaign in (own, cast.campaign)
    ]
    await plays_cast.give(cast.conn, [cast.device], items, since=now)
    await send(cast, event(cast, now, item_id=None, content_id=str(both)), now=now)

    [row] = await rows(cast.conn)
    assert row["campaign_id"] == own


async def test_the_duration_planned_by_the_server_decides_not_the_devices(
    cast: Cast, now: datetime
) -> None:
    short = event(cast, now, duration_ms=9_499, planned_duration_ms=1_000)
    await send(cast, short, now=now)

    [row] = await rows(cast.conn)
    assert (row["outcome"], row["planned_duration_ms"]) == ("partial", 10_000)


async def test_every_result_is_shown_in_its_own_column(cast: Cast, now: datetime) -> None:
    results = ["completed", "interrupted", "content_failed", "hardware_failed", "skipped"]
    events = [
        event(cast, now, result=result, duration_ms=10_000 + n) for n, result in enumerate(results)
    ]
    await send(cast, *events, event(cast, now, duration_ms=100), now=now)

    found = await days(cast.conn)
    columns = ("plays", "partial", "failed", "skipped")
    assert [sum(day[column] for day in found) for column in columns] == [1, 2, 2, 1]
    assert sum(day["duration_ms"] for day in found) == 10_000
    assert sum(day["partial_ms"] for day in found) == 10_001 + 10_002 + 10_003 + 10_004 + 100


@pytest.mark.parametrize(
    ("over", "late"), [(timedelta(0), False), (timedelta(milliseconds=1), True)]
)
async def test_a_play_is_late_when_it_comes_more_than_a_day_after_its_end(
    cast: Cast, now: datetime, over: timedelta, late: bool
) -> None:
    start = now - timedelta(hours=24, milliseconds=10_000) - over
    await send(cast, event(cast, start), now=now)

    [row] = await rows(cast.conn)
    [day] = await days(cast.conn)
    assert (row["late"], day["late"]) == (late, int(late))


async def test_a_row_can_be_traced_to_its_payload_by_its_hash(cast: Cast, now: datetime) -> None:
    await send(cast, event(cast, ago(now, hours=1)), now=now)

    [row] = await rows(cast.conn)
    microseconds = int(row["device_started_at"].timestamp()) * 1_000_000
    lines = ["playbill-play-1", row["device_id"].hex, row["event_id"].hex, "play", "completed"]
    lines += [str(microseconds), "0", "10000", row["item_id"]]
    lines += [row["content_id"].hex, row["campaign_id"].hex]
    assert row["payload_hash"] == sha256("\n".join(lines).encode()).digest()


async def test_months_without_a_partition_get_one(cast: Cast, now: datetime) -> None:
    await send(cast, event(cast, ago(now, days=30)), event(cast, now), now=now)

    counted = "SELECT tableoid::regclass::text AS partition FROM proof_of_play_events ORDER BY 1"
    assert [row["partition"] for row in await cast.conn.fetch(counted)] == [
        "proof_of_play_events_202610",
        "proof_of_play_events_202611",
    ]


async def test_partitions_are_made_ahead_once(conn: asyncpg.Connection, now: datetime) -> None:
    assert await partitions.ensure(conn, now=now) == 5  # October to February
    assert await partitions.ensure(conn, now=now) == 0


async def test_an_id_is_known_across_the_boundary_of_partitions(cast: Cast, now: datetime) -> None:
    october = event(cast, datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))
    await send(cast, october, now=now)

    assert await codes(cast, october | {"started_at": now.isoformat()}, now=now) == [
        "event_id_conflict"
    ]
    assert await codes(cast, october, now=now) == ["duplicate"]


async def test_a_clock_over_two_minutes_off_opens_one_incident(cast: Cast, now: datetime) -> None:
    for _ in range(2):
        await send(cast, event(cast, ago(now, hours=1)), now=now, sent_at=ago(now, minutes=10))

    [incident] = await incidents(cast)
    assert (incident["kind"], incident["device_id"]) == ("clock_off", cast.device)
    assert incident["store_id"] == cast.berlin
    assert incident["evidence"] == {"clock_offset_ms": 600_000}
    assert incident["summary"].startswith("Its clock is 10 min behind.")


@pytest.mark.parametrize("offset_ms", [120_000, -120_000, 0])
async def test_a_clock_within_two_minutes_opens_none(
    cast: Cast, now: datetime, offset_ms: int
) -> None:
    sent_at = now - timedelta(milliseconds=offset_ms)
    await send(cast, event(cast, now, clock_offset_ms=offset_ms), now=now, sent_at=sent_at)

    assert await incidents(cast) == []


async def test_a_clock_is_reported_though_its_events_are_refused(cast: Cast, now: datetime) -> None:
    await send(cast, None, now=now, sent_at=now + timedelta(days=300))

    [incident] = await incidents(cast)
    assert "ahead" in incident["summary"]


async def test_a_batch_of_any_size_takes_the_same_few_statements(cast: Cast, now: datetime) -> None:
    async def count(*events: Any) -> int:
        ran: list[str] = []
        cast.conn.add_query_logger(log := lambda query: ran.append(query.query))
        try:
            await send(cast, *events, now=now)
        finally:
            cast.conn.remove_query_logger(log)
        return sum("/*" in query for query in ran)

    # The plan is read once, and remembered.
    await send(cast, event(cast, now), now=now)
    few = await count(event(cast, now), None)
    many = await count(*(event(cast, now) for _ in range(500)), *([None] * 499), {})

    assert few == many == 8


async def test_an_empty_round_changes_nothing(cast: Cast, now: datetime) -> None:
    assert await plays.ingest(cast.conn, [], now=now) == []
    assert (await send(cast, now=now)).accepted == 0
