"""Forgotten and changed passwords: links that work once, and what else ends with the old one."""

from datetime import timedelta
from typing import Any

import pytest

from signage import own_password, own_sessions, passwords, resets, sessions, users
from signage.actors import Actor
from signage.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from signage.ids import new_id
from tests.unit.conftest import PASSWORD

NEW = "another window full of snow"


@pytest.fixture
async def bruno(add_user, manager) -> users.User:
    return await add_user(manager)


@pytest.fixture
def me(bruno) -> Actor:
    return Actor(kind="user", id=bruno.id, name="Bruno", role="manager", address="192.0.2.1")


async def begin(conn: Any, user: users.User, now: Any, **more: Any) -> str:
    given = {"address": "192.0.2.1", "user_agent": "Firefox"} | more
    return (await sessions.begin(conn, user, **given, now=now)).token


async def lives(conn: Any, token: str, now: Any) -> bool:
    who = {"address": "", "request_id": "", "now": now}
    return await sessions.find_actor(conn, token, **who) is not None


async def sign_in(conn: Any, password: str, now: Any) -> Any:
    who = {"email": "bruno@example.com", "address": "192.0.2.1", "user_agent": ""}
    return await sessions.sign_in(conn, **who, password=password, now=now)


# By a link ----------------------------------------------------------------------------------------


async def test_a_link_sets_the_password_once_and_ends_every_session(conn, bruno, admin, now):
    session = await begin(conn, bruno, now)
    link = await resets.open_link(conn, admin, bruno.id, now=now)

    await resets.use(conn, link.token, NEW, now=now)

    assert not await lives(conn, session, now)
    assert await sign_in(conn, NEW, now)
    with pytest.raises(Unauthenticated):
        await sign_in(conn, PASSWORD, now)
    with pytest.raises(NotFound):
        await resets.use(conn, link.token, NEW, now=now)


async def test_only_the_hash_of_a_link_is_kept(conn, bruno, admin, now):
    link = await resets.open_link(conn, admin, bruno.id, now=now)

    for table in ("invitations", "audit_log"):
        assert link.token not in str(await conn.fetch(f"SELECT * FROM {table}"))


@pytest.mark.parametrize(
    ("asked", "life_s"), [(False, resets.LINK_LIFE_S), (True, resets.ASKED_LINK_LIFE_S)]
)
async def test_a_link_ends(conn, bruno, admin, now, asked, life_s):
    if asked:
        link = await resets.ask(conn, bruno.email, now=now)
    else:
        link = await resets.open_link(conn, admin, bruno.id, now=now)

    last = now + timedelta(seconds=life_s - 1)
    assert (await resets.find(conn, link.token, now=last)).id == bruno.id
    with pytest.raises(NotFound):
        await resets.find(conn, link.token, now=now + timedelta(seconds=life_s))


async def test_a_newer_link_makes_the_former_one_void(conn, bruno, admin, now):
    first = await resets.open_link(conn, admin, bruno.id, now=now)
    second = await resets.ask(conn, bruno.email, now=now)

    with pytest.raises(NotFound):
        await resets.find(conn, first.token, now=now)
    assert await resets.find(conn, second.token, now=now)


async def test_a_refused_password_leaves_the_link_usable(conn, bruno, admin, now):
    link = await resets.open_link(conn, admin, bruno.id, now=now)
    with pytest.raises(Invalid):
        await resets.use(conn, link.token, "passwordpassword", now=now)

    assert await resets.find(conn, link.token, now=now)


async def test_whoever_is_disabled_gets_no_link(conn, bruno, admin, now):
    await conn.execute("UPDATE users SET state = 'disabled'")

    with pytest.raises(Conflict):
        await resets.open_link(conn, admin, bruno.id, now=now)
    assert await resets.ask(conn, bruno.email, now=now) is None


async def test_only_administrators_make_links(conn, bruno, manager, now):
    with pytest.raises(Forbidden):
        await resets.open_link(conn, manager, bruno.id, now=now)


async def test_an_unknown_address_gets_nothing(conn, bruno, now):
    for email in ("nobody@example.com", "", "\x00", "x" * 5000, "'; --"):
        assert await resets.ask(conn, email, now=now) is None


async def test_somebody_is_mailed_three_links_in_a_quarter_of_an_hour(conn, bruno, now):
    links = [await resets.ask(conn, " BRUNO@example.com", now=now) for _ in range(4)]

    assert [link is not None for link in links] == [True, True, True, False]
    assert await resets.ask(conn, bruno.email, now=now + timedelta(minutes=15))


async def test_one_address_asks_twenty_times_in_a_quarter_of_an_hour(conn, now):
    for _ in range(resets.ASKS_PER_ADDRESS_MAX):
        await resets.count_ask(conn, address="192.0.2.1", now=now)

    with pytest.raises(TooMany):
        await resets.count_ask(conn, address="192.0.2.1", now=now)
    await resets.count_ask(conn, address="192.0.2.2", now=now)


