"""What is done to the ticked screens of the list."""

import pytest

from signage import commands, devices
from signage.actors import SYSTEM


@pytest.fixture
async def tills(conn, pair, lisbon, now):
    """Two tills in Lisbon."""
    paired = [await pair(lisbon, f"Till {number}") for number in (1, 2)]
    return [screen.device_id for screen in paired]


async def found(conn, ids, now):
    return [await devices.find(conn, SYSTEM, device_id, now=now) for device_id in ids]


async def test_every_row_can_be_ticked_and_each_deed_has_a_dialog(enter, manager, tills):
    page = await (await enter(manager)).get("/devices")
    boxes = page.soup.select('input[name="ids"][form="bulk"]')
    assert {box["value"] for box in boxes} == {str(device_id) for device_id in tills}
    retire = page.soup.select_one("dialog#bulk-retire")
    assert retire.select_one("[data-picked]")
    assert retire.select_one('button[name="do"][value="retire"][form="bulk"]')
    assert len(page.soup.select("dialog[id^=bulk-]")) == 5


async def test_what_is_ticked_is_tagged_moved_grouped_commanded_and_retired(
    enter, admin, tills, porto, food, conn, now
):
    somebody = await enter(admin)
    for values, said in (
        ({"do": "add_tag", "tag": " 4k "}, "2 screens have the tag now."),
        ({"do": "move", "store_id": str(porto.id)}, "2 screens stand in the other store now."),
        ({"do": "add_to_group", "group_id": str(food.id)}, "2 screens are in the group now."),
        ({"do": "command", "kind": "reload"}, "2 screens get the command"),
    ):
        answer = await somebody.post("/devices/bulk", {"ids": tills, "back": "/devices"} | values)
        assert answer.location == "/devices", values
        assert said in (await somebody.get("/devices")).soup.get_text()
    for device in await found(conn, tills, now):
        assert (device.tags, device.store, device.group_ids) == (["4k"], "Porto", [food.id])
        assert len((await commands.list_for_device(conn, SYSTEM, device.id, now=now)).items) == 1
    await somebody.post("/devices/bulk", {"ids": tills, "do": "retire"})
    assert {device.status for device in await found(conn, tills, now)} == {"retired"}


async def test_what_was_so_before_is_said(enter, manager, tills, conn, now):
    somebody = await enter(manager)
    await devices.change(conn, SYSTEM, tills[0], devices.Changes(tags=["4k"]), now=now)
    await somebody.post("/devices/bulk", {"ids": tills, "do": "add_tag", "tag": "4k"})
    said = (await somebody.get("/devices")).soup.get_text()
    assert "2 screens have the tag now. 1 already so before." in said


async def test_a_store_can_be_typed_by_code_or_name(enter, admin, tills, porto, madrid, conn, now):
    somebody = await enter(admin)
    for typed, store in (("opo-01", "Porto"), (" madrid ", "Madrid")):
        await somebody.post("/devices/bulk", {"ids": tills, "do": "move", "store": typed})
        assert {device.store for device in await found(conn, tills, now)} == {store}
    answer = await somebody.post("/devices/bulk", {"ids": tills, "do": "move", "store": "Mars"})
    assert answer.status == 422
    assert "no such store" in answer.text


async def test_it_goes_back_to_the_list_it_came_from_and_nowhere_else(enter, manager, tills):
    somebody = await enter(manager)
    values = {"ids": tills[:1], "do": "add_tag", "tag": "x"}
    for back, location in (
        ("/devices?sort=-name", "/devices?sort=-name"),
        ("https://evil.example.net/", "/devices"),
        ("//evil.example.net/devices", "/devices"),
        ("", "/devices"),
    ):
        answer = await somebody.post("/devices/bulk", values | {"back": back})
        assert answer.location == location


@pytest.mark.parametrize(
    "values",
    [
        {"do": ""},
        {"do": "paint"},
        {"do": "add_tag", "tag": " "},
        {"do": "add_to_group", "group_id": ""},
        {"do": "command", "kind": "explode"},
        {"do": "retire", "ids": []},
        {"do": "retire", "ids": ["x"]},
        {"do": "retire", "ids": ["01a20921-1aee-746a-aeee-a8ea21c10e41"] * 1001},
    ],
)
async def test_what_makes_no_sense_is_refused(enter, manager, tills, conn, now, values):
    before = await found(conn, tills, now)
    answer = await (await enter(manager)).post("/devices/bulk", {"ids": tills} | values)
    assert answer.status == 422
    assert await found(conn, tills, now) == before


async def test_who_may_not_manage_ticks_nothing(enter, installer, madrid_manager, tills):
    somebody = await enter(installer)
    assert not (await somebody.get("/devices")).soup.select("[data-pick], #bulk")
    assert (await somebody.post("/devices/bulk", {"ids": tills, "do": "retire"})).status == 403
    other = await enter(madrid_manager)
    assert (await other.post("/devices/bulk", {"ids": tills, "do": "retire"})).status == 422
