"""The life of a content over HTTP: versions, approval, recall, uses, folders, many at once."""

from signage import content
from signage.actors import SYSTEM
from signage.media import intake, storage
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.admin_api.test_content import upload
from tests.unit.callers import assert_refused
from tests.unit.signage.content_cast import add, file, require_approval, show
from tests.unit.signage.media import files


async def replace(caller, content_id, data, **fields):
    made = caller.post

    async def post(path, body, **headers):
        return await made(f"/content/{content_id}/versions", body, **headers)

    caller.post = post
    try:
        return await upload(caller, data, **fields)
    finally:
        del caller.post


async def test_a_new_file_is_version_two_and_the_first_can_come_back(as_manager):
    first = (await upload(as_manager, files.picture("PNG"), name="Poster")).json
    path = f"/content/{first['id']}"

    second = await replace(as_manager, first["id"], files.picture("JPEG"))

    assert second.status == 201, second.body
    assert second.headers["Location"] == f"/v1/admin{path}"
    assert (second.json["version"], second.json["live_version"]) == (2, 2)
    assert second.json["sha256"] != first["sha256"]
    back = await as_manager.post(f"{path}/publish", {"version": 1})
    assert (back.status, back.json["live_version"], back.json["version"]) == (200, 1, 2)
    listed = (await as_manager.get(f"{path}/versions")).json
    assert [(one["version"], one["live"]) for one in listed["items"]] == [(2, False), (1, True)]
    assert listed["next_cursor"] is None
    same = await replace(as_manager, first["id"], files.picture("JPEG"))
    assert_refused(same, 409, "same_file")


async def test_a_version_goes_live_at_its_time_and_can_be_taken_back(as_manager, menu):
    path = f"/content/{menu.id}"
    at = "2026-11-24T08:00:00Z"

    added = await as_manager.post(
        f"{path}/versions", {"url": "https://menus.example.com/new", "publish_at": at}
    )

    assert (added.status, added.json["live_version"]) == (201, 1)
    assert (added.json["next_version"], added.json["next_live_from"]) == (2, at)
    taken = await as_manager.post(f"{path}/unpublish", {"at": at})
    assert (taken.json["next_version"], taken.json["next_live_from"]) == (None, None)
    assert_refused(await as_manager.post(f"{path}/unpublish", {"at": at}), 404, "not_found")
    assert_refused(await as_manager.post(f"{path}/publish", {"version": 9}), 404, "not_found")
    assert_refused(await as_manager.post(f"{path}/publish", {}), 422, "invalid")


async def test_content_is_created_to_go_live_later_or_as_a_draft(as_manager):
    later = await upload(as_manager, files.picture("PNG"), publish_at="2026-12-01T00:00:00Z")
    draft = await as_manager.post(
        "/content", {"kind": "url", "url": "https://menus.example.com", "draft": True}
    )

    assert (later.json["live_version"], later.json["state"]) == (None, "scheduled")
    assert (draft.json["approval_state"], draft.json["live_version"]) == ("draft", None)
    submitted = await as_manager.post(f"/content/{draft.json['id']}/submit")
    assert (submitted.status, submitted.json["live_version"]) == (200, 1)
    wrong = await upload(as_manager, files.picture("PNG"), publish_at="soon")
    assert wrong.pointers == ["/publish_at"]


async def test_only_what_is_given_changes_under_its_revision(as_manager, menu):
    path = f"/content/{menu.id}"
    tag = (await as_manager.get(path)).headers["ETag"]

    changed = await as_manager.patch(
        path, {"tags": ["tea"], "valid_until": "2026-12-01T00:00:00Z"}, If_Match=tag
    )

    assert (changed.status, changed.json["tags"], changed.json["name"]) == (200, ["tea"], "Menu")
    assert changed.headers["ETag"] == f'"{menu.revision + 1}"'
    assert_refused(await as_manager.patch(path, {"name": "x"}, If_Match=tag), 412, "stale")
    assert (await as_manager.patch(path, {"valid_until": None})).json["valid_until"] is None
    unknown = await as_manager.patch(path, {"approved": True})
    assert (unknown.status, unknown.pointers) == (422, ["/approved"])


async def test_approval_over_http(as_admin, as_manager, conn, now):
    await require_approval(conn, now)
    made = (await as_manager.post("/content", {"kind": "url", "url": "https://a.example.com"})).json
    path = f"/content/{made['id']}"

    assert (made["approval_state"], made["live_version"]) == ("in_review", None)
    assert_refused(await as_manager.post(f"{path}/approve"), 403, "forbidden")
    rejected = await as_admin.post(f"{path}/reject", {"reason": "Blurred"})
    assert (rejected.json["state"], rejected.json["rejection_reason"]) == ("rejected", "Blurred")
    assert_refused(await as_admin.post(f"{path}/approve"), 409, "already_rejected")
    assert (await as_manager.post(f"{path}/submit")).json["state"] == "in_review"
    approved = await as_admin.post(f"{path}/approve")
    assert (approved.json["state"], approved.json["live_version"]) == ("live", 1)
    assert approved.headers["ETag"] == f'"{approved.json["revision"]}"'


