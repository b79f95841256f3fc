"""The command line: ``playbill serve`` and what an administrator types beside it.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.
"""

import click

from playbill.cli.audit import audit
from playbill.cli.data import demo, migrate
from playbill.cli.doctor import doctor
from playbill.cli.media import media
from playbill.cli.output import Program
from playbill.cli.people import key, user
from playbill.cli.serve import serve


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="playbill")
def main() -> None:
    """Playbill decides what every screen of a chain of shops plays, and proves what was played.

    Settings come from the environment (PLAYBILL_DATA_DIR, DATABASE_URL, ...); options win.
    """


for command in (serve, migrate, doctor, user, key, demo, audit, media):
    main.add_command(command)
