"""Proof of play on disk and on its way: plays.js and outbox.js with a real IndexedDB."""

from typing import Any

import pytest

from player.pages import build
from tests.unit.player.conftest import RunModule
from tests.unit.player.fake_api import FakeApi

# A player that is paired, with a clock that the test moves.
PAIRED = """
    const [{ Store }, { Clock }, { Credentials }, { Api }, { Outbox }, { Plays }] =
        await Promise.all(["store", "clock", "credentials", "api", "outbox", "plays"].map(
            (name) => import(`${given.root}/${name}.js`)));
    let t = 0;
    const store = await Store.open();
    const start = Date.now();
    const clock = new Clock({ monotonic: () => t, wall: () => start + t, offsetMs: 250 });
    const credentials = new Credentials(store, clock);
    const api = new Api(clock, credentials);
    const plays = new Plays(store, clock, "1.2.3");
    const outbox = new Outbox(store, api);
    plays.belongTo("device-1");
    await credentials.keep({ device_id: "device-1", device_token: "token-1",
        refresh_token: "refresh-1", token_expires_in: 86400 });
    const show = (itemId, ms, plannedMs, how) => {
        const open = plays.open({ itemId, plannedMs, planEtag: "e1" });
        t += ms;
        plays.close(open, how);
    };
    const rows = async () => {
        await plays.settled();
        return store.finishedPlays("device-1", 1000);
    };
"""


@pytest.fixture
def player(run_alone: RunModule, api: FakeApi) -> Any:
    """Run a script with a paired player's parts at hand."""
    api.tokens = 1

    async def evaluate(script: str, **given: Any) -> Any:
        root = f"/player/static/{build()}"
        return await run_alone("ids.js", PAIRED + script, root=root, **given)

    return evaluate


@pytest.mark.parametrize(
    ("planned", "shown", "how", "result"),
    [
        (10_000, 10_000, {}, "completed"),
        (10_000, 9500, {}, "completed"),
        (10_000, 9499, {}, "interrupted"),
        (20_000, 19_000, {}, "completed"),
        (20_000, 18_999, {}, "interrupted"),
        (1200, 1000, {}, "completed"),
        (1200, 999, {}, "interrupted"),
        (800, 800, {}, "completed"),
        (10_000, 10_000, {"cut": True}, "interrupted"),
        (10_000, 4000, {"failed": "stalled"}, "content_failed"),
    ],
)
async def test_a_play_is_complete_by_the_servers_own_rule(
    player: Any, planned: int, shown: int, how: dict[str, Any], result: str
) -> None:
    script = """
        show("i", given.shown, given.planned, given.how);
        const [{ event }] = await rows();
        return [event.result, event.duration_ms, event.error ?? null];
    """
    found = await player(script, planned=planned, shown=shown, how=how)
    assert found == [result, shown, how.get("failed")]


async def test_a_row_says_what_was_on_screen_and_how_the_clock_stood(player: Any) -> None:
    script = """show("item-1", 5000, 5000); return (await rows())[0].event;"""
    event = await player(script)
    assert event.pop("started_at").endswith("Z")
    assert event.pop("event_id")
    assert event == {
        "clock_offset_ms": 250,
        "event_type": "play",
        "result": "completed",
        "item_id": "item-1",
        "plan_etag": "e1",
        "planned_duration_ms": 5000,
        "duration_ms": 5000,
        "player_version": "1.2.3",
        "seq": 1,
    }


async def test_every_row_has_the_next_number_of_the_installation(player: Any) -> None:
    script = """
        for (let n = 0; n < 5; n += 1) show("i", 1000, 1000);
        plays.miss({ itemId: "j", plannedMs: 1, planEtag: "e1" }, "skipped", "not_downloaded");
        return (await rows()).map((row) => row.event.seq);
    """
    assert await player(script) == [1, 2, 3, 4, 5, 6]


