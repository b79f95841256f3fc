"""Two-factor: codes that count once, recovery codes, and nothing readable in the database."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pyotp
import pytest

from signage import sessions, sign_in_steps, two_factor, users
from signage.actors import Actor
from signage.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from signage.ids import new_id
from tests.unit.conftest import PASSWORD, SECRET

STEP = timedelta(seconds=two_factor.STEP_S)


class Phone:
    """Bruno and his authenticator."""

    def __init__(self, conn: asyncpg.Connection, actor: Actor) -> None:
        self.conn = conn
        self.actor = actor
        self.key = ""
        self.recovery: list[str] = []

    async def set_up(self, now: datetime) -> None:
        self.key = (await two_factor.offer(self.conn, self.actor, secret=SECRET)).secret
        self.recovery = await two_factor.confirm(
            self.conn, self.actor, self.code(now), secret=SECRET, now=now
        )

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(self.key).at(at)

    async def verify(self, code: str, now: datetime, address: str = "192.0.2.1") -> bool:
        return await two_factor.verify(
            self.conn, self.actor.id, code, address=address, secret=SECRET, now=now
        )


@pytest.fixture
async def bruno(conn, add_user, manager) -> Actor:
    user = await add_user(manager)
    return Actor(kind="user", id=user.id, name="Bruno", role="manager", address="192.0.2.1")


@pytest.fixture
async def phone(conn, bruno, now) -> Phone:
    """Bruno's phone, set up a while before now."""
    phone = Phone(conn, bruno)
    await phone.set_up(now - timedelta(hours=1))
    return phone


async def sign_in(conn: asyncpg.Connection, now: datetime) -> Any:
    return await sessions.sign_in(
        conn,
        email="bruno@example.com",
        password=PASSWORD,
        address="192.0.2.1",
        user_agent="",
        now=now,
    )


async def complete(conn: asyncpg.Connection, step: str, code: str, now: datetime) -> Any:
    given = {"secret": SECRET, "address": "192.0.2.1", "user_agent": ""}
    return await sessions.complete(conn, step, code, **given, now=now)


async def test_a_code_turns_it_on_and_gives_ten_recovery_codes(conn, bruno, now):
    phone = Phone(conn, bruno)
    offered = await two_factor.offer(conn, bruno, secret=SECRET)
    assert offered.uri.startswith("otpauth://totp/Playbill:bruno%40example.com?secret=")
    assert not (await users.find(conn, bruno.id)).two_factor

    await phone.set_up(now)

    assert (await users.find(conn, bruno.id)).two_factor
    assert len(set(phone.recovery)) == 10
    assert await two_factor.codes_left(conn, bruno.id) == 10
    with pytest.raises(Conflict):
        await phone.set_up(now)


async def test_a_wrong_code_turns_nothing_on(conn, bruno, now):
    with pytest.raises(Invalid) as refused:
        await two_factor.confirm(conn, bruno, "000000", secret=SECRET, now=now)

    assert refused.value.errors[0].pointer == "/code"
    assert not (await users.find(conn, bruno.id)).two_factor


async def test_nothing_in_the_database_makes_codes(conn, phone):
    tables = ("users", "recovery_codes", "sign_in_steps", "audit_log")
    kept = str([await conn.fetch(f"SELECT * FROM {table}") for table in tables])

    assert phone.key not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in phone.recovery)
    other = two_factor.secret_of(b"another server's secret, as long", phone.actor.id, 1)
    assert phone.key != other


@pytest.mark.parametrize(
    ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
async def test_a_clock_may_be_one_step_off(phone, now, steps, right):
    assert await phone.verify(phone.code(now + steps * STEP), now) is right


async def test_no_code_is_right_twice_nor_one_before_it(phone, now):
    assert await phone.verify(phone.code(now), now)

    assert not await phone.verify(phone.code(now), now)
    assert not await phone.verify(phone.code(now - STEP), now)
    assert await phone.verify(phone.code(now + STEP), now + STEP)


async def test_the_code_that_turned_it_on_signs_nobody_in(conn, bruno, now):
    phone = Phone(conn, bruno)
    await phone.set_up(now)

    assert not await phone.verify(phone.code(now), now)


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}-{1} "])
async def test_spaces_and_dashes_do_not_matter(phone, now, typed):
    code = phone.code(now)
    assert await phone.verify(typed.format(code[:3], code[3:]), now)


async def test_a_recovery_code_is_right_once(phone, now):
    first, second, *_ = phone.recovery
    assert await phone.verify(first.lower(), now)
    assert not await phone.verify(first, now)
    assert await phone.verify(second.replace("-", ""), now)
    assert await two_factor.codes_left(phone.conn, phone.actor.id) == 8


@pytest.mark.parametrize("code", ["", "1", "\x00", "٠١٢٣٤٥", "☃", "9" * 5000])
async def test_what_is_no_code_is_wrong(phone, now, code):
    assert not await phone.verify(code, now)


async def test_the_sixth_wrong_code_has_to_wait(phone, now):
    for _ in range(5):
        assert not await phone.verify("000000", now)

    with pytest.raises(TooMany) as refused:
        await phone.verify(phone.code(now), now)

    assert refused.value.retry_after_s == 15 * 60
    assert await phone.verify(phone.code(now), now, address="198.51.100.1")
    later = now + timedelta(minutes=15)
    assert await phone.verify(phone.code(later), later)


