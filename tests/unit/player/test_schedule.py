"""Which item plays when: schedule.js in a real browser, with plans as the server makes them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.conformance.vectors import VECTORS
from tests.unit.player.conftest import RunModule
from tests.unit.player.fake_api import iso, make_plan

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
A, B, C = ({"name": name, "ms": ms} for name, ms in (("a", 10_000), ("b", 5000), ("c", 15_000)))
LOOP_S = 30


def _plan(*windows: dict[str, Any], items: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    given: dict[str, Any] = {"windows": list(windows)} if windows else {}
    bounds = {"from": iso(NOON - timedelta(hours=12)), "until": iso(NOON + timedelta(hours=84))}
    plan = make_plan(items or [A, B, C], [C, B], **bounds, **given)
    if not windows:
        plan["windows"][0] |= bounds
    return plan


def _window(start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    window = {"from": iso(start), "until": iso(end), "anchor": iso(start), "playlist": "p1"}
    return window | {"schedule_id": "s1", "layer": "store", "takeover": False} | more


async def _slot(run: RunModule, plan: dict[str, Any], at: datetime) -> Any:
    return await run("schedule.js", "slotAt(readPlan(given.plan), given.at)", plan=plan, at=_ms(at))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@pytest.mark.parametrize(
    ("second", "item", "begun", "ends"),
    [
        (0, "item-a", 0, 10),
        (9.999, "item-a", 0, 10),
        (10, "item-b", 10, 15),
        (15, "item-c", 15, 30),
        (30, "item-a", 30, 40),
        (30 * 1000 + 12, "item-b", 30 * 1000 + 10, 30 * 1000 + 15),
    ],
)
async def test_the_place_in_the_loop_follows_from_the_anchor_alone(
    run: RunModule, second: float, item: str, begun: float, ends: float
) -> None:
    plan = _plan(_window(NOON, NOON + timedelta(hours=12)))
    slot = await _slot(run, plan, NOON + timedelta(seconds=second))
    assert slot["item"]["item_id"] == item
    assert slot["startsAt"] == _ms(NOON + timedelta(seconds=begun))
    assert slot["endsAt"] == _ms(NOON + timedelta(seconds=ends))


async def test_a_loop_that_began_before_the_plan_is_joined_in_the_middle(run: RunModule) -> None:
    anchor = NOON - timedelta(days=20_000, seconds=12)
    plan = _plan(_window(NOON, NOON + timedelta(hours=1), anchor=iso(anchor)))
    assert (await _slot(run, plan, NOON))["item"]["item_id"] == "item-b"


async def test_an_anchor_in_the_future_counts_backwards(run: RunModule) -> None:
    anchor = NOON + timedelta(seconds=1)
    plan = _plan(_window(NOON, NOON + timedelta(hours=1), anchor=iso(anchor)))
    assert (await _slot(run, plan, NOON))["item"]["item_id"] == "item-c"


async def test_the_end_of_a_window_cuts_the_last_turn(run: RunModule) -> None:
    plan = _plan(_window(NOON, NOON + timedelta(seconds=12)))
    slot = await _slot(run, plan, NOON + timedelta(seconds=11))
    assert slot["endsAt"] == _ms(NOON + timedelta(seconds=12))


async def test_a_window_is_half_open(run: RunModule) -> None:
    plan = _plan(_window(NOON, NOON + timedelta(hours=1)))
    assert await _slot(run, plan, NOON - timedelta(milliseconds=1)) is None
    assert await _slot(run, plan, NOON) is not None
    assert await _slot(run, plan, NOON + timedelta(hours=1)) is None


async def test_nothing_plays_in_a_plan_without_windows(run: RunModule) -> None:
    assert await _slot(run, make_plan(windows=[]), NOON) is None


async def test_an_item_is_left_out_before_and_after_its_validity(run: RunModule) -> None:
    begins, ends = NOON + timedelta(seconds=60), NOON + timedelta(seconds=120)
    valid = B | {"not_before": iso(begins), "not_after": iso(ends)}
    plan = _plan(_window(NOON, NOON + timedelta(hours=1)), items=[A, valid])

    async def items(seconds: int) -> set[str]:
        instants = [NOON + timedelta(seconds=seconds + step) for step in range(0, 20, 5)]
        return {(await _slot(run, plan, at))["item"]["item_id"] for at in instants}

    assert await items(20) == {"item-a"}
    assert await items(60) == {"item-a", "item-b"}
    assert await items(120) == {"item-a"}


async def test_nothing_plays_while_no_item_is_valid(run: RunModule) -> None:
    expired = A | {"not_after": iso(NOON)}
    plan = _plan(_window(NOON, NOON + timedelta(hours=1)), items=[expired])
    assert await _slot(run, plan, NOON + timedelta(minutes=1)) is None


async def test_past_its_end_the_last_day_of_the_plan_repeats(run: RunModule) -> None:
    until = NOON + timedelta(hours=84)
    plan = _plan(_window(until - timedelta(hours=20), until - timedelta(hours=10)))
    for days in (1, 2, 30):
        open_at = until - timedelta(hours=15) + timedelta(days=days)
        assert (await _slot(run, plan, open_at))["window"]["until"] == _ms(
            until - timedelta(hours=10) + timedelta(days=days)
        )
        assert await _slot(run, plan, open_at + timedelta(hours=6)) is None


async def test_fillers_are_the_rest_of_the_loop_in_order_each_once(run: RunModule) -> None:
    plan = _plan(_window(NOON, NOON + timedelta(hours=1)), items=[A, B, A, C])
    script = """
        const plan = readPlan(given.plan);
        return candidates(plan, slotAt(plan, given.at)).map(({ item }) => item.item_id);
    """
    at = _ms(NOON + timedelta(seconds=12))
    assert await run("schedule.js", script, plan=plan, at=at) == ["item-b", "item-a", "item-c"]


async def _carried(run: RunModule, old: dict[str, Any], new: dict[str, Any], seconds: float) -> Any:
    script = """
        const slot = slotAt(readPlan(given.old), given.at);
        return carryOver(slot, readPlan(given.changed), given.at);
    """
    at = _ms(NOON + timedelta(seconds=seconds))
    return await run("schedule.js", script, old=old, changed=new, at=at)


async def test_a_new_plan_lets_the_item_end_where_its_window_still_holds_it(
    run: RunModule,
) -> None:
    old = _plan(_window(NOON, NOON + timedelta(hours=1)))
    new = _plan(_window(NOON, NOON + timedelta(hours=2)), items=[C, A])
    carried = await _carried(run, old, new, 3)
    assert carried["item"]["item_id"] == "item-a"
    assert carried["endsAt"] == _ms(NOON + timedelta(seconds=10))


async def test_a_new_plan_whose_window_ends_sooner_cuts_the_item_there(run: RunModule) -> None:
    old = _plan(_window(NOON, NOON + timedelta(hours=1)))
    new = _plan(_window(NOON, NOON + timedelta(seconds=5)))
    carried = await _carried(run, old, new, 3)
    assert carried["endsAt"] == _ms(NOON + timedelta(seconds=5))


@pytest.mark.parametrize(
    "change",
    [
        {"takeover": True, "schedule_id": "s2"},
        {"schedule_id": "s2"},
        {"playlist": "p2"},
        {"anchor": iso(NOON + timedelta(seconds=1))},
    ],
)
async def test_another_occurrence_cuts_the_item_at_once(
    run: RunModule, change: dict[str, Any]
) -> None:
    old = _plan(_window(NOON, NOON + timedelta(hours=1)))
    new = _plan(_window(NOON, NOON + timedelta(hours=1), **change))
    assert await _carried(run, old, new, 3) is None


async def test_an_item_that_was_taken_out_is_cut_at_once(run: RunModule) -> None:
    old = _plan(_window(NOON, NOON + timedelta(hours=1)))
    new = _plan(_window(NOON, NOON + timedelta(hours=1)), items=[B, C])
    assert await _carried(run, old, new, 3) is None


async def test_what_is_due_first_is_fetched_first(run: RunModule) -> None:
    later = _window(NOON, NOON + timedelta(hours=2))
    sooner = _window(NOON - timedelta(hours=1), NOON, playlist="p2")
    script = "contentInOrderOfNeed(readPlan(given.plan), given.at).map((c) => c.content_id)"
    at = _ms(NOON - timedelta(minutes=30))
    order = await run("schedule.js", script, plan=_plan(sooner, later), at=at)
    assert order == ["content-c", "content-b", "content-a"]


async def test_the_next_change_and_the_next_start_are_found(run: RunModule) -> None:
    first = _window(NOON, NOON + timedelta(hours=1))
    second = _window(NOON + timedelta(hours=3), NOON + timedelta(hours=4))
    script = """
        const plan = readPlan(given.plan);
        return [nextWindowChange(plan, given.at), nextStart(plan, given.at)];
    """
    at = _ms(NOON + timedelta(minutes=5))
    found = await run("schedule.js", script, plan=_plan(first, second), at=at)
    assert found == [_ms(NOON + timedelta(hours=1)), _ms(NOON + timedelta(hours=3))]


async def test_the_golden_vectors_play_as_they_say(run: RunModule) -> None:
    files = sorted(VECTORS.glob("*.json"))
    vectors = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    script = """
        return given.vectors.flatMap((vector) => {
            const plan = readPlan(vector.plan);
            return vector.moments.map(({ at }) => {
                const slot = slotAt(plan, Date.parse(at));
                return [slot?.content.content_id ?? null, slot?.content.version ?? null];
            });
        });"""

    shown = await run("schedule.js", script, vectors=vectors)

    moments = [moment for vector in vectors for moment in vector["moments"]]
    assert len(moments) > 20
    assert shown == [[moment["content_id"], moment["version"]] for moment in moments]
