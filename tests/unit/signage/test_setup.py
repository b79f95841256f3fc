"""The first start: one link, one administrator, and the rules of passwords and addresses."""

import asyncio
from datetime import timedelta

import pytest

from signage import passwords, setup, users
from signage.actors import SYSTEM
from signage.errors import Conflict, Forbidden, Invalid, NotFound, PlaybillError
from tests.unit.conftest import PASSWORD

ANA = {"email": "ana@example.com", "name": "Ana", "password": PASSWORD}


async def test_the_link_makes_the_first_administrator_once(conn, now):
    token = await setup.open_link(conn, now=now)
    await setup.check(conn, token, now=now)

    ana = await setup.create_first_administrator(conn, token, **ANA, now=now)

    assert (ana.role, ana.state, ana.store_ids) == ("admin", "active", [])
    assert await setup.open_link(conn, now=now) is None
    with pytest.raises(NotFound):
        await setup.check(conn, token, now=now)
    with pytest.raises(NotFound):
        await setup.create_first_administrator(conn, token, **ANA, now=now)


async def test_a_link_is_void_after_a_day(conn, now):
    token = await setup.open_link(conn, now=now)
    later = now + timedelta(days=1)

    with pytest.raises(NotFound):
        await setup.check(conn, token, now=later)
    with pytest.raises(NotFound):
        await setup.create_first_administrator(conn, token, **ANA, now=later)
    assert not await users.any_exist(conn)


async def test_a_made_up_link_opens_nothing(conn, now):
    await setup.open_link(conn, now=now)

    for token in ("", "x", "0" * 64, "\x00"):
        with pytest.raises(NotFound):
            await setup.check(conn, token, now=now)


async def test_a_refused_password_leaves_the_link_usable(conn, now):
    token = await setup.open_link(conn, now=now)

    with pytest.raises(Invalid):
        await setup.create_first_administrator(conn, token, **(ANA | {"password": "x"}), now=now)

    assert await setup.create_first_administrator(conn, token, **ANA, now=now)


async def test_of_two_who_use_the_link_at_once_one_wins(pool, now):
    async with pool.acquire() as conn:
        token = await setup.open_link(conn, now=now)

    async def attempt(name: str) -> bool:
        given = {"email": f"{name}@example.com", "name": name, "password": PASSWORD}
        async with pool.acquire() as conn:
            try:
                await setup.create_first_administrator(conn, token, **given, now=now)
            except PlaybillError:
                return False
            return True

    assert sorted(await asyncio.gather(attempt("ana"), attempt("eve"))) == [False, True]
    assert await pool.fetchval("SELECT count(*) FROM users") == 1


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("x7-Kq2.mVz9", False),
        ("x7-Kq2.mVz9t", True),
        ("x7" * 100, False),
        ("x7-" * 66 + "ab", True),
        ("x7-" * 67, False),
        ("passwordpassword", False),
        ("PasswordPassword", False),
        ("abababababab", False),
        ("uma janela cheia de ☃", True),
    ],
)
def test_a_password_is_long_and_ones_own(password, fits):
    if fits:
        assert passwords.matches(password, passwords.hashed(password))
    else:
        with pytest.raises(Invalid) as refused:
            passwords.hashed(password)
        assert refused.value.errors[0].pointer == "/password"


def test_a_hash_is_argon2id_and_salted(password_hash):
    assert password_hash.startswith("$argon2id$")
    assert password_hash != passwords.hashed(PASSWORD)


@pytest.mark.parametrize("password_hash", [None, "", "not a hash"])
def test_without_a_hash_every_password_is_wrong(password_hash):
    assert not passwords.matches(PASSWORD, password_hash)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"email": "ana"}, "/email"),
        ({"email": "a b@example.com"}, "/email"),
        ({"email": "x" * 250 + "@a.de"}, "/email"),
        ({"name": " "}, "/name"),
        ({"role": "king"}, "/role"),
        ({"role": "system"}, "/role"),
        ({"password": "short"}, "/password"),
    ],
)
async def test_a_wrong_person_is_named_and_not_kept(conn, now, wrong, pointer):
    with pytest.raises(Invalid) as refused:
        await users.add(conn, SYSTEM, **(ANA | {"role": "admin"} | wrong), now=now)

    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert not await users.any_exist(conn)


async def test_an_address_belongs_to_one_person(conn, add_user, admin, now):
    await add_user(admin)

    with pytest.raises(Conflict):
        given = ANA | {"email": "ANA@example.com"}
        await users.add(conn, SYSTEM, **given, role="analyst", now=now)


@pytest.mark.parametrize("role", ["manager", "installer", "analyst", "advertiser"])
async def test_only_administrators_add_people(conn, request, lisbon, now, role):
    with pytest.raises(Forbidden):
        await users.add(conn, request.getfixturevalue(role), **ANA, role="admin", now=now)
