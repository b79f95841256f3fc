"""Incidents over HTTP: found, taken on, put off, written about, resolved; and maintenance."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from signage import incidents
from signage.actors import SYSTEM
from signage.ids import new_id
from tests.unit.callers import assert_refused

Open = Callable[..., Awaitable[str]]


@pytest.fixture
def open_(conn, now) -> Open:
    """Open an incident at a screen and return its id."""

    async def opened(device_id: UUID, kind: str = "offline", severity: Any = "warning") -> str:
        await incidents.open_for_device(
            conn, device_id, kind=kind, severity=severity, summary=f"{kind} here", now=now
        )
        found = await incidents.list_open(conn, SYSTEM, device_id=device_id)
        return str(next(one.id for one in found if one.kind == kind))

    return opened


async def ids(caller: Any, query: str = "") -> list[str]:
    return [one["id"] for one in (await caller.get(f"/incidents{query}")).json["items"]]


async def test_it_is_taken_on_given_away_put_off_and_resolved(
    as_manager, open_, window_2, conn, add_user, manager, clock
):
    person = await add_user(manager)
    path = f"/incidents/{await open_(window_2.id)}"
    taken = (await as_manager.post(f"{path}/acknowledge")).json
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "Key of manager")
    again = await as_manager.post(f"{path}/acknowledge")
    assert (again.status, again.json["acknowledged_at"]) == (200, taken["acknowledged_at"])
    given = (await as_manager.post(f"{path}/assign", {"user_id": str(person.id)})).json
    assert given["assignee"] == "Bruno"
    put_off = (await as_manager.post(f"{path}/snooze", {"until": "2026-11-23T14:00:00Z"})).json
    assert (put_off["state"], put_off["acknowledged_at"]) == ("snoozed", None)
    clock.pass_(hours=3)
    assert (await as_manager.get(path)).json["state"] == "open"
    over = (await as_manager.post(f"{path}/resolve")).json
    assert (over["state"], over["resolved_by"]) == ("resolved", "Key of manager")
    for verb, body in (("acknowledge", None), ("resolve", None), ("assign", {"user_id": None})):
        assert_refused(await as_manager.post(f"{path}/{verb}", body), 409, "already_resolved")
    history = (await as_manager.get(path)).json["history"]
    assert {note["kind"] for note in history} == {
        "opened",
        "acknowledged",
        "assigned",
        "snoozed",
        "resolved",
    }
    rows = await conn.fetch("SELECT action FROM audit_log WHERE entity = 'incident' ORDER BY seq")
    assert [row["action"].partition(".")[2] for row in rows] == [
        "acknowledge",
        "assign",
        "snooze",
        "resolve",
    ]


async def test_an_installer_writes_a_note_and_changes_nothing(as_installer, open_, window_2):
    path = f"/incidents/{await open_(window_2.id)}"
    assert (await as_installer.post(f"{path}/note", {"text": " Cable was out "})).status == 200
    first = (await as_installer.get(path)).json["history"][0]
    assert (first["kind"], first["text"], first["actor"]) == (
        "note",
        "Cable was out",
        "Key of installer",
    )
    assert_refused(await as_installer.post(f"{path}/acknowledge"), 403, "forbidden")
    assert_refused(await as_installer.post(f"{path}/resolve"), 403, "forbidden")


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("note", {"text": ""}),
        ("note", {"text": "x" * 4001}),
        ("note", {}),
        ("snooze", {"until": "2026-11-23T12:00:00Z"}),
        ("snooze", {"until": "2026-12-24T12:00:00Z"}),
        ("snooze", {"until": "2026-11-23T14:00:00"}),
        ("assign", {"user_id": str(new_id())}),
        ("assign", {"user": None}),
    ],
)
async def test_what_is_wrong_is_named(as_manager, open_, window_2, verb, body):
    path = f"/incidents/{await open_(window_2.id)}/{verb}"
    assert_refused(await as_manager.post(path, body), 422, "invalid")


async def test_it_goes_only_to_those_who_watch_the_store(
    as_manager, open_, window_2, add_user, madrid_manager, analyst
):
    path = f"/incidents/{await open_(window_2.id)}/assign"
    for other in (madrid_manager, analyst):
        person = await add_user(other)
        answer = await as_manager.post(path, {"user_id": str(person.id)})
        assert_refused(answer, 422, "invalid")


async def test_lists_are_narrowed_and_paged(as_admin, open_, window_2, madrid_screen):
    first = await open_(window_2.id, "offline", "critical")
    second = await open_(madrid_screen.id, "silent")
    third = await open_(window_2.id, "clock_off")
    assert await ids(as_admin, "?state=open") == [first, third, second]
    assert await ids(as_admin, "?kind=silent") == [second]
    assert await ids(as_admin, "?severity=critical") == [first]
    assert set(await ids(as_admin, f"?store_id={window_2.store_id}")) == {first, third}
    await as_admin.post(f"/incidents/{third}/acknowledge")
    await as_admin.post(f"/incidents/{second}/resolve")
    assert await ids(as_admin, "?state=acknowledged") == [third]
    assert await ids(as_admin, "?state=resolved") == [second]
    for state in ("state=open", ""):
        seen, path = [], f"/incidents?limit=1&{state}"
        while path:
            answer = await as_admin.get(path)
            seen += [one["id"] for one in answer.json["items"]]
            cursor = answer.json["next_cursor"]
            assert ("Link" in answer.headers) == bool(cursor)
            path = cursor and f"/incidents?limit=1&{state}&cursor={cursor}"
        assert seen == await ids(as_admin, f"?{state}")
    assert_refused(await as_admin.get("/incidents?state=gone"), 422, "invalid")
    assert_refused(await as_admin.get("/incidents?cursor=x"), 422, "invalid")


async def test_another_stores_incident_is_absent(as_madrid_manager, open_, window_2, lisbon):
    path = f"/incidents/{await open_(window_2.id)}"
    assert await ids(as_madrid_manager) == []
    for verb, body in (
        ("acknowledge", None),
        ("resolve", None),
        ("note", {"text": "x"}),
        ("assign", {"user_id": None}),
        ("snooze", {"until": "2026-11-23T14:00:00Z"}),
    ):
        assert_refused(await as_madrid_manager.post(f"{path}/{verb}", body), 404, "not_found")
    assert_refused(await as_madrid_manager.get(path), 404, "not_found")


async def test_maintenance_is_planned_and_ended(as_manager, as_madrid_manager, lisbon, window_2):
    new = {
        "store_id": str(lisbon.id),
        "starts_at": "2026-11-23T12:00:00Z",
        "ends_at": "2026-11-23T14:00:00Z",
        "reason": "New tills",
    }
    made = await as_manager.post("/maintenance", new)
    assert (made.status, made.json["store"], made.json["device"]) == (201, "Lisbon", None)
    path = f"/maintenance/{made.json['id']}"
    assert made.headers["Location"] == f"/v1/admin{path}"
    listed = (await as_manager.get("/maintenance")).json["items"]
    assert [one["id"] for one in listed] == [made.json["id"]]
    assert (await as_madrid_manager.get("/maintenance")).json["items"] == []
    assert_refused(await as_madrid_manager.get(path), 404, "not_found")
    assert_refused(await as_madrid_manager.post(f"{path}/end"), 404, "not_found")
    assert_refused(await as_madrid_manager.post("/maintenance", new), 422, "invalid")
    other = {k: v for k, v in new.items() if k != "store_id"} | {"device_id": str(window_2.id)}
    assert_refused(await as_madrid_manager.post("/maintenance", other), 404, "not_found")
    assert (await as_manager.post(f"{path}/end")).json["ended_at"] == "2026-11-23T12:00:00Z"
    assert_refused(await as_manager.post(f"{path}/end"), 409, "already_over")
    assert (await as_manager.get("/maintenance")).json["items"] == []
    assert len((await as_manager.get("/maintenance?all=true")).json["items"]) == 1
    for wrong in (
        {"ends_at": "2026-11-23T12:00:00Z"},
        {"ends_at": "2027-01-23T12:00:00Z"},
        {"starts_at": "2028-01-01T00:00:00Z", "ends_at": "2028-01-02T00:00:00Z"},
        {"store_id": None},
        {"device_id": str(window_2.id)},
        {"reason": "x" * 501},
    ):
        assert_refused(await as_manager.post("/maintenance", new | wrong), 422, "invalid")
