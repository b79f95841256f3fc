"""Playlists in the portal: the list, the builder as plain forms, and two people at once."""

import re

import pytest

from signage import assignments, playlists
from signage.actors import SYSTEM
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.conftest import web_page

FRAGMENT = {"HX_Request": "true"}


@pytest.fixture
async def lunch(conn, now) -> playlists.Playlist:
    """The published playlist Soup, Tea, Cake."""
    items = [
        NewItem(content_id=(await web_page(conn, name, now)).id) for name in ("Soup", "Tea", "Cake")
    ]
    return await playlists.create(conn, SYSTEM, name="Lunch", items=items, now=now)


@pytest.fixture
def path(lunch) -> str:
    return f"/playlists/{lunch.id}"


async def names(conn, playlist) -> list[str]:
    return [item.name for item in (await playlists.find(conn, playlist.id)).items]


def order(page) -> list[str]:
    return [str(item["data-title"]) for item in page.soup.select(".order-item")]


# The list ---------------------------------------------------------------------------------------


async def test_the_list_tells_where_each_is_used_and_leads_to_it(
    enter, manager, lunch, path, lisbon, conn, now
):
    await assignments.put(conn, SYSTEM, Target("store", lisbon.id), lunch.id, now=now)
    page = await (await enter(manager)).get("/playlists")
    assert page.heading == "Playlists"
    assert page.links("Lunch") == [path]
    row = page.soup.select_one(f"#playlist-{lunch.id}").get_text(" ", strip=True)
    assert "1 assignment" in row
    assert "Published" in row


async def test_the_list_searches_filters_and_swaps_only_the_rows(enter, manager, lunch, conn, now):
    await playlists.create(conn, SYSTEM, name="Dinner", draft=True, now=now)
    somebody = await enter(manager)
    for query, found in (("q=LUN", "Lunch"), ("state=draft", "Dinner")):
        page = await somebody.get(f"/playlists?{query}", HX_Target="div#playlists", **FRAGMENT)
        assert [link.get_text() for link in page.soup.select("[data-row-link]")] == [found]
        assert not page.soup.select("h1")


async def test_an_archived_playlist_is_found_and_restored(enter, manager, lunch, path):
    somebody = await enter(manager)
    assert (await somebody.post(f"{path}/archive", {})).location == "/playlists"
    assert (await somebody.get(path)).status == 404
    page = await somebody.get("/playlists?state=archived")
    assert page.soup.select_one(f'form[action="{path}/restore"]')
    assert (await somebody.post(f"{path}/restore", {})).location == path
    assert (await somebody.get(path)).heading == "Lunch"


async def test_a_playlist_in_use_is_not_archived_and_the_places_are_listed(
    enter, manager, lunch, path, lisbon, window_2, conn, now
):
    await assignments.put(conn, SYSTEM, Target("store", lisbon.id), lunch.id, now=now)
    somebody = await enter(manager)
    dialog = (await somebody.get(path)).soup.select_one("dialog#archive")
    assert "Window 2" in dialog.get_text()
    refused = await somebody.post(f"{path}/archive", {})
    assert (refused.status, refused.heading) == (409, "Lunch is in use")
    assert "Lisbon" in refused.text


async def test_a_copy_opens(enter, manager, path):
    somebody = await enter(manager)
    made = await somebody.post(f"{path}/duplicate", {})
    page = await somebody.get(made.location)
    assert page.heading == "Lunch (copy)"
    assert order(page) == ["Soup", "Tea", "Cake"]


# The builder ------------------------------------------------------------------------------------


async def test_every_edit_is_a_plain_form(enter, manager, lunch, path, menu, conn):
    somebody = await enter(manager)
    soup, tea, cake = (str(item.id) for item in lunch.items)

    async def edit(action: str, **values: object) -> None:
        revision = (await playlists.find(conn, lunch.id)).revision
        done = await somebody.post(f"{path}/{action}", {"revision": revision, **values})
        assert done.location == path

    await edit("items", content_id=menu.id, to="1")
    assert await names(conn, lunch) == ["Menu", "Soup", "Tea", "Cake"]
    await somebody.post(f"{path}/order", {"item": cake, "to": "1", "revision": 2}, page=path)
    assert await names(conn, lunch) == ["Cake", "Menu", "Soup", "Tea"]
    await edit("bulk", do="move", ids=[soup, tea], to="1")
    assert await names(conn, lunch) == ["Soup", "Tea", "Cake", "Menu"]
    await edit("bulk", do="duration", ids=[soup, tea], seconds="2.5")
    await edit(
        f"items/{cake}", seconds="", weight="3", not_before="2026-12-01T08:00", not_after="",
        version="1", campaign_id="",
    )  # fmt: skip
    items = (await playlists.find(conn, lunch.id)).items
    assert [(item.duration_ms, item.weight) for item in items] == [
        (2500, 1), (2500, 1), (None, 3), (None, 1),
    ]  # fmt: skip
    assert (str(items[2].not_before), items[2].version) == ("2026-12-01 08:00:00+00:00", 1)
    await edit("bulk", do="remove", ids=[soup, cake])
    await edit(f"items/{tea}/remove")
    assert await names(conn, lunch) == ["Menu"]
    await edit("undo")
    assert await names(conn, lunch) == ["Tea", "Menu"]
    await edit("redo")
    assert await names(conn, lunch) == ["Menu"]


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("items", {"content_id": "soup"}),
        ("bulk", {"do": "remove", "ids": ["soup"]}),
        ("bulk", {"do": "paint", "ids": []}),
        ("bulk", {"do": "move", "ids": [], "to": ""}),
        ("items/{soup}", {"seconds": "long"}),
        ("items/{soup}", {"seconds": "0.4"}),
        ("items/{soup}", {"weight": "many"}),
        ("items/{soup}", {"weight": "11"}),
        ("items/{soup}", {"not_before": "soon"}),
        ("items/{soup}", {"version": "9"}),
        ("assign", {"target": "planet"}),
    ],
)
async def test_a_wrong_value_is_refused_and_nothing_changes(
    enter, manager, lunch, path, conn, action, values
):
    somebody = await enter(manager)
    here = f"{path}/{action.format(soup=lunch.items[0].id)}"
    assert (await somebody.post(here, values)).status == 422
    assert (await playlists.find(conn, lunch.id)).items == lunch.items


