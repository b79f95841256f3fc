"""``playbill media collect`` and ``playbill media check``: the stored files, and whether they are
needed and whole.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import asyncpg
import click

from playbill import database
from playbill.cli.output import say, with_data_dir
from playbill.config import Config
from signage import stored_media, uploads
from signage.actors import SYSTEM
from signage.media.storage import MediaStore, open_store

SHOWN_MAX = 20
HOUR_S = 3600

Result = TypeVar("Result")


@click.group()
def media() -> None:
    """The stored pictures and videos."""


@media.command()
@click.option("--yes", is_flag=True, help="Delete them. Without it nothing is deleted.")
@click.option(
    "--older-than-hours",
    type=click.IntRange(1, 24 * 365),
    default=stored_media.GRACE_S // HOUR_S,
    show_default=True,
    help="Leave alone what was stored later.",
)
@with_data_dir
def collect(config: Config, yes: bool, older_than_hours: int) -> None:
    """Say which stored files nothing refers to, and with --yes delete them.

    What a version, a poster or an upload refers to stays, also while uploads are going on.
    """
    grace_s = older_than_hours * HOUR_S

    async def work(conn: asyncpg.Connection, store: MediaStore) -> None:
        now = datetime.now(UTC)
        unused = await stored_media.list_unused(conn, store, grace_s=grace_s, now=now)
        for stored in unused[:SHOWN_MAX]:
            click.echo(f"{stored.sha256}\t{stored.size}")
        if len(unused) > SHOWN_MAX:
            say(f"... and {len(unused) - SHOWN_MAX:,} more.")
        told = _amount(len(unused), sum(stored.size for stored in unused))
        if not yes:
            say(f"{told} can go. Nothing was deleted: repeat with --yes." if unused else told)
            return
        gone = await stored_media.collect(conn, SYSTEM, store, unused, now=now)
        swept = await uploads.sweep(conn, store, now=now)
        say(f"{_amount(gone.files, gone.size)} deleted, {swept:,} unfinished uploads cleared.")

    _run(config, work)


@media.command()
@with_data_dir
def check(config: Config) -> None:
    """Read every file that is referred to and compare it with its hash; 1 where one is wrong."""

    async def work(conn: asyncpg.Connection, store: MediaStore) -> tuple[int, int]:
        seen, wrong = 0, 0
        async for problem in stored_media.check(conn, store):
            seen += 1
            if problem is not None:
                wrong += 1
                click.echo(f"{problem.sha256}\t{problem.kind}\t{problem.detail}")
        return seen, wrong

    seen, wrong = _run(config, work)
    if wrong:
        raise click.ClickException(
            f"{wrong:,} of {seen:,} files are missing or damaged. Restore them from a backup, or"
            " upload them again: the same bytes take the same place."
        )
    say(f"{seen:,} files are whole.")


def _amount(files: int, size: int) -> str:
    if not files:
        return "0 files"
    return f"{files:,} {'file' if files == 1 else 'files'} ({size / 1024**2:,.1f} MiB)"


def _run(
    config: Config, work: Callable[[asyncpg.Connection, MediaStore], Awaitable[Result]]
) -> Result:
    async def with_connection(found: database.Database) -> Result:
        store = open_store(config.data_dir, config.media_url, config.media_options)
        async with database.migrated(found) as conn:
            return await work(conn, store)

    with database.running(config, say) as found:
        return asyncio.run(with_connection(found))
