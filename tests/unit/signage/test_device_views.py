"""Saved views: lists that are their owner's alone."""

import pytest

from signage import device_views
from signage.device_views import VIEWS_MAX, Changes, NewView, Query
from signage.errors import Conflict, Forbidden, Invalid, NotFound


async def save(conn, actor, name, now, **query):
    return await device_views.save(conn, actor, NewView(name, Query(**query)), now=now)


async def names(conn, actor):
    return [view.name for view in await device_views.list_for(conn, actor)]


async def test_a_view_keeps_filters_and_order(conn, manager, lisbon, now):
    saved = await save(conn, manager, " Tills ", now, store_id=lisbon.id, tag="4k", sort="-store")

    assert saved.name == "Tills"
    assert await device_views.find(conn, manager, saved.id) == saved
    assert saved.query == Query(store_id=lisbon.id, tag="4k", sort="-store")


async def test_views_are_listed_by_name_for_their_owner_alone(conn, manager, admin, now):
    for name in ("tills", "Doors", "Silent"):
        await save(conn, manager, name, now)
    hers = await save(conn, admin, "Doors", now)

    assert await names(conn, manager) == ["Doors", "Silent", "tills"]
    assert await names(conn, admin) == ["Doors"]
    for verb in (
        device_views.find(conn, manager, hers.id),
        device_views.change(conn, manager, hers.id, Changes(name="Mine"), now=now),
        device_views.remove(conn, manager, hers.id, now=now),
    ):
        with pytest.raises(NotFound):
            await verb
    assert await names(conn, admin) == ["Doors"]


async def test_a_view_is_renamed_changed_and_removed(conn, manager, now):
    view = await save(conn, manager, "Tills", now, q="till")

    renamed = await device_views.change(conn, manager, view.id, Changes(name="All tills"), now=now)
    assert (renamed.name, renamed.query) == ("All tills", Query(q="till"))
    new = Changes(query=Query(health="offline"))
    assert (await device_views.change(conn, manager, view.id, new, now=now)).query == new.query
    await device_views.remove(conn, manager, view.id, now=now)
    assert await names(conn, manager) == []
    actions = await conn.fetch("SELECT action FROM audit_log WHERE entity = 'device_view'")
    assert sorted(row["action"] for row in actions) == [
        "device_views.change",
        "device_views.change",
        "device_views.remove",
        "device_views.save",
    ]


async def test_a_name_is_taken_once(conn, manager, now):
    await save(conn, manager, "Tills", now)
    doors = await save(conn, manager, "Doors", now)

    with pytest.raises(Conflict) as refused:
        await save(conn, manager, "Tills", now)
    assert refused.value.code == "view_exists"
    with pytest.raises(Conflict):
        await device_views.change(conn, manager, doors.id, Changes(name="Tills"), now=now)
    same = await device_views.change(conn, manager, doors.id, Changes(name="Doors"), now=now)
    assert same.name == "Doors"


@pytest.mark.parametrize(
    ("name", "sort", "pointer"),
    [("", "name", "/name"), ("x" * 61, "name", "/name"), ("Tills", "colour", "/sort")],
)
async def test_a_wrong_view_is_refused(conn, manager, now, name, sort, pointer):
    with pytest.raises(Invalid) as refused:
        await save(conn, manager, name, now, sort=sort)
    assert refused.value.errors[0].pointer == pointer


async def test_there_is_room_for_twenty(conn, manager, now):
    for number in range(VIEWS_MAX):
        await save(conn, manager, f"{number:0>60}", now)

    with pytest.raises(Conflict) as refused:
        await save(conn, manager, "One more", now)
    assert refused.value.code == "too_many_views"


async def test_who_may_not_watch_keeps_no_views(conn, analyst, now):
    with pytest.raises(Forbidden):
        await save(conn, analyst, "Tills", now)
    with pytest.raises(Forbidden):
        await device_views.list_for(conn, analyst)


async def test_what_an_older_version_kept_still_filters(conn, manager, now):
    view = await save(conn, manager, "Tills", now, q="till")
    await conn.execute(
        'UPDATE device_views SET query = query || \'{"colour": "red"}\' WHERE id = $1', view.id
    )

    assert (await device_views.find(conn, manager, view.id)).query == Query(q="till")
