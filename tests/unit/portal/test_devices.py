"""Screens in the portal: the list, one screen, and what can be done to it."""

from uuid import uuid4

from signage import commands, devices


async def test_the_list_leads_to_each_screen(enter, manager, window_2):
    page = await (await enter(manager)).get("/devices")
    assert page.heading == "Devices"
    assert page.links("Window 2") == [f"/devices/{window_2.id}"]
    assert page.links("Add screen")


async def test_a_search_shows_only_what_matches(enter, manager, window_2):
    somebody = await enter(manager)
    assert (await somebody.get("/devices?q=WINDOW")).links("Window 2")
    assert not (await somebody.get("/devices?q=door")).links("Window 2")


async def test_a_screen_says_why_it_plays_what_it_plays(enter, manager, window_2):
    page = await (await enter(manager)).get(f"/devices/{window_2.id}")
    assert page.heading == "Window 2"
    assert "Why is this playing?" in page.text


async def test_the_plan_page_lists_its_revisions(enter, manager, window_2):
    somebody = await enter(manager)
    await somebody.get(f"/devices/{window_2.id}")
    page = await somebody.get(f"/devices/{window_2.id}/plan")
    assert page.heading == "Plan of Window 2"
    assert "Revisions" in page.text


async def test_another_stores_screen_is_not_found(enter, madrid_manager, window_2):
    somebody = await enter(madrid_manager)
    for path in ("", "/plan", "/edit"):
        assert (await somebody.get(f"/devices/{window_2.id}{path}")).status == 404
    assert (await somebody.get(f"/devices/{uuid4()}")).status == 404
    assert (await somebody.post(f"/devices/{window_2.id}/retire", {})).status == 404


async def test_a_screen_is_renamed_and_tagged(enter, manager, window_2, conn, now):
    somebody = await enter(manager)
    page = f"/devices/{window_2.id}/edit"
    values = (await somebody.get(page)).form(page)
    values |= {"name": "Window 3", "store_id": str(window_2.store_id), "tags": "left, , left"}
    assert (await somebody.post(page, values)).location == f"/devices/{window_2.id}"
    after = await devices.find(conn, manager, window_2.id, now=now)
    assert (after.name, after.tags) == ("Window 3", ["left"])


async def test_an_empty_name_is_refused_at_its_field(enter, manager, window_2):
    page = f"/devices/{window_2.id}/edit"
    answer = await (await enter(manager)).post(
        page, {"name": "", "store_id": str(window_2.store_id)}
    )
    assert answer.status == 422
    assert "needs a name" in answer.error_of("name")


async def test_an_overtaken_form_changes_nothing_and_stays_overtaken(
    enter, manager, window_2, conn, now
):
    somebody = await enter(manager)
    page = f"/devices/{window_2.id}/edit"
    values = (await somebody.get(page)).form(page) | {"store_id": str(window_2.store_id)}
    await devices.change(conn, manager, window_2.id, devices.Changes(name="First"), now=now)

    corrected = (await somebody.post(page, values | {"name": ""})).form(page)
    assert corrected["revision"] == values["revision"]
    assert (await somebody.post(page, values | {"name": "Second"})).status == 409
    assert (await devices.find(conn, manager, window_2.id, now=now)).name == "First"


async def test_an_installer_may_look_and_not_change(enter, installer, window_2):
    somebody = await enter(installer)
    assert (await somebody.get(f"/devices/{window_2.id}")).status == 200
    assert (await somebody.get(f"/devices/{window_2.id}/edit")).status == 403
    assert (await somebody.post(f"/devices/{window_2.id}/retire", {})).status == 403


async def test_an_analyst_sees_no_screens(enter, analyst):
    assert (await (await enter(analyst)).get("/devices")).status == 403


async def test_a_command_is_queued(enter, manager, window_2, conn, now):
    somebody = await enter(manager)
    await somebody.post(f"/devices/{window_2.id}/commands", {"kind": "identify"})
    [sent] = await commands.list_for_device(conn, manager, window_2.id, now=now)
    assert (sent.kind, sent.state) == ("identify", "queued")
    assert sent.args == {"name": "Window 2", "store_name": "Lisbon"}


async def test_an_unknown_command_is_refused(enter, manager, window_2):
    somebody = await enter(manager)
    answer = await somebody.post(f"/devices/{window_2.id}/commands", {"kind": "explode"})
    assert answer.status == 422


async def test_a_retired_screen_leaves_the_list(enter, manager, window_2):
    somebody = await enter(manager)
    assert (await somebody.post(f"/devices/{window_2.id}/retire", {})).location == "/devices"
    assert not (await somebody.get("/devices")).links("Window 2")


async def test_a_playlist_is_assigned_and_taken_away(enter, manager, window_2, playlist):
    somebody = await enter(manager)
    page = f"/devices/{window_2.id}"
    await somebody.post(f"{page}/playlist", {"playlist_id": str(playlist.id)})
    assert playlist.name in (await somebody.get(f"{page}/plan")).text
    await somebody.post(f"{page}/playlist", {"playlist_id": ""})
    assert "Nothing is planned" in (await somebody.get(f"{page}/plan")).text
