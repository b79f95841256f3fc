"""What happens between an empty database and the first sign-in: the schema, then a way in."""

from collections.abc import Callable
from datetime import datetime

import asyncpg
import msgspec

from playbill import database
from playbill.config import Config
from signage import demo, setup, users
from signage.media.storage import open_store


class SignIn(msgspec.Struct, frozen=True):
    """A person of the demo and the password made for this installation."""

    role: str
    email: str
    password: str


class FirstStart(msgspec.Struct, frozen=True):
    """How to get in: a one-time set-up link's secret, or the demo's people, or neither any more."""

    setup_token: str | None = None
    demo_users: list[SignIn] = []


async def prepare(
    config: Config, found: database.Database, say: Callable[[str], None], *, now: datetime
) -> FirstStart:
    """Migrate, then load the demo into an empty database if asked, else open the set-up link."""
    async with database.migrated(found) as conn:
        if config.demo and not await users.any_exist(conn):
            people = await load_demo(config, conn, say, now=now)
            if people:
                return FirstStart(demo_users=people)
        return FirstStart(setup_token=await setup.open_link(conn, now=now))


async def load_demo(
    config: Config, conn: asyncpg.Connection, say: Callable[[str], None], *, now: datetime
) -> list[SignIn]:
    """Fill the database with the demo chain and return its people, with passwords made now."""
    media = open_store(config.data_dir, config.media_url, config.media_options)
    people = await demo.load(conn, media, secret=config.secret, now=now, progress=say)
    return [SignIn(person.role, person.email, person.password) for person in people or []]
