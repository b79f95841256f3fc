"""Playlists over HTTP: drafts, publishing, and items that nobody overwrites blindly."""

import pytest

from signage.ids import new_id
from tests.unit.callers import Answer, Caller, assert_refused


async def create(caller: Caller, **more: object) -> Answer:
    return await caller.post("/playlists", {"name": "Lunch"} | more)


async def test_a_playlist_is_published_unless_it_shall_stay_a_draft(as_manager, menu):
    items = [{"content_id": menu.id, "duration_ms": 5000, "weight": 2}]

    live, draft = await create(as_manager, items=items), await create(as_manager, draft=True)

    assert live.json["published_revision"] == live.json["revision"]
    [item] = live.json["items"]
    assert (item["content_id"], item["name"], item["kind"]) == (str(menu.id), "Menu", "url")
    assert (item["duration_ms"], item["weight"], item["position"]) == (5000, 2, 0)
    assert (draft.json["published_revision"], draft.json["published_at"]) == (None, None)


async def test_replacing_items_takes_if_match(as_manager, menu):
    made = await create(as_manager)
    path = f"/playlists/{made.json['id']}"
    items = {"items": [{"content_id": menu.id}]}

    assert_refused(await as_manager.patch(path, items), 428, "revision_required")
    assert_refused(await as_manager.patch(path, items, If_Match='"99"'), 412, "stale")
    assert (await as_manager.get(path)).json["items"] == []
    changed = await as_manager.patch(path, items, If_Match=made.headers["ETag"])
    assert (changed.status, len(changed.json["items"])) == (200, 1)
    again = await as_manager.patch(path, items, If_Match=made.headers["ETag"])
    assert_refused(again, 412, "stale")


async def test_a_name_changes_without_if_match(as_manager):
    made = await create(as_manager)

    answer = await as_manager.patch(f"/playlists/{made.json['id']}", {"name": " Dinner "})

    assert (answer.status, answer.json["name"]) == (200, "Dinner")


async def test_a_change_waits_for_publishing(as_manager, menu):
    made = await create(as_manager)
    path = f"/playlists/{made.json['id']}"
    items = {"items": [{"content_id": menu.id}]}
    changed = await as_manager.patch(path, items, If_Match=made.headers["ETag"])
    assert changed.json["published_revision"] < changed.json["revision"]

    published = await as_manager.post(f"{path}/publish")
    again = await as_manager.post(f"{path}/publish")

    assert published.json["published_revision"] == published.json["revision"]
    assert again.json["items"] == published.json["items"]


async def test_items_that_stay_keep_their_ids(as_manager, menu):
    one = {"content_id": str(menu.id), "duration_ms": 1000}
    two = {"content_id": str(menu.id), "duration_ms": 2000}
    made = await create(as_manager, items=[one, two, one])
    ids = [item["id"] for item in made.json["items"]]

    answer = await as_manager.patch(
        f"/playlists/{made.json['id']}",
        {"items": [two, one, one, one]},
        If_Match=made.headers["ETag"],
    )

    kept = [item["id"] for item in answer.json["items"]]
    assert kept[:3] == [ids[1], ids[0], ids[2]]
    assert len(set(kept)) == 4


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({}, "/items/0"),
        ({"content_id": "menu", "playlist_id": "own"}, "/items/0"),
        ({"content_id": str(new_id())}, "/items/0/content_id"),
        ({"playlist_id": str(new_id())}, "/items/0/playlist_id"),
        ({"content_id": "menu", "version": 2}, "/items/0/version"),
        ({"content_id": "menu", "campaign_id": str(new_id())}, "/items/0/campaign_id"),
        ({"content_id": "menu", "duration_ms": 499}, "/items/0/duration_ms"),
        ({"content_id": "menu", "duration_ms": 86_400_001}, "/items/0/duration_ms"),
        ({"content_id": "menu", "weight": 0}, "/items/0/weight"),
        ({"content_id": "menu", "weight": 11}, "/items/0/weight"),
        (
            {
                "content_id": "menu",
                "not_before": "2026-11-24T00:00:00Z",
                "not_after": "2026-11-24T00:00:00Z",
            },
            "/items/0/not_after",
        ),
        (
            {
                "content_id": "menu",
                "not_before": "2026-11-23T00:00:00",
                "not_after": "2026-11-24T00:00:00Z",
            },
            "/items/.../not_before",
        ),
        ({"content_id": "menu", "colour": "red"}, "/items/.../colour"),
    ],
)
async def test_a_wrong_item_is_named_and_the_draft_stays(as_manager, menu, item, pointer):
    made = await create(as_manager, items=[{"content_id": menu.id}])
    path = f"/playlists/{made.json['id']}"
    named = {"menu": str(menu.id), "own": made.json["id"]}
    sent = {key: named.get(str(value), value) for key, value in item.items()}

    answer = await as_manager.patch(path, {"items": [sent]}, If_Match="*")

    assert_refused(answer, 422, "invalid")
    assert answer.pointers[0] in (pointer, pointer.replace("/...", "/0"))
    assert (await as_manager.get(path)).json == made.json


