"""Devices over HTTP: lists, changes one by one and in bulk, commands, views."""

import csv
import io

import pytest

from signage.ids import new_id
from tests.unit.callers import assert_refused


async def test_a_screen_is_shown_with_its_revision_as_tag(as_manager, window_2):
    answer = await as_manager.get(f"/devices/{window_2.id}")

    assert answer.status == 200
    assert answer.headers["ETag"] == f'"{window_2.revision}"'
    assert (answer.json["name"], answer.json["store"]) == ("Window 2", "Lisbon")


async def test_several_fields_change_at_once(as_admin, window_2, porto, food):
    changes = {
        "name": "Window 3",
        "store_id": porto.id,
        "group_ids": [food.id],
        "tags": ["4k"],
        "notes": "Moved",
    }

    answer = await as_admin.patch(f"/devices/{window_2.id}", changes)

    assert answer.status == 200
    shown = answer.json
    assert (shown["name"], shown["store"], shown["tags"]) == ("Window 3", "Porto", ["4k"])
    assert shown["group_ids"] == [str(food.id)]
    assert answer.headers["ETag"] == f'"{window_2.revision + 1}"'


@pytest.mark.parametrize("field", ['"{now}"', 'W/"{now}"', "*", '"x", "{now}"'])
async def test_if_match_with_the_current_tag_changes(as_manager, window_2, field):
    sent = field.format(now=window_2.revision)
    answer = await as_manager.patch(f"/devices/{window_2.id}", {"name": "New"}, If_Match=sent)

    assert (answer.status, answer.json["name"]) == (200, "New")


@pytest.mark.parametrize("field", ['"0"', '"999"', "1", "", '"'])
async def test_if_match_with_another_tag_changes_nothing(as_manager, window_2, field):
    answer = await as_manager.patch(f"/devices/{window_2.id}", {"name": "New"}, If_Match=field)

    assert_refused(answer, 412, "stale")
    assert (await as_manager.get(f"/devices/{window_2.id}")).json["name"] == "Window 2"


async def test_the_second_of_two_who_edit_is_told(as_manager, window_2):
    tag = (await as_manager.get(f"/devices/{window_2.id}")).headers["ETag"]
    first = await as_manager.patch(f"/devices/{window_2.id}", {"name": "First"}, If_Match=tag)
    second = await as_manager.patch(f"/devices/{window_2.id}", {"name": "Second"}, If_Match=tag)

    assert first.status == 200
    assert_refused(second, 412, "stale")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"status": "asleep"}, "/status"),
        ({"tags": "4k"}, "/tags"),
        ({"tags": ["4k", 4]}, "/tags/1"),
        ({"group_ids": ["x"]}, "/group_ids/0"),
        ({"device_info": {}}, "/device_info"),
        ({"last_seen_at": "2026-11-23T12:00:00Z"}, "/last_seen_at"),
    ],
)
async def test_a_wrong_change_is_named(as_manager, window_2, changes, pointer):
    answer = await as_manager.patch(f"/devices/{window_2.id}", changes)

    assert_refused(answer, 422, "invalid")
    named = answer.pointers[0]
    assert named in (pointer, pointer.replace("/1", "/...").replace("/0", "/..."))


async def test_a_screen_cannot_be_moved_to_a_store_out_of_reach(as_manager, window_2, madrid):
    answer = await as_manager.patch(f"/devices/{window_2.id}", {"store_id": madrid.id})

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/store_id"]


async def test_a_screen_leaves_service_and_comes_back(as_manager, screen, window_2):
    here = f"/devices/{window_2.id}"
    for verb, status in (
        ("revoke", "revoked"),
        ("revoke", "revoked"),
        ("retire", "retired"),
        ("reinstate", "active"),
    ):
        answer = await as_manager.post(f"{here}/{verb}")
        assert (answer.status, answer.json["status"]) == (200, status)
        assert answer.headers["ETag"] == f'"{answer.json["revision"]}"'
    assert_refused(await screen.get("/plan"), 401, "invalid_token")


@pytest.mark.parametrize("verb", ["retire", "revoke"])
async def test_the_tokens_of_a_screen_out_of_service_say_so(as_manager, screen, window_2, verb):
    await as_manager.post(f"/devices/{window_2.id}/{verb}")

    assert_refused(await screen.get("/plan"), 401, "token_revoked")


