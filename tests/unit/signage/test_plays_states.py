"""A screen that sends, sends again, lies, crashes, moves and whose clock jumps: against a dict.

The model knows the rules of proof of play by heart and nothing of the database.
"""

import asyncio
import os
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from signage import placements, plays
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import Cast
from tests.unit.signage.test_plays_at_once import assert_sums_agree

SCALE = int(os.environ.get("PROOF_SCALE", "1"))
RUNS, STEPS, SCREENS = 3, 50, 4
# The night on which the hour from two to three comes twice in Berlin, and once in Lisbon.
BEGAN = datetime(2026, 10, 24, 21, 0, tzinfo=UTC)
PLANNED_MS = 10_000
TRANSIT_MS = 60_000

IDS = st.integers(1, 12).map(lambda n: f"00000000-0000-7000-8000-{n:012d}")
EVENTS = st.fixed_dictionaries(
    {
        "event_id": IDS,
        "event_type": st.sampled_from(["play", "play", "play", "test"]),
        "result": st.sampled_from(["completed", "completed", "interrupted", "content_failed"]),
        "ago_s": st.sampled_from([0, 1, 1_800, 3_600, 90_000, 35 * 86_400 - 1, 35 * 86_400 + 60]),
        "duration_ms": st.sampled_from([0, 9_499, 9_500, 10_000, 86_400_001]),
        "is_known": st.sampled_from([True, True, True, False]),
    }
)


class Kept(msgspec.Struct, frozen=True):
    """What the model remembers of an accepted event."""

    facts: tuple[Any, ...]
    store: Any
    day: Any
    hour: int
    outcome: str