async def test_a_crash_leaves_an_interrupted_play_with_the_time_that_was_certain(
    player: Any,
) -> None:
    script = """
        const open = plays.open({ itemId: "i", plannedMs: 10000, planEtag: "e1" });
        t += 4000;
        plays.progress(open);
        t += 3000;
        await plays.settled();
        const next = new Plays(store, clock, "1.2.3");
        const before = (await rows()).length;
        const left = await next.recover();
        const [{ event }] = await rows();
        return [before, left, event.result, event.duration_ms];
    """
    assert await player(script) == [0, 1, "interrupted", 4000]


async def test_plays_older_than_any_server_takes_are_dropped_at_the_start(player: Any) -> None:
    script = """
        show("old", 1000, 1000);
        show("new", 1000, 1000);
        const [old] = await rows();
        await store.putPlays([{ ...old, at: Date.now() - 36 * 86400000 }]);
        await plays.recover();
        return (await rows()).map((row) => row.event.item_id);
    """
    assert await player(script) == ["new"]


async def test_plays_are_sent_oldest_first_in_batches_of_200_and_then_deleted(
    player: Any, api: FakeApi
) -> None:
    script = """
        for (let n = 0; n < 450; n += 1) show("i", 1000, 1000);
        await plays.settled();
        await outbox.send("device-1");
        return [(await rows()).length, outbox.counters.plays_sent];
    """
    assert await player(script) == [0, 450]
    assert [len(batch) for batch in api.batches] == [200, 200, 50]
    assert [event["seq"] for event in api.plays] == list(range(1, 451))


@pytest.mark.parametrize("status", [0, 429, 500, 503])
async def test_what_was_not_acknowledged_stays(player: Any, api: FakeApi, status: int) -> None:
    if status:
        api.refuse("/events", (status, "busy"))
    script = """
        show("i", 1000, 1000);
        await plays.settled();
        if (!given.status) outbox.send = async () => { throw new Error("no network"); };
        const threw = await outbox.send("device-1").then(() => false, () => true);
        return [threw, (await rows()).length];
    """
    assert await player(script, status=status) == [True, 1]


async def test_a_batch_that_is_too_large_is_halved_until_it_fits(player: Any, api: FakeApi) -> None:
    api.batch_max = 30
    script = """
        for (let n = 0; n < 100; n += 1) show("i", 1000, 1000);
        await plays.settled();
        await outbox.send("device-1");
        return (await rows()).length;
    """
    assert await player(script) == 0
    assert sorted(event["seq"] for event in api.plays) == list(range(1, 101))


async def test_the_one_play_that_no_server_can_read_is_laid_aside(
    player: Any, api: FakeApi
) -> None:
    api.unreadable = {"bad"}
    script = """
        for (let n = 0; n < 20; n += 1) show(n === 7 ? "bad" : "good", 1000, 1000);
        await plays.settled();
        await outbox.send("device-1");
        return [(await rows()).length, outbox.counters.plays_laid_aside];
    """
    assert await player(script) == [0, 1]
    assert [event["item_id"] for event in api.plays] == ["good"] * 19


async def test_plays_of_another_device_are_never_sent_as_this_ones(
    player: Any, api: FakeApi
) -> None:
    script = """
        plays.belongTo("device-0");
        show("i", 1000, 1000);
        plays.belongTo("device-1");
        show("j", 1000, 1000);
        await plays.settled();
        await outbox.send("device-1");
        return store.countFinishedPlays("device-0");
    """
    assert await player(script) == 1
    assert [event["item_id"] for event in api.plays] == ["j"]


async def test_a_token_that_ran_out_is_renewed_and_the_call_made_again(
    player: Any, api: FakeApi
) -> None:
    script = """
        show("i", 1000, 1000);
        await plays.settled();
        const call = () => api.sendEvents([]).catch(() => {});
        await Promise.all([call(), call()]);
        await outbox.send("device-1");
        return (await store.get("credentials")).device_token;
    """
    api.refuse("/events", (401, "token_expired"), (401, "token_expired"))
    assert await player(script) == "token-2"
    assert api.tokens == 2
    assert [event["item_id"] for event in api.plays] == ["i"]