async def test_what_cannot_follow_is_a_conflict(as_manager, window_2):
    here = f"/devices/{window_2.id}"
    assert_refused(await as_manager.post(f"{here}/reinstate"), 409, "already_active")
    await as_manager.post(f"{here}/retire")
    assert_refused(await as_manager.post(f"{here}/retire"), 409, "already_retired")
    assert_refused(await as_manager.post(f"{here}/revoke"), 409, "device_retired")
    assert_refused(await as_manager.patch(here, {"status": "revoked"}), 409, "device_retired")
    for status in ("retired", "active"):
        assert (await as_manager.patch(here, {"status": status})).json["status"] == status


# Lists --------------------------------------------------------------------------------------------


async def test_a_list_is_sorted_and_its_link_leads_through_all_of_it(as_admin, pair, lisbon):
    for name in ("Till 2", "Window", "Till 1", "Door", "Till 2"):
        await pair(lisbon, name)
    path = "/devices?sort=-name&limit=2&q=l"
    seen = []
    while path:
        answer = await as_admin.get(path)
        seen += [device["name"] for device in answer.json["items"]]
        link = answer.headers.get("Link", "")
        assert bool(link) == (answer.json["next_cursor"] is not None)
        assert not link or link.endswith('; rel="next"')
        path = link.partition("/v1/admin")[2].partition(">")[0]

    assert seen == ["Window", "Till 2", "Till 2", "Till 1", "Door"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("sort=colour", "/sort"),
        ("sort=name;--", "/sort"),
        ("cursor=x", "/cursor"),
        ("limit=0", "/limit"),
        ("health=ill", "/health"),
        ("store_id=x", "/store_id"),
    ],
)
async def test_a_wrong_list_is_named(as_manager, window_2, query, pointer):
    answer = await as_manager.get(f"/devices?{query}")

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


async def test_the_list_as_csv_has_the_same_screens_and_no_formula(
    as_admin, as_manager, window_2, madrid_screen
):
    changes = {"name": "=HYPERLINK(1)", "tags": ["4k", "food"], "notes": "Line\nand line"}
    await as_manager.patch(f"/devices/{window_2.id}", changes)

    answer = await as_admin.get("/devices.csv?sort=-name")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="devices-')
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["name"] for row in rows] == ["Entrance", "'=HYPERLINK(1)"]
    assert (rows[1]["tags"], rows[1]["notes"]) == ("4k; food", "Line\nand line")
    assert (rows[1]["serial"], rows[1]["store"]) == ("L8D25A001234", "Lisbon")
    own = (await as_manager.get("/devices.csv")).body.decode()
    assert "Entrance" not in own
    assert_refused(await as_admin.get("/devices.csv?sort=x"), 422, "invalid")


# Bulk ---------------------------------------------------------------------------------------------


async def test_many_screens_change_at_once(as_admin, window_2, madrid_screen, porto, food):
    both = [window_2.id, madrid_screen.id]
    for change in (
        {"action": "move", "store_id": porto.id},
        {"action": "add_to_group", "group_id": food.id},
        {"action": "add_tag", "tag": "4k"},
        {"action": "command", "kind": "reload"},
    ):
        answer = await as_admin.post("/devices/bulk", {"device_ids": both} | change)
        assert (answer.status, answer.json) == (200, {"selected": 2, "changed": 2}), change
    for device_id in both:
        shown = (await as_admin.get(f"/devices/{device_id}")).json
        assert (shown["store"], shown["tags"]) == ("Porto", ["4k"])
        assert shown["group_ids"] == [str(food.id)]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "retire", "device_ids": []}, "/device_ids"),
        ({"action": "retire", "device_ids": [str(new_id()) for _ in range(1001)]}, "/device_ids"),
        ({"action": "retire", "device_ids": [str(new_id())]}, "/device_ids"),
        ({"action": "retire"}, "/device_ids"),
        ({"action": "paint", "device_ids": []}, "/action"),
        ({"action": "move", "device_ids": [str(new_id())]}, "/store_id"),
        ({"action": "retire", "device_ids": [str(new_id())], "tag": "x"}, "/tag"),
    ],
)
async def test_a_wrong_bulk_change_is_named(as_manager, window_2, body, pointer):
    answer = await as_manager.post("/devices/bulk", body)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


