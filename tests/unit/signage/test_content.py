"""Content: what is said about it, where it is used, and putting it away."""

from datetime import timedelta

import pytest

from signage import content, content_reach, playlists, schedules
from signage.actors import SYSTEM
from signage.content import Changes
from signage.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from signage.ids import new_id
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.signage.content_cast import actions, add, planned, show


@pytest.fixture
async def poster(conn, now):
    return await add(conn, "Poster", now)


@pytest.fixture
async def shown(conn, poster, window_2, now):
    """The playlist "Posters" with the poster, on Window 2."""
    return await show(conn, Target("device", window_2.id), now, NewItem(content_id=poster.id))


async def test_only_what_is_given_changes(conn, manager, poster, now):
    changes = Changes(name=" Autumn ", folder="/2026/ Autumn//", tags=["new", " new"])

    changed = await content.change(conn, manager, poster.id, changes, now=now)

    assert (changed.name, changed.folder, changed.tags) == ("Autumn", "2026/Autumn", ["new"])
    assert changed.revision == poster.revision + 1
    assert await actions(conn, poster.id) == ["content.create", "content.change"]


async def test_null_takes_a_date_away(conn, manager, now):
    made = await add(conn, "Poster", now, valid_until=now + timedelta(days=3))
    assert made.state_reason == "Expires in 3 days"

    changed = await content.change(conn, manager, made.id, Changes(valid_until=None), now=now)

    assert (changed.valid_until, changed.state_reason) == (None, "")


async def test_validity_within_the_horizon_stands_in_the_plan(
    conn, manager, poster, shown, window_2, now
):
    ends = Changes(valid_until=now + timedelta(days=1))

    await content.change(conn, manager, poster.id, ends, now=now)

    assert await planned(conn, window_2.id, now) == [
        (1, "2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z")
    ]


async def test_a_name_outdates_no_plan(conn, manager, poster, shown, window_2, now):
    await planned(conn, window_2.id, now)

    await content.change(conn, manager, poster.id, Changes(name="Autumn", tags=["x"]), now=now)

    assert await conn.fetchval("SELECT plan_wanted = plan_made FROM devices")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        (Changes(name=" "), "/name"),
        (Changes(name="x" * 301), "/name"),
        (Changes(folder="x" * 501), "/folder"),
        (Changes(folder="/".join("abcdefghijk")), "/folder"),
        (Changes(folder="a\nb"), "/folder"),
        (Changes(tags=["x" * 101]), "/tags"),
        (Changes(campaign_id=new_id()), "/campaign_id"),
    ],
)
async def test_a_wrong_value_is_named_and_nothing_is_kept(
    conn, manager, poster, now, changes, pointer
):
    with pytest.raises(Invalid) as refused:
        await content.change(conn, manager, poster.id, changes, now=now)

    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert await content.find(conn, poster.id, now=now) == poster


async def test_a_stale_revision_changes_nothing(conn, manager, poster, now):
    await content.change(conn, manager, poster.id, Changes(name="First"), revision=1, now=now)

    with pytest.raises(Stale):
        await content.change(conn, manager, poster.id, Changes(name="Second"), revision=1, now=now)
    assert (await content.find(conn, poster.id, now=now)).name == "First"


async def test_what_is_archived_leaves_its_plans_and_comes_back(
    conn, manager, poster, shown, window_2, now
):
    before = await planned(conn, window_2.id, now)

    await content.archive(conn, manager, poster.id, now=now)

    assert await planned(conn, window_2.id, now) == []
    with pytest.raises(NotFound):
        await content.find(conn, poster.id, now=now)
    kept = await content.find(conn, poster.id, archived=True, now=now)
    assert (kept.name, kept.state) == ("Poster", "archived")
    back = await content.unarchive(conn, manager, poster.id, now=now)
    assert back.state == "live"
    assert await planned(conn, window_2.id, now) == before
    with pytest.raises(Conflict):
        await content.unarchive(conn, manager, poster.id, now=now)


async def test_what_is_used_can_be_spared(conn, manager, poster, shown, menu, now):
    with pytest.raises(Conflict) as refused:
        await content.archive(conn, manager, poster.id, unless_used=True, now=now)
    assert refused.value.code == "in_use"
    assert refused.value.detail == "Poster is in use. See where."

    await content.archive(conn, manager, menu.id, unless_used=True, now=now)


async def test_who_may_not_program_changes_nothing(conn, analyst, poster, now):
    with pytest.raises(Forbidden):
        await content.change(conn, analyst, poster.id, Changes(name="Mine"), now=now)
    for verb in (content.archive, content.unarchive):
        with pytest.raises(Forbidden):
            await verb(conn, analyst, poster.id, now=now)


# Where it is used ---------------------------------------------------------------------------------


async def test_its_uses_reach_through_nested_playlists_to_screens(
    conn, admin, poster, shown, window_2, madrid_screen, madrid, now
):
    outer = await playlists.create(
        conn, SYSTEM, name="All day", items=[NewItem(playlist_id=shown.id)], now=now
    )
    lunch = schedules.NewSchedule(
        name="Lunch",
        playlist_id=outer.id,
        target=Target("store", madrid.id),
        starts_on=now.date(),
        all_day=True,
    )
    await schedules.create(conn, SYSTEM, lunch, now=now)

    reach = await content_reach.find(conn, admin, poster.id, now=now)

    assert [(use.playlist, use.nested) for use in reach.playlists] == [
        ("All day", True),
        ("Posters", False),
    ]
    assert [(found.kind, found.name, found.target) for found in reach.programmes] == [
        ("assignment", "", "Window 2"),
        ("schedule", "Lunch", "Madrid"),
    ]
    assert (reach.screens, reach.showing, reach.plays) == (2, [], 0)
    assert (reach.plays_from, reach.plays_to) == ("2026-10-25", "2026-11-23")


async def test_a_draft_holds_it_and_plays_it_nowhere(conn, admin, poster, window_2, now):
    draft = await playlists.create(
        conn, SYSTEM, name="Draft", items=[NewItem(content_id=poster.id)], draft=True, now=now
    )

    reach = await content_reach.find(conn, admin, poster.id, now=now)

    assert [(use.playlist_id, use.edition) for use in reach.playlists] == [(draft.id, "draft")]
    assert (reach.programmes, reach.screens) == ([], 0)
    assert (await content.find(conn, poster.id, now=now)).used_in == 1


async def test_programmes_of_other_stores_are_not_told(conn, madrid_manager, poster, shown, now):
    reach = await content_reach.find(conn, madrid_manager, poster.id, now=now)

    assert [use.playlist for use in reach.playlists] == ["Posters"]
    assert reach.programmes == []
    assert reach.screens == 1
