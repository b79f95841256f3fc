"""``playbill doctor``: what is wrong with this installation, and what to do about it."""

import asyncio

import click

from db.pool import connect
from playbill import checkup, database
from playbill.cli.output import say, with_data_dir
from playbill.config import Config


@click.command()
@with_data_dir
def doctor(config: Config) -> None:
    """Check database, schema, storage, clock, partitions, disk and workers; 1 if one is wrong.

    Nothing is changed.
    """

    async def examine(found: database.Database) -> list[checkup.Finding]:
        conn = await connect(found.dsn)
        try:
            return await checkup.examine(config, conn)
        finally:
            await conn.close()

    with database.running(config, say) as found:
        findings = asyncio.run(examine(found))
    for finding in findings:
        click.echo(f"{finding.verdict:<5}  {finding.about:<11}  {finding.text}")
    wrong = sum(finding.verdict == "wrong" for finding in findings)
    if wrong:
        raise click.ClickException(f"{wrong} of these have to be mended.")