# Views --------------------------------------------------------------------------------------------


async def test_the_life_of_a_view(as_manager, as_admin):
    made = await as_manager.post("/devices/views", {"name": "Tills", "query": {"q": "till"}})
    assert made.status == 201
    here = made.headers["Location"].removeprefix("/v1/admin")
    assert (await as_manager.get(here)).json["query"] == {"q": "till"}
    renamed = await as_manager.patch(here, {"name": "All tills", "query": {"sort": "-name"}})
    assert (renamed.json["name"], renamed.json["query"]) == ("All tills", {"sort": "-name"})
    assert [v["name"] for v in (await as_manager.get("/devices/views")).json["items"]] == [
        "All tills"
    ]
    assert (await as_admin.get("/devices/views")).json["items"] == []
    assert_refused(await as_admin.delete(here), 404, "not_found")
    assert (await as_manager.delete(here)).status == 204
    assert_refused(await as_manager.get(here), 404, "not_found")
    wrong = await as_manager.post("/devices/views", {"name": "x", "query": {"colour": "red"}})
    assert wrong.pointers == ["/query/colour"]


# Commands -----------------------------------------------------------------------------------------


async def test_the_life_of_a_command(as_manager, screen, window_2, clock):
    path = f"/devices/{window_2.id}/commands"

    async def shown() -> list[tuple[str, str]]:
        return [(c["kind"], c["state"]) for c in (await as_manager.get(path)).json["items"]]

    sent = await as_manager.post(path, {"kind": "identify", "args": {"seconds": 5}})
    assert sent.status == 201
    assert sent.headers["Location"] == f"/v1/admin{path}/{sent.json['id']}"
    clock.pass_(seconds=1)
    await as_manager.post(path, {"kind": "reload"})
    assert await shown() == [("reload", "queued"), ("identify", "queued")]

    beat = await screen.post("/heartbeat", {"disk_used_bytes": 1})
    assert [command["kind"] for command in beat.json["commands"]] == ["identify", "reload"]
    assert await shown() == [("reload", "delivered"), ("identify", "delivered")]

    result = {"status": "failed", "detail": "no display"}
    await screen.post(f"/commands/{sent.json['id']}/result", result)
    assert await shown() == [("reload", "delivered"), ("identify", "failed")]

    clock.pass_(minutes=10)
    assert await shown() == [("reload", "expired"), ("identify", "failed")]
    beat = await screen.post("/heartbeat", {"disk_used_bytes": 1})
    assert beat.json["commands"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/kind"),
        ({"kind": "format_disk"}, "/kind"),
        ({"kind": "reload", "args": []}, "/args"),
        ({"kind": "reload", "args": {"a": "x" * 5000}}, "/args"),
        ({"kind": "reload", "at": "noon"}, "/at"),
    ],
)
async def test_a_wrong_command_is_named_and_not_sent(as_manager, window_2, body, pointer):
    answer = await as_manager.post(f"/devices/{window_2.id}/commands", body)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]
    assert (await as_manager.get(f"/devices/{window_2.id}/commands")).json["items"] == []


async def test_a_command_stands_at_its_location_and_on_the_pages_of_the_list(
    as_manager, window_2, madrid_screen, clock
):
    path = f"/devices/{window_2.id}/commands"
    sent = []
    for kind in ("reload", "identify", "reboot"):
        sent.append(await as_manager.post(path, {"kind": kind}))
        clock.pass_(seconds=1)

    here = sent[0].headers["Location"].removeprefix("/v1/admin")
    assert (await as_manager.get(here)).json == sent[0].json
    first = (await as_manager.get(f"{path}?limit=2")).json
    second = (await as_manager.get(f"{path}?limit=2&cursor={first['next_cursor']}")).json
    assert [c["kind"] for c in first["items"] + second["items"]] == ["reboot", "identify", "reload"]
    assert second["next_cursor"] is None
    assert_refused(await as_manager.get(f"{path}/{new_id()}"), 404, "not_found")


async def test_a_command_is_in_the_audit_log(as_manager, conn, window_2):
    await as_manager.post(f"/devices/{window_2.id}/commands", {"kind": "reboot"})

    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'commands.send'")
    assert entry["entity_id"] == str(window_2.id)
    assert entry["after"]["kind"] == "reboot"
