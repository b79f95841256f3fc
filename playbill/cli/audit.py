"""``playbill audit``: whether anybody rewrote the audit log."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import click

from playbill import database
from playbill.cli.output import say, with_data_dir
from playbill.config import Config
from signage import audit_chain

Result = TypeVar("Result")


@click.group()
def audit() -> None:
    """The audit log: a chain in which every entry covers the one before it."""


@audit.command("verify")
@click.option("--head", "known", help="A head from earlier (playbill audit head), as N:hash.")
@with_data_dir
def verify(config: Config, known: str | None) -> None:
    """Check every entry and every link. Exit code 1 names the entries that are wrong.

    Only a head that was kept elsewhere can show that the last entries are missing.
    """
    expected = audit_chain.read_head(known) if known else None
    verdict = _run(config, lambda conn: audit_chain.verify(conn, expected))
    for wrong in verdict.wrong:
        click.echo(f"entry {wrong.seq}: {wrong.detail}")
    if verdict.wrong:
        raise click.ClickException("The audit log was tampered with, or damaged.")
    click.echo(f"{verdict.head.entries} entries, head {verdict.head.hash.hex()}")


@audit.command("head")
@with_data_dir
def head(config: Config) -> None:
    """Print the number of entries and the last hash, to be kept where nobody here can change it."""
    click.echo(str(_run(config, audit_chain.head)))


def _run(config: Config, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
    async def with_connection(found: database.Database) -> Result:
        async with database.migrated(found) as conn:
            return await work(conn)

    with database.running(config, say) as found:
        return asyncio.run(with_connection(found))
