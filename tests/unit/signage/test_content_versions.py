"""Versions: a new file plays wherever its content floats, exactly there and exactly when."""

import asyncio
from datetime import timedelta

import pytest

from signage import content, content_publications, content_versions, plans, playlists
from signage.actors import SYSTEM
from signage.errors import Conflict, Forbidden, Invalid, NotFound
from signage.ids import new_id
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.conftest import open_store, pair_screen
from tests.unit.signage.content_cast import actions, add, file, planned, show

NOON = "2026-11-23T12:00:00Z"
ONE = "2026-11-23T13:00:00Z"


@pytest.fixture
async def poster(conn, now):
    return await add(conn, "Poster", now)


@pytest.fixture
async def shown(conn, poster, window_2, now):
    """The poster, floating, on Window 2."""
    return await show(conn, Target("device", window_2.id), now, NewItem(content_id=poster.id))


async def test_a_new_file_is_the_next_version_at_once(conn, manager, poster, shown, window_2, now):
    later = now + timedelta(hours=1)

    added = await content_versions.add(conn, manager, poster.id, file("New"), now=later)

    assert (added.version, added.live, added.live_from) == (2, True, later)
    found = await content.find(conn, poster.id, now=later)
    assert (found.version, found.live_version, found.sha256) == (2, 2, file("New").sha256)
    assert found.revision == poster.revision + 1
    assert await planned(conn, window_2.id, later) == [(1, NOON, ONE), (2, ONE, None)]
    assert await planned(conn, window_2.id, later + timedelta(days=1)) == [(2, None, None)]
    assert await actions(conn, poster.id) == ["content.create", "content.add_version"]


async def test_a_pinned_item_keeps_its_version(conn, manager, poster, window_2, now):
    pinned = NewItem(content_id=poster.id, version=1)
    await show(conn, Target("device", window_2.id), now, pinned)

    await content_versions.add(conn, manager, poster.id, file("New"), now=now)

    assert await planned(conn, window_2.id, now) == [(1, None, None)]


async def test_only_the_screens_that_play_it_get_another_plan(
    conn, manager, poster, shown, window_2, madrid_screen, now
):
    before = {
        screen.id: await plans.due(conn, screen.id, now=now) for screen in (window_2, madrid_screen)
    }

    await content_versions.add(conn, manager, poster.id, file("New"), now=now)

    wanted = await conn.fetch("SELECT id FROM devices WHERE plan_wanted > plan_made")
    assert [row["id"] for row in wanted] == [window_2.id]
    assert await plans.due(conn, window_2.id, now=now) != before[window_2.id]
    assert await plans.due(conn, madrid_screen.id, now=now) == before[madrid_screen.id]


async def test_a_version_to_come_stands_in_the_plan_with_its_time(
    conn, manager, poster, shown, window_2, now
):
    tomorrow = now + timedelta(days=1)

    added = await content_versions.add(
        conn, manager, poster.id, file("New"), publish_at=tomorrow, now=now
    )

    assert (added.live, added.live_from) == (False, tomorrow)
    found = await content.find(conn, poster.id, now=now)
    assert (found.live_version, found.next_version, found.next_live_from) == (1, 2, tomorrow)
    assert found.state_reason == "Version 2 goes live in 1 day"
    changes_over = "2026-11-24T12:00:00Z"
    assert await planned(conn, window_2.id, now) == [
        (1, NOON, changes_over),
        (2, changes_over, None),
    ]


async def test_a_version_far_off_enters_the_plan_of_the_day_that_reaches_it(
    conn, manager, poster, shown, window_2, now
):
    in_ten_days = now + timedelta(days=10)
    await content_versions.add(
        conn, manager, poster.id, file("New"), publish_at=in_ten_days, now=now
    )

    assert await planned(conn, window_2.id, now) == [(1, NOON, None)]
    assert await planned(conn, window_2.id, now + timedelta(days=7)) == [
        (1, None, "2026-12-03T12:00:00Z"),
        (2, "2026-12-03T12:00:00Z", None),
    ]
    assert await planned(conn, window_2.id, now + timedelta(days=11)) == [(2, None, None)]


async def test_what_is_to_come_can_be_taken_back(conn, manager, poster, shown, window_2, now):
    tomorrow = now + timedelta(days=1)
    await content_versions.add(conn, manager, poster.id, file("New"), publish_at=tomorrow, now=now)

    await content_publications.cancel(conn, manager, poster.id, live_from=tomorrow, now=now)

    assert await planned(conn, window_2.id, now) == [(1, NOON, None)]
    with pytest.raises(NotFound):
        await content_publications.cancel(conn, manager, poster.id, live_from=tomorrow, now=now)
    with pytest.raises(NotFound):
        await content_publications.cancel(conn, manager, poster.id, live_from=now, now=now)


