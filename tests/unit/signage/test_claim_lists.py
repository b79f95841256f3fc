"""Lists of claims: who sees which, in which state, and what is let go."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from signage import claim_lists, claims, new_claims
from signage.actors import SYSTEM, Actor
from signage.claim_lists import Filters
from signage.claims import Approval
from signage.errors import Forbidden, Invalid
from signage.stores import Store
from tests.unit.conftest import DEVICE_INFO, SECRET


async def make(
    conn: asyncpg.Connection, store: Store, name: str, now: datetime, **more: Any
) -> new_claims.ConsoleClaim:
    approval = Approval(store.id, name)
    return await new_claims.open_for_console(conn, SYSTEM, approval, **more, secret=SECRET, now=now)


async def ask_in(conn: asyncpg.Connection, now: datetime) -> new_claims.ScreenClaim:
    return await new_claims.open_for_screen(
        conn, device_info=DEVICE_INFO, address="192.0.2.7", secret=SECRET, now=now
    )


async def names(
    conn: asyncpg.Connection, actor: Actor, filters: Filters, now: datetime
) -> list[str | None]:
    page = await claim_lists.list_for(conn, actor, filters, now=now)
    return sorted(claim.name or "-" for claim in page.items)


async def test_a_list_by_state(conn, admin, lisbon, now):
    await make(conn, lisbon, "Open", now)
    await make(conn, lisbon, "Expired", now - timedelta(hours=1), ttl_s=60)
    revoked = await make(conn, lisbon, "Revoked", now)
    await claims.revoke(conn, admin, revoked.claim_id, now=now)
    await ask_in(conn, now)

    assert await names(conn, admin, Filters("open"), now) == ["-", "Open"]
    assert await names(conn, admin, Filters("pending"), now) == ["-"]
    assert await names(conn, admin, Filters("expired"), now) == ["Expired"]
    assert await names(conn, admin, Filters("revoked"), now) == ["Revoked"]
    assert await claim_lists.count(conn, admin, now=now) == {
        "pending": 1,
        "approved": 1,
        "expired": 1,
        "revoked": 1,
    }


async def test_a_list_of_one_store(conn, admin, manager, lisbon, porto, now):
    await make(conn, lisbon, "Window 1", now)
    await make(conn, porto, "Window 2", now)

    assert await names(conn, admin, Filters(store_id=porto.id), now) == ["Window 2"]
    assert await names(conn, manager, claim_lists.NO_FILTERS, now) == ["Window 1"]
    assert await names(conn, manager, Filters(store_id=porto.id), now) == []
    assert await claim_lists.count(conn, manager, now=now) == {"approved": 1}


@pytest.mark.parametrize("role", ["analyst", "advertiser"])
async def test_who_watches_no_screens_sees_no_claims(conn, request, role, now):
    actor = request.getfixturevalue(role)
    with pytest.raises(Forbidden):
        await claim_lists.list_for(conn, actor, now=now)
    with pytest.raises(Forbidden):
        await claim_lists.count(conn, actor, now=now)


async def test_a_cursor_of_elsewhere_is_refused(conn, admin, now):
    with pytest.raises(Invalid):
        await claim_lists.list_for(conn, admin, cursor="x", now=now)


async def test_what_ran_out_is_marked_and_what_nobody_answered_is_forgotten(
    conn, admin, lisbon, now
):
    await make(conn, lisbon, "Open", now, ttl_s=90 * 86400)
    code = await make(conn, lisbon, "Expired", now, ttl_s=60)
    await ask_in(conn, now)

    assert await claim_lists.let_go(conn, now=now) == 0
    assert await claim_lists.let_go(conn, now=now + timedelta(minutes=10)) == 2
    assert await conn.fetchval("SELECT count(*) FROM device_claims") == 3
    later = now + timedelta(days=7, minutes=11)
    assert await claim_lists.let_go(conn, now=later) == 0

    assert await names(conn, admin, claim_lists.NO_FILTERS, later) == ["Expired", "Open"]
    assert (await claims.find(conn, admin, code.claim_id, now=later)).state == "expired"
