"""One cast for all tests: three stores, the people who run them, and the screen "Window 2"."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from quart import Quart

from playbill.app import create_app
from playbill.config import Config
from signage import (
    claims,
    content,
    devices,
    groups,
    keys,
    new_claims,
    pairing,
    passwords,
    playlists,
    sessions,
    stores,
    users,
)
from signage.actors import SYSTEM, Actor, Role
from signage.ids import new_id
from signage.playlist_items import NewItem
from tests import s3
from tests.unit.callers import Caller, Clock, OneConnection, anywhere
from web.services import EXTENSION

SECRET = b"the server's secret, of 32 bytes"
PASSWORD = "a window full of autumn"
DEVICE_INFO = {
    "model": "BrightSign XT1145",
    "serial": "L8D25A001234",
    "os": "BrightSignOS 9.0",
    "player_version": "1.4.0",
    "screens": [{"width": 1920, "height": 1080, "orientation": "landscape"}],
}

Pair = Callable[..., Awaitable[pairing.Paired]]


@pytest.fixture
def clock(now: datetime) -> Clock:
    """The server's clock, which stands still until a test moves it."""
    return Clock(now)


# Stores -----------------------------------------------------------------------------------------


async def open_store(
    conn: asyncpg.Connection, code: str, name: str, timezone: str, now: datetime
) -> stores.Store:
    new = stores.NewStore(code=code, name=name, timezone=timezone)
    return await stores.create(conn, SYSTEM, new, now=now)


@pytest.fixture
async def lisbon(conn: asyncpg.Connection, now: datetime) -> stores.Store:
    return await open_store(conn, "LIS-01", "Lisbon", "Europe/Lisbon", now)


@pytest.fixture
async def porto(conn: asyncpg.Connection, now: datetime) -> stores.Store:
    return await open_store(conn, "OPO-01", "Porto", "Europe/Lisbon", now)


@pytest.fixture
async def madrid(conn: asyncpg.Connection, now: datetime) -> stores.Store:
    return await open_store(conn, "MAD-01", "Madrid", "Europe/Madrid", now)


# People -----------------------------------------------------------------------------------------


def person(name: str, role: Role, store_ids: list[UUID] | None = None) -> Actor:
    return Actor(kind="user", id=new_id(), name=name, role=role, store_ids=store_ids)


@pytest.fixture
def admin() -> Actor:
    """Ana, who administers everything."""
    return person("Ana", "admin")


@pytest.fixture
def manager(lisbon: stores.Store) -> Actor:
    """Bruno, who manages Lisbon."""
    return person("Bruno", "manager", [lisbon.id])


@pytest.fixture
def installer(lisbon: stores.Store) -> Actor:
    """Ines, who installs screens in Lisbon."""
    return person("Ines", "installer", [lisbon.id])


@pytest.fixture
def analyst() -> Actor:
    """Clara, who reads reports of every store."""
    return person("Clara", "analyst")


@pytest.fixture
def advertiser() -> Actor:
    """Artur, who books campaigns."""
    return person("Artur", "advertiser", [])


@pytest.fixture
def madrid_manager(madrid: stores.Store) -> Actor:
    """Marta, who manages Madrid and nothing in Lisbon."""
    return person("Marta", "manager", [madrid.id])


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hashed(PASSWORD)


@pytest.fixture
def add_user(
    conn: asyncpg.Connection, password_hash: str, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> Callable[[Actor], Awaitable[users.User]]:
    """Let somebody of the cast sign in with PASSWORD, hashed once for all tests."""

    async def add(actor: Actor) -> users.User:
        with monkeypatch.context() as patched:
            patched.setattr(passwords, "hashed", lambda _: password_hash)
            return await users.add(
                conn,
                SYSTEM,
                email=f"{actor.name.lower()}@example.com",
                name=actor.name,
                role=actor.role,
                password=PASSWORD,
                store_ids=actor.store_ids,
                now=now,
            )

    return add


# Screens and what they show ---------------------------------------------------------------------


@pytest.fixture
def pair(conn: asyncpg.Connection, now: datetime) -> Pair:
    """Pair a screen: ``await pair(lisbon, "Window 2")``."""

    async def paired(store: stores.Store, name: str, **more: Any) -> pairing.Paired:
        return await pair_screen(conn, store, name, now=now, **more)

    return paired


async def pair_screen(
    conn: asyncpg.Connection,
    store: stores.Store,
    name: str,
    *,
    group_ids: list[UUID] | None = None,
    now: datetime,
) -> pairing.Paired:
    approval = claims.Approval(store.id, name, group_ids or [])
    claim = await new_claims.open_for_console(conn, SYSTEM, approval, secret=SECRET, now=now)
    return await pairing.redeem(
        conn,
        claim.claim_code,
        device_info=DEVICE_INFO,
        address="192.0.2.7",
        secret=SECRET,
        now=now,
    )


@pytest.fixture
async def paired(pair: Pair, lisbon: stores.Store) -> pairing.Paired:
    """What the screen "Window 2" of Lisbon holds since its pairing."""
    return await pair(lisbon, "Window 2")


@pytest.fixture
async def window_2(
    conn: asyncpg.Connection, paired: pairing.Paired, now: datetime
) -> devices.Device:
    return await devices.find(conn, SYSTEM, paired.device_id, now=now)


@pytest.fixture
async def madrid_screen(
    conn: asyncpg.Connection, pair: Pair, madrid: stores.Store, now: datetime
) -> devices.Device:
    """The screen "Entrance" of Madrid."""
    screen = await pair(madrid, "Entrance")
    return await devices.find(conn, SYSTEM, screen.device_id, now=now)


@pytest.fixture
async def food(conn: asyncpg.Connection, now: datetime) -> groups.Group:
    """The group of the screens above food counters."""
    return await groups.create(conn, SYSTEM, name="Food counters", now=now)


@pytest.fixture
async def menu(conn: asyncpg.Connection, now: datetime) -> content.Content:
    """The menu of the day, a web page."""
    return await web_page(conn, "Menu", now)


async def web_page(conn: asyncpg.Connection, name: str, now: datetime) -> content.Content:
    return await content.create_url(
        conn,
        SYSTEM,
        content.Details(name=name),
        url=f"https://menus.example.com/{name.lower()}",
        now=now,
    )


@pytest.fixture
async def playlist(
    conn: asyncpg.Connection, menu: content.Content, now: datetime
) -> playlists.Playlist:
    """The published playlist "Always on", which shows the menu for ten seconds."""
    items = [NewItem(content_id=menu.id, duration_ms=10_000)]
    return await playlists.create(conn, SYSTEM, name="Always on", items=items, now=now)


# The application --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def s3_server() -> Iterator[s3.S3]:
    """An S3 server for all tests of this process that keep media in a bucket."""
    with s3.running() as server:
        yield server


@pytest.fixture(scope="session")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Quart]:
    """Yield the application, started once; use ``app``, which gives it this test's database."""
    config = Config(data_dir=tmp_path_factory.mktemp("data"), secret=SECRET)
    app = create_app(config, pool=OneConnection())
    async with app.test_app():
        yield app