async def test_the_draft_is_shown_against_what_is_published(enter, manager, lunch, path):
    somebody = await enter(manager)
    soup, tea, _ = lunch.items
    await somebody.post(f"{path}/items/{soup.id}/remove", {"revision": 1})
    await somebody.post(f"{path}/items/{tea.id}", {"revision": 2, "weight": "2", "seconds": ""})
    page = await somebody.get(path)
    listed = page.soup.select_one("#standing ul").get_text(" ", strip=True)
    assert re.search(r"Removed\s+Soup, was at 1", listed)
    assert re.search(r"Changed\s+Tea: weight from 1 to 2", listed)
    await somebody.post(f"{path}/publish", {"revision": 3})
    assert not (await somebody.get(path)).soup.select("#standing ul")


async def test_the_share_of_each_item_counts_weights(enter, manager, lunch, path):
    somebody = await enter(manager)
    await somebody.post(f"{path}/items/{lunch.items[0].id}", {"weight": "2", "seconds": ""})
    meters = (await somebody.get(path)).soup.select(".order-item [role=meter]")
    assert [meter["aria-valuetext"] for meter in meters] == ["50%", "25%", "25%"]


async def test_what_htmx_adds_answers_with_the_workbench(enter, manager, lunch, path, menu):
    somebody = await enter(manager)
    token = (await somebody.get(path)).form(f"{path}/items")["csrf_token"]
    answer = await somebody.caller(
        "POST",
        f"{path}/items",
        f"content_id={menu.id}&revision=1&csrf_token={token}".encode(),
        Content_Type="application/x-www-form-urlencoded",
        HX_Request="true",
    )
    assert answer.status == 200
    assert b'id="workbench"' in answer.body
    assert b"<h1" not in answer.body


async def test_the_library_offers_content_and_playlists(enter, manager, path, playlist, menu):
    somebody = await enter(manager)
    found = await somebody.get(f"{path}?q=men")
    assert [button["value"] for button in found.soup.select("[data-shelf] button")] == [
        str(menu.id)
    ]
    shelf = await somebody.get(f"{path}?shelf=playlists", HX_Target="section#library")
    buttons = shelf.soup.select("[data-shelf] button")
    assert [(one["name"], one["value"]) for one in buttons] == [("playlist_id", str(playlist.id))]


async def test_a_long_order_comes_in_parts(enter, manager, menu, conn, now):
    items = [NewItem(content_id=menu.id, duration_ms=500 + n) for n in range(450)]
    made = await playlists.create(conn, SYSTEM, name="Long", items=items, now=now)
    somebody = await enter(manager)
    page = await somebody.get(f"/playlists/{made.id}?from=401")
    assert len(order(page)) == 50
    assert page.links("Earlier items") == [f"/playlists/{made.id}?from=201"]
    assert not page.links("Later items")


# Two people at once -----------------------------------------------------------------------------


@pytest.fixture
async def overtaken(enter, manager, lunch, path):
    """Bruno, whose builder shows revision 1, after somebody took out Tea."""
    somebody = await enter(manager)
    await somebody.post(f"{path}/items/{lunch.items[1].id}/remove", {"revision": 1})
    return somebody


async def test_an_overtaken_edit_shows_theirs_and_mine(overtaken, lunch, path, conn):
    change = f"{path}/items/{lunch.items[0].id}"
    page = await overtaken.post(change, {"revision": 1, "seconds": "7", "weight": "1"})
    assert (page.status, page.heading) == (409, "Lunch was changed meanwhile")
    assert "Tea, was at 2" in page.text
    assert "Soup: duration from its own to 7 s" in page.text
    assert await names(conn, lunch) == ["Soup", "Cake"]


