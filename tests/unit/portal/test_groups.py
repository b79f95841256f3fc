"""Groups in the portal: their order, their screens by hand and by rule, and their end."""

from signage import assignments, devices, group_members, group_ranks, groups
from signage.actors import SYSTEM
from signage.targets import Target


async def test_the_list_puts_the_winning_group_first(enter, admin, conn, food, now):
    tills = await groups.create(conn, SYSTEM, name="Tills", now=now)
    page = await (await enter(admin)).get("/groups")
    assert page.heading == "Groups"
    assert page.links("New group") == ["/groups/new"]
    shown = [item["data-id"] for item in page.soup.select("[data-id]")]
    assert shown == [str(tills.id), str(food.id)]


async def test_the_order_is_changed_by_buttons(enter, admin, conn, food, now):
    tills = await groups.create(conn, SYSTEM, name="Tills", now=now)
    somebody = await enter(admin)
    values = (await somebody.get("/groups")).form("/groups/order")
    moved = values | {"item": str(food.id), "to": "1"}

    assert (await somebody.post("/groups/order", moved)).status == 204
    assert await group_ranks.order(conn) == [food.id, tills.id]
    assert (await somebody.post("/groups/order", moved | {"to": "2"})).status == 409


async def test_a_manager_of_some_stores_sees_ranks_and_moves_none(enter, manager, food):
    somebody = await enter(manager)
    page = await somebody.get("/groups")
    assert page.links("Food counters")
    assert not page.soup.select("[data-order]")
    moved = {"item": str(food.id), "to": "1"}
    assert (await somebody.post("/groups/order", moved)).status == 403


async def test_an_installer_looks_and_an_advertiser_does_not(enter, installer, advertiser, food):
    looking = await enter(installer)
    assert (await looking.get(f"/groups/{food.id}")).heading == "Food counters"
    assert (await looking.get("/groups/new")).status == 403
    assert (await looking.post(f"/groups/{food.id}/delete", {})).status == 403
    assert (await (await enter(advertiser)).get("/groups")).status == 403


async def test_screens_are_put_in_and_taken_out(enter, manager, conn, food, window_2):
    somebody = await enter(manager)
    path = f"/groups/{food.id}"
    search = await somebody.get(f"{path}/add?q=window")
    assert search.soup.select(f'input[name=ids][value="{window_2.id}"]')

    await somebody.post(f"{path}/devices", {"ids": str(window_2.id), "do": "add"})
    page = await somebody.get(path)
    assert page.links("Window 2") == [f"/devices/{window_2.id}"]

    await somebody.post(f"{path}/devices", {"ids": str(window_2.id), "do": "remove"})
    assert not (await somebody.get(path)).links("Window 2")
    for nothing in ({}, {"ids": "x"}):
        assert (await somebody.post(f"{path}/devices", nothing)).status == 422


async def test_a_group_by_rule_says_its_rule_and_takes_nobody_by_hand(
    enter, admin, conn, lisbon, window_2
):
    somebody = await enter(admin)
    values = {
        "name": "Bright",
        "chosen": "rule",
        "tags": "",
        "match_tags": "all",
        "stores": "LIS-01",
        "models": "BrightSign XT1145",
    }
    made = await somebody.post("/groups/new", values)
    page = await somebody.get(made.location)

    assert page.heading == "Bright"
    assert "Every screen of the model BrightSign XT1145, in Lisbon" in page.text
    assert page.links("Window 2")
    assert not page.links("Add screens")
    by_hand = {"ids": str(window_2.id), "do": "remove"}
    assert (await somebody.post(f"{made.location}/devices", by_hand)).status == 409

    edit = f"{made.location}/edit"
    filled = (await somebody.get(edit)).form(edit)
    assert filled["stores"] == "LIS-01"
    await somebody.post(edit, filled | values | {"chosen": "hand"})
    assert (await somebody.get(made.location)).links("Add screens")


async def test_a_wrong_group_is_refused_at_its_field(enter, admin, food):
    somebody = await enter(admin)
    base = {"name": "Bright", "chosen": "rule", "match_tags": "all"}
    for wrong, field, sentence in (
        ({"name": ""}, "name", "A group needs a name."),
        ({"name": "Food counters", "chosen": "hand"}, "name", "Another group has this name."),
        ({"stores": "NOPE-1"}, "stores", "There is no store with the code NOPE-1."),
        ({}, "tags", "Name at least one tag, store or model"),
        ({"tags": "x" * 101}, "tags", "A tag has 1 to 100 characters."),
    ):
        answer = await somebody.post("/groups/new", base | wrong)
        assert answer.status == 422
        assert sentence in answer.error_of(field)


async def test_an_overtaken_form_of_a_group_changes_nothing(
    enter, admin, conn, food, window_2, now
):
    somebody = await enter(admin)
    path = f"/groups/{food.id}/edit"
    values = (await somebody.get(path)).form(path) | {"chosen": "hand", "match_tags": "all"}
    await group_members.put(conn, admin, food.id, [window_2.id], now=now)
    assert (await somebody.post(path, values | {"name": "Soups"})).status == 409
    assert (await groups.find(conn, food.id)).name == "Food counters"


async def test_a_group_in_use_says_by_what_and_stays(enter, admin, conn, food, playlist, now):
    somebody = await enter(admin)
    path = f"/groups/{food.id}"
    await assignments.put(conn, SYSTEM, Target("group", food.id), playlist.id, now=now)
    page = await somebody.get(path)
    assert "Always on" in page.text
    assert "1 thing is still put on Food counters" in page.text
    assert (await somebody.post(f"{path}/delete", {})).status == 409

    await assignments.remove(conn, SYSTEM, Target("group", food.id), now=now)
    assert (await somebody.post(f"{path}/delete", {})).location == "/groups"
    assert (await somebody.get(path)).status == 404


async def test_only_screens_of_own_stores_are_shown_and_counted(
    enter, manager, admin, conn, food, window_2, madrid_screen, now
):
    both = [window_2.id, madrid_screen.id]
    await group_members.put(conn, admin, food.id, both, now=now)
    page = await (await enter(manager)).get(f"/groups/{food.id}")
    assert "1 screen" in page.text
    assert not page.links("Entrance")
    assert (await devices.find(conn, SYSTEM, madrid_screen.id, now=now)).group_ids == [food.id]
