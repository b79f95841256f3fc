"""How the command line speaks: progress and errors as sentences on stderr, never a traceback."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click
from rich.console import Console

from db.pool import unreachable
from db.problems import DatabaseProblem
from playbill.config import Config, WrongSetting, from_environment
from playbill.serve import Crashed, PortTaken
from signage.errors import PlaybillError

Command = TypeVar("Command", bound=Callable[..., Any])
TOLD = (DatabaseProblem, WrongSetting, PortTaken, Crashed, PlaybillError)
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError, TimeoutError)

console = Console(stderr=True, highlight=False, soft_wrap=True)


class Program(click.Group):
    """A group of commands whose known failures end with a sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was typed."""
        try:
            return super().invoke(ctx)
        except TOLD as error:
            raise click.ClickException(str(error)) from error
        except LOST as error:
            raise click.ClickException(str(unreachable(error))) from error
        except asyncpg.PostgresError as error:
            raise click.ClickException(f"The database refused: {error}") from error


def say(text: str) -> None:
    """Tell how it goes."""
    console.print(text, markup=False)


def with_data_dir(command: Command) -> Command:
    """Add ``--data-dir`` and give the command its ``config`` instead."""

    @click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where the database, the media and the secret are. [default: ./data]",
    )
    @wraps(command)
    def with_config(*args: Any, data_dir: Path | None, **options: Any) -> Any:
        return command(*args, config=settings(data_dir=data_dir), **options)

    return with_config  # type: ignore[return-value]  # click's decorators change the signature


def settings(**options: object) -> Config:
    """Read the settings, with the options that were typed in front of the environment's."""
    typed = {
        f"PLAYBILL_{name.upper()}": str(int(value) if isinstance(value, bool) else value)
        for name, value in options.items()
        if value is not None
    }
    return from_environment({**os.environ, **typed})
