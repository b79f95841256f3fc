"""Many contents at once: all or none, in one transaction, with an entry of the audit log each."""

import pytest

from signage import campaigns, content, content_bulk, content_folders
from signage.actors import SYSTEM
from signage.content_bulk import Bulk, InUse, Outcome
from signage.errors import Forbidden, Invalid, NotFound
from signage.ids import new_id
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.signage.content_cast import actions, add, planned, require_approval, show


@pytest.fixture
async def posters(conn, now):
    return [await add(conn, name, now, folder="Autumn") for name in ("One", "Two", "Three")]


async def do(conn, actor, contents, now, verb, **more):
    bulk = Bulk(ids=[found.id for found in contents], do=verb, **more)
    return await content_bulk.apply(conn, actor, bulk, now=now)


async def found(conn, contents, now):
    return [await content.find(conn, one.id, archived=True, now=now) for one in contents]


async def test_all_are_tagged_once(conn, manager, posters, now):
    assert await do(conn, manager, posters[:1], now, "tag", tag="tea") == Outcome(1, 0)
    assert await do(conn, manager, posters, now, "tag", tag=" tea ") == Outcome(2, 1)

    assert [one.tags for one in await found(conn, posters, now)] == [["tea"]] * 3
    assert await actions(conn, posters[0].id) == ["content.create", "content.tag"]
    assert await do(conn, manager, posters, now, "untag", tag="tea") == Outcome(3, 0)
    assert [one.tags for one in await found(conn, posters, now)] == [[]] * 3


async def test_a_content_with_every_tag_it_can_have_gets_no_more(conn, manager, now):
    full = await add(conn, "Full", now, tags=[str(number) for number in range(50)])

    assert await do(conn, manager, [full], now, "tag", tag="one more") == Outcome(0, 1)


async def test_all_are_moved_and_booked(conn, manager, posters, window_2, now):
    booked = await campaigns.create(conn, SYSTEM, campaigns.NewCampaign(name="Tea"), now=now)

    await do(conn, manager, posters, now, "move", folder="/Winter//2026/")
    await do(conn, manager, posters, now, "campaign", campaign_id=booked.id)

    after = await found(conn, posters, now)
    assert {(one.folder, one.campaign) for one in after} == {("Winter/2026", "Tea")}
    assert {one.revision for one in after} == {3}


async def test_what_is_in_use_is_archived_only_when_confirmed(
    conn, manager, posters, window_2, now
):
    await show(conn, Target("device", window_2.id), now, NewItem(content_id=posters[0].id))

    with pytest.raises(InUse) as refused:
        await do(conn, manager, posters, now, "archive", confirmed=False)
    assert [(one.name, one.playlists) for one in refused.value.held] == [
        (posters[0].name, ["Posters"])
    ]
    assert refused.value.screens == 1
    assert {one.archived_at for one in await found(conn, posters, now)} == {None}

    assert await do(conn, manager, posters, now, "archive") == Outcome(3, 0)
    assert await planned(conn, window_2.id, now) == []
    assert await do(conn, manager, posters, now, "unarchive") == Outcome(3, 0)
    assert len(await planned(conn, window_2.id, now)) == 1


async def test_all_that_wait_are_approved_but_ones_own(conn, admin, manager, now):
    await require_approval(conn, now)
    theirs = await add(conn, "Theirs", now, actor=manager)
    own = await add(conn, "Own", now, actor=admin)
    draft = await add(conn, "Draft", now, actor=manager, draft=True)

    outcome = await do(conn, admin, [theirs, own, draft], now, "approve")

    assert outcome == Outcome(1, 2)
    assert [one.state for one in await found(conn, [theirs, own, draft], now)] == [
        "live",
        "in_review",
        "draft",
    ]


