"""Playlists in the domain: orders, undo and redo, editing at once, archive, restore, duplicate."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from signage import (
    assignments,
    content,
    playlist_drafts,
    playlist_history,
    playlist_list,
    playlist_loops,
    playlist_uses,
    playlists,
    schedules,
)
from signage.actors import SYSTEM
from signage.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from signage.ids import new_id
from signage.playlist_edits import Add, Alter, Move, Remove
from signage.playlist_items import NewItem
from signage.targets import Target


async def make(conn, name, now, *items, **more):
    return await playlists.create(conn, SYSTEM, name=name, items=list(items), now=now, **more)


def names(playlist):
    return [item.name for item in playlist.items]


@pytest.fixture
async def shown(conn, now) -> list[content.Content]:
    """Three web pages: Soup, Tea, Cake."""
    return [
        await content.create_url(
            conn, SYSTEM, content.Details(name=name), url="https://example.com", now=now
        )
        for name in ("Soup", "Tea", "Cake")
    ]


@pytest.fixture
async def lunch(conn, now, shown) -> playlists.Playlist:
    """The published playlist Soup, Tea, Cake; each of ten seconds."""
    return await make(conn, "Lunch", now, *(NewItem(content_id=one.id) for one in shown))


class Counted:
    """The statements that a connection runs."""

    def __init__(self, conn: asyncpg.Connection) -> None:
        self.conn = conn
        self.seen: list[str] = []

    def __enter__(self) -> "Counted":
        self.conn.add_query_logger(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self.conn.remove_query_logger(self._note)

    def _note(self, record: object) -> None:
        self.seen.append(record.query)  # type: ignore[attr-defined]  # asyncpg's LoggedQuery

    def of(self, tag: str) -> int:
        return sum(f"/* {tag} */" in query for query in self.seen)


# Order ------------------------------------------------------------------------------------------


async def test_reordering_five_hundred_items_is_one_statement(conn, now, menu, manager):
    items = [NewItem(content_id=menu.id, duration_ms=1000 + n) for n in range(500)]
    long = await make(conn, "Long", now, *items)
    short = await make(conn, "Short", now, *items[:3])
    told = []
    for one in (long, short):
        last = one.items[-1].id
        with Counted(conn) as counted:
            await playlist_drafts.edit(
                conn, manager, one.id, Move([last], 1), revision=one.revision, now=now
            )
        assert counted.of("playlist_items.reorder") == 1
        told.append(len(counted.seen))
        after = await playlists.find(conn, one.id)
        assert [item.id for item in after.items] == [last, *(i.id for i in one.items[:-1])]
        assert [item.position for item in after.items] == list(range(len(one.items)))
    assert told[0] == told[1]


async def test_an_order_that_misses_an_item_is_stale(conn, lunch):
    ids = [item.id for item in lunch.items]
    for order in (ids[:2], [*ids, new_id()], [ids[0], ids[0], ids[1]]):
        with pytest.raises(Stale):
            async with conn.transaction():
                await playlists.playlist_items.reorder(conn, lunch.id, order)
    assert (await playlists.find(conn, lunch.id)).items == lunch.items


# Undo and redo ----------------------------------------------------------------------------------


async def test_every_change_can_be_undone_and_done_again(conn, now, lunch, menu, manager):
    first, second, third = (item.id for item in lunch.items)
    edits = [
        Add(content_id=menu.id, to=1),
        Move([third], 1),
        Alter([first], duration_ms=5000),
        Remove([second]),
    ]
    states = [(await playlists.find(conn, lunch.id)).items]
    for wanted in edits:
        await playlist_drafts.edit(conn, manager, lunch.id, wanted, now=now)
        states.append((await playlists.find(conn, lunch.id)).items)
    for state in states[-2::-1]:
        assert (await playlist_drafts.go(conn, manager, lunch.id, "undo", now=now)).items == state
    with pytest.raises(Conflict) as nothing:
        async with conn.transaction():
            await playlist_drafts.go(conn, manager, lunch.id, "undo", now=now)
    assert nothing.value.code == "nothing_to_undo"
    for state in states[1:]:
        assert (await playlist_drafts.go(conn, manager, lunch.id, "redo", now=now)).items == state
    with pytest.raises(Conflict):
        await playlist_drafts.go(conn, manager, lunch.id, "redo", now=now)


async def test_a_new_change_ends_what_could_be_redone(conn, now, lunch, menu, manager):
    await playlist_drafts.edit(conn, manager, lunch.id, Add(content_id=menu.id), now=now)
    await playlist_drafts.go(conn, manager, lunch.id, "undo", now=now)
    await playlists.change(conn, manager, lunch.id, name="Dinner", now=now)
    with pytest.raises(Conflict):
        async with conn.transaction():
            await playlist_drafts.go(conn, manager, lunch.id, "redo", now=now)
    undone = await playlist_drafts.go(conn, manager, lunch.id, "undo", now=now)
    assert (undone.name, undone.items) == ("Lunch", lunch.items)


async def test_an_undo_is_stale_where_somebody_saved_since(conn, now, lunch, menu, manager):
    await playlist_drafts.edit(conn, manager, lunch.id, Add(content_id=menu.id), now=now)
    with pytest.raises(Stale):
        await playlist_drafts.go(conn, manager, lunch.id, "undo", revision=lunch.revision, now=now)


async def test_undo_brings_back_content_that_was_archived_meanwhile(
    conn, now, lunch, shown, manager
):
    await playlist_drafts.edit(conn, manager, lunch.id, Remove([lunch.items[0].id]), now=now)
    await conn.execute("UPDATE content SET archived_at = $1 WHERE id = $2", now, shown[0].id)
    undone = await playlist_drafts.go(conn, manager, lunch.id, "undo", now=now)
    assert undone.items == lunch.items


async def test_only_the_latest_revisions_are_kept(conn, now, lunch, manager, monkeypatch):
    monkeypatch.setattr(playlist_history, "REVISIONS_KEPT", 2)
    for name in "abcd":
        await playlists.change(conn, manager, lunch.id, name=name, now=now)
    assert (await playlist_drafts.go(conn, manager, lunch.id, "undo", now=now)).name == "c"
    with pytest.raises(Conflict):
        await playlist_drafts.go(conn, manager, lunch.id, "undo", now=now)


# Two people at once -----------------------------------------------------------------------------


async def test_a_clash_tells_theirs_and_mine(conn, now, lunch, menu, manager, admin):
    soup, tea, _ = lunch.items
    await playlist_drafts.edit(conn, admin, lunch.id, Alter([soup.id], duration_ms=4000), now=now)
    await playlist_drafts.edit(conn, admin, lunch.id, Remove([tea.id]), now=now)
    wanted = Alter([soup.id], duration_ms=9000)
    with pytest.raises(Stale):
        async with conn.transaction():
            await playlist_drafts.edit(
                conn, manager, lunch.id, wanted, revision=lunch.revision, now=now
            )
    found = await playlist_drafts.clash(conn, lunch.id, wanted, base=lunch.revision)
    assert (found.by, found.same_items) == ("Ana", ["Soup"])
    assert [one.item.name for one in found.theirs.removed] == ["Tea"]
    assert found.mine.changed[0].values == {"duration_ms": (None, 9000)}
    added = await playlist_drafts.clash(
        conn, lunch.id, Add(content_id=menu.id, to=1), base=lunch.revision
    )
    assert [one.item.name for one in added.mine.added] == ["Menu"]
    assert added.same_items == []


async def test_overwriting_takes_what_was_seen_and_can_be_undone(
    conn, now, lunch, menu, manager, admin
):
    soup, tea, _ = lunch.items
    theirs = await playlist_drafts.edit(conn, admin, lunch.id, Remove([tea.id]), now=now)
    before = await playlists.find(conn, lunch.id)
    with pytest.raises(Stale):
        async with conn.transaction():
            await playlist_drafts.overwrite(
                conn, manager, lunch.id, Remove([soup.id]), base=1, revision=1, now=now
            )
    await playlist_drafts.overwrite(
        conn, manager, lunch.id, Remove([soup.id]), base=1, revision=theirs, now=now
    )
    assert [item.id for item in (await playlists.find(conn, lunch.id)).items] == [
        item.id for item in lunch.items[1:]
    ]
    undone = await playlist_drafts.go(conn, manager, lunch.id, "undo", now=now)
    assert undone.items == before.items


async def test_of_two_who_nest_each_other_at_once_one_is_refused(pool, now):
    async with pool.acquire() as conn:
        one, other = await make(conn, "A", now), await make(conn, "B", now)

    async def nest(outer, inner) -> None:
        async with pool.acquire() as mine:
            items = [NewItem(playlist_id=inner.id)]
            await playlists.change(mine, SYSTEM, outer.id, items=items, now=now)

    ends = await asyncio.gather(nest(one, other), nest(other, one), return_exceptions=True)
    [refusal] = [end for end in ends if end is not None]
    assert isinstance(refusal, Conflict), refusal
    assert refusal.code == "playlist_cycle"
    async with pool.acquire() as conn:
        held = [len((await playlists.find(conn, each.id)).items) for each in (one, other)]
    assert sorted(held) == [0, 1]


async def test_a_cycle_is_named_from_end_to_end(conn, now, manager):
    a = await make(conn, "A", now)
    b = await make(conn, "B", now, NewItem(playlist_id=a.id))
    c = await make(conn, "C", now, NewItem(playlist_id=b.id))
    with pytest.raises(Conflict) as caught:
        await playlist_drafts.edit(conn, manager, a.id, Add(playlist_id=c.id), now=now)
    assert "A \N{RIGHTWARDS ARROW} C \N{RIGHTWARDS ARROW} B \N{RIGHTWARDS ARROW} A" in (
        caught.value.detail
    )


# Archive, restore, duplicate --------------------------------------------------------------------


async def test_a_playlist_in_use_is_not_archived(conn, now, lunch, lisbon, manager, window_2):
    await assignments.put(conn, manager, Target("store", lisbon.id), lunch.id, now=now)
    await schedules.create(
        conn,
        SYSTEM,
        schedules.NewSchedule(
            name="Noon", playlist_id=lunch.id, target=Target("fleet"), starts_on=now.date(),
            all_day=True,
        ),
        now=now,
    )  # fmt: skip
    await make(conn, "Outer", now, NewItem(playlist_id=lunch.id))
    with pytest.raises(Conflict) as caught:
        await playlists.archive(conn, manager, lunch.id, now=now)
    assert caught.value.code == "playlist_in_use"
    for word in ("always on: Lisbon", "schedule Noon", "playlist Outer"):
        assert word in caught.value.detail
    uses = await playlist_uses.list_for(conn, manager, lunch.id)
    assert [(use.kind, use.screens) for use in uses] == [
        ("assignment", 1), ("playlist", 0), ("schedule", 1),
    ]  # fmt: skip


async def test_a_use_in_another_store_is_told_without_its_name(
    conn, now, lunch, madrid, manager, madrid_manager
):
    await assignments.put(conn, SYSTEM, Target("store", madrid.id), lunch.id, now=now)
    [hidden] = await playlist_uses.list_for(conn, manager, lunch.id)
    [own] = await playlist_uses.list_for(conn, madrid_manager, lunch.id)
    assert (hidden.name, hidden.target_id, own.name) == ("in another store", None, "Madrid")


async def test_an_archived_playlist_comes_back_as_it_was(conn, now, lunch, manager):
    await playlists.archive(conn, manager, lunch.id, now=now)
    with pytest.raises(NotFound):
        await playlists.find(conn, lunch.id)
    for _ in range(2):
        restored = await playlists.restore(conn, manager, lunch.id, now=now)
        assert (restored.items, restored.archived_at) == (lunch.items, None)


async def test_a_copy_is_a_draft_of_its_own(conn, now, lunch, manager, shown):
    await conn.execute("UPDATE content SET archived_at = $1 WHERE id = $2", now, shown[1].id)
    copy = await playlists.duplicate(conn, manager, lunch.id, now=now)
    assert (copy.name, names(copy)) == ("Lunch (copy)", ["Soup", "Tea", "Cake"])
    assert copy.published_at is None
    assert not {item.id for item in copy.items} & {item.id for item in lunch.items}
    with pytest.raises(Conflict):
        await playlist_drafts.go(conn, manager, copy.id, "undo", now=now)


async def test_content_that_was_archived_may_stay_where_it_is(conn, now, lunch, shown, manager):
    await conn.execute("UPDATE content SET archived_at = $1 WHERE id = $2", now, shown[0].id)
    await playlist_drafts.edit(conn, manager, lunch.id, Add(content_id=shown[1].id), now=now)
    with pytest.raises(Invalid):
        await make(conn, "Other", now, NewItem(content_id=shown[0].id))


async def test_who_may_not_program_changes_nothing(conn, now, lunch, installer, analyst):
    for somebody in (installer, analyst):
        for act in (
            playlists.archive(conn, somebody, lunch.id, now=now),
            playlists.restore(conn, somebody, lunch.id, now=now),
            playlists.duplicate(conn, somebody, lunch.id, now=now),
            playlist_drafts.go(conn, somebody, lunch.id, "undo", now=now),
            playlist_drafts.edit(conn, somebody, lunch.id, Remove([]), now=now),
        ):
            with pytest.raises(Forbidden):
                await act


async def test_a_draft_that_was_changed_meanwhile_is_not_published_unseen(
    conn, now, lunch, menu, manager
):
    seen = await playlist_drafts.edit(conn, manager, lunch.id, Add(content_id=menu.id), now=now)
    await playlist_drafts.edit(conn, manager, lunch.id, Add(content_id=menu.id), now=now)
    with pytest.raises(Stale):
        async with conn.transaction():
            await playlists.publish(conn, manager, lunch.id, revision=seen, now=now)
    assert len((await playlists.find(conn, lunch.id, edition="live")).items) == 3


# What it reaches, and its loop ------------------------------------------------------------------


async def test_reach_counts_screens_by_nesting_and_those_that_have_it(
    conn, now, lunch, lisbon, window_2, madrid_screen, manager
):
    outer = await make(conn, "Outer", now, NewItem(playlist_id=lunch.id))
    await assignments.put(conn, SYSTEM, Target("fleet"), outer.id, now=now)
    await conn.execute(
        "UPDATE devices SET plan_made = plan_wanted, plan_etag = 'e', plan_etag_reported = 'e' "
        "WHERE id = $1",
        window_2.id,
    )
    found = await playlist_uses.reach(conn, manager, lunch.id)
    assert (found.screens, found.have_it, found.names) == (2, 1, ["Window 2"])


async def test_a_loop_counts_weights_nesting_and_validity(conn, now, shown, manager):
    soup, tea, cake = shown
    inner = await make(
        conn, "Inner", now, NewItem(content_id=tea.id, duration_ms=5000),
        NewItem(content_id=cake.id, duration_ms=15_000),
    )  # fmt: skip
    later = now.replace(year=2030)
    outer = await make(
        conn, "Outer", now, NewItem(content_id=soup.id, weight=2), NewItem(playlist_id=inner.id),
        NewItem(content_id=cake.id, not_before=later), draft=True,
    )  # fmt: skip
    loop = await playlist_loops.measure(conn, outer.id, outer.items, now=now)
    assert loop.total_ms == 40_000
    assert [(loop.parts[item.id].plays_ms, loop.parts[item.id].share) for item in outer.items] == [
        (10_000, 0.5),
        (20_000, 0.5),
        (0, 0),
    ]
    assert [turn.name for turn in loop.turns] == ["Soup", "Soup", "Tea", "Cake"]
    assert [turn.playlist for turn in loop.turns] == [None, None, "Inner", "Inner"]
    assert [share.share for share in loop.campaigns] == [1]


# The list ---------------------------------------------------------------------------------------


@pytest.fixture
async def several(conn, now, menu, manager) -> AsyncIterator[None]:
    """Draft (two items), Live (one), Changed (published empty, then one), Gone (archived)."""
    item = NewItem(content_id=menu.id)
    await make(conn, "Draft", now, item, item, draft=True)
    await make(conn, "Live", now, item)
    changed = await make(conn, "Changed", now)
    await playlists.change(conn, manager, changed.id, items=[item], now=now)
    gone = await make(conn, "Gone", now)
    await playlists.archive(conn, manager, gone.id, now=now)
    yield


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (None, ["Changed", "Draft", "Live"]),
        ("draft", ["Draft"]),
        ("changed", ["Changed"]),
        ("published", ["Live"]),
        ("archived", ["Gone"]),
    ],
)
async def test_the_list_filters_by_state(conn, several, state, found):
    page = await playlist_list.list_page(conn, state=state)
    assert [one.name for one in page.items] == found
    assert await playlist_list.count(conn, state=state) == len(found)


@pytest.mark.parametrize("sort", [None, "-name", "items", "-loop_ms", "published_at", "updated_at"])
async def test_every_sort_pages_without_loss(conn, several, sort):
    whole = [one.id for one in (await playlist_list.list_page(conn, sort=sort)).items]
    seen, cursor = [], None
    for _ in whole:
        page = await playlist_list.list_page(conn, sort=sort, limit=1, cursor=cursor)
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
    assert (seen, cursor) == (whole, None)


async def test_an_unknown_sort_is_invalid(conn):
    with pytest.raises(Invalid):
        await playlist_list.list_page(conn, sort="colour")
