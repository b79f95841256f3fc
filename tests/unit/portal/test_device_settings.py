"""What is done to one screen in the portal: settings, commands, out of service and back."""

import pytest

from signage import commands, devices
from signage.actors import SYSTEM


async def test_a_screen_is_renamed_and_tagged(enter, manager, window_2, conn, now):
    somebody = await enter(manager)
    page = f"/devices/{window_2.id}/settings"
    values = (await somebody.get(page)).form(page)
    values |= {"name": "Window 3", "store_id": str(window_2.store_id), "tags": "left, , left"}
    assert (await somebody.post(page, values)).location == f"/devices/{window_2.id}"
    after = await devices.find(conn, manager, window_2.id, now=now)
    assert (after.name, after.tags) == ("Window 3", ["left"])


async def test_an_empty_name_is_refused_at_its_field(enter, manager, window_2):
    page = f"/devices/{window_2.id}/settings"
    answer = await (await enter(manager)).post(
        page, {"name": "", "store_id": str(window_2.store_id)}
    )
    assert answer.status == 422
    assert "needs a name" in answer.error_of("name")


async def test_an_overtaken_form_changes_nothing_and_stays_overtaken(
    enter, manager, window_2, conn, now
):
    somebody = await enter(manager)
    page = f"/devices/{window_2.id}/settings"
    values = (await somebody.get(page)).form(page) | {"store_id": str(window_2.store_id)}
    await devices.change(conn, manager, window_2.id, devices.Changes(name="First"), now=now)

    corrected = (await somebody.post(page, values | {"name": ""})).form(page)
    assert corrected["revision"] == values["revision"]
    refused = await somebody.post(page, values | {"name": "Second"})
    assert refused.status == 409
    assert "Before: Window 2 After: First" in refused.text
    assert refused.links("Load it again") == [f"/devices/{window_2.id}"]
    assert (await devices.find(conn, manager, window_2.id, now=now)).name == "First"


async def test_an_installer_may_look_and_not_change(enter, installer, window_2):
    somebody = await enter(installer)
    here = f"/devices/{window_2.id}"
    page = await somebody.get(f"{here}/settings")
    assert page.status == 200
    assert not page.soup.select(f'form[action="{here}/settings"], dialog#retire')
    assert (await somebody.post(f"{here}/settings", {"name": "Mine"})).status == 403
    for verb in ("retire", "revoke", "reinstate"):
        assert (await somebody.post(f"{here}/{verb}", {})).status == 403


async def test_a_command_is_queued_and_shown(enter, manager, window_2, conn, now):
    somebody = await enter(manager)
    tab = f"/devices/{window_2.id}/commands"
    assert (await somebody.post(tab, {"kind": "identify"})).location == tab
    [sent] = (await commands.list_for_device(conn, manager, window_2.id, now=now)).items
    assert (sent.kind, sent.state) == ("identify", "queued")
    assert sent.args == {"name": "Window 2", "store_name": "Lisbon"}
    assert "Identify Queued" in (await somebody.get(tab)).text


async def test_an_unknown_command_is_refused(enter, manager, window_2):
    somebody = await enter(manager)
    answer = await somebody.post(f"/devices/{window_2.id}/commands", {"kind": "explode"})
    assert answer.status == 422


@pytest.mark.parametrize(
    ("status", "offered", "not_offered"),
    [
        ("active", {"revoke", "retire"}, {"reinstate"}),
        ("revoked", {"retire", "reinstate"}, {"revoke"}),
        ("retired", {"reinstate"}, {"revoke", "retire"}),
    ],
)
async def test_what_can_follow_is_offered_in_a_dialog_that_names_the_screen(
    enter, manager, window_2, conn, now, status, offered, not_offered
):
    await devices.change(conn, SYSTEM, window_2.id, devices.Changes(status=status), now=now)
    page = await (await enter(manager)).get(f"/devices/{window_2.id}")
    for verb in offered:
        dialog = page.soup.select_one(f"dialog#{verb}")
        assert dialog.select_one(f'form[action="/devices/{window_2.id}/{verb}"]')
        assert "Window 2" in dialog.get_text()
        assert "1 screen is affected" in dialog.get_text()
        assert page.soup.select(f'[commandfor="{verb}"]')
    for verb in not_offered:
        assert not page.soup.select(f"dialog#{verb}, [commandfor={verb}]")
    assert page.links("Edit") == [f"/devices/{window_2.id}/settings"]


async def test_a_screen_leaves_service_and_comes_back(enter, manager, window_2, conn, now):
    somebody = await enter(manager)
    here = f"/devices/{window_2.id}"
    assert (await somebody.post(f"{here}/revoke", {})).location == here
    assert "Its key is stopped" in (await somebody.get(here)).text
    assert (await somebody.post(f"{here}/retire", {})).location == "/devices"
    assert not (await somebody.get("/devices")).links("Window 2")
    assert "Retired." in (await somebody.get(here)).text
    assert (await somebody.post(f"{here}/reinstate", {})).location == here
    assert (await somebody.get("/devices")).links("Window 2")


async def test_what_cannot_follow_is_a_conflict_with_a_sentence(enter, manager, window_2):
    somebody = await enter(manager)
    here = f"/devices/{window_2.id}"
    assert (await somebody.post(f"{here}/reinstate", {})).status == 409
    await somebody.post(f"{here}/retire", {})
    for verb, said in (("retire", "is retired already"), ("revoke", "no tokens to stop")):
        answer = await somebody.post(f"{here}/{verb}", {})
        assert answer.status == 409
        assert said in answer.text


async def test_a_playlist_is_assigned_and_taken_away(enter, manager, window_2, playlist):
    somebody = await enter(manager)
    page = f"/devices/{window_2.id}"
    await somebody.post(f"{page}/playlist", {"playlist_id": str(playlist.id)})
    assert playlist.name in (await somebody.get(f"{page}/plan")).text
    await somebody.post(f"{page}/playlist", {"playlist_id": ""})
    assert "Nothing is planned" in (await somebody.get(f"{page}/plan")).text
