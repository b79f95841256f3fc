"""Settings: defaults that nobody has to write, changes with their author, and no lost updates."""

import pytest

from signage import settings
from signage.actors import Actor
from signage.errors import Forbidden, Invalid, Stale
from signage.ids import new_id
from signage.settings import Changes, Settings


async def test_what_nobody_changed_is_its_default(conn):
    assert await settings.load(conn) == Settings()
    assert await settings.origins(conn) == {}


async def test_a_change_has_its_author_and_null_goes_back(conn, add_user, admin, now):
    ana = await add_user(admin)
    me = Actor(kind="user", id=ana.id, name="Ana", role="admin")

    after = await settings.change(conn, me, Changes(organisation_name="Loja"), now=now)

    assert after == Settings(organisation_name="Loja")
    assert await settings.origins(conn) == {"organisation_name": settings.Origin("Ana", now)}
    back = await settings.change(conn, me, Changes(organisation_name=None), now=now)
    assert back == Settings()


async def test_an_overtaken_change_is_stale(conn, admin, now):
    seen = await settings.version(conn)
    await settings.change(conn, admin, Changes(approval_required=True), expected=seen, now=now)

    with pytest.raises(Stale):
        await settings.change(
            conn, admin, Changes(organisation_name="Loja"), expected=seen, now=now
        )


async def test_a_time_zone_is_one_of_iana(conn, admin, now):
    for wrong in ("", "Lisbon", "Europe/Atlantis", "\x00", "x" * 5000):
        with pytest.raises(Invalid):
            await settings.change(conn, admin, Changes(default_timezone=wrong), now=now)
    await settings.change(conn, admin, Changes(default_timezone="Europe/Lisbon"), now=now)


async def test_only_administrators_of_everything_change_them(conn, manager, lisbon, now):
    bounded = Actor(kind="user", id=new_id(), name="R", role="admin", store_ids=[lisbon.id])

    for actor in (manager, bounded):
        with pytest.raises(Forbidden):
            await settings.change(conn, actor, Changes(approval_required=True), now=now)
