"""Invitations: one link, one account, with the role and reach that were promised."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from signage import invitations, setup, users
from signage.actors import SYSTEM, Actor
from signage.errors import Conflict, Forbidden, Invalid, NotFound, PlaybillError
from signage.ids import new_id
from tests.unit.conftest import PASSWORD

EVA = "eva@example.com"


@pytest.fixture(autouse=True)
def quick(monkeypatch, password_hash):
    """Hash no password anew; what is refused of one is tested with setting up."""
    monkeypatch.setattr(invitations.passwords, "hashed", lambda _: password_hash)


async def invite(
    conn: asyncpg.Connection, actor: Actor, now: datetime, **more: Any
) -> invitations.Issued:
    new = invitations.NewInvitation(**({"email": EVA, "role": "analyst"} | more))
    return await invitations.create(conn, actor, new, now=now)


async def accept(conn: asyncpg.Connection, token: str, now: datetime) -> users.User:
    return await invitations.accept(conn, token, name="Eva", password=PASSWORD, now=now)


async def test_whoever_has_the_link_makes_the_account_once(conn, admin, lisbon, now):
    issued = await invite(conn, admin, now, role="manager", store_ids=[lisbon.id])
    assert await invitations.check(conn, issued.token, now=now) == EVA

    eva = await accept(conn, issued.token, now)

    assert (eva.email, eva.role, eva.store_ids) == (EVA, "manager", [lisbon.id])
    found = await invitations.find(conn, admin, issued.invitation.id, now=now)
    assert found.state == "accepted"
    with pytest.raises(NotFound):
        await accept(conn, issued.token, now)


async def test_only_the_hash_of_the_link_is_kept(conn, admin, now):
    issued = await invite(conn, admin, now)

    for table in ("invitations", "audit_log"):
        assert issued.token not in str(await conn.fetch(f"SELECT * FROM {table}"))


@pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False)])
async def test_a_link_is_good_for_a_week(conn, admin, now, seconds, works):
    issued = await invite(conn, admin, now)
    then = now + timedelta(seconds=invitations.LINK_LIFE_S + seconds)

    if works:
        assert await accept(conn, issued.token, then)
    else:
        with pytest.raises(NotFound):
            await accept(conn, issued.token, then)


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "\x00"])
async def test_a_made_up_link_opens_nothing(conn, admin, now, token):
    await invite(conn, admin, now)

    with pytest.raises(NotFound):
        await invitations.check(conn, token, now=now)


async def test_a_set_up_link_is_no_invitation(conn, now):
    token = await setup.open_link(conn, now=now)

    with pytest.raises(NotFound):
        await accept(conn, token, now)


async def test_a_withdrawn_link_opens_nothing(conn, admin, now):
    issued = await invite(conn, admin, now)

    for _ in range(2):
        withdrawn = await invitations.withdraw(conn, admin, issued.invitation.id, now=now)

    assert withdrawn.state == "withdrawn"
    with pytest.raises(NotFound):
        await accept(conn, issued.token, now)
    with pytest.raises(Conflict):
        await invitations.send_again(conn, admin, issued.invitation.id, now=now)


async def test_sent_again_the_new_link_works_and_the_former_does_not(conn, admin, now):
    first = await invite(conn, admin, now)
    later = now + timedelta(days=8)

    second = await invitations.send_again(conn, admin, first.invitation.id, now=later)

    assert second.invitation.state == "pending"
    with pytest.raises(NotFound):
        await accept(conn, first.token, later)
    assert await accept(conn, second.token, later)


async def test_nobody_is_invited_twice_until_the_link_ran_out(conn, admin, now):
    await invite(conn, admin, now)

    with pytest.raises(Conflict) as refused:
        await invite(conn, admin, now, email=EVA.upper())

    assert refused.value.code == "already_invited"
    later = now + timedelta(days=7)
    assert await invite(conn, admin, later)
    states = [one.state for one in (await invitations.list_page(conn, admin, now=later)).items]
    assert states == ["pending", "withdrawn"]


async def test_who_has_an_account_is_not_invited(conn, add_user, admin, manager, now):
    await add_user(manager)

    with pytest.raises(Conflict) as refused:
        await invite(conn, admin, now, email="BRUNO@example.com")

    assert refused.value.code == "email_taken"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"email": "eva"}, "/email"),
        ({"email": "e v@example.com"}, "/email"),
        ({"role": "system"}, "/role"),
        ({"store_ids": [new_id()]}, "/store_ids"),
        ({"role": "advertiser", "campaign_ids": [new_id()]}, "/campaign_ids"),
        ({"campaign_ids": [new_id()]}, "/campaign_ids"),
    ],
)
async def test_what_is_wrong_is_named(conn, admin, now, wrong, pointer):
    with pytest.raises(Invalid) as refused:
        await invite(conn, admin, now, **wrong)

    assert pointer in [error.pointer for error in refused.value.errors]


async def test_a_refused_password_leaves_the_link_usable(conn, admin, now):
    issued = await invite(conn, admin, now)

    with pytest.raises(Invalid):
        await invitations.accept(conn, issued.token, name="Eva", password="short", now=now)
    with pytest.raises(Invalid):
        await invitations.accept(conn, issued.token, name=" ", password=PASSWORD, now=now)

    assert await accept(conn, issued.token, now)


@pytest.mark.parametrize("role", ["manager", "installer", "analyst", "advertiser"])
async def test_only_administrators_invite(conn, request, lisbon, now, role):
    with pytest.raises(Forbidden):
        await invite(conn, request.getfixturevalue(role), now)


async def test_who_administers_some_stores_only_hands_out_nothing(conn, lisbon, now):
    bounded = Actor(kind="user", id=new_id(), name="Rui", role="admin", store_ids=[lisbon.id])

    with pytest.raises(Forbidden):
        await invite(conn, bounded, now, role="admin")


async def test_open_ones_are_listed_newest_first(conn, admin, now):
    for number in range(3):
        await invite(conn, admin, now + timedelta(minutes=number), email=f"p{number}@example.com")
    done = await invite(conn, admin, now)
    await accept(conn, done.token, now)

    first = await invitations.list_page(conn, admin, only_open=True, limit=2, now=now)
    rest = await invitations.list_page(
        conn, admin, only_open=True, limit=2, cursor=first.next_cursor, now=now
    )

    emails = [one.email for page in (first, rest) for one in page.items]
    assert emails == ["p2@example.com", "p1@example.com", "p0@example.com"]
    assert rest.next_cursor is None


async def test_of_two_who_accept_at_once_one_wins(pool, now):
    async with pool.acquire() as conn:
        issued = await invite(conn, SYSTEM, now)

    async def attempt() -> bool:
        async with pool.acquire() as conn:
            try:
                await accept(conn, issued.token, now)
            except PlaybillError:
                return False
            return True

    assert sorted(await asyncio.gather(attempt(), attempt())) == [False, True]


async def test_every_step_is_in_the_log(conn, admin, now):
    issued = await invite(conn, admin, now)
    again = await invitations.send_again(conn, admin, issued.invitation.id, now=now)
    await accept(conn, again.token, now)

    actions = [
        row["action"] for row in await conn.fetch("SELECT action FROM audit_log ORDER BY seq")
    ]
    assert actions[-3:] == ["invitations.create", "invitations.send_again", "users.add"]