async def test_one_that_is_gone_leaves_all_as_they_were(conn, manager, posters, now):
    await content.archive(conn, SYSTEM, posters[0].id, now=now)

    with pytest.raises(NotFound):
        await do(conn, manager, posters, now, "tag", tag="tea")
    assert (await content.find(conn, posters[1].id, now=now)).tags == []


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"do": "tag", "tag": ""}, "/tag"),
        ({"do": "tag", "tag": "x" * 101}, "/tag"),
        ({"do": "move", "folder": "x" * 501}, "/folder"),
        ({"do": "campaign", "campaign_id": new_id()}, "/campaign_id"),
        ({"do": "archive", "ids": []}, "/ids"),
        ({"do": "archive", "ids": [new_id() for _ in range(1001)]}, "/ids"),
    ],
)
async def test_a_wrong_value_is_named(conn, manager, posters, now, more, pointer):
    bulk = Bulk(**({"ids": [posters[0].id]} | more))

    with pytest.raises(Invalid) as refused:
        await content_bulk.apply(conn, manager, bulk, now=now)

    assert [error.pointer for error in refused.value.errors] == [pointer]


async def test_a_thousand_take_a_few_statements(conn, manager, now):
    ids = await conn.fetch(
        """
        INSERT INTO content (id, name, kind, latest_version, created_at, updated_at)
        SELECT gen_random_uuid(), 'Poster ' || n, 'image', 1, $1, $1
        FROM generate_series(1, 1000) AS n RETURNING id
        """,
        now,
    )
    counted = Counting(conn)

    outcome = await content_bulk.apply(
        counted, manager, Bulk(ids=[row["id"] for row in ids], do="tag", tag="tea"), now=now
    )

    assert outcome == Outcome(1000, 0)
    assert counted.statements <= 4


class Counting:
    """A connection that counts its statements."""

    def __init__(self, conn):
        self.conn = conn
        self.statements = 0

    def __getattr__(self, name):
        if name in ("fetch", "fetchrow", "fetchval", "execute"):
            self.statements += 1
        return getattr(self.conn, name)


async def test_who_may_not_program_changes_nothing(conn, installer, posters, now):
    with pytest.raises(Forbidden):
        await do(conn, installer, posters, now, "archive")


# Folders ------------------------------------------------------------------------------------------


async def test_folders_are_a_tree_of_paths(conn, now):
    for folder in ("Autumn/Tea", "Autumn/Tea", "Autumn", "Winter/Ski/Wax", ""):
        await add(conn, f"In {folder}", now, folder=folder)

    tree = await content_folders.list_all(conn)

    assert [(one.path, one.name, one.depth, one.items, one.total) for one in tree] == [
        ("Autumn", "Autumn", 0, 1, 3),
        ("Autumn/Tea", "Tea", 1, 2, 2),
        ("Winter", "Winter", 0, 0, 1),
        ("Winter/Ski", "Ski", 1, 0, 1),
        ("Winter/Ski/Wax", "Wax", 2, 1, 1),
    ]


async def test_a_folder_moves_with_all_that_is_in_it(conn, manager, now):
    for folder in ("Autumn", "Autumn/Tea", "Autumnal", "Autumn_"):
        await add(conn, folder, now, folder=folder)

    moved = await content_folders.rename(conn, manager, "/Autumn/", to="2026/Fall", now=now)

    assert moved == 2
    assert [one.path for one in await content_folders.list_all(conn)] == [
        "2026",
        "2026/Fall",
        "2026/Fall/Tea",
        "Autumn_",
        "Autumnal",
    ]
    assert await content_folders.rename(conn, manager, "2026/Fall/Tea", to="", now=now) == 1
    assert await conn.fetchval("SELECT count(*) FROM content WHERE folder = ''") == 1


@pytest.mark.parametrize("to", ["Autumn", "Autumn/Tea", "x" * 501, "/".join("abcdefghijk")])
async def test_a_folder_does_not_move_there(conn, manager, posters, now, to):
    with pytest.raises(Invalid) as refused:
        await content_folders.rename(conn, manager, "Autumn", to=to, now=now)

    assert refused.value.errors[0].pointer == "/to"


async def test_a_folder_that_is_not_there_does_not_move(conn, manager, installer, now):
    with pytest.raises(NotFound):
        await content_folders.rename(conn, manager, "Nowhere", to="Somewhere", now=now)
    with pytest.raises(Forbidden):
        await content_folders.rename(conn, installer, "Nowhere", to="Somewhere", now=now)