async def test_a_recall_and_its_progress(as_manager, screen, window_2, conn, now, app):
    kept = await storage.keep_bytes(app.extensions["playbill"].media, b"a poster")
    accepted = intake.Accepted(kept, 8, kept, "a.png", file("Poster").probe)
    made = await content_of(conn, accepted, now)
    await show(conn, Target("device", window_2.id), now, NewItem(content_id=made.id))
    path = f"/content/{made.id}"
    assert_refused(await as_manager.get(f"{path}/recall"), 409, "not_recalled")
    await screen.get("/plan")
    assert (await screen.get(f"/content/{kept}")).status == 200

    recalled = await as_manager.post(f"{path}/recall", {"reason": "Wrong price"})

    assert (recalled.status, recalled.json["recall_reason"]) == (200, "Wrong price")
    assert (await screen.get(f"/content/{kept}")).status == 404
    assert set((await as_manager.get(f"{path}/recall")).json) == {
        "screens",
        "showing",
        "holding",
        "cleared_in_ms",
        "left",
    }
    assert_refused(await as_manager.post(f"{path}/recall"), 409, "already_recalled")
    restored = await as_manager.post(f"{path}/restore")
    assert (restored.status, restored.json["recalled_at"]) == (200, None)
    assert_refused(await as_manager.post(f"{path}/restore"), 409, "not_recalled")
    assert (await screen.get(f"/content/{kept}")).status == 200


async def content_of(conn, accepted, now):
    details = content.Details(name="Poster")
    return await content.create_from_file(conn, SYSTEM, details, accepted, now=now)


async def test_uses_name_what_plays_it(as_manager, menu, playlist, window_2, conn, now):
    uses = (await as_manager.get(f"/content/{menu.id}/uses")).json

    assert [use["playlist"] for use in uses["playlists"]] == ["Always on"]
    assert (uses["screens"], uses["showing"], uses["plays"]) == (0, [], 0)


async def test_what_is_archived_is_listed_and_restored(as_manager, menu, playlist):
    spared = await as_manager.delete(f"/content/{menu.id}?unless_used=true")
    assert_refused(spared, 409, "in_use")
    assert (await as_manager.delete(f"/content/{menu.id}")).status == 204

    [archived] = (await as_manager.get("/content?state=archived")).json["items"]
    assert (archived["id"], archived["state"]) == (str(menu.id), "archived")
    restored = await as_manager.post(f"/content/{menu.id}/restore")
    assert (restored.status, restored.json["archived_at"]) == (200, None)


async def test_a_list_is_sorted_and_goes_on(as_manager, conn, now):
    for name in ("B", "A", "C"):
        await add(conn, name, now)

    first = await as_manager.get("/content?sort=name&limit=2")
    rest = await as_manager.get(f"/content?sort=name&limit=2&cursor={first.json['next_cursor']}")

    assert [item["name"] for item in first.json["items"] + rest.json["items"]] == ["A", "B", "C"]
    assert 'rel="next"' in first.headers["Link"]
    assert rest.json["next_cursor"] is None
    wrong = await as_manager.get("/content?sort=size")
    assert (wrong.status, wrong.pointers) == (422, ["/sort"])
    assert (await as_manager.get("/content?expiring=perhaps")).pointers == ["/expiring"]


async def test_folders_and_many_at_once(as_manager, conn, now):
    ids = [str((await add(conn, name, now, folder="Autumn")).id) for name in ("One", "Two")]

    tagged = await as_manager.post("/content/bulk", {"ids": ids, "do": "tag", "tag": "tea"})
    moved = await as_manager.post("/content/folders/rename", {"from": "Autumn", "to": "2026/Tea"})

    assert tagged.json == {"changed": 2, "unchanged": 0}
    assert moved.json == {"moved": 2}
    assert [item["id"] for item in (await as_manager.get("/content?tag=tea")).json["items"]]
    folders = (await as_manager.get("/content/folders")).json["items"]
    assert [(one["path"], one["total"]) for one in folders] == [("2026", 2), ("2026/Tea", 2)]
    wrong = await as_manager.post("/content/bulk", {"ids": ids, "do": "burn"})
    assert (wrong.status, wrong.pointers) == (422, ["/do"])