async def test_my_change_is_applied_to_theirs(overtaken, lunch, path, conn):
    change = f"{path}/items/{lunch.items[0].id}"
    page = await overtaken.post(change, {"revision": 1, "seconds": "7", "weight": "1"})
    values = page.form(change)
    assert (values["revision"], values["seconds"]) == ("2", "7")
    assert (await overtaken.post(change, values)).location == path
    items = (await playlists.find(conn, lunch.id)).items
    assert [(item.name, item.duration_ms) for item in items] == [("Soup", 7000), ("Cake", None)]


async def test_overwriting_is_knowing(overtaken, lunch, path, conn):
    change = f"{path}/items/{lunch.items[0].id}"
    page = await overtaken.post(change, {"revision": 1, "seconds": "7", "weight": "1"})
    forms = page.soup.select(f'form[action="{change}"]')
    values = {str(one["name"]): str(one["value"]) for one in forms[-1].select("input")}
    assert values["overwrite"] == "1"
    await overtaken.post(change, values)
    assert await names(conn, lunch) == ["Soup", "Tea", "Cake"]


async def test_htmx_gets_the_clash_as_a_fragment(overtaken, lunch, path):
    somebody = overtaken
    token = (await somebody.get(path)).form(f"{path}/items")["csrf_token"]
    answer = await somebody.caller(
        "POST",
        f"{path}/items/{lunch.items[0].id}/remove",
        f"revision=1&csrf_token={token}".encode(),
        Content_Type="application/x-www-form-urlencoded",
        HX_Request="true",
    )
    assert answer.status == 409
    assert b'id="workbench"' in answer.body
    assert b"<h1" not in answer.body


async def test_a_draft_changed_meanwhile_is_not_published(overtaken, path):
    assert (await overtaken.post(f"{path}/publish", {"revision": 1})).status == 409


# Where it plays ---------------------------------------------------------------------------------


async def test_a_playlist_is_given_to_a_store_and_taken_away(
    enter, manager, lunch, path, lisbon, window_2
):
    somebody = await enter(manager)
    page = await somebody.get(f"{path}/places")
    dialog = page.soup.select_one(f"dialog#give-{lisbon.id}")
    assert "1 screen" in dialog.get_text()
    target = {"target": f"store:{lisbon.id}"}
    assert (await somebody.post(f"{path}/assign", target)).location == f"{path}/places"
    assert "Has it" in (await somebody.get(f"{path}/places")).text
    await somebody.post(f"{path}/unassign", target)
    assert "Has it" not in (await somebody.get(f"{path}/places")).text


async def test_another_stores_target_is_refused(enter, madrid_manager, path, lisbon):
    somebody = await enter(madrid_manager)
    refused = await somebody.post(f"{path}/assign", {"target": f"store:{lisbon.id}"})
    assert refused.status == 422


# The preview ------------------------------------------------------------------------------------


async def test_the_loop_is_listed_turn_by_turn(enter, manager, path, lunch):
    somebody = await enter(manager)
    page = await somebody.get(f"{path}/preview")
    assert page.heading == "Loop of Lunch"
    rows = page.soup.select("main tbody tr")
    assert [row.select("td")[1].get_text(" ", strip=True).split()[0] for row in rows] == [
        "Soup", "Tea", "Cake",
    ]  # fmt: skip
    turns = (await somebody.get(f"{path}/preview", **FRAGMENT)).soup.select("[data-turns] li")
    assert [(turn["data-name"], turn["data-ms"]) for turn in turns] == [
        ("Soup", "10000"), ("Tea", "10000"), ("Cake", "10000"),
    ]  # fmt: skip


# Who may ----------------------------------------------------------------------------------------


async def test_who_may_not_program_sees_and_changes_nothing(enter, installer, analyst, lunch, path):
    item = lunch.items[0].id
    reads = ("", "/standing", "/places", "/preview", f"/items/{item}")
    writes = (
        "/items", "/order", "/bulk", f"/items/{item}", f"/items/{item}/remove", "/name",
        "/publish", "/undo", "/redo", "/duplicate", "/archive", "/restore", "/assign", "/unassign",
    )  # fmt: skip
    for who in (installer, analyst):
        somebody = await enter(who)
        for read in reads:
            assert (await somebody.get(path + read)).status == 403, read
        for write in writes:
            values = {"do": "remove", "target": "fleet", "name": "x", "weight": "1"}
            assert (await somebody.post(path + write, values)).status == 403, write


async def test_a_visitor_is_sent_to_sign_in(visitor, path):
    assert "/sign-in" in (await visitor.get(path)).location


async def test_every_page_asks_few_statements(enter, manager, lunch, path, conn):
    somebody = await enter(manager)
    for page, most in (("/playlists", 2), (f"{path}/places", 4), (path, 13)):
        seen: list[str] = []

        def note(record, seen=seen):
            seen.append(record.query)

        conn.add_query_logger(note)
        await somebody.get(page)
        conn.remove_query_logger(note)
        own = [one for one in seen if re.search(r"/\* (playlist|target|content|plan)", one)]
        assert 0 < len(own) <= most, own
