"""Users: who there is, what they reach, and that somebody can always let others in."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from signage import campaigns, resets, sessions, user_changes, users
from signage.actors import SYSTEM, Actor
from signage.errors import Conflict, Forbidden, Invalid, NotFound, PlaybillError, Stale
from signage.ids import new_id
from signage.user_changes import Changes
from tests.unit.conftest import PASSWORD


@pytest.fixture
async def ana(add_user, admin) -> users.User:
    """Ana, the only administrator."""
    return await add_user(admin)


@pytest.fixture
async def bruno(add_user, manager) -> users.User:
    """Bruno, who manages Lisbon."""
    return await add_user(manager)


@pytest.fixture
async def summer(conn, now) -> campaigns.Campaign:
    return await campaigns.create(conn, SYSTEM, campaigns.NewCampaign(name="Summer"), now=now)


async def change(conn: Any, user: users.User, now: Any, **changes: Any) -> users.User:
    return await user_changes.change(conn, SYSTEM, user.id, Changes(**changes), now=now)


async def test_role_and_reach_change_together(conn, ana, bruno, madrid, now):
    after = await change(conn, bruno, now, role="analyst", store_ids=[madrid.id])

    assert (after.role, after.store_ids) == ("analyst", [madrid.id])
    assert (after.name, after.revision) == ("Bruno", bruno.revision + 1)
    assert await users.find(conn, bruno.id) == after


async def test_a_session_has_the_new_role_at_its_next_request(conn, ana, bruno, now):
    begun = await sessions.begin(conn, bruno, address="", user_agent="", now=now)
    await change(conn, bruno, now, role="analyst", store_ids=[])

    actor = await sessions.find_actor(conn, begun.token, address="", request_id="", now=now)

    assert (actor.role, actor.store_ids) == ("analyst", None)


async def test_an_advertiser_has_campaigns_and_loses_them_with_the_role(
    conn, ana, bruno, summer, now
):
    outside = await change(
        conn, bruno, now, role="advertiser", store_ids=[], campaign_ids=[summer.id, summer.id]
    )
    assert set(outside.campaign_ids) == {summer.id}

    inside = await change(conn, bruno, now, role="analyst")
    assert inside.campaign_ids == []


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"role": "king"}, "/role"),
        ({"role": "system"}, "/role"),
        ({"store_ids": [new_id()]}, "/store_ids"),
        ({"campaign_ids": [new_id()]}, "/campaign_ids"),
        ({"role": "advertiser", "campaign_ids": [new_id()]}, "/campaign_ids"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(conn, ana, bruno, now, wrong, pointer):
    with pytest.raises(Invalid) as refused:
        await change(conn, bruno, now, **wrong)

    assert pointer in [error.pointer for error in refused.value.errors]
    assert await users.find(conn, bruno.id) == bruno


async def test_disabling_ends_sessions_and_links_on_the_server(conn, ana, bruno, now):
    begun = await sessions.begin(conn, bruno, address="", user_agent="", now=now)
    link = await resets.open_link(conn, SYSTEM, bruno.id, now=now)

    await change(conn, bruno, now, state="disabled")
    await change(conn, bruno, now, state="active")

    who = {"address": "", "request_id": "", "now": now}
    assert await sessions.find_actor(conn, begun.token, **who) is None
    with pytest.raises(NotFound):
        await resets.find(conn, link.token, now=now)


@pytest.mark.parametrize("last", [{"state": "disabled"}, {"role": "manager"}])
async def test_the_last_administrator_stays_one(conn, ana, bruno, now, last):
    with pytest.raises(Conflict) as refused:
        await change(conn, ana, now, **last)
    assert refused.value.code == "last_administrator"

    await change(conn, bruno, now, role="admin", store_ids=[])
    assert await change(conn, ana, now, **last)


async def test_an_administrator_of_some_stores_is_no_replacement(conn, ana, bruno, lisbon, now):
    await change(conn, bruno, now, role="admin", store_ids=[lisbon.id])

    for last in ({"state": "disabled"}, {"store_ids": [lisbon.id]}):
        with pytest.raises(Conflict):
            await change(conn, ana, now, **last)


async def test_two_administrators_cannot_disable_each_other_at_once(pool, now):
    async with pool.acquire() as conn:
        both = [
            await users.add(
                conn, SYSTEM, email=f"{name}@example.com", name=name, role="admin",
                password=PASSWORD, now=now,
            )
            for name in ("ana", "eva")
        ]  # fmt: skip

    async def disable(user: users.User) -> bool:
        async with pool.acquire() as conn:
            try:
                await change(conn, user, now, state="disabled")
            except PlaybillError:
                return False
            return True

    assert sorted(await asyncio.gather(*map(disable, both))) == [False, True]


async def test_an_overtaken_change_is_stale(conn, ana, bruno, now):
    await change(conn, bruno, now, name="First")

    with pytest.raises(Stale):
        await user_changes.change(
            conn, SYSTEM, bruno.id, Changes(name="Second"), revision=bruno.revision, now=now
        )


@pytest.mark.parametrize("role", ["manager", "installer", "analyst", "advertiser"])
async def test_only_administrators_see_and_change_people(conn, request, lisbon, bruno, now, role):
    actor = request.getfixturevalue(role)

    with pytest.raises(Forbidden):
        await users.list_page(conn, actor)
    with pytest.raises(Forbidden):
        await user_changes.change(conn, actor, bruno.id, Changes(role="admin"), now=now)


async def test_an_administrator_of_some_stores_changes_nobody(conn, ana, bruno, lisbon, now):
    bounded = Actor(kind="user", id=new_id(), name="Rui", role="admin", store_ids=[lisbon.id])

    with pytest.raises(Forbidden):
        await user_changes.change(conn, bounded, bruno.id, Changes(role="admin"), now=now)


async def test_somebody_unknown_is_not_found(conn, now):
    with pytest.raises(NotFound):
        await user_changes.change(conn, SYSTEM, new_id(), Changes(name="x"), now=now)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["Ana", "Bruno"]),
        ({"q": "BRU"}, ["Bruno"]),
        ({"q": "ana@example"}, ["Ana"]),
        ({"q": "%"}, []),
        ({"role": "admin"}, ["Ana"]),
        ({"state": "disabled"}, []),
    ],
)
async def test_a_search_finds_names_and_addresses(conn, ana, bruno, filters, names):
    page = await users.list_page(conn, SYSTEM, users.Filters(**filters))

    assert [user.name for user in page.items] == names
    assert await users.count(conn, users.Filters(**filters)) == len(names)


async def test_pages_follow_each_other(conn, ana, bruno):
    first = await users.list_page(conn, SYSTEM, limit=1)
    second = await users.list_page(conn, SYSTEM, limit=1, cursor=first.next_cursor)

    assert [user.name for user in [*first.items, *second.items]] == ["Ana", "Bruno"]
    assert second.next_cursor is None


async def test_when_somebody_was_last_seen_is_known_to_the_minute(conn, ana, bruno, now):
    assert bruno.last_seen_at is None
    begun = await sessions.begin(conn, bruno, address="", user_agent="", now=now)
    for seconds, seen in ((60, now), (61, now + timedelta(seconds=61))):
        at = now + timedelta(seconds=seconds)
        await sessions.find_actor(conn, begun.token, address="", request_id="", now=at)
        assert (await users.find(conn, bruno.id)).last_seen_at == seen


async def test_people_rename_themselves(conn, bruno, manager, now):
    me = Actor(kind="user", id=bruno.id, name="Bruno", role="manager")

    assert (await user_changes.rename(conn, me, " Bruno S. ", now=now)).name == "Bruno S."
    with pytest.raises(Invalid):
        await user_changes.rename(conn, me, " ", now=now)


async def test_what_was_decided_is_in_the_log(conn, ana, bruno, now):
    await change(conn, bruno, now, state="disabled")

    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'users.change'")
    assert (entry["before"]["state"], entry["after"]["state"]) == ("active", "disabled")
    assert "password_hash" not in entry["after"]
