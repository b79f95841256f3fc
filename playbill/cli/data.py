"""``playbill migrate`` and ``playbill demo``: the schema, and a chain of shops to try things on."""

import asyncio
from datetime import UTC, datetime

import click

from db.migrate import migrate as bring_up_to_date
from playbill import database
from playbill.cli.output import say, with_data_dir
from playbill.config import Config
from playbill.first_start import SignIn, load_demo
from signage import users
from signage.errors import Conflict


@click.command()
@with_data_dir
def migrate(config: Config) -> None:
    """Bring the database's schema up to date. Safe to repeat; serve does it by itself."""
    with database.running(config, say) as found:
        done = asyncio.run(bring_up_to_date(found.dsn))
    for name in done.applied:
        click.echo(name)
    say(f"{len(done.applied)} applied." if done.applied else "The schema is up to date.")
    if done.application_role is None:
        say(
            "This login may not make roles, so the application runs as the tables' owner and only"
            " triggers guard the audit log. Migrate once as a login with CREATEROLE to mend that."
        )


@click.command()
@with_data_dir
def demo(config: Config) -> None:
    """Fill an empty database with a demo chain, and print who can sign in."""
    with database.running(config, say) as found:
        people = asyncio.run(_load(config, found))
    for person in people:
        click.echo(f"{person.role}\t{person.email}\t{person.password}")


async def _load(config: Config, found: database.Database) -> list[SignIn]:
    async with database.migrated(found) as conn:
        if await users.any_exist(conn):
            raise Conflict("The demo goes into an empty database only, and this one has users.")
        return await load_demo(config, conn, say, now=datetime.now(UTC))