class Screen(RuleBasedStateMachine):
    """The screen, its clock and the place it stands in; ``kept`` is the model."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    cast: ClassVar[Cast]

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGAN
        self.skew = timedelta()
        self.kept: dict[str, Kept] = {}
        self.batches: list[list[dict[str, Any]]] = []
        zones = "Europe/Berlin", "Europe/Lisbon", "Asia/Tokyo"
        ids = self.cast.berlin, self.cast.porto, self.cast.tokyo
        self.stores = list(zip(ids, map(ZoneInfo, zones), strict=True))
        self.stood = [(plays_cast.LONG_AGO, self.stores[0])]
        self.example = self.cast.conn.transaction()
        self.do(self.example.start())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def teardown(self) -> None:
        self.do(self.example.rollback())

    # What happens ---------------------------------------------------------------------------------

    @rule(drawn=st.lists(EVENTS, min_size=1, max_size=6))
    def sends(self, drawn: list[dict[str, Any]]) -> None:
        self.batches.append([self.written(one) for one in drawn])
        self.send(self.batches[-1])

    @rule(which=st.integers(0, 100))
    def sends_again(self, which: int) -> None:
        if self.batches:
            self.send(self.batches[which % len(self.batches)])

    @rule(which=st.integers(0, 100), field=st.sampled_from(["duration_ms", "result"]))
    def says_otherwise(self, which: int, field: str) -> None:
        if self.batches:
            other = {"duration_ms": 5_000, "result": "skipped"}[field]
            self.send([self.batches[which % len(self.batches)][0] | {field: other}])

    @rule(drawn=st.lists(EVENTS, min_size=1, max_size=6))
    def crashes_before_the_commit(self, drawn: list[dict[str, Any]]) -> None:
        self.batches.append([self.written(one) for one in drawn])

        async def crash() -> None:
            attempt = self.cast.conn.transaction()
            await attempt.start()
            await self.ingest(self.batches[-1])
            await attempt.rollback()

        self.do(crash())

    @rule(skew_s=st.sampled_from([0, 30, -30, 61, -600, 7_200, -3 * 86_400]))
    def has_another_clock(self, skew_s: int) -> None:
        self.skew = timedelta(seconds=skew_s)

    @rule(minutes=st.sampled_from([1, 20, 60, 600, 3 * 1440]))
    def waits(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(to=st.integers(0, 2))
    def moves(self, to: int) -> None:
        self.now += timedelta(seconds=1)
        store = self.stores[to]
        self.stood.append((self.now, store))
        self.do(placements.move(self.cast.conn, [self.cast.device], store[0], now=self.now))

    # What holds -----------------------------------------------------------------------------------

    @invariant()
    def rows_are_those_of_the_model(self) -> None:
        rows = self.do(plays_cast.rows(self.cast.conn))
        found = {
            str(row["event_id"]): (
                row["store_id"],
                row["report_day"],
                row["report_hour"],
                row["outcome"],
            )
            for row in rows
        }
        assert len(rows) == len(found)
        assert found == {
            id_: (kept.store, kept.day, kept.hour, kept.outcome) for id_, kept in self.kept.items()
        }
        self.do(assert_sums_agree(self.cast.conn))

    # How ------------------------------------------------------------------------------------------

    def written(self, drawn: dict[str, Any]) -> dict[str, Any]:
        started_at = self.now + self.skew - timedelta(seconds=drawn["ago_s"])
        return {
            "event_id": drawn["event_id"],
            "event_type": drawn["event_type"],
            "result": drawn["result"],
            "started_at": started_at.isoformat(),
            "duration_ms": drawn["duration_ms"],
            "item_id": self.cast.spot_item if drawn["is_known"] else "unknown",
        }

    async def ingest(self, events: list[dict[str, Any]]) -> plays.BatchResult:
        return await plays_cast.send(self.cast, *events, now=self.now, sent_at=self.now + self.skew)

    def send(self, events: list[dict[str, Any]]) -> None:
        expected = [self.judge(one) for one in events]
        result = self.do(self.ingest(events))
        told = {one.index: (one.status, one.code) for one in result.results}
        assert [told.get(n, ("accepted", None)) for n in range(len(events))] == expected

    def judge(self, event: dict[str, Any]) -> tuple[str, str | None]:
        names = ("event_type", "result", "started_at", "duration_ms", "item_id")
        facts = tuple(event[name] for name in names)
        known = self.kept.get(event["event_id"])
        if known is not None:
            same = known.facts == facts
            return ("duplicate", None) if same else ("rejected", "event_id_conflict")
        offset = -self.skew if abs(self.skew) > timedelta(milliseconds=TRANSIT_MS) else timedelta()
        started_at = datetime.fromisoformat(event["started_at"]) + offset
        if started_at > self.now + timedelta(minutes=5):
            return "rejected", "future"
        if started_at < self.now - timedelta(days=35):
            return "rejected", "too_old"
        if event["item_id"] == "unknown":
            return "rejected", "unknown_item"
        store, zone = [store for since, store in self.stood if since <= started_at][-1]
        local = started_at.astimezone(zone)
        self.kept[event["event_id"]] = Kept(
            facts, store, local.date(), local.hour, counts_as(event)
        )
        return "accepted", "capped" if event["duration_ms"] > 86_400_000 else None


def counts_as(event: dict[str, Any]) -> str:
    if event["event_type"] == "test":
        return "none"
    if event["result"] == "completed":
        return "played" if event["duration_ms"] >= 0.95 * PLANNED_MS else "partial"
    return {"interrupted": "partial", "content_failed": "failed", "skipped": "skipped"}[
        event["result"]
    ]


@pytest.fixture
async def cast(conn: asyncpg.Connection) -> Cast:
    return await plays_cast.assemble(conn)


@pytest.mark.parametrize("number", range(SCREENS))
async def test_a_screen_in_any_state_is_counted_as_the_model_says(cast: Cast, number: int) -> None:
    class ThisScreen(Screen):
        pass

    ThisScreen.loop, ThisScreen.cast = asyncio.get_running_loop(), cast
    await asyncio.to_thread(
        run_state_machine_as_test,
        ThisScreen,
        settings=settings(
            max_examples=RUNS * SCALE,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