async def test_going_back_is_publishing_an_earlier_version(
    conn, manager, poster, shown, window_2, now
):
    await content_versions.add(conn, manager, poster.id, file("New"), now=now + timedelta(hours=1))
    later = now + timedelta(hours=2)

    made = await content_publications.publish(conn, manager, poster.id, 1, now=later)

    assert made == content_publications.Publication(1, later)
    listed = await content_versions.list_for(conn, poster.id, now=later)
    assert [(one.version, one.live) for one in listed] == [(2, False), (1, True)]
    assert [version for version, _, _ in await planned(conn, window_2.id, later)] == [1, 2, 1]


async def test_a_time_that_has_passed_means_now(conn, manager, poster, now):
    yesterday = now - timedelta(days=1)

    made = await content_publications.publish(conn, manager, poster.id, 1, at=yesterday, now=now)

    assert made.live_from == now


async def test_an_unknown_version_cannot_go_live(conn, manager, poster, now):
    for version in (0, 2):
        with pytest.raises(NotFound):
            await content_publications.publish(conn, manager, poster.id, version, now=now)


async def test_what_waits_is_limited(conn, manager, poster, now, monkeypatch):
    monkeypatch.setattr(content_publications, "COMING_MAX", 2)
    for days in (1, 2):
        at = now + timedelta(days=days)
        await content_publications.publish(conn, manager, poster.id, 1, at=at, now=now)

    with pytest.raises(Invalid) as refused:
        await content_publications.publish(
            conn, manager, poster.id, 1, at=now + timedelta(days=3), now=now
        )

    assert refused.value.errors[0].code == "too_many_publications"


async def test_the_file_that_it_has_is_no_new_version(conn, manager, poster, now):
    with pytest.raises(Conflict) as refused:
        await content_versions.add(conn, manager, poster.id, file("Poster"), now=now)

    assert refused.value.code == "same_file"
    assert (await content.find(conn, poster.id, now=now)).version == 1


async def test_a_picture_is_not_replaced_by_a_video_or_an_address(conn, manager, poster, now):
    with pytest.raises(Invalid) as refused:
        await content_versions.add(conn, manager, poster.id, file("New", "video"), now=now)
    assert refused.value.errors[0].code == "wrong_kind"
    with pytest.raises(Invalid):
        await content_versions.add_url(
            conn, manager, poster.id, url="https://menus.example.com", now=now
        )


async def test_a_web_page_gets_another_address(conn, manager, menu, now):
    url = "https://menus.example.com/evening"

    added = await content_versions.add_url(
        conn, manager, menu.id, url=url, warnings=["Blank"], now=now
    )

    assert (added.version, added.url, added.warnings) == (2, url, ["Blank"])
    assert (await content.find(conn, menu.id, now=now)).url == url


async def test_versions_have_an_end(conn, manager, poster, now, monkeypatch):
    monkeypatch.setattr(content_versions, "VERSIONS_MAX", 2)
    await content_versions.add(conn, manager, poster.id, file("New"), now=now)

    with pytest.raises(Invalid) as refused:
        await content_versions.add(conn, manager, poster.id, file("Newer"), now=now)

    assert refused.value.errors[0].code == "too_many_versions"


async def test_nobody_without_the_right_adds_or_publishes(conn, installer, analyst, poster, now):
    for actor in (installer, analyst):
        with pytest.raises(Forbidden):
            await content_versions.add(conn, actor, poster.id, file("New"), now=now)
        with pytest.raises(Forbidden):
            await content_publications.publish(conn, actor, poster.id, 1, now=now)
        with pytest.raises(Forbidden):
            await content_publications.cancel(conn, actor, poster.id, live_from=now, now=now)


async def test_what_is_archived_or_absent_takes_no_version(conn, manager, poster, now):
    await content.archive(conn, manager, poster.id, now=now)

    for content_id in (poster.id, new_id()):
        with pytest.raises(NotFound):
            await content_versions.add(conn, manager, content_id, file("New"), now=now)


async def test_a_playlist_published_at_the_same_time_is_not_missed(pool, now):
    later = now + timedelta(minutes=1)
    async with pool.acquire() as one, pool.acquire() as other:
        lisbon = await open_store(one, "LIS", "Lisbon", "Europe/Lisbon", now)
        screen = (await pair_screen(one, lisbon, "Window 2", now=now)).device_id
        poster = await add(one, "Poster", now)
        posters = await show(one, Target("device", screen), now)
        items = [NewItem(content_id=poster.id)]
        await playlists.change(one, SYSTEM, posters.id, items=items, now=now)
        async with one.transaction():
            await content_versions.add(one, SYSTEM, poster.id, file("New"), now=later)
            publishing = asyncio.create_task(
                playlists.publish(other, SYSTEM, posters.id, now=later)
            )
            await asyncio.wait([publishing], timeout=0.2)
        await publishing

        assert [version for version, _, _ in await planned(one, screen, later)] == [1, 2]