@pytest.fixture
def app(served: Quart, conn: asyncpg.Connection, clock: Clock) -> Quart:
    """The application over this test's transaction and clock."""
    services = served.extensions[EXTENSION]
    services.pool.conn = conn
    services.clock = clock
    services.public_url = None
    services.trusted_proxies = []
    services.call = anywhere
    return served


@pytest.fixture
async def app_on_pool(pool: asyncpg.Pool, tmp_path: Path, clock: Clock) -> AsyncIterator[Quart]:
    """Yield an application over a database of its own, for requests that come at the same time."""
    app = create_app(Config(data_dir=tmp_path, secret=SECRET), pool=pool, clock=clock)
    async with app.test_app():
        yield app


@pytest.fixture
def screen(app: Quart, paired: pairing.Paired) -> Caller:
    """Window 2, with its token, at the device API."""
    bearer = f"Bearer {paired.tokens.device_token}"
    return Caller(app, "/v1/device", Authorization=bearer)


@pytest.fixture
def stranger(app: Quart) -> Caller:
    """Somebody without credentials at the device API."""
    return Caller(app, "/v1/device")


Integration = Callable[..., Awaitable[Caller]]


@pytest.fixture
def integration(app: Quart, conn: asyncpg.Connection, now: datetime) -> Integration:
    """Make a caller of the admin API with a key: ``await integration("manager", [lisbon.id])``."""

    async def make(role: Role, store_ids: list[UUID] | None = None) -> Caller:
        key = await keys.add(
            conn, SYSTEM, name=f"Key of {role}", role=role, store_ids=store_ids, now=now
        )
        return Caller(app, "/v1/admin", Authorization=f"Bearer {key}")

    return make


@pytest.fixture
async def as_admin(integration: Integration) -> Caller:
    return await integration("admin")


@pytest.fixture
async def as_manager(integration: Integration, lisbon: stores.Store) -> Caller:
    """A manager's key for Lisbon."""
    return await integration("manager", [lisbon.id])


@pytest.fixture
async def as_installer(integration: Integration, lisbon: stores.Store) -> Caller:
    """An installer's key for Lisbon."""
    return await integration("installer", [lisbon.id])


@pytest.fixture
async def as_analyst(integration: Integration) -> Caller:
    return await integration("analyst")


@pytest.fixture
async def as_advertiser(integration: Integration) -> Caller:
    return await integration("advertiser", [])


@pytest.fixture
async def as_madrid_manager(integration: Integration, madrid: stores.Store) -> Caller:
    """A manager's key for Madrid, to whom Lisbon does not exist."""
    return await integration("manager", [madrid.id])


@pytest.fixture
def as_nobody(app: Quart) -> Caller:
    """Somebody without credentials at the admin API."""
    return Caller(app, "/v1/admin")


@pytest.fixture
def sign_in(
    app: Quart,
    conn: asyncpg.Connection,
    add_user: Callable[[Actor], Awaitable[users.User]],
    now: datetime,
) -> Callable[[Actor], Awaitable[Caller]]:
    """Sign somebody of the cast in to the portal and call the admin API with that session."""

    async def signed_in(actor: Actor) -> Caller:
        user = await add_user(actor)
        session = await sessions.begin(
            conn, user, address="192.0.2.10", user_agent="Firefox", now=now
        )
        cookie = app.extensions["QUART_AUTH"][0].dump_token(session.token, app)
        caller = Caller(app, "/v1/admin")
        caller.client.set_cookie("localhost", "playbill", cookie)
        return caller

    return signed_in