async def test_codes_cannot_be_tried_from_many_addresses(phone, now):
    for number in range(two_factor.FAILURES_PER_ACCOUNT_MAX):
        assert not await phone.verify("000000", now, address=f"198.51.100.{number}")

    with pytest.raises(TooMany):
        await phone.verify(phone.code(now), now, address="203.0.113.1")


async def test_of_two_who_send_one_code_at_once_one_is_in(pool, now):
    async with pool.acquire() as conn:
        user = await users.add(
            conn,
            Actor(kind="system", id=None, name="", role="system"),
            email="bruno@example.com",
            name="Bruno",
            role="manager",
            password=PASSWORD,
            now=now,
        )
        phone = Phone(conn, Actor(kind="user", id=user.id, name="Bruno", role="manager"))
        await phone.set_up(now - timedelta(hours=1))

    async def attempt(code: str) -> bool:
        async with pool.acquire() as conn:
            return await two_factor.verify(conn, user.id, code, address="", secret=SECRET, now=now)

    for code in (phone.code(now), phone.recovery[0]):
        assert sorted(await asyncio.gather(attempt(code), attempt(code))) == [False, True]


# Signing in ---------------------------------------------------------------------------------------


async def test_the_password_alone_opens_nothing(conn, phone, now):
    wanted = await sign_in(conn, now)

    assert isinstance(wanted, sessions.CodeWanted)
    assert await conn.fetchval("SELECT count(*) FROM sessions") == 0
    who = {"address": "", "request_id": "", "now": now}
    assert await sessions.find_actor(conn, wanted.token, **who) is None


async def test_password_and_code_begin_a_session_once(conn, phone, now):
    wanted = await sign_in(conn, now)

    signed_in = await complete(conn, wanted.token, phone.code(now), now)

    assert signed_in.actor.id == phone.actor.id
    assert signed_in.token != wanted.token
    with pytest.raises(Unauthenticated) as refused:
        await complete(conn, wanted.token, phone.recovery[0], now)
    assert refused.value.code == "step_over"


async def test_a_wrong_code_leaves_the_step_open(conn, phone, now):
    wanted = await sign_in(conn, now)

    with pytest.raises(Unauthenticated) as refused:
        await complete(conn, wanted.token, "000000", now)

    assert refused.value.code == "wrong_code"
    assert await complete(conn, wanted.token, phone.recovery[0], now)


@pytest.mark.parametrize(("seconds", "open_"), [(599, True), (600, False)])
async def test_a_step_is_open_for_ten_minutes(conn, phone, now, seconds, open_):
    wanted = await sign_in(conn, now)
    later = now + timedelta(seconds=seconds)

    assert (await sign_in_steps.find(conn, wanted.token, now=later) is not None) is open_
    assert await sign_in_steps.forget_old(conn, now=later) == (0 if open_ else 1)


async def test_somebody_disabled_meanwhile_does_not_get_in(conn, phone, now):
    wanted = await sign_in(conn, now)
    await conn.execute("UPDATE users SET state = 'disabled'")

    with pytest.raises(Unauthenticated):
        await complete(conn, wanted.token, phone.code(now), now)


# Renewing, turning off, resetting -----------------------------------------------------------------


async def test_new_recovery_codes_make_the_old_ones_void(conn, phone, now):
    codes = await two_factor.renew_recovery_codes(
        conn, phone.actor, phone.code(now), secret=SECRET, now=now
    )

    assert not set(codes) & set(phone.recovery)
    assert not await phone.verify(phone.recovery[0], now)
    assert await phone.verify(codes[0], now)


async def test_it_is_turned_off_with_a_code_and_set_up_anew_with_another_secret(conn, phone, now):
    with pytest.raises(Invalid):
        await two_factor.turn_off(conn, phone.actor, "000000", secret=SECRET, now=now)
    await two_factor.turn_off(conn, phone.actor, phone.code(now), secret=SECRET, now=now)

    assert isinstance(await sign_in(conn, now), sessions.SignedIn)
    assert not await phone.verify(phone.code(now + STEP), now)
    assert not await phone.verify(phone.recovery[0], now)
    before = phone.key
    await phone.set_up(now)
    assert phone.key != before


async def test_an_administrator_resets_it_and_the_log_says_so(conn, phone, admin, now):
    await two_factor.reset(conn, admin, phone.actor.id, now=now)

    assert isinstance(await sign_in(conn, now), sessions.SignedIn)
    entry = await conn.fetchrow("SELECT * FROM audit_log WHERE action = 'two_factor.reset'")
    assert (entry["actor_id"], entry["entity_id"]) == (admin.id, str(phone.actor.id))
    with pytest.raises(Conflict):
        await two_factor.reset(conn, admin, phone.actor.id, now=now)
    with pytest.raises(NotFound):
        await two_factor.reset(conn, admin, new_id(), now=now)


async def test_nobody_else_resets_it(conn, phone, manager, now):
    with pytest.raises(Forbidden):
        await two_factor.reset(conn, manager, phone.actor.id, now=now)


async def test_a_key_has_no_second_factor(conn, now):
    key = Actor(kind="key", id=new_id(), name="Tills", role="admin")

    with pytest.raises(Conflict):
        await two_factor.offer(conn, key, secret=SECRET)