# By the old one -----------------------------------------------------------------------------------


async def test_a_new_password_ends_every_other_session(conn, bruno, me, now):
    here, there = await begin(conn, bruno, now), await begin(conn, bruno, now)

    ended = await own_password.change(conn, me, old=PASSWORD, new=NEW, session=here, now=now)

    assert ended == 1
    assert await lives(conn, here, now)
    assert not await lives(conn, there, now)
    assert await sign_in(conn, NEW, now)


async def test_without_the_old_one_nothing_changes(conn, bruno, me, now):
    with pytest.raises(Invalid) as refused:
        await own_password.change(conn, me, old="guessed", new=NEW, session="", now=now)

    assert refused.value.errors[0].pointer == "/old_password"
    assert await sign_in(conn, PASSWORD, now)


async def test_the_sixth_guess_has_to_wait(conn, me, now):
    for _ in range(own_password.FREE_FAILURES):
        with pytest.raises(Invalid):
            await own_password.prove(conn, me, "guessed", field="password", now=now)

    with pytest.raises(TooMany):
        await own_password.prove(conn, me, PASSWORD, field="password", now=now)
    later = now + timedelta(minutes=15)
    await own_password.prove(conn, me, PASSWORD, field="password", now=later)


async def test_an_unknown_person_takes_one_hash_like_everybody(conn, bruno, now, monkeypatch):
    verified: list[str] = []
    hasher = passwords._hasher

    class Counting:
        def verify(self, password_hash: str, password: str) -> bool:
            verified.append(password_hash)
            return hasher.verify(password_hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    who = {"address": "192.0.2.1", "user_agent": "", "password": "wrong", "now": now}
    for email in ("bruno@example.com", "nobody@example.com"):
        with pytest.raises(Unauthenticated):
            await sessions.sign_in(conn, email=email, **who)

    assert len(verified) == 2
    assert [one.rpartition("$")[0].rpartition("$")[0] for one in verified] == [
        "$argon2id$v=19$m=65536,t=3,p=4"
    ] * 2


# Own sessions -------------------------------------------------------------------------------------


async def test_own_sessions_are_listed_this_one_first(conn, bruno, me, add_user, admin, now):
    await begin(conn, await add_user(admin), now)
    this = await begin(conn, bruno, now, user_agent="Safari", address="192.0.2.2")
    await begin(conn, bruno, now + timedelta(minutes=1))

    listed = await own_sessions.list_for(conn, me, this, now=now + timedelta(minutes=1))

    assert [(one.current, one.user_agent, one.address) for one in listed] == [
        (True, "Safari", "192.0.2.2"),
        (False, "Firefox", "192.0.2.1"),
    ]


async def test_one_of_them_is_ended_and_nobody_elses(conn, bruno, me, admin, now):
    token = await begin(conn, bruno, now)
    [session] = await own_sessions.list_for(conn, me, "", now=now)

    for actor, session_id in ((admin, session.id), (me, new_id())):
        with pytest.raises(NotFound):
            await own_sessions.end(conn, actor, session_id, now=now)
    for _ in range(2):
        await own_sessions.end(conn, me, session.id, now=now)

    assert not await lives(conn, token, now)
    assert await own_sessions.list_for(conn, me, "", now=now) == []


async def test_what_idled_away_or_ended_is_not_listed(conn, bruno, me, now):
    await begin(conn, bruno, now)
    await sessions.end(conn, await begin(conn, bruno, now), now=now)

    assert len(await own_sessions.list_for(conn, me, "", now=now)) == 1
    later = now + timedelta(seconds=sessions.IDLE_LIFE_S)
    assert await own_sessions.list_for(conn, me, "", now=later) == []


async def test_sessions_are_forgotten_thirty_days_after_their_end(conn, bruno, now):
    ended = await begin(conn, bruno, now)
    await begin(conn, bruno, now)
    await sessions.end(conn, ended, now=now)

    then = now + timedelta(days=sessions.ENDED_KEPT_DAYS)
    assert await sessions.forget_old(conn, now=then) == 0
    assert await sessions.forget_old(conn, now=then + timedelta(seconds=1)) == 1
    assert await sessions.forget_old(conn, now=then + timedelta(days=8)) == 1


async def test_a_reset_by_the_system_is_in_the_log(conn, bruno, now):
    link = await resets.ask(conn, bruno.email, now=now)
    await resets.use(conn, link.token, NEW, now=now)

    actions = [
        row["action"] for row in await conn.fetch("SELECT action FROM audit_log ORDER BY seq")
    ]
    assert actions[-2:] == ["resets.open", "resets.use"]
