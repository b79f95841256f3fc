"""``playbill serve``."""

from pathlib import Path

import click

from playbill import serve as server
from playbill.cli.output import say, settings


@click.command()
@click.option("--host", help="The address to listen on; 0.0.0.0 is every one. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port; 0: any. [default: 8000]")
@click.option("--workers", type=click.IntRange(1, 64), help="HTTP processes. [default: 1]")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the database, the media and the secret are. [default: ./data]",
)
@click.option("--demo/--no-demo", default=None, help="Fill an empty database with a demo chain.")
def serve(
    host: str | None,
    port: int | None,
    workers: int | None,
    data_dir: Path | None,
    demo: bool | None,
) -> None:
    """Run everything: pages, APIs and the work in the background.

    Starts a PostgreSQL of its own in the data directory unless DATABASE_URL names one. Ctrl-C
    stops all of it.
    """
    config = settings(host=host, port=port, workers=workers, data_dir=data_dir, demo=demo)
    server.serve(config, say)
