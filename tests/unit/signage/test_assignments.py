"""Base assignments and the targets that can be chosen, within everybody's own stores."""

import pytest

from signage import assignments, playlists, target_choices
from signage.actors import SYSTEM
from signage.errors import Invalid
from signage.targets import Target


async def test_the_list_pages_without_loss(conn, now, playlist, lisbon, madrid, porto, admin):
    for store in (lisbon, madrid, porto):
        await assignments.put(conn, SYSTEM, Target("store", store.id), playlist.id, now=now)
    whole = (await assignments.list_page(conn, admin)).items
    seen, cursor = [], None
    for _ in whole:
        page = await assignments.list_page(conn, admin, limit=1, cursor=cursor)
        seen += page.items
        cursor = page.next_cursor
    assert (len(seen), seen, cursor) == (3, whole, None)


async def test_an_archived_playlist_is_not_assigned(conn, now, playlist, admin):
    await playlists.archive(conn, admin, playlist.id, now=now)
    with pytest.raises(Invalid):
        await assignments.put(conn, admin, Target("fleet"), playlist.id, now=now)


async def test_choices_tell_screens_and_what_plays_there(
    conn, now, playlist, window_2, madrid_screen, food, lisbon, admin
):
    await assignments.put(conn, SYSTEM, Target("store", lisbon.id), playlist.id, now=now)
    found = await target_choices.list_for(conn, admin)
    assert [(one.kind, one.name, one.screens, one.playlist) for one in found] == [
        ("fleet", "The whole fleet", 2, None),
        ("group", "Food counters", 0, None),
        ("store", "Lisbon", 1, "Always on"),
        ("store", "Madrid", 1, None),
        ("device", "Entrance", 1, None),
        ("device", "Window 2", 1, None),
    ]
    assert [one.name for one in await target_choices.list_for(conn, admin, q="WIN")] == ["Window 2"]


async def test_a_manager_chooses_among_own_stores_only(
    conn, window_2, madrid_screen, food, manager
):
    found = await target_choices.list_for(conn, manager)
    assert [(one.kind, one.name) for one in found] == [("store", "Lisbon"), ("device", "Window 2")]
