"""The demo site and the browser that several files share, started once for all of them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser

from db.embedded import EmbeddedServer
from playbill import database
from playbill.config import Config, from_environment
from signage import demo
from signage.media.storage import open_store
from tests.e2e.browsers import chromium
from tests.e2e.program import serving
from tests.e2e.site import Site

SMALL_DEMO = demo.Size(stores=3, days=1, clip_seconds=1)


@pytest.fixture(scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site that the tests of pages share: what they add has a name of its own."""
    data_dir: Path = tmp_path_factory.mktemp("pages") / "data"
    config = from_environment({"PLAYBILL_DATA_DIR": str(data_dir)})
    people = await asyncio.to_thread(_fill, config)
    with serving(data_dir, PLAYBILL_GALLERY="1") as program:
        yield Site(program, {person.role: person.password for person in people})


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for those who open no other."""
    async with chromium() as lent:
        yield lent


def _fill(config: Config) -> list[demo.SignIn]:
    async def fill(server: EmbeddedServer) -> list[demo.SignIn]:
        async with database.migrated(database.Database(server.dsn)) as conn:
            people = await demo.load(
                conn,
                open_store(config.data_dir),
                secret=config.secret,
                now=datetime.now(UTC),
                size=SMALL_DEMO,
            )
        assert people
        return people

    with EmbeddedServer(config.data_dir) as server:
        return asyncio.run(fill(server))