@pytest.mark.parametrize(("count", "status"), [(1000, 201), (1001, 422)])
async def test_a_playlist_holds_at_most_a_thousand_items(as_manager, menu, count, status):
    answer = await create(as_manager, items=[{"content_id": menu.id}] * count)

    assert answer.status == status
    if status == 422:
        assert answer.pointers == ["/items"]


async def test_a_playlist_cannot_come_to_hold_itself(as_manager):
    inner = (await create(as_manager)).json
    outer = (await create(as_manager, items=[{"playlist_id": inner["id"]}])).json

    for nested in (inner, outer):
        answer = await as_manager.patch(
            f"/playlists/{inner['id']}", {"items": [{"playlist_id": nested["id"]}]}, If_Match="*"
        )
        assert_refused(answer, 409, "playlist_cycle")
    assert (await as_manager.get(f"/playlists/{inner['id']}")).json == inner


async def test_an_archived_playlist_is_gone(as_manager):
    made = await create(as_manager)
    path = f"/playlists/{made.json['id']}"

    answer = await as_manager.delete(path)

    assert (answer.status, answer.body) == (204, b"")
    for again in (
        await as_manager.get(path),
        await as_manager.delete(path),
        await as_manager.post(f"{path}/publish"),
        await as_manager.patch(path, {"name": "Back"}),
    ):
        assert_refused(again, 404, "not_found")
    assert (await as_manager.get("/playlists")).json["items"] == []


async def test_the_list_tells_items_length_and_places(as_manager, menu, lisbon):
    made = await create(
        as_manager, items=[{"content_id": menu.id, "duration_ms": 4000, "weight": 3}]
    )
    target = {"kind": "store", "id": lisbon.id}
    await as_manager.put("/assignments", {"target": target, "playlist_id": made.json["id"]})

    [listed] = (await as_manager.get("/playlists?q=lun")).json["items"]

    assert (listed["items"], listed["loop_ms"], listed["targets"]) == (1, 12_000, 1)
    assert (await as_manager.get("/playlists?q=dinner")).json["items"] == []


# Undo, copies, what is archived -------------------------------------------------------------------


async def test_undo_and_redo_take_a_change_back_and_forth(as_manager, menu):
    made = await create(as_manager, items=[{"content_id": menu.id}])
    path = f"/playlists/{made.json['id']}"
    emptied = await as_manager.patch(path, {"items": []}, If_Match=made.headers["ETag"])

    undone = await as_manager.post(f"{path}/undo", If_Match=emptied.headers["ETag"])
    redone = await as_manager.post(f"{path}/redo")

    assert undone.json["items"] == made.json["items"]
    assert redone.json["items"] == []
    assert_refused(await as_manager.post(f"{path}/redo"), 409, "nothing_to_redo")
    assert_refused(await as_manager.post(f"{path}/undo", If_Match='"1"'), 412, "stale")


