"""``playbill user`` and ``playbill key``: who can sign in, and which programs may call."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar, cast

import asyncpg
import click

from playbill import database
from playbill.cli.output import say, with_data_dir
from playbill.config import Config
from signage import keys, scopes, stores, users
from signage.actors import SYSTEM, Role

Result = TypeVar("Result")
ROLES = click.Choice(scopes.PEOPLE_ROLES)


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--role", type=ROLES, required=True, help="What they may do.")
@click.option("--name", help="What others see. [default: the address up to the @]")
@click.option("--store", "codes", multiple=True, help="The code of a store; may be repeated.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_data_dir
def add_user(
    config: Config,
    email: str,
    role: str,
    name: str | None,
    codes: tuple[str, ...],
    password_stdin: bool,
) -> None:
    """Add a person who can sign in at once. Asks for a password of 12 characters or more.

    Administrators and analysts without a store reach all of them, others none.
    """
    password = _password(password_stdin)

    async def add(conn: asyncpg.Connection) -> users.User:
        return await users.add(
            conn,
            SYSTEM,
            email=email,
            name=name or email.partition("@")[0],
            role=cast(Role, role),
            password=password,
            store_ids=await stores.ids_of(conn, list(codes)),
            now=datetime.now(UTC),
        )

    added = _run(config, add)
    say(f"{added.email} can sign in as {added.role}.")


@click.group()
def key() -> None:
    """API keys, for a retailer's own systems."""


@key.command("add")
@click.argument("name")
@click.option("--role", type=ROLES, required=True, help="What the key may do.")
@with_data_dir
def add_key(config: Config, name: str, role: str) -> None:
    """Make an API key and print it, this once: only its hash is kept."""

    async def add(conn: asyncpg.Connection) -> str:
        return await keys.add(conn, SYSTEM, name=name, role=cast(Role, role), now=datetime.now(UTC))

    secret = _run(config, add)
    say(f"The key {name!r} acts as {role}. It is shown this once:")
    click.echo(secret)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for a password: use --password-stdin.")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer


def _run(config: Config, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
    async def with_connection(found: database.Database) -> Result:
        async with database.migrated(found) as conn:
            return await work(conn)

    with database.running(config, say) as found:
        return asyncio.run(with_connection(found))
