"""Things in the state in which a change of them succeeds, and the bodies that name them.

What ``ROUTES`` say is right as far as it goes; here is what it takes to go all the way.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from signage import (
    campaigns,
    device_views,
    devices,
    expected_screens,
    groups,
    new_claims,
    playlists,
    resets,
    sessions,
    settings,
    stores,
    takeovers,
    users,
)
from signage.actors import SYSTEM, Actor
from signage.targets import Target
from tests.unit.conftest import DEVICE_INFO, PASSWORD, SECRET, open_store, pair_screen
from tests.unit.matrix import API, Route

STORES = "code,name,timezone\nFAR-01,Faro,Europe/Lisbon\n"
SCREENS = "store,name\nLIS-01,Till 9\n"
NEW_PASSWORD = "a window full of autumn"


class Filled(NamedTuple):
    """What a route is sent: the things in its path that differ, and its body."""

    things: dict[str, object]
    body: Any


Filling = Mapping[str, Filled]


def fill(route: Route, filling: Filling, things: Mapping[str, object]) -> tuple[Route, Any]:
    """Return the route with the right body, and the things for its path."""
    found = filling.get(f"{route.method} {route.rule}")
    if found is None:
        return route, things
    body = route.body if found.body is None else found.body
    return route._replace(body=body), {**things, **found.things}


async def make(conn: asyncpg.Connection, things: Mapping[str, Any], *, now: datetime) -> Filling:
    """Put things there and return how each route names them."""
    made = [
        await _of_devices(conn, things, now),
        await _of_pairing(conn, now),
        await _of_groups(conn, things, now),
        await _of_stores(conn, now),
        await _of_people(conn, things, now),
        await _of_programs(conn, things, now),
    ]
    return {key: filled for one in made for key, filled in one.items()}


async def _of_devices(
    conn: asyncpg.Connection, things: Mapping[str, Any], now: datetime
) -> dict[str, Filled]:
    ana = await _ana(conn)
    view = await device_views.save(conn, ana, device_views.NewView(name="Tills"), now=now)
    lisbon = await stores.find(conn, SYSTEM, things["store_id"])
    gone = (await pair_screen(conn, lisbon, "Gone", now=now)).device_id
    await devices.retire(conn, SYSTEM, gone, now=now)
    device = str(things["device_id"])
    tagged = {"action": "add_tag", "tag": "4k"}
    views = {"view_id": view.id}
    return {
        "POST /devices/bulk": Filled({}, {"do": "add_tag", "tag": "4k", "ids": device}),
        f"POST {API}/devices/bulk": Filled({}, tagged | {"device_ids": [device]}),
        "POST /devices/views/<uuid:view_id>": Filled(views, {"name": "Windows"}),
        "POST /devices/views/<uuid:view_id>/delete": Filled(views, None),
        f"PATCH {API}/devices/views/<uuid:view_id>": Filled(views, {"name": "Windows"}),
        f"DELETE {API}/devices/views/<uuid:view_id>": Filled(views, None),
        "POST /devices/<uuid:device_id>/reinstate": Filled({"device_id": gone}, None),
        f"POST {API}/devices/<uuid:device_id>/reinstate": Filled({"device_id": gone}, None),
    }


async def _of_pairing(conn: asyncpg.Connection, now: datetime) -> dict[str, Filled]:
    asking = await new_claims.open_for_screen(
        conn, device_info=DEVICE_INFO, address="192.0.2.9", secret=SECRET, now=now
    )
    store = await conn.fetchval("SELECT id FROM stores WHERE code = 'LIS-01'")
    batch = await expected_screens.expect(
        conn,
        SYSTEM,
        [expected_screens.ExpectedScreen(store_code="LIS-01", name="Till 8")],
        secret=SECRET,
        now=now,
    )
    named = {"store_id": str(store), "name": "Till 7"}
    code, batches = asking.user_code, {"batch_id": batch.batch_id}
    screens = {"screens": [{"store_code": "LIS-01", "name": "Till 9"}]}
    return {
        "POST /pair": Filled({}, {"code": code, "confirmed": "y"} | named),
        "POST /pair/deny": Filled({}, {"code": code}),
        "POST /pair/codes/sheet": Filled({}, {"csv": SCREENS, "ttl_s": "86400"}),
        "POST /pair/codes/batches/<uuid:batch_id>/sheet": Filled(batches, None),
        f"POST {API}/claims/approve": Filled({}, {"user_code": code} | named),
        f"POST {API}/claims/deny": Filled({}, {"user_code": code}),
        f"POST {API}/claims/batch": Filled({}, screens),
        f"POST {API}/claims/batch/<uuid:batch_id>": Filled(batches, None),
    }


async def _of_groups(
    conn: asyncpg.Connection, things: Mapping[str, Any], now: datetime
) -> dict[str, Filled]:
    group = str(things["group_id"])
    upper = await groups.create(conn, SYSTEM, name="Windows", now=now)
    device = str(things["device_id"])
    return {
        "POST /groups/order": Filled({}, {"item": group, "to": "1"}),
        f"PUT {API}/groups/order": Filled({}, {"group_ids": [group, str(upper.id)]}),
        "POST /groups/<uuid:group_id>/devices": Filled({}, {"do": "add", "ids": device}),
        f"PUT {API}/groups/<uuid:group_id>/devices": Filled({}, {"device_ids": [device]}),
    }


async def _of_stores(conn: asyncpg.Connection, now: datetime) -> dict[str, Filled]:
    empty = {"store_id": (await open_store(conn, "OPO-01", "Porto", "Europe/Lisbon", now)).id}
    return {
        "POST /stores/import": Filled({}, {"text": STORES, "do": "import"}),
        f"POST {API}/stores/import": Filled({}, {"csv": STORES}),
        "POST /stores/<uuid:store_id>/archive": Filled(empty, None),
        f"DELETE {API}/stores/<uuid:store_id>": Filled(empty, None),
    }


async def _of_people(
    conn: asyncpg.Connection, things: Mapping[str, Any], now: datetime
) -> dict[str, Filled]:
    ana = await users.find(conn, (await _ana(conn)).id)
    await sessions.begin(conn, ana, address="192.0.2.11", user_agent="Safari", now=now)
    session = await conn.fetchval(
        "SELECT id FROM sessions WHERE user_id = $1 AND user_agent = 'Safari'", ana.id
    )
    reset = await resets.open_link(conn, SYSTEM, things["user_id"], now=now)
    await conn.execute(_TWO_FACTOR, things["user_id"], now)
    texts = msgspec.structs.asdict(settings.Settings())
    numbers = {key: str(value) for key, value in texts.items() if not isinstance(value, bool)}
    passwords = {"old_password": PASSWORD, "password": NEW_PASSWORD}
    return {
        "POST /account/sessions/<uuid:session_id>/end": Filled({"session_id": session}, None),
        "POST /account/password": Filled({}, passwords),
        "POST /reset/<token>": Filled({"token": reset.token}, {"password": NEW_PASSWORD}),
        "POST /settings": Filled({}, numbers | {"organisation_name": "Loja"}),
        "POST /users/invite": Filled({}, {"email": "rui@x.example", "role": "analyst"}),
    }


_TWO_FACTOR = "UPDATE users SET totp_generation = 1, totp_since = $2 WHERE id = $1"


async def _of_programs(
    conn: asyncpg.Connection, things: Mapping[str, Any], now: datetime
) -> dict[str, Filled]:
    spring = await campaigns.create(conn, SYSTEM, campaigns.NewCampaign(name="Spring"), now=now)
    await campaigns.archive(conn, SYSTEM, spring.id, now=now)
    old = await playlists.create(conn, SYSTEM, name="Old", now=now)
    await playlists.archive(conn, SYSTEM, old.id, now=now)
    campaign, playlist = {"campaign_id": spring.id}, {"playlist_id": old.id}
    new = takeovers.NewTakeover(
        playlist_id=things["playlist_id"], target=Target("store", things["store_id"]), minutes=5
    )
    running = {"takeover_id": (await takeovers.start(conn, SYSTEM, new, now=now)).id}
    return {
        "POST /campaigns/<uuid:campaign_id>/restore": Filled(campaign, None),
        f"POST {API}/campaigns/<uuid:campaign_id>/restore": Filled(campaign, None),
        "POST /playlists/<uuid:playlist_id>/restore": Filled(playlist, None),
        f"POST {API}/playlists/<uuid:playlist_id>/restore": Filled(playlist, None),
        "POST /takeovers/<uuid:takeover_id>/end": Filled(running, None),
        f"POST {API}/takeovers/<uuid:takeover_id>/end": Filled(running, None),
    }


async def _ana(conn: asyncpg.Connection) -> Actor:
    user_id: UUID = await conn.fetchval("SELECT id FROM users WHERE name = 'Ana'")
    return Actor("user", user_id, "Ana", "admin")
