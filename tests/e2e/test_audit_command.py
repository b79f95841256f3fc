"""``playbill audit`` as an administrator types it: right, tampered with, cut short."""

from collections.abc import Callable
from subprocess import CompletedProcess

import asyncpg
import pytest

from tests.e2e.program import playbill

Typed = Callable[..., CompletedProcess[str]]


@pytest.fixture
def typed(database: str, tmp_path) -> Typed:
    """Type a command for a database of the test's own."""

    def run(*command: str) -> CompletedProcess[str]:
        return playbill(*command, DATABASE_URL=database, PLAYBILL_DATA_DIR=str(tmp_path))

    return run


async def by_force(database: str, statement: str) -> None:
    """Do something as the database's owner, past every trigger."""
    owner = await asyncpg.connect(database, server_settings={"search_path": "playbill"})
    try:
        await owner.execute("SET session_replication_role = replica")
        await owner.execute(statement)
    finally:
        await owner.close()


def test_the_command_explains_itself() -> None:
    done = playbill("audit", "verify", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: playbill audit verify")


async def test_an_untouched_log_is_right_and_a_changed_entry_is_named(
    typed: Typed, database: str
) -> None:
    for name in ("Tills", "Doors"):
        assert typed("key", "add", name, "--role", "manager").returncode == 0
    head = typed("audit", "head").stdout.strip()

    right = typed("audit", "verify", "--head", head)
    assert right.returncode == 0
    assert right.stdout == f"2 entries, head {head.removeprefix('2:')}\n"

    await by_force(database, "DELETE FROM audit_log WHERE seq = 2")
    cut = typed("audit", "verify", "--head", head)
    assert cut.returncode == 1
    assert cut.stdout == "entry 1: the last one is missing: 2 were known\n"

    await by_force(database, "UPDATE audit_log SET actor_kind = 'user' WHERE seq = 1")
    changed = typed("audit", "verify")
    assert changed.returncode == 1
    assert changed.stdout == "entry 1: its hash does not fit what it says: it was changed\n"
    assert "tampered with" in changed.stderr


def test_a_head_that_is_none_is_explained(typed: Typed) -> None:
    done = typed("audit", "verify", "--head", "yesterday's")
    assert done.returncode == 1
    assert "A head is the number of entries, a colon and a hash" in done.stderr
    assert done.stdout == ""
