"""The command line as a user types it: what it prints, how it ends, and what it leaves behind."""

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from db import cluster, postmaster
from tests.e2e.program import playbill, serving

PASSWORD = "correct horse battery staple"
COMMANDS = [
    ["--help"],
    ["serve", "--help"],
    ["migrate", "--help"],
    ["user", "--help"],
    ["user", "add", "--help"],
    ["key", "--help"],
    ["key", "add", "--help"],
    ["demo", "--help"],
]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One data directory for the commands that only need some database."""
    yield from _directory()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Yield an empty data directory of the test's own."""
    yield from _directory()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str]) -> None:
    done = playbill(*command)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: playbill")
    assert done.stderr == ""


@pytest.mark.parametrize(
    "command",
    [
        ["nonsense"],
        ["serve", "--port", "70000"],
        ["serve", "--workers", "0"],
        ["user", "add", "ana@example.com"],
        ["user", "add", "ana@example.com", "--role", "queen"],
        ["key", "add", "till", "--role", "admin", "surplus"],
        ["user", "add", "ana@example.com", "--role", "admin"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_says_how_to_get_help(command: list[str], home: Path) -> None:
    done = playbill(*command, PLAYBILL_DATA_DIR=str(home))
    assert done.returncode == 2
    assert "Usage: playbill" in done.stderr
    assert done.stdout == ""


def test_migrate_names_what_it_applied_and_can_be_repeated(data_dir: Path) -> None:
    first = playbill("migrate", "--data-dir", str(data_dir))
    assert first.returncode == 0
    assert first.stdout.splitlines()[0] == "001_init.sql"
    again = playbill("migrate", "--data-dir", str(data_dir))
    assert (again.returncode, again.stdout) == (0, "")
    assert "up to date" in again.stderr


def test_a_key_is_all_there_is_on_stdout(home: Path) -> None:
    done = playbill("key", "add", "till", "--role", "admin", "--data-dir", str(home))
    assert done.returncode == 0
    assert done.stdout.startswith("pbk1_")
    assert done.stdout.count("\n") == 1
    assert done.stdout.strip() not in done.stderr


def test_a_user_is_added_once(home: Path) -> None:
    command = ["user", "add", "rui@example.com", "--role", "manager", "--password-stdin"]
    first = playbill(*command, typed=f"{PASSWORD}\n", PLAYBILL_DATA_DIR=str(home))
    assert first.returncode == 0
    assert "rui@example.com can sign in as manager" in first.stderr
    again = playbill(*command, typed=f"{PASSWORD}\n", PLAYBILL_DATA_DIR=str(home))
    assert again.returncode == 1
    assert "rui@example.com already" in again.stderr


def test_a_password_that_is_too_short_is_refused(home: Path) -> None:
    command = ["user", "add", "eva@example.com", "--role", "analyst", "--password-stdin"]
    done = playbill(*command, typed="short\n", PLAYBILL_DATA_DIR=str(home))
    assert done.returncode == 1
    assert "12" in done.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "Check that DATABASE_URL is right"),
        ({"PLAYBILL_DATA_DIR": "/proc/playbill"}, "not writable"),
        ({"PLAYBILL_PORT": "eighty"}, "PLAYBILL_PORT is 'eighty'"),
        ({"PLAYBILL_DEMO": "perhaps"}, "PLAYBILL_DEMO is 'perhaps'"),
        ({"PLAYBILL_PUBLIC_URL": "screens"}, "PLAYBILL_PUBLIC_URL"),
        ({"PLAYBILL_TRUSTED_PROXIES": "proxy"}, "PLAYBILL_TRUSTED_PROXIES"),
        ({"PLAYBILL_SECRET_KEY": "short"}, "PLAYBILL_SECRET_KEY has 5 characters"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_wrong_with_a_setting_is_said_in_a_sentence(
    environment: dict[str, str], said: str, home: Path
) -> None:
    done = playbill("migrate", **{"PLAYBILL_DATA_DIR": str(home)} | environment)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr


def test_a_schema_newer_than_the_program_is_refused_with_advice(data_dir: Path) -> None:
    with serving(data_dir) as program:
        _sql(data_dir, "INSERT INTO playbill.schema_migrations VALUES ('999_later.sql', '', now())")
        done = playbill("migrate", "--data-dir", str(data_dir))
        assert done.returncode == 1
        assert "999_later.sql" in done.stderr
        assert "newer version" in done.stderr
        assert program.get("/healthz").status_code == 200


def test_serve_says_where_it_is_how_to_get_in_and_how_a_phone_does(data_dir: Path) -> None:
    with serving(data_dir) as program:
        assert program.get("/healthz").status_code == 200
        assert program.set_up_link.startswith(program.url)
        assert "--host 0.0.0.0" in program.output
        assert str(data_dir) in program.output
        assert httpx.get(program.set_up_link, trust_env=False).status_code == 200


def test_once_somebody_can_sign_in_there_is_no_set_up_link(home: Path) -> None:
    command = ["user", "add", "zoe@example.com", "--role", "admin", "--password-stdin"]
    assert playbill(*command, typed=PASSWORD, PLAYBILL_DATA_DIR=str(home)).returncode == 0
    with serving(home) as program:
        assert "/set-up/" not in program.output
        assert "Sign in with your account" in program.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_is_no_failure(
    data_dir: Path, number: signal.Signals
) -> None:
    with serving(data_dir) as program:
        workers = program.workers()
        assert workers
        assert program.stop(number) == 0
    assert program.database_pid() is None
    assert not any(worker.is_running() for worker in workers)
    assert "Traceback" not in program.output


def test_ctrl_c_in_a_terminal_reaches_every_process_and_is_no_failure(data_dir: Path) -> None:
    with serving(data_dir, "--port", "0", "--workers", "2") as program:
        os.killpg(program.process.pid, signal.SIGINT)
        assert program.process.wait(60) == 0
    assert program.database_pid() is None


def test_a_port_that_is_taken_is_said_with_what_to_do(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = playbill("serve", "--port", port, "--data-dir", str(data_dir))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert not (data_dir / "postgres").exists()


def test_a_second_playbill_on_the_port_is_refused_and_the_first_goes_on(data_dir: Path) -> None:
    with serving(data_dir) as program:
        port = program.url.rpartition(":")[2]
        done = playbill("serve", "--port", port, "--data-dir", str(data_dir))
        assert done.returncode == 1
        assert f"port {port}" in done.stderr
        assert program.get("/readyz").status_code == 200


def test_commands_work_beside_a_running_server_and_leave_it_running(data_dir: Path) -> None:
    with serving(data_dir) as program:
        before = program.database_pid()
        key = playbill("key", "add", "till", "--role", "admin", "--data-dir", str(data_dir))
        assert key.returncode == 0
        assert program.database_pid() == before
        stores = program.get("/v1/admin/stores", authorization=f"Bearer {key.stdout.strip()}")
        assert stores.status_code == 200


def test_after_kill_9_the_next_start_has_the_port_and_leaves_no_database(data_dir: Path) -> None:
    with serving(data_dir) as program:
        port = program.url.rpartition(":")[2]
        orphan = program.database_pid()
        assert orphan is not None
        program.process.kill()
    with serving(data_dir, "--port", port) as program:
        assert program.database_pid() == orphan
        assert program.get("/readyz").status_code == 200
        assert program.stop() == 0
    assert program.database_pid() is None


def test_a_worker_that_is_killed_is_replaced_also_soon_after(data_dir: Path) -> None:
    with serving(data_dir) as program:
        for _ in range(3):
            for worker in program.workers():
                worker.kill()
            _until(lambda: _status(program.url + "/readyz") == 200)
        assert program.stop() == 0


def test_a_database_that_is_killed_comes_back_by_itself(data_dir: Path) -> None:
    with serving(data_dir) as program:
        killed = program.database_pid()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        _until(lambda: program.database_pid() not in (None, killed))
        _until(lambda: _status(program.url + "/readyz") == 200)
        assert program.stop() == 0
    assert program.database_pid() is None


def _status(url: str) -> int | None:
    try:
        return httpx.get(url, trust_env=False, timeout=5).status_code
    except httpx.TransportError:
        return None


def _until(holds: Callable[[], bool], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come back"
        time.sleep(0.05)


def _sql(data_dir: Path, statement: str) -> None:

    account = cluster.account_for(data_dir / "postgres")
    running = postmaster.find(data_dir / "postgres")
    assert running is not None
    who = ["-h", running.socket_dir, "-U", cluster.SUPERUSER, "-d", "playbill"]
    account.run([cluster.binary("psql"), *who, "-c", statement])


def _directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="pb-"))
    yield directory
    left = postmaster.find(directory / "postgres")
    if left is not None:
        postmaster.ask_to_stop(left.pid, at_once=True)
        _until(lambda: postmaster.find(directory / "postgres") is None)
    shutil.rmtree(directory)
