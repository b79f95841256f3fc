"""The embedded server: shared by those who use it, gone with the last, and hard to break."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from db import postmaster
from db.embedded import EmbeddedServer
from db.problems import ServerProblem

SETTINGS = {"fsync": "off", "shared_buffers": "16MB"}
HOLDER = """
import sys
from pathlib import Path
from db.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1]), settings={"shared_buffers": "16MB"}) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Yield a short directory that everybody may pass through, and leave no server in it."""
    directory = Path(tempfile.mkdtemp(prefix="pb-"))
    yield directory
    for pid_file in directory.rglob(postmaster.PID_FILE):
        left = postmaster.find(pid_file.parent)
        if left is not None:
            postmaster.ask_to_stop(left.pid, at_once=True)
            _wait_until_gone(left.pid)
    shutil.rmtree(directory)


@pytest.fixture
def holders() -> Iterator[list[subprocess.Popen[str]]]:
    """Yield a list for the processes a test starts; those that are left are killed."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


async def test_it_answers_and_is_gone_afterwards(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        pid = server.pid
        assert await _ask(server.dsn, "SELECT current_database()") == "playbill"
        assert await _ask(server.dsn, "SHOW listen_addresses") == ""
    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_promises_to_disk_are_kept_by_default(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as server:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await _ask(server.dsn, f"SHOW {setting}") == "on"


async def test_what_was_written_is_there_at_the_next_start(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        await _ask(server.dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        assert await _ask(server.dsn, "SELECT answer FROM kept") == 42


def test_a_second_process_shares_it_and_the_last_one_stops_it(
    data_dir: Path, holders: list[subprocess.Popen[str]]
) -> None:
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        first_pid = server.pid
        holder = _hold(data_dir, holders)
        assert _pid_told(holder) == first_pid
    assert server.pid == first_pid, "the other process still uses it"
    holder.communicate("")
    assert holder.returncode == 0
    assert server.pid is None


def test_a_holder_killed_leaves_a_server_that_the_next_start_takes_over_and_stops(
    data_dir: Path, holders: list[subprocess.Popen[str]]
) -> None:
    holder = _hold(data_dir, holders)
    orphan = _pid_told(holder)
    holder.kill()
    holder.wait()
    assert postmaster.find(data_dir / "postgres") is not None
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        assert server.pid == orphan
    assert server.pid is None


def test_a_claim_dies_with_its_process_so_the_survivor_stops_the_server(
    data_dir: Path, holders: list[subprocess.Popen[str]]
) -> None:
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        killed = _hold(data_dir, holders)
        _pid_told(killed)
        killed.kill()
        killed.wait()
    assert server.pid is None


def test_of_two_that_start_at_once_both_get_the_same_server(
    data_dir: Path, holders: list[subprocess.Popen[str]]
) -> None:
    both = [_hold(data_dir, holders), _hold(data_dir, holders)]
    first, second = (_pid_told(holder) for holder in both)
    assert first == second
    for holder in both:
        holder.communicate("")
    assert postmaster.find(data_dir / "postgres") is None


async def test_a_killed_server_recovers_and_loses_nothing(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as server:
        await _ask(server.dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert server.pid is not None
        _kill(server.pid)
        server.ensure_running()
        assert await _ask(server.dsn, "SELECT answer FROM kept") == 42
    assert server.pid is None


async def test_a_killed_server_and_holder_recover_together(
    data_dir: Path, holders: list[subprocess.Popen[str]]
) -> None:
    holder = _hold(data_dir, holders)
    server_pid = _pid_told(holder)
    holder.kill()
    holder.wait()
    _kill(server_pid)
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        assert server.pid != server_pid
        assert await _ask(server.dsn, "SELECT 1") == 1
    assert server.pid is None


def test_a_pid_file_that_names_another_program_is_no_server(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, settings=SETTINGS):
        pass
    stale = data_dir / "postgres" / postmaster.PID_FILE
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1700000000\n5432\n/tmp\n\n 1 1\nready\n")
    assert postmaster.find(stale.parent) is None
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        assert server.pid not in (None, os.getpid())


@pytest.mark.parametrize("name", ["with some spaces", "a,comma", "long" * 30])
async def test_any_data_directory_will_do(data_dir: Path, name: str) -> None:
    with EmbeddedServer(data_dir / name, settings=SETTINGS) as server:
        assert await _ask(server.dsn, "SELECT 1") == 1


def test_a_start_waits_for_a_recovery_however_long_and_says_so(data_dir: Path) -> None:
    told: list[str] = []

    def recovered(text: str) -> None:
        told.append(text)
        pid_file.write_text(pid_file.read_text().replace("starting", "ready   "))

    pid_file = data_dir / "postgres" / postmaster.PID_FILE
    with EmbeddedServer(data_dir, settings=SETTINGS):
        pid_file.write_text(pid_file.read_text().replace("ready   ", "starting"))
        with EmbeddedServer(data_dir, progress=recovered) as server:
            assert server.pid is not None
    assert ["recovers" in text for text in told] == [True]


def test_a_set_up_that_was_interrupted_starts_over(data_dir: Path) -> None:
    unfinished = data_dir / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        assert server.pid is not None
    assert not unfinished.exists()


def test_data_of_another_version_is_refused_with_advice(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(ServerProblem, match=r"holds data of 14.*--data-dir"):
        EmbeddedServer(data_dir).__enter__()


def test_a_server_that_cannot_start_says_why_and_leaves_no_claim(data_dir: Path) -> None:
    broken = EmbeddedServer(data_dir, settings={"shared_buffers": "nonsense"})
    with pytest.raises(ServerProblem, match="invalid value for parameter"):
        broken.__enter__()
    with EmbeddedServer(data_dir, settings=SETTINGS) as server:
        assert server.pid is not None
    assert server.pid is None


def test_a_data_directory_that_cannot_be_written_is_refused_with_advice() -> None:
    with pytest.raises(ServerProblem, match=r"not writable.*--data-dir"):
        EmbeddedServer(Path("/proc/playbill")).__enter__()


def test_the_first_start_says_what_it_is_doing(data_dir: Path) -> None:
    told: list[str] = []
    with EmbeddedServer(data_dir, progress=told.append, settings=SETTINGS):
        pass
    assert told == ["Setting up the database (once, a few seconds)"]


async def _ask(dsn: str, statement: str) -> object:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()


def _hold(data_dir: Path, holders: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    holders.append(holder)
    return holder


def _pid_told(holder: subprocess.Popen[str]) -> int:
    assert holder.stdout is not None
    return int(holder.stdout.readline())


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    _wait_until_gone(pid)


def _wait_until_gone(pid: int) -> None:
    """An orphan whose adoptive parent does not reap it stays a zombie: that is gone, too."""
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
