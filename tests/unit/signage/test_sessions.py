"""Sessions: the right password, an answer that tells nothing, and ends that hold on the server."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from signage import sessions
from signage.actors import Actor
from signage.errors import PlaybillError, TooMany, Unauthenticated
from tests.unit.conftest import PASSWORD


async def sign_in(conn: asyncpg.Connection, now: datetime, **more: Any) -> sessions.SignedIn:
    given = {
        "email": "bruno@example.com",
        "password": PASSWORD,
        "address": "192.0.2.10",
        "user_agent": "Firefox",
    } | more
    return await sessions.sign_in(conn, **given, now=now)


async def who(conn: asyncpg.Connection, token: str, now: datetime) -> Actor | None:
    return await sessions.find_actor(conn, token, address="", request_id="", now=now)


@pytest.fixture(autouse=True)
async def bruno(add_user, manager) -> Any:
    """Bruno, who manages Lisbon and can sign in."""
    return await add_user(manager)


@pytest.mark.parametrize("email", ["bruno@example.com", " Bruno@Example.COM "])
async def test_the_right_password_begins_a_session(conn, bruno, lisbon, now, email):
    signed_in = await sign_in(conn, now, email=email)

    actor = await who(conn, signed_in.token, now)
    assert (actor.id, actor.name, actor.role) == (bruno.id, "Bruno", "manager")
    assert actor.store_ids == [lisbon.id]


async def test_the_token_is_new_each_time_and_kept_as_a_hash(conn, now):
    tokens = {(await sign_in(conn, now)).token for _ in range(2)}

    assert len(tokens) == 2
    kept = str(await conn.fetch("SELECT * FROM sessions"))
    assert not any(token in kept for token in tokens)


async def test_unknown_wrong_and_disabled_cannot_be_told_apart(conn, now):
    answers = []
    for given in ({"email": "nobody@example.com"}, {"password": "not it, not at all"}):
        with pytest.raises(Unauthenticated) as refused:
            await sign_in(conn, now, **given)
        answers.append((refused.value.code, refused.value.detail))
    await conn.execute("UPDATE users SET state = 'disabled'")
    with pytest.raises(Unauthenticated) as refused:
        await sign_in(conn, now)
    answers.append((refused.value.code, refused.value.detail))

    assert len(set(answers)) == 1


async def test_five_failures_slow_down_this_account_from_this_address(conn, add_user, admin, now):
    await add_user(admin)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await sign_in(conn, now, password="a wrong password")

    with pytest.raises(TooMany) as refused:
        await sign_in(conn, now)

    assert refused.value.retry_after_s == 15 * 60
    assert await sign_in(conn, now, address="198.51.100.1")
    assert await sign_in(conn, now, email="ana@example.com")
    assert await sign_in(conn, now + timedelta(minutes=15))


async def test_one_address_cannot_try_everybody(conn, monkeypatch, now):
    monkeypatch.setattr(sessions, "FAILURES_PER_ADDRESS_MAX", 3)
    for number in range(3):
        with pytest.raises(Unauthenticated):
            await sign_in(conn, now, email=f"guess{number}@example.com")

    with pytest.raises(TooMany):
        await sign_in(conn, now)


@pytest.mark.parametrize("value", ["", "\x00", "a\x00b", "x" * 5000, "☃", "%", "'; --"])
async def test_nothing_typed_is_a_fault_of_ours(conn, now, value):
    for given in ({"email": value}, {"password": value}, {"user_agent": value}):
        try:
            await sign_in(conn, now, **given)
        except PlaybillError as error:
            assert error.code in ("wrong_credentials", "too_many_attempts")


async def test_a_session_idles_away_after_twelve_hours(conn, now):
    token = (await sign_in(conn, now)).token
    used = now + timedelta(hours=11)
    assert await who(conn, token, used)

    assert await who(conn, token, used + timedelta(hours=11, minutes=59))
    assert await who(conn, token, used + timedelta(hours=36)) is None


async def test_a_session_in_use_ends_after_a_week(conn, now):
    token = (await sign_in(conn, now)).token
    at = now
    while at < now + timedelta(days=7):
        assert await who(conn, token, at)
        at += timedelta(hours=10)

    assert await who(conn, token, now + timedelta(days=7)) is None


async def test_signing_out_ends_this_session_only(conn, now):
    here, there = (await sign_in(conn, now)).token, (await sign_in(conn, now)).token

    for _ in range(2):
        await sessions.end(conn, here, now=now)

    assert await who(conn, here, now) is None
    assert await who(conn, there, now)


async def test_disabling_somebody_ends_every_session_at_once(conn, now):
    token = (await sign_in(conn, now)).token
    await conn.execute("UPDATE users SET state = 'disabled'")

    assert await who(conn, token, now) is None


@pytest.mark.parametrize("token", ["", "x", "☃", "\x00"])
async def test_what_is_no_token_is_nobody(conn, now, token):
    assert await who(conn, token, now) is None


@pytest.mark.parametrize(
    ("role", "reach"), [("admin", None), ("analyst", None), ("installer", []), ("advertiser", [])]
)
async def test_without_stores_only_some_roles_reach_all(conn, add_user, now, role, reach):
    await add_user(Actor(kind="user", id=None, name="Eva", role=role))

    signed_in = await sign_in(conn, now, email="eva@example.com")

    assert (await who(conn, signed_in.token, now)).store_ids == reach


async def test_signing_in_is_in_the_audit_log(conn, bruno, now):
    await sign_in(conn, now)

    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'sessions.begin'")
    assert (entry["actor_id"], entry["at"]) == (bruno.id, now)