async def test_a_stale_draft_is_not_published(as_manager):
    made = await create(as_manager, draft=True)
    path = f"/playlists/{made.json['id']}"
    await as_manager.patch(path, {"name": "Dinner"})

    assert_refused(
        await as_manager.post(f"{path}/publish", If_Match=made.headers["ETag"]), 412, "stale"
    )


@pytest.mark.parametrize(
    ("body", "name"), [(None, "Lunch (copy)"), ({}, "Lunch (copy)"), ({"name": "Two"}, "Two")]
)
async def test_a_copy_is_a_draft(as_manager, menu, body, name):
    made = await create(as_manager, items=[{"content_id": menu.id}])

    copy = await as_manager.post(f"/playlists/{made.json['id']}/duplicate", body)

    assert (copy.status, copy.json["name"], copy.json["published_at"]) == (201, name, None)
    assert copy.headers["Location"] == f"/v1/admin/playlists/{copy.json['id']}"
    assert [item["content_id"] for item in copy.json["items"]] == [str(menu.id)]


async def test_a_playlist_in_use_is_refused_with_the_list(as_manager, lisbon, window_2):
    made = await create(as_manager)
    path = f"/playlists/{made.json['id']}"
    target = {"kind": "store", "id": lisbon.id}
    await as_manager.put("/assignments", {"target": target, "playlist_id": made.json["id"]})
    outer = await create(as_manager, name="Outer", items=[{"playlist_id": made.json["id"]}])

    refused = await as_manager.delete(path)

    assert_refused(refused, 409, "playlist_in_use")
    assert [(use["kind"], use["name"], use["screens"]) for use in refused.json["uses"]] == [
        ("assignment", "Lisbon", 1),
        ("playlist", "Outer", 0),
    ]
    assert (await as_manager.get(f"{path}/uses")).json["items"] == refused.json["uses"]
    await as_manager.delete(f"/playlists/{outer.json['id']}")
    await as_manager.delete(f"/assignments?kind=store&id={lisbon.id}")
    assert (await as_manager.delete(path)).status == 204


async def test_an_archived_playlist_comes_back(as_manager):
    made = await create(as_manager)
    path = f"/playlists/{made.json['id']}"
    await as_manager.delete(path)
    [archived] = (await as_manager.get("/playlists?state=archived")).json["items"]

    back = await as_manager.post(f"{path}/restore")

    assert archived["id"] == made.json["id"]
    assert (back.status, back.json["archived_at"]) == (200, None)
    assert (await as_manager.get(path)).status == 200


async def test_the_list_sorts_and_filters(as_manager, menu):
    for name, count in (("Long", 2), ("Short", 0), ("Middle", 1)):
        await create(as_manager, name=name, items=[{"content_id": menu.id}] * count)

    page = await as_manager.get("/playlists?sort=-items&limit=2")
    rest = await as_manager.get(f"/playlists?sort=-items&cursor={page.json['next_cursor']}")

    names = [one["name"] for one in [*page.json["items"], *rest.json["items"]]]
    assert names == ["Long", "Middle", "Short"]
    assert 'rel="next"' in page.headers["Link"]
    for wrong, pointer in (("sort=colour", "/sort"), ("state=odd", "/state")):
        answer = await as_manager.get(f"/playlists?{wrong}")
        assert_refused(answer, 422, "invalid")
        assert answer.pointers == [pointer]


async def test_a_cycle_names_the_way_round(as_manager):
    inner = (await create(as_manager, name="A")).json
    outer = (await create(as_manager, name="B", items=[{"playlist_id": inner["id"]}])).json

    answer = await as_manager.patch(
        f"/playlists/{inner['id']}", {"items": [{"playlist_id": outer["id"]}]}, If_Match="*"
    )

    assert_refused(answer, 409, "playlist_cycle")
    assert "A \N{RIGHTWARDS ARROW} B \N{RIGHTWARDS ARROW} A" in answer.json["detail"]
