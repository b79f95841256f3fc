"""The recall: off every plan at once, its bytes given to nobody, and who still shows it."""

from datetime import timedelta

import pytest

from signage import content, content_recall, heartbeats, plans
from signage.actors import SYSTEM
from signage.errors import Conflict, Forbidden, Invalid, NotFound
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.signage.content_cast import actions, add, file, planned, show

SHA256 = file("Poster").sha256


@pytest.fixture
async def poster(conn, window_2, madrid_screen, now):
    """A poster that plays on the whole fleet: Window 2 in Lisbon, Entrance in Madrid."""
    made = await add(conn, "Poster", now)
    await show(conn, Target("fleet"), now, NewItem(content_id=made.id))
    for screen in (window_2, madrid_screen):
        await report(conn, screen, now)
    return made


async def report(conn, screen, now, *, playing=True):
    """The screen fetches its plan and says that it plays its first item."""
    plan = await plans.current(conn, screen.id, now=now)
    await plans.note_fetched(conn, screen.id, plan.etag, now=now)
    items = [item for found in plan.document()["playlists"].values() for item in found["items"]]
    shown = items[0]["item_id"] if playing and items else None
    sent = heartbeats.Heartbeat(disk_used_bytes=1, plan_etag=plan.etag, now_playing=shown)
    await heartbeats.record(conn, screen.id, sent, address="192.0.2.7", now=now)


async def clearing(conn, actor, poster, now):
    found = await content.find(conn, poster.id, now=now)
    return await content_recall.clearing(conn, actor, poster.id, since=found.recalled_at)


async def test_a_recall_empties_every_plan_at_once(conn, manager, poster, window_2, now):
    later = now + timedelta(minutes=1)

    screens = await content_recall.recall(
        conn, manager, poster.id, reason=" Wrong price ", now=later
    )

    assert screens == 2
    assert await planned(conn, window_2.id, later) == []
    found = await content.find(conn, poster.id, now=later)
    assert (found.state, found.recall_reason) == ("recalled", "Wrong price")
    assert await actions(conn, poster.id) == ["content.create", "content.recall"]


async def test_recalled_bytes_are_given_to_nobody(conn, manager, poster, window_2, now):
    assert (await plans.find_media(conn, window_2.id, SHA256, now=now)).sha256 == SHA256

    await content_recall.recall(conn, manager, poster.id, now=now)

    with pytest.raises(NotFound):
        await plans.find_media(conn, window_2.id, SHA256, now=now)


async def test_it_says_who_still_shows_it_until_all_are_clear(
    conn, admin, poster, window_2, madrid_screen, now
):
    recalled = now + timedelta(minutes=1)
    await content_recall.recall(conn, admin, poster.id, now=recalled)

    begun = await clearing(conn, admin, poster, recalled)
    assert (begun.screens, begun.showing, begun.holding) == (2, 2, 0)
    assert [screen.name for screen in begun.left] == ["Entrance", "Window 2"]
    assert begun.cleared_in_ms is None

    await report(conn, window_2, recalled + timedelta(seconds=20))
    half = await clearing(conn, admin, poster, recalled + timedelta(seconds=30))
    assert [(screen.name, screen.state) for screen in half.left] == [("Entrance", "showing")]

    await report(conn, madrid_screen, recalled + timedelta(seconds=48))
    done = await clearing(conn, admin, poster, recalled + timedelta(seconds=50))
    assert (done.screens, done.showing, done.holding, done.left) == (2, 0, 0, [])
    assert done.cleared_in_ms == 48_000


async def test_a_screen_with_the_old_plan_holds_it_even_while_it_shows_something_else(
    conn, admin, poster, window_2, now
):
    await report(conn, window_2, now, playing=False)
    recalled = now + timedelta(minutes=1)
    await content_recall.recall(conn, admin, poster.id, now=recalled)

    states = {
        screen.name: screen.state for screen in (await clearing(conn, admin, poster, recalled)).left
    }
    assert states == {"Entrance": "showing", "Window 2": "holding"}


async def test_a_screen_that_never_had_it_is_not_counted(conn, admin, poster, pair, lisbon, now):
    await pair(lisbon, "Till 1")
    await content_recall.recall(conn, admin, poster.id, now=now + timedelta(minutes=1))

    assert (await clearing(conn, admin, poster, now)).screens == 2


async def test_screens_of_other_stores_are_counted_and_not_named(conn, manager, poster, now):
    await content_recall.recall(conn, manager, poster.id, now=now + timedelta(minutes=1))

    seen = await clearing(conn, manager, poster, now)
    assert seen.showing == 2
    assert [screen.name for screen in seen.left] == ["Window 2"]


async def test_undoing_it_plays_it_again(conn, manager, poster, window_2, now):
    before = await plans.due(conn, window_2.id, now=now)
    await content_recall.recall(conn, manager, poster.id, now=now)

    await content_recall.restore(conn, manager, poster.id, now=now)

    assert await plans.due(conn, window_2.id, now=now) == before
    assert (await plans.find_media(conn, window_2.id, SHA256, now=now)).sha256 == SHA256
    assert (await content.find(conn, poster.id, now=now)).recall_reason == ""


async def test_it_is_done_and_undone_once(conn, manager, poster, now):
    with pytest.raises(Conflict) as refused:
        await content_recall.restore(conn, manager, poster.id, now=now)
    assert refused.value.code == "not_recalled"
    await content_recall.recall(conn, manager, poster.id, now=now)
    with pytest.raises(Conflict) as refused:
        await content_recall.recall(conn, manager, poster.id, now=now)
    assert refused.value.code == "already_recalled"


async def test_a_reason_has_a_limit(conn, manager, poster, now):
    with pytest.raises(Invalid):
        await content_recall.recall(conn, manager, poster.id, reason="x" * 1001, now=now)
    await content_recall.recall(conn, manager, poster.id, reason="x" * 1000, now=now)


async def test_who_may_not_program_recalls_nothing(conn, installer, poster, now):
    for verb in (content_recall.recall, content_recall.restore):
        with pytest.raises(Forbidden):
            await verb(conn, installer, poster.id, now=now)


async def test_what_is_archived_can_still_be_recalled(conn, manager, poster, window_2, now):
    await content.archive(conn, SYSTEM, poster.id, now=now)

    await content_recall.recall(conn, manager, poster.id, now=now)

    with pytest.raises(NotFound):
        await plans.find_media(conn, window_2.id, SHA256, now=now)


async def test_screens_that_show_it_now_are_those_that_say_so(conn, admin, manager, poster, now):
    everywhere = await content_recall.list_showing(conn, admin, poster.id)
    in_lisbon = await content_recall.list_showing(conn, manager, poster.id)

    assert [screen.name for screen in everywhere] == ["Entrance", "Window 2"]
    assert [screen.name for screen in in_lisbon] == ["Window 2"]
