"""API keys: shown once, bounded, void after their time, and watched in their use."""

from datetime import timedelta
from typing import Any

import pytest

from signage import keys
from signage.actors import Actor
from signage.errors import Forbidden, Invalid, NotFound, Unauthenticated
from signage.ids import new_id


async def make(conn: Any, actor: Actor, now: Any, **more: Any) -> keys.Created:
    new = keys.NewKey(**({"name": "Tills", "role": "manager"} | more))
    return await keys.create(conn, actor, new, now=now)


async def who(conn: Any, secret: str, now: Any) -> Actor:
    return await keys.authenticate(conn, secret, address="", request_id="", now=now)


async def test_a_key_acts_as_what_it_was_made_for(conn, admin, lisbon, now):
    made = await make(conn, admin, now, store_ids=[lisbon.id])

    actor = await who(conn, made.secret, now)

    assert (actor.kind, actor.id, actor.name) == ("key", made.key.id, "Tills")
    assert (actor.role, actor.store_ids) == ("manager", [lisbon.id])
    assert made.secret.startswith("pbk1_")


async def test_the_key_itself_is_kept_nowhere(conn, admin, now):
    made = await make(conn, admin, now)

    for table in ("api_keys", "audit_log"):
        assert made.secret not in str(await conn.fetch(f"SELECT * FROM {table}"))


async def test_a_key_is_void_once_its_time_is_over(conn, admin, now):
    made = await make(conn, admin, now, expires_at=now + timedelta(days=1))
    last = now + timedelta(days=1, microseconds=-1)
    assert await who(conn, made.secret, last)

    over = now + timedelta(days=1)
    with pytest.raises(Unauthenticated):
        await who(conn, made.secret, over)
    assert (await keys.find(conn, admin, made.key.id, now=over)).state == "expired"


async def test_a_revoked_key_is_void_at_once(conn, admin, now):
    made = await make(conn, admin, now)

    for _ in range(2):
        assert (await keys.revoke(conn, admin, made.key.id, now=now)).state == "revoked"

    with pytest.raises(Unauthenticated):
        await who(conn, made.secret, now)
    entries = await conn.fetch("SELECT * FROM audit_log WHERE action = 'keys.revoke'")
    assert [entry["after"] for entry in entries] == [{"name": "Tills", "state": "revoked"}]


async def test_its_use_is_noted_once_a_minute(conn, admin, now):
    made = await make(conn, admin, now)
    for seconds, noted in ((0, 0), (60, 0), (61, 61), (100, 61)):
        await who(conn, made.secret, now + timedelta(seconds=seconds))
        found = await keys.find(conn, admin, made.key.id, now=now)
        assert found.last_used_at == now + timedelta(seconds=noted)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"role": "system"}, "/role"),
        ({"store_ids": [new_id()]}, "/store_ids"),
        ({"role": "advertiser", "campaign_ids": [new_id()]}, "/campaign_ids"),
        ({"campaign_ids": [new_id()]}, "/campaign_ids"),
    ],
)
async def test_what_is_wrong_is_named(conn, admin, now, wrong, pointer):
    with pytest.raises(Invalid) as refused:
        await make(conn, admin, now, **wrong)

    assert pointer in [error.pointer for error in refused.value.errors]


async def test_a_key_does_not_begin_in_the_past(conn, admin, now):
    with pytest.raises(Invalid):
        await make(conn, admin, now, expires_at=now)


async def test_an_advertisers_key_without_stores_or_campaigns_sees_none(conn, admin, now):
    made = await make(conn, admin, now, role="advertiser")

    actor = await who(conn, made.secret, now)

    assert (actor.store_ids, actor.campaign_ids) == ([], [])


async def test_keys_are_listed_newest_first_with_who_made_them(conn, add_user, admin, now):
    ana = await add_user(admin)
    me = Actor(kind="user", id=ana.id, name="Ana", role="admin")
    for number in range(3):
        await make(conn, me, now + timedelta(minutes=number), name=f"Key {number}")

    first = await keys.list_page(conn, admin, limit=2, now=now)
    rest = await keys.list_page(conn, admin, limit=2, cursor=first.next_cursor, now=now)

    shown = [(key.name, key.created_by) for page in (first, rest) for key in page.items]
    assert shown == [("Key 2", "Ana"), ("Key 1", "Ana"), ("Key 0", "Ana")]


async def test_a_key_made_for_some_stores_makes_no_wider_one(conn, lisbon, now):
    bounded = Actor(kind="key", id=new_id(), name="K", role="admin", store_ids=[lisbon.id])

    with pytest.raises(Forbidden):
        await make(conn, bounded, now)


async def test_only_administrators_make_see_and_revoke_keys(conn, admin, manager, now):
    made = await make(conn, admin, now)
    for attempt in (
        make(conn, manager, now),
        keys.list_page(conn, manager, now=now),
        keys.revoke(conn, manager, made.key.id, now=now),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_an_unknown_key_is_not_found(conn, admin, now):
    with pytest.raises(NotFound):
        await keys.revoke(conn, admin, new_id(), now=now)
